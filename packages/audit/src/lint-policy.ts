/**
 * What in a gate's rules cannot be meant.
 *
 * @module
 */
import type { Gate } from '@scopegate/core';
import { lintAlternatives } from './lint-alternatives.js';
import { lintFunctions } from './lint-functions.js';
import { lintOperations } from './lint-operations.js';
import { lintScopes } from './lint-scopes.js';
import { listRules } from './list-rules.js';
import type { LintCode, LintFinding, LintOptions } from './types.js';
import { visible } from './visible.js';

/**
 * Looks for what is legal but cannot be meant: {@link LintCode} has the list. In the order of the
 * codes, then of the rules; the same for the same policy.
 *
 * What stands behind conditions is looked at by itself; functions are black boxes. Of the routes
 * with a rule of their own it sees those given.
 *
 * @throws {@link TypeError} naming the option; for a gate that has no policy, without routes
 * @group Audit
 */
export function lintPolicy<S extends string>(
  gate: Gate<S>,
  options: LintOptions<NoInfer<S>> = {},
): readonly LintFinding[] {
  const rules = listRules(gate, options.routes);
  const findings = [
    ...lintOperations(gate, rules, options),
    ...rules.flatMap(lintFunctions),
    ...lintScopes(gate, rules),
    ...rules.flatMap((listed) => lintAlternatives(listed, gate.scopes)),
  ];
  return findings
    .toSorted((a, b) => CODES.indexOf(a.code) - CODES.indexOf(b.code))
    .map((finding) => ({
      ...finding,
      where: visible(finding.where),
      message: visible(finding.message),
    }));
}

const CODES: readonly LintCode[] = [
  ...(['operation_without_rule', 'rule_without_operation', 'requirement_unknown'] as const),
  ...(['scope_never_used', 'advertised_never_enforced', 'offline_access'] as const),
  ...(['alternative_never_cheapest', 'implied_duplicate', 'route_outside_resource'] as const),
];
