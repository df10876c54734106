/**
 * Reads scopes from claims that an option names.
 *
 * @module
 */
import { scopesFromClaims } from '../scope/index.js';
import { readNames } from './audience.js';
import type { Claims } from './types.js';

/** Returns the scopes of a token; `undefined` if they are in the standard claims. */
export type ReadScopes = (claims: Claims) => readonly string[] | undefined;

/**
 * Reads the option `scopesClaim`: the claims of which the first that is present contains the scopes.
 *
 * @throws {@link TypeError} when it is no name and no list of names
 */
export function readScopesClaim(value: unknown, path: string): ReadScopes {
  if (value === undefined) return () => undefined;
  const names = readNames(value, path, 1);
  return (claims) => scopesFromClaims(claims, { claims: names });
}
