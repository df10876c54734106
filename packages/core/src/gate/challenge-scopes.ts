/**
 * Selects the scopes that a challenge names.
 *
 * @module
 */
import type { ScopeCatalogue } from '../scope/index.js';
import type { GateSettings } from './options.js';
import type { ResponseContext } from './types.js';

/**
 * Returns the scopes that a challenge names. The same request always gets the same order: the
 * operation's scopes first, then the others in the catalogue's order.
 *
 * @param needed - all scopes of the alternative that the client should ask for
 * @param missing - the scopes of `needed` that the token lacks; empty if it has all of them
 */
export function challengeScopes(
  needed: readonly string[],
  missing: readonly string[],
  context: ResponseContext,
  granted: ReadonlySet<string>,
  { challengeScopes: mode, catalogue }: GateSettings,
): readonly string[] {
  // If no scope is missing, all needed scopes are named: a client would read a challenge without scopes
  // as a request for any scope.
  if (mode === 'missing' && missing.length > 0) return missing;
  const repeat = mode === 'union' || (mode === 'revision' && context.repeatGranted === true);
  if (!repeat) return needed;
  const held = catalogue.names.filter((name) => granted.has(name));
  return [...new Set([...needed, ...held])];
}

/**
 * Whether the list is not empty and the catalogue knows all of its scopes. A challenge with a part of
 * the list would mislead a client.
 */
export function areKnownScopes(scopes: readonly string[], catalogue: ScopeCatalogue): boolean {
  return scopes.length > 0 && scopes.every((scope) => catalogue.has(scope));
}
