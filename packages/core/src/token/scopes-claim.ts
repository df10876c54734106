/**
 * Reads scopes from claims that an option names.
 *
 * @module
 */
import { scopesFromClaims } from '../scope/index.js';
import { readNames } from './audience.js';
import type { Claims } from './types.js';

/** Returns the scopes of a token; `undefined` if the option is not set: then the standard claims are read. */
export type ReadScopes = (claims: Claims) => readonly string[] | undefined;

/**
 * Reads the option `scopesClaim`: the names of claims. The first of these claims that a token has contains its
 * scopes.
 *
 * @throws {@link TypeError} when the option is no name and no list of at least one name
 */
export function readScopesClaim(value: unknown, path: string): ReadScopes {
  if (value === undefined) return () => undefined;
  const names = readNames(value, path, 1);
  return (claims) => scopesFromClaims(claims, { claims: names });
}
