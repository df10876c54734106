/**
 * Maps the scopes that an upstream asks for to scopes that the caller can ask for.
 *
 * @module
 */
import type { Auth, Gate } from '@scopegate/core';

export interface MapScopesOptions {
  readonly gate: Gate;
  /** @default the same names */
  readonly mapScopes: ((scopes: readonly string[]) => readonly (string | undefined)[]) | undefined;
  /** Called with the reason if no scope is named. */
  readonly onUnmapped: (message: string, cause?: unknown) => void;
}

/**
 * Returns the scopes to name in the 403. The list is empty if one of the scopes is not in the catalogue,
 * or if the caller has them all: then the upstream's own credential lacks them, and no consent of the
 * caller would help. A part of the scopes is never named, because it would not be enough.
 */
export function mapScopes(
  upstreamScopes: readonly string[],
  auth: Auth | undefined,
  { gate, mapScopes: map, onUnmapped }: MapScopesOptions,
): readonly string[] {
  const none = (message: string, cause?: unknown): readonly string[] => {
    onUnmapped(message, cause);
    return [];
  };
  let mapped: readonly (string | undefined)[];
  try {
    mapped = map === undefined ? upstreamScopes : [...map(upstreamScopes)];
  } catch (error) {
    return none('mapScopes failed', error);
  }
  if (mapped.length === 0) return none('the upstream wants scopes and does not say which');
  const known = mapped.filter((scope) => scope !== undefined && gate.scopes.has(scope));
  if (known.length < mapped.length) {
    return none('the upstream wants scopes that are not in the catalogue');
  }
  if (auth !== undefined && gate.issued(auth) && known.every((scope) => auth.has(scope))) {
    return none('the upstream wants scopes that the caller has');
  }
  return [...new Set(known)];
}
