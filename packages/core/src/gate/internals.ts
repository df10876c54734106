/**
 * Parts of a gate that functions of other files need and applications must not reach.
 *
 * @module
 */
import type { Authorizer } from './authorize.js';
import type { GateSettings } from './options.js';

export interface Inside {
  /** The half of the gate that authorizes operations. */
  readonly authorizer: Authorizer;
  /** The checked options. */
  readonly settings: GateSettings;
}

const internals = new WeakMap<object, Inside>();

/**
 * Returns the internals of a gate.
 *
 * @throws {@link TypeError} that names the caller, if the gate is not one of this copy of the package
 */
export function insideOf(gate: object, caller: string): Inside {
  const found = findInside(gate);
  if (found !== undefined) return found;
  throw new TypeError(
    `${caller}: expected what createGate() returns, of the same copy of the package`,
  );
}

/** The same, or `undefined` for anything else. */
export function findInside(gate: object): Inside | undefined {
  return internals.get(gate);
}

/** Called by the gate's constructor. */
export function keepInside(gate: object, parts: Inside): void {
  internals.set(gate, parts);
}
