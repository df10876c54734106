/**
 * Which token reaches which operation, computed from the policy without a request.
 *
 * @module
 */
import { evaluate } from '@scopegate/core';
import type { Gate, Rule, ScopeCatalogue } from '@scopegate/core';
import { foldRule } from '@scopegate/core/engine';
import { describeFully } from './describe-fully.js';
import { upperBound } from './bounds.js';
import { toGrants } from './grants.js';
import type { GrantedScopes } from './grants.js';
import { listRules } from './list-rules.js';
import type {
  ListedRule,
  ScopeMap,
  ScopeMapAccess,
  ScopeMapOptions,
  ScopeMapRow,
} from './types.js';
import { readAnnotations, writesOf } from './writes.js';
import type { ToolWrites } from './writes.js';

/**
 * Maps a gate: each operation that its policy names, the policy's defaults, and the given routes, with
 * what each needs and whether the given tokens pass. Scopes that a token's scopes imply count as granted.
 *
 * Not on the map are subscriptions and completions, which have the rule of their resource or prompt, what
 * handlers check, and whether a token is valid. If several rows of a policy match an operation, the most
 * specific one decides; for routes, the framework's router decides which one runs.
 *
 * @example
 * ```ts
 * const map = scopeMap(gate, { grants: { nobody: undefined, reader: 'notes:read' } });
 * console.log(formatScopeMap(map, 'text'));
 * ```
 * @throws {@link TypeError} naming the option; for a gate that has no policy, without routes
 * @group Audit
 */
export function scopeMap<S extends string>(
  gate: Gate<S>,
  options: ScopeMapOptions<NoInfer<S>> = {},
): ScopeMap {
  const catalogue: ScopeCatalogue = gate.scopes;
  const grants = toGrants(options.grants, catalogue);
  const tools = options.tools === undefined ? undefined : readAnnotations(options.tools);
  return {
    resource: gate.resource,
    grants: grants.map(({ name, scopes }) => ({ name, scopes: scopes && [...scopes] })),
    rows: listRules(gate, options.routes).map((listed) => ({
      ...toRow(listed, grants, catalogue),
      ...(tools !== undefined && describeWrites(listed, tools)),
    })),
  };
}

function toRow(
  { rule: compiled, ...listed }: ListedRule,
  grants: readonly GrantedScopes[],
  catalogue: ScopeCatalogue,
): ScopeMapRow {
  const { rule, scopes, dynamic } = compiled;
  const upper = dynamic ? upperBound(rule) : rule;
  return {
    ...listed,
    requires: describeFully(rule),
    scopes: [...scopes],
    access: grants.map(({ name, scopes: granted }): ScopeMapAccess => {
      // Without a token the gate calls no function, so the result is known.
      const { satisfied, challenge } = evaluate(granted ? upper : rule, granted ?? [], catalogue);
      const passes = granted ? satisfied : isPublic(rule);
      // A function in the rule may throw and so deny, even if the scopes are enough by themselves.
      if (passes) return { grant: name, passes: granted && dynamic ? 'depends' : 'yes' };
      const status = granted ? 403 : 401;
      return { grant: name, passes: 'no', status, challenge: [...challenge] };
    }),
  };
}

function describeWrites(listed: ListedRule, tools: ToolWrites): Pick<ScopeMapRow, 'writes'> {
  const writes = writesOf(listed, tools);
  return writes === undefined ? {} : { writes };
}

/** Whether a request without a token is allowed. */
function isPublic(rule: Rule): boolean {
  return foldRule<boolean>(rule, {
    scope: never,
    allOf: (parts) => parts.every(Boolean),
    anyOf: (parts) => parts.some(Boolean),
    where: never,
    computed: never,
    recentLogin: never,
    authenticated: never,
    publicAccess: () => true,
    deny: never,
  });
}

function never(): boolean {
  return false;
}
