/**
 * Which token reaches which operation, computed from the policy without a request.
 *
 * @module
 */
import type { Gate, ScopeCatalogue } from '@scopegate/core';
import { compileRule, describeRule, evaluateCompiled } from '@scopegate/core/engine';
import type { CompiledRule } from '@scopegate/core/engine';
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

/**
 * Maps a gate: each operation that its policy names, the policy's defaults, and the given routes, with
 * what each needs and whether the given tokens pass. Scopes that the catalogue implies count.
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
  return {
    resource: gate.resource,
    grants: grants.map(({ name, scopes }) => ({ name, scopes: scopes && [...scopes] })),
    rows: listRules(gate, options.routes).map((listed) => toRow(listed, grants, catalogue)),
  };
}

function toRow(
  { rule, ...listed }: ListedRule,
  grants: readonly GrantedScopes[],
  catalogue: ScopeCatalogue,
): ScopeMapRow {
  const upper = rule.dynamic
    ? compileRule(upperBound(rule.rule), catalogue, listed.operation)
    : rule;
  return {
    ...listed,
    requires: describeRule(rule.rule, 'full'),
    scopes: [...rule.scopes],
    access: grants.map(({ name, scopes }) => ({
      grant: name,
      ...accessOf(rule, upper, scopes ?? undefined, catalogue),
    })),
  };
}

function accessOf(
  rule: CompiledRule,
  upper: CompiledRule,
  granted: ReadonlySet<string> | undefined,
  catalogue: ScopeCatalogue,
): Omit<ScopeMapAccess, 'grant'> {
  // Without a token the gate calls no function, so the result is known.
  const evaluated = granted === undefined ? rule : upper;
  const { satisfied, challenge } = evaluateCompiled(evaluated, granted, catalogue);
  // A function in the rule may throw and so deny, even if the scopes are enough by themselves.
  if (satisfied) return { passes: evaluated === rule ? 'yes' : 'depends' };
  return { passes: 'no', status: granted === undefined ? 401 : 403, challenge: [...challenge] };
}
