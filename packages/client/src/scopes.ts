/**
 * Selects the scopes to ask for: at a first login, and when the resource needs more.
 *
 * @module
 */
import { parseScope, unionScopes } from '@scopegate/core';
import type { ProtectedResourceMetadata } from '@scopegate/core';

type Scopes = string | Iterable<string> | null | undefined;

/**
 * Returns the `scope` of a first login: the scopes of the challenge, or else all scopes that the metadata
 * lists. Returns `undefined` if neither has any; then leave the parameter out.
 *
 * @example
 * ```ts
 * const scope = selectScopes({ challenge, metadata });
 * if (scope !== undefined) url.searchParams.set('scope', scope);
 * ```
 * @group Client
 * @see {@link https://modelcontextprotocol.io/specification/draft/basic/authorization#scope-selection-strategy MCP, Scope Selection}
 */
export function selectScopes(from: {
  readonly challenge?: { readonly scopes: readonly string[] } | undefined;
  readonly metadata?: Pick<ProtectedResourceMetadata, 'scopes_supported'> | undefined;
}): string | undefined {
  return unionScopes(from.challenge?.scopes) ?? unionScopes(from.metadata?.scopes_supported);
}

/** The scopes from which {@link stepUpScopes} selects, each a `scope` value or a list; each may be absent. */
export interface StepUpScopesInput {
  /** The scopes that earlier authorizations asked for. */
  readonly requested?: Scopes;
  /** The scopes of the present token; `undefined` if they are unknown, which counts as none. */
  readonly granted?: Scopes;
  /** The scopes of the challenge. */
  readonly challenged?: Scopes;
  /** `scopes_supported` of the metadata: used if the challenge names no scope. */
  readonly advertised?: Scopes;
}

/**
 * Returns the union of the requested, granted and needed scopes as `scope`, and as `added` those that are
 * needed and not granted. The needed scopes are the challenged ones, or else the advertised ones. If `added` is
 * empty, an authorization would add no scope.
 *
 * @example
 * ```ts
 * const { scope, added } = stepUpScopes({ granted: token.scope, challenged: challenge.scopes });
 * if (added.length > 0) await signIn({ scope });
 * ```
 * @group Client
 * @see {@link https://modelcontextprotocol.io/specification/draft/basic/authorization#step-up-authorization-flow MCP, Step-Up Authorization Flow}
 */
export function stepUpScopes(input: StepUpScopesInput): {
  readonly scope: string | undefined;
  readonly added: readonly string[];
} {
  const { requested, granted } = input;
  const needed = unionScopes(input.challenged) ?? unionScopes(input.advertised);
  return {
    scope: unionScopes(requested, granted, needed),
    added: missingScopes(unionScopes(granted) ?? '', parseScope(needed ?? '')),
  };
}

/** Returns the scopes of `needed` that are not in `held`. */
export function missingScopes(held: string, needed: readonly string[]): readonly string[] {
  const set = new Set(parseScope(held));
  return needed.filter((scope) => !set.has(scope));
}
