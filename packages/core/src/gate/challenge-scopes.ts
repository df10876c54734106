/**
 * Which scopes a 403 names.
 *
 * @module
 */
import type { ScopeCatalogue } from '../scope/index.js';
import type { GateSettings } from './options.js';
import type { ResponseContext } from './types.js';

/**
 * Returns the scopes to name. The same request always gets the same order: the operation's scopes first,
 * then the others in the catalogue's order.
 *
 * @param needed - all scopes of the alternative that the client should ask for
 * @param missing - those of them that the token lacks; empty if the token has all of them
 */
export function challengeScopes(
  needed: readonly string[],
  missing: readonly string[],
  context: ResponseContext,
  granted: ReadonlySet<string>,
  { challengeScopes: mode, catalogue }: GateSettings,
): readonly string[] {
  // If nothing is missing, all are named: a challenge without scopes would mean any scope.
  if (mode === 'missing' && missing.length > 0) return missing;
  const repeat = mode === 'union' || (mode === 'revision' && context.repeatGranted === true);
  if (!repeat) return needed;
  const held = catalogue.names.filter((name) => granted.has(name));
  return [...new Set([...needed, ...held])];
}

/** Whether there are scopes and the catalogue knows them all: half a list would mislead a client. */
export function areKnownScopes(scopes: readonly string[], catalogue: ScopeCatalogue): boolean {
  return scopes.length > 0 && scopes.every((scope) => catalogue.has(scope));
}
