/**
 * Checks the types of registered claims, and recognizes `typ` claims of other kinds of tokens.
 *
 * @module
 */
import type { Claims } from './types.js';
import { ownMember } from '../values.js';

/**
 * Claims that must be strings if present (RFC 7519 s4.1, RFC 9068 s2.2, RFC 8693 s4.3). If one of another
 * type were ignored, the token would count as a token without a subject, for example.
 */
export const IDENTIFIERS = ['iss', 'sub', 'client_id', 'jti'] as const;

/** Further claims that are strings. */
const STRINGS: ReadonlySet<string> = new Set(['azp', 'acr', 'sid', 'nonce', 'username']);
const TIMES: ReadonlySet<string> = new Set(['exp', 'nbf', 'iat', 'auth_time', 'updated_at']);
const LISTS: ReadonlySet<string> = new Set(['amr']);

/** Returns the names of those {@link IDENTIFIERS} that are present and not strings. */
export function mistypedIdentifiers(claims: Claims): readonly string[] {
  return IDENTIFIERS.filter((name) => !isOptionalText(ownMember(claims, name)));
}

export function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

/**
 * Whether a `typ` claim, which some providers send, says that the token is not an access token but, for
 * example, an ID token.
 */
export function isOtherTokenType(typ: string): boolean {
  return OTHER_TYPES.has(typ.toLowerCase());
}

const OTHER_TYPES: ReadonlySet<string> = new Set(['id', 'refresh', 'offline', 'logout']);

/**
 * Whether a claim is present, not empty, and of its registered type. A claim that is not listed here may have
 * any type.
 */
export function isPresent(claims: Claims, name: string): boolean {
  const value = ownMember(claims, name);
  if (value === undefined || value === null || value === '') return false;
  if (Array.isArray(value) && value.length === 0) return false;
  if (STRINGS.has(name) || (IDENTIFIERS as readonly string[]).includes(name)) {
    return typeof value === 'string';
  }
  if (TIMES.has(name)) return Number.isFinite(value);
  if (LISTS.has(name)) return isTextList(value);
  // RFC 8693 s4.2 defines a string. Lists are widespread, and scopes are read from both.
  if (name === 'scope' || name === 'scp') return typeof value === 'string' || isTextList(value);
  return true;
}

export function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}
