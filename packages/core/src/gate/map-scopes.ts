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
  /** Maps the other server's scopes to scopes of the catalogue. @default the same names */
  readonly mapScopes?: MapScopes | undefined;
  /** Called with the reason if no scope is returned, and with the error if `mapScopes` threw one. */
  readonly onUnmapped?: (reason: string, cause?: unknown) => void;
}

/**
 * Returns the scopes to ask the caller for. The list is empty, which becomes a 403 without scopes, if
 * `mapScopes` throws or returns none, if the catalogue does not know one of the scopes, or if the caller has
 * all of them: this server's own credential lacks them then, and no consent of the caller would help. It
 * never returns a part of the scopes, since a part would not be enough.
 */
export function mapScopes(
  theirs: readonly string[],
  auth: Auth | undefined,
  { gate, mapScopes: map, onUnmapped }: MapScopesOptions,
): readonly string[] {
  const none = (reason: string, cause?: unknown): readonly string[] => {
    onUnmapped?.(reason, cause);
    return [];
  };
  let ours: readonly (string | undefined)[];
  try {
    ours = map === undefined ? theirs : [...map(theirs)];
  } catch (error) {
    return none('mapScopes failed', error);
  }
  if (ours.length === 0) return none('the upstream wants scopes and does not say which');
  const known = ours.filter((scope) => scope !== undefined && gate.scopes.has(scope));
  if (known.length < ours.length) {
    return none('the upstream wants scopes that are not in the catalogue');
  }
  if (gate.issued(auth) && known.every((scope) => auth.has(scope))) {
    return none('the upstream wants scopes that the caller has');
  }
  return [...new Set(known)];
}
