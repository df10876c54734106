/**
 * What belongs to a gate without being part of its public face: functions beside it find it here.
 *
 * @module
 */
import type { Authorizer } from './authorize.js';

const authorizers = new WeakMap<object, Authorizer>();

/** The half of the gate that judges operations; `undefined` for what is no gate of this copy. */
export function findAuthorizer(gate: object): Authorizer | undefined {
  return authorizers.get(gate);
}

/** The same, for a caller who cannot do without. */
export function authorizerOf(gate: object, caller: string): Authorizer {
  const authorizer = findAuthorizer(gate);
  if (authorizer === undefined) {
    throw new TypeError(
      `${caller}: expected what createGate() returns, of the same copy of the package`,
    );
  }
  return authorizer;
}

/** For the gate's constructor. */
export function keepAuthorizer(gate: object, authorizer: Authorizer): void {
  authorizers.set(gate, authorizer);
}
