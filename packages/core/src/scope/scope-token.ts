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

/** Names that clients look for with unanchored patterns, measured in the MCP SDK and others. */
export const PARAMETER: RegExp =
  /(scope|error|error_description|error_uri|resource_metadata)(?:\s*=)+/gi;

/**
 * Refuses what an unanchored reader could take for another parameter of the challenge.
 *
 * @throws {@link TypeError} naming the option
 */
export function expectUnmistakable(text: string, path: string): void {
  const isPlain = text.search(PARAMETER) === -1;
  expect(isPlain, path, `${JSON.stringify(text)} reads like a challenge parameter to some clients`);
}

/**
 * Checks a scope that somebody configured.
 *
 * @throws {@link TypeError} naming the option
 */
export function checkScope(value: unknown, path: string): void {
  expect(isScopeToken(value), path, `${JSON.stringify(value)} is not a scope token`);
  // It asks for a refresh token and is the client's matter; no resource requires it.
  expect(value !== 'offline_access', path, 'offline_access is not a scope of a resource');
}

/**
 * Splits a `scope` value on U+0020, and on nothing else. Runs of spaces are tolerated, a repeated
 * token counts once, and what is no scope token (a tab inside, a quote) is left out: it can match
 * nothing, and must not travel further.
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
  // Not parseScope, which leaves out what is illegal: a shortened list would be a wrong one.
  const list =
    typeof scopes === 'string' ? scopes.split(' ').filter((part) => part !== '') : scopes;
  for (const scope of list) {
    if (!isScopeToken(scope)) throw new TypeError(`${JSON.stringify(scope)} is not a scope token`);
    seen.add(scope);
  }
  return [...seen].join(' ');
}

/**
 * The union of scope lists as a `scope` value: in order of first appearance, compared exactly.
 * Returns `undefined` if nothing came in, so that a `scope` parameter is left out rather than empty.
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
 * Whether every scope of `needed` is in `held`. Exact comparison: implications are `evaluate`'s.
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

/** A set as it is; anything else is read into one. */
export function toScopeSet(scopes: string | Iterable<string>): ReadonlySet<string> {
  return scopes instanceof Set ? (scopes as ReadonlySet<string>) : new Set(toList(scopes));
}

/** A string is a `scope` value here, never an iterable of its characters. */
function toList(scopes: string | Iterable<string>): Iterable<string> {
  return typeof scopes === 'string' ? parseScope(scopes) : scopes;
}
