/**
 * Types of registered claims.
 *
 * @module
 */
import type { Claims } from './types.js';
import { own } from '../values.js';

/**
 * Claims that are strings wherever they stand: a token with another type of them is not valid
 * (RFC 7519 s4.1, RFC 9068 s2.2, RFC 8693 s4.3).
 */
const IDENTIFIERS = ['sub', 'client_id', 'jti'] as const;

const STRINGS: ReadonlySet<string> = new Set([
  ...IDENTIFIERS,
  ...['iss', 'azp', 'acr', 'sid', 'nonce', 'username'],
]);
const TIMES: ReadonlySet<string> = new Set(['exp', 'nbf', 'iat', 'auth_time', 'updated_at']);
const LISTS: ReadonlySet<string> = new Set(['amr']);

/** Whether `sub`, `client_id` and `jti` are strings, each of them that is there. */
export function hasTypedIdentifiers(claims: Claims): boolean {
  return IDENTIFIERS.every((name) => {
    const value = own(claims, name);
    return value === undefined || typeof value === 'string';
  });
}

/**
 * Whether a claim is there, not empty, and of its registered type; a claim of no registered type may
 * be of any.
 */
export function isPresent(claims: Claims, name: string): boolean {
  const value = own(claims, name);
  if (value === undefined || value === null || value === '') return false;
  if (STRINGS.has(name)) return typeof value === 'string';
  if (TIMES.has(name)) return Number.isFinite(value);
  if (LISTS.has(name)) return isTextList(value);
  // RFC 8693 s4.2 has one string; lists are widespread, and scopes are read from both.
  if (name === 'scope' || name === 'scp') return typeof value === 'string' || isTextList(value);
  return !(Array.isArray(value) && value.length === 0);
}

function isTextList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((element) => typeof element === 'string')
  );
}
