/**
 * Checks scope tokens, and reads and writes lists of them, RFC 6749 s3.3.
 *
 * @module
 */
import { SCOPE, consistsOf } from '../http/index.js';
import { expect } from '../options.js';

/**
 * Whether `value` is one scope token: `1*( %x21 / %x23-5B / %x5D-7E )`.
 *
 * @example
 * ```ts
 * isScopeToken('notes:read'); // true
 * isScopeToken('notes read'); // false
 * ```
 * @group Scopes
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-3.3 RFC 6749 s3.3}
 */
export function isScopeToken(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && consistsOf(value, SCOPE);
}

/** Matches the parameters that some clients, such as the MCP SDK, search for anywhere in a challenge. */
export const PARAMETER: RegExp =
  /(scope|error|error_description|error_uri|resource_metadata)(?:\s*=)+/gi;

/**
 * Refuses a text in which clients that search for parameters anywhere in a challenge would find a parameter.
 *
 * @throws {@link TypeError} naming the option
 */
export function expectUnmistakable(text: string, path: string): void {
  const isPlain = text.search(PARAMETER) === -1;
  expect(isPlain, path, `${JSON.stringify(text)} reads like a challenge parameter to some clients`);
}

/**
 * Checks a scope from the options: it must be a scope token, and not `offline_access`.
 *
 * @throws {@link TypeError} naming the option
 */
export function checkScope(value: unknown, path: string): void {
  expect(isScopeToken(value), path, `${JSON.stringify(value)} is not a scope token`);
  // `offline_access` asks the authorization server for a refresh token; no resource requires it.
  expect(value !== 'offline_access', path, 'offline_access is not a scope of a resource');
}

/**
 * Splits a `scope` value at spaces (U+0020) and at no other character. Several spaces count as one, and a
 * repeated token is returned once. Text that is not a scope token (such as one with a tab or a quote) is left
 * out, since it cannot match a scope.
 *
 * @example
 * ```ts
 * parseScope('notes:read  notes:write notes:read'); // ['notes:read', 'notes:write']
 * ```
 * @group Scopes
 */
export function parseScope(value: string): string[] {
  const scopes = new Set<string>();
  for (const part of value.split(' ')) if (isScopeToken(part)) scopes.add(part);
  return [...scopes];
}

/**
 * Writes scopes as a `scope` value, with one space between two tokens. A repeated token is written once. A
 * string is read as a `scope` value, not as an iterable of its characters.
 *
 * @example
 * ```ts
 * serializeScope(['notes:read', 'notes:write']); // 'notes:read notes:write'
 * ```
 * @throws {@link TypeError} if an element is not a scope token
 * @group Scopes
 */
export function serializeScope(scopes: Iterable<string>): string {
  const seen = new Set<string>();
  // `parseScope` is not used here, because it leaves out illegal text, and a shortened list would be wrong.
  const list =
    typeof scopes === 'string' ? scopes.split(' ').filter((part) => part !== '') : scopes;
  for (const scope of list) {
    if (!isScopeToken(scope)) throw new TypeError(`${JSON.stringify(scope)} is not a scope token`);
    seen.add(scope);
  }
  return [...seen].join(' ');
}

/**
 * Returns the union of scope lists as a `scope` value, in the order in which the scopes first occur. Scopes
 * are compared exactly, and text that is not a scope token is left out. Returns `undefined` if there is no
 * scope, so that a `scope` parameter is left out instead of empty.
 *
 * @example
 * ```ts
 * unionScopes('notes:read', ['notes:write', 'notes:read']); // 'notes:read notes:write'
 * unionScopes(undefined, ''); // undefined
 * ```
 * @param parts - the scope lists, each a `scope` value, an iterable of scopes, or nothing
 * @group Scopes
 */
export function unionScopes(
  ...parts: readonly (string | Iterable<string> | null | undefined)[]
): string | undefined {
  const union = new Set<string>();
  for (const part of parts) {
    if (part === null || part === undefined) continue;
    for (const scope of toList(part)) if (isScopeToken(scope)) union.add(scope);
  }
  return union.size === 0 ? undefined : [...union].join(' ');
}

/**
 * Whether every scope of `needed` is in `held`. Scopes are compared exactly; `evaluate` also applies
 * implications.
 *
 * @example
 * ```ts
 * isScopeSuperset('notes:read notes:write', ['notes:read']); // true
 * ```
 * @group Scopes
 */
export function isScopeSuperset(
  held: string | Iterable<string>,
  needed: string | Iterable<string>,
): boolean {
  const set = toScopeSet(held);
  // `parseScope` leaves out illegal text, which nobody holds.
  const list = typeof needed === 'string' ? needed.split(' ').filter(Boolean) : needed;
  for (const scope of list) if (!set.has(scope)) return false;
  return true;
}

/** Returns a `Set` itself, and the scopes of anything else as a new set. */
export function toScopeSet(scopes: string | Iterable<string>): ReadonlySet<string> {
  return scopes instanceof Set ? (scopes as ReadonlySet<string>) : new Set(toList(scopes));
}

/** Returns the scopes of a list. A string is read as a `scope` value, not as an iterable of its characters. */
function toList(scopes: string | Iterable<string>): Iterable<string> {
  return typeof scopes === 'string' ? parseScope(scopes) : scopes;
}
