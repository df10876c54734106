/**
 * Gives functions of other files access to parts of a gate that applications must not use.
 *
 * @module
 */
import type { Auth } from '../policy/index.js';
import type { Authorizer } from './authorize.js';
import type { GateSettings } from './options.js';

export interface Internals {
  /** The half of the gate that authorizes operations. */
  readonly authorizer: Authorizer;
  /** The checked options. */
  readonly settings: GateSettings;
}

const internals = new WeakMap<object, Internals>();

/**
 * Returns the internals of a gate.
 *
 * @throws {@link TypeError} that names the caller, if the gate is not one of this copy of the package
 */
export function internalsOf(gate: object, caller: string): Internals {
  const parts = internals.get(gate);
  if (parts !== undefined) return parts;
  throw new TypeError(
    `${caller}: expected what createGate() returns, of the same copy of the package`,
  );
}

/** Stores the internals of a gate; the gate's constructor calls it. */
export function registerInternals(gate: object, parts: Internals): void {
  internals.set(gate, parts);
}

/** The methods whose handlers can be guarded. */
const GUARDED: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

/** Whether the gate read from the body that the request is one call of a tool, a prompt or a resource. */
export function isGuardedCall(gate: object, auth: Auth): boolean {
  const authorized = internals.get(gate)?.authorizer.authorizedRequestOf(auth);
  if (authorized?.request.method !== 'POST') return false;
  const { protocol, method } = authorized.matched.operation;
  return protocol === 'mcp' && GUARDED.has(method);
}
