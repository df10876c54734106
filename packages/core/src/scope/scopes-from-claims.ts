/**
 * Reads the scopes that a token's claims grant. Core reads them itself, so that no verifier has to know which
 * scopes a request needs.
 *
 * @module
 */
import { isScopeToken, parseScope } from './scope-token.js';

export interface ScopesFromClaimsOptions {
  /**
   * The names of claims that may contain the scopes. Only the first one that is present is read.
   *
   * @default ['scope', 'scp']
   */
  readonly claims?: readonly string[];
}

const DEFAULT_CLAIMS: readonly string[] = ['scope', 'scp'];

/**
 * Returns the granted scopes from the first claim that is present: a space-separated string (RFC 9068
 * s2.2.3), or an array of scope tokens. If that claim has another type, or is an array with an element that
 * is no scope token, it grants nothing, and the next claim is not read.
 *
 * Claims with roles or permissions are read only if `options.claims` names them.
 *
 * @example
 * ```ts
 * scopesFromClaims({ scope: 'notes:read notes:write' }); // ['notes:read', 'notes:write']
 * scopesFromClaims({ roles: ['admin'] }, { claims: ['roles'] }); // ['admin']
 * ```
 * @group Scopes
 * @see {@link https://www.rfc-editor.org/rfc/rfc9068#section-2.2.3 RFC 9068 s2.2.3}
 */
export function scopesFromClaims(
  claims: Readonly<Record<string, unknown>>,
  options?: ScopesFromClaimsOptions,
): string[] {
  for (const name of options?.claims ?? DEFAULT_CLAIMS) {
    if (!Object.hasOwn(claims, name)) continue;
    const value = claims[name];
    if (value === undefined) continue;
    if (typeof value === 'string') return parseScope(value);
    return Array.isArray(value) && value.every(isScopeToken) ? [...new Set<string>(value)] : [];
  }
  return [];
}
