/**
 * Checks of what an application configured: a `TypeError` whose message begins with the option's path.
 *
 * @module
 */
import { isObject } from './values.js';

/**
 * Refuses an option.
 *
 * @throws {@link TypeError} unless it holds
 */
export function expect(holds: boolean, path: string, message: string): asserts holds {
  if (!holds) throw new TypeError(`${path}: ${message}`);
}

/** What an option must be: of a kind, or one of several words. `any` is checked where it is used. */
export type Kind =
  | ('any' | 'a boolean' | 'a function' | 'a list' | 'a string' | 'an object')
  | ('a positive number' | 'a non-negative integer of seconds')
  | readonly string[];

/**
 * Reads options: their names are known, and those that are given are of their kind. Returns a copy of
 * what is given: own members only, and no prototype to inherit others from.
 *
 * @param path - of the options; `''` if their names stand by themselves
 * @throws {@link TypeError} naming the option
 */
export function readOptions<T extends object>(
  options: T,
  kinds: { readonly [Name in keyof T]-?: Kind },
  path: string,
): T {
  checkKind(options, path || 'options', 'an object');
  const given = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of Object.entries(options)) {
    const at = path === '' ? name : `${path}.${name}`;
    expect(Object.hasOwn(kinds, name), at, 'unknown option');
    if (value === undefined) continue;
    checkKind(value, at, kinds[name as keyof T]);
    given[name] = value;
  }
  return given as T;
}

/** @throws {@link TypeError} unless the value is of the kind */
export function checkKind(value: unknown, path: string, kind: Kind): void {
  const expected = typeof kind === 'string' ? kind : `one of ${kind.join(', ')}`;
  expect(isOf(kind, value), path, `expected ${expected}`);
}

function isOf(kind: Kind, value: unknown): boolean {
  if (typeof kind !== 'string') return kind.includes(value as string);
  switch (kind) {
    case 'any':
      return true;
    case 'a list':
      return Array.isArray(value);
    case 'a positive number':
      return Number.isFinite(value) && (value as number) > 0;
    case 'a non-negative integer of seconds':
      return Number.isSafeInteger(value) && (value as number) >= 0;
    case 'an object':
      return isObject(value);
    case 'a boolean':
    case 'a function':
    case 'a string':
      return kind === `a ${typeof value}`;
  }
}

/** The spelling on the wire: `resourceMetadata` is `resource_metadata`. */
export function wireName(option: string): string {
  return option.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
