/**
 * Scope tokens and lists of them, RFC 6749 s3.3.
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

/** Parameters that clients, such as the MCP SDK, search for with unanchored patterns. */
export const PARAMETER: RegExp =
  /(scope|error|error_description|error_uri|resource_metadata)(?:\s*=)+/gi;

/**
 * Refuses a text in which clients that search a challenge with unanchored patterns would find another parameter.
 *
 * @throws {@link TypeError} naming the option
 */
export function expectUnmistakable(text: string, path: string): void {
  const isPlain = text.search(PARAMETER) === -1;
  expect(isPlain, path, `${JSON.stringify(text)} reads like a challenge parameter to some clients`);
}

/**
 * Checks a configured scope.
 *
 * @throws {@link TypeError} naming the option
 */
export function checkScope(value: unknown, path: string): void {
  expect(isScopeToken(value), path, `${JSON.stringify(value)} is not a scope token`);
  // `offline_access` asks the authorization server for a refresh token; no resource requires it.
  expect(value !== 'offline_access', path, 'offline_access is not a scope of a resource');
}

/**
 * Splits a `scope` value on U+0020, and on nothing else. Runs of spaces are tolerated, and a repeated
 * token counts once. Text that is not a scope token (a tab inside, a quote) is left out, since it can
 * match nothing.
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
 * Writes scopes as a `scope` value: one space between, a repeated token once.
 *
 * @example
 * ```ts
 * serializeScope(['notes:read', 'notes:write']); // 'notes:read notes:write'
 * ```
 * @throws {@link TypeError} when an element is not a scope token
 * @group Scopes
 */
export function serializeScope(scopes: Iterable<string>): string {
  const seen = new Set<string>();
  // `parseScope` would leave out illegal text, and a shortened list would be wrong.
  const list =
    typeof scopes === 'string' ? scopes.split(' ').filter((part) => part !== '') : scopes;
  for (const scope of list) {
    if (!isScopeToken(scope)) throw new TypeError(`${JSON.stringify(scope)} is not a scope token`);
    seen.add(scope);
  }
  return [...seen].join(' ');
}

/**
 * Returns the union of scope lists as a `scope` value, in order of first appearance, compared exactly.
 * Returns `undefined` without scopes, so that a `scope` parameter is left out rather than empty.
 *
 * @example
 * ```ts
 * unionScopes('notes:read', ['notes:write', 'notes:read']); // 'notes:read notes:write'
 * unionScopes(undefined, ''); // undefined
 * ```
 * @param parts - each a space-separated string, a list, or nothing
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
 * Whether every scope of `needed` is in `held`, compared exactly. `evaluate` applies implications too.
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
  for (const scope of toList(needed)) if (!set.has(scope)) return false;
  return true;
}

/** Returns a set as it is, and anything else as a new set. */
export function toScopeSet(scopes: string | Iterable<string>): ReadonlySet<string> {
  return scopes instanceof Set ? (scopes as ReadonlySet<string>) : new Set(toList(scopes));
}

/** A string is a `scope` value here, never an iterable of its characters. */
function toList(scopes: string | Iterable<string>): Iterable<string> {
  return typeof scopes === 'string' ? parseScope(scopes) : scopes;
}
