/**
 * Maps another server's scopes to scopes of the gate's catalogue.
 *
 * @module
 */
import type { Auth } from '../policy/index.js';
import type { Gate } from './types.js';

/** Maps another server's scopes, as it wrote them, to scopes of the catalogue. */
export type MapScopes = (scopes: readonly string[]) => readonly (string | undefined)[];

export interface MapScopesOptions {
  readonly gate: Gate;
  /** @default the same names */
  readonly mapScopes?: MapScopes | undefined;
}

/**
 * Returns the scopes to ask the caller for. It returns none, which becomes a 403 without scopes, if the
 * catalogue does not know one of them, or if the caller has them all: then this server's own credential
 * lacks them, and no consent of the caller would help. It never returns a part of the scopes, since a
 * part would not be enough.
 */
export function mapScopes(
  theirs: readonly string[],
  auth: Auth | undefined,
  { gate, mapScopes: map }: MapScopesOptions,
): readonly string[] {
  let ours: readonly (string | undefined)[];
  try {
    ours = map === undefined ? theirs : [...map(theirs)];
  } catch {
    return [];
  }
  const known = ours.filter((scope) => scope !== undefined && gate.scopes.has(scope));
  if (known.length === 0 || known.length < ours.length) return [];
  const isHeld = auth !== undefined && gate.issued(auth) && known.every((scope) => auth.has(scope));
  return isHeld ? [] : [...new Set(known)];
}
