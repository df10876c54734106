/**
 * Parts of a gate that functions of other files need and applications must not reach.
 *
 * @module
 */
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
  const found = findInternals(gate);
  if (found !== undefined) return found;
  throw new TypeError(
    `${caller}: expected what createGate() returns, of the same copy of the package`,
  );
}

/** The same, or `undefined` for anything else. */
export function findInternals(gate: object): Internals | undefined {
  return internals.get(gate);
}

/** Called by the gate's constructor. */
export function registerInternals(gate: object, parts: Internals): void {
  internals.set(gate, parts);
}
