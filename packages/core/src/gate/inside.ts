/**
 * What belongs to a gate without being part of its public face: functions beside it find it here, and
 * nothing of it can be reached from the gate itself.
 *
 * @module
 */
import type { Authorizer } from './authorize.js';
import type { GateSettings } from './options.js';

export interface Inside {
  /** The half of the gate that judges operations. */
  readonly authorizer: Authorizer;
  /** What the gate was told. */
  readonly settings: GateSettings;
}

const insides = new WeakMap<object, Inside>();

/** The inside of a gate; `undefined` for what is no gate of this copy. */
export function findInside(gate: object): Inside | undefined {
  return insides.get(gate);
}

/**
 * The same, for a caller who cannot do without.
 *
 * @throws {@link TypeError} that names the caller
 */
export function insideOf(gate: object, caller: string): Inside {
  const inside = findInside(gate);
  if (inside !== undefined) return inside;
  throw new TypeError(
    `${caller}: expected what createGate() returns, of the same copy of the package`,
  );
}

/** For the gate's constructor. */
export function keepInside(gate: object, inside: Inside): void {
  insides.set(gate, inside);
}
