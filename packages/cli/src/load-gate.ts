/**
 * Loads the gate of an application from its module.
 *
 * @module
 */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Gate } from '@scopegate/core';
import { internalsOf } from '@scopegate/core/engine';
import { createJiti } from 'jiti';
import { UsageError } from './usage-error.js';

/** The names under which a module may export its gate, in this order. */
const NAMES = ['gate', 'default'];

/**
 * Imports a module, JavaScript or TypeScript, and returns the gate that it exports as `gate` or as its
 * default. Another export is named after a `#`: `./src/gates.ts#admin`. An exported function is called, and what
 * it returns or resolves to is the gate; if it throws, so does this function.
 *
 * @throws {@link UsageError} that says what is missing
 */
export async function loadGate(target: string): Promise<Gate> {
  const { path, name } = split(target);
  const module = await importModule(path);
  const names = name === undefined ? NAMES : [name];
  const found = names.find((one) => Object.hasOwn(module, one));
  if (found === undefined) {
    const has = Object.keys(module).join(', ') || 'nothing';
    throw new UsageError(
      `${path} exports no ${names.join(' and no ')} (it exports: ${has}). Export the gate: export const gate = createGate({ ... }), or name the export: ${path}#name`,
    );
  }
  const exported = module[found];
  const gate: unknown =
    typeof exported === 'function' ? await (exported as () => unknown)() : exported;
  if (!isGate(gate)) throw new UsageError(`${path}: the export ${found} ${whyNot(gate)}`);
  return gate;
}

/** Splits at the last `#`, because names of folders may contain one, too. */
function split(target: string): { readonly path: string; readonly name: string | undefined } {
  const at = target.lastIndexOf('#');
  const isName = at >= 0 && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(target.slice(at + 1));
  return isName
    ? { path: target.slice(0, at), name: target.slice(at + 1) }
    : { path: target, name: undefined };
}

async function importModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  const file = resolve(path);
  const isFile = await stat(file).then(
    (entry) => entry.isFile(),
    () => false,
  );
  if (!isFile)
    throw new UsageError(
      `there is no file ${path}; give the path of the module that exports the gate`,
    );
  // With `tryNative`, Node imports what it can itself, so that gate and command share one copy of the library.
  const jiti = createJiti(pathToFileURL(`${process.cwd()}/`).href, { tryNative: true });
  try {
    return await jiti.import<Record<string, unknown>>(file);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${path} cannot be imported: ${text}`, { cause: error });
  }
}

function isGate(value: unknown): value is Gate {
  try {
    internalsOf(value as Gate, 'scopegate');
    return true;
  } catch {
    return false;
  }
}

/** Says why an export is not a gate of the copy of `@scopegate/core` that this command imports. */
function whyNot(value: unknown): string {
  const looksRight = typeof value === 'object' && value !== null && 'authorize' in value;
  return looksRight
    ? 'is a gate of another copy of @scopegate/core; install @scopegate/cli in the application, in the version of its @scopegate/core'
    : 'is not the result of createGate()';
}
