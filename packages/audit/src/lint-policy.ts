/**
 * Finds mistakes in a gate's rules.
 *
 * @module
 */
import type { Gate } from '@scopegate/core';
import { lintAlternatives } from './lint-alternatives.js';
import { lintAnnotations } from './lint-annotations.js';
import { lintBreadth } from './lint-breadth.js';
import { lintFunctions } from './lint-functions.js';
import { lintOperations } from './lint-operations.js';
import { lintScopes } from './lint-scopes.js';
import { listRules } from './list-rules.js';
import type { LintCode, LintFinding, LintOptions } from './types.js';
import { visible } from './visible.js';

/**
 * Finds rules that are legal but probably mistakes: {@link LintCode} has the list. Findings with one code follow
 * each other, in the order of the rules, and are the same for the same policy.
 *
 * Rules inside conditions are checked, too. Does not check what functions return, nor routes that are not
 * given.
 *
 * @example
 * ```ts
 * for (const { severity, where, message } of lintPolicy(gate, { tools: ['read_notes'] })) {
 *   console.log(`${severity} ${where}: ${message}`);
 * }
 * ```
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
    ...lintBreadth(rules, gate.scopes),
    ...lintAnnotations(gate, rules, options),
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
  ...(['alternative_never_cheapest', 'implied_duplicate', 'broad_first'] as const),
  ...(['annotation_contradicts_scope', 'route_outside_resource'] as const),
];
