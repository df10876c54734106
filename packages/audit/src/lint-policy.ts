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
import type { RouteRules } from './scope-map.js';
import { visible } from './visible.js';

export type LintCode =
  /** A tool or prompt that the policy does not name, or a default that lets any token in. */
  | 'operation_without_rule'
  /** A rule for a tool or prompt that the server does not have. */
  | 'rule_without_operation'
  /** A function that does not say what it may require. */
  | 'requirement_unknown'
  /** A scope of the catalogue that opens nothing. */
  | 'scope_never_used'
  /** A scope of the metadata that opens nothing. */
  | 'advertised_never_enforced'
  /** `offline_access` in another spelling: what makes it an error at construction holds for it too. */
  | 'offline_access'
  /** Scopes that are enough, but nobody is told of, and whoever has them comes in without. */
  | 'alternative_never_cheapest'
  /** A scope that another one beside it implies. */
  | 'implied_duplicate'
  /** A route that clients send no token to. */
  | 'route_outside_resource';

export interface LintFinding {
  readonly code: LintCode;
  /** `error` is wrong for whoever calls; a `warning` is never meant; `info` limits what is known. */
  readonly severity: 'error' | 'warning' | 'info';
  /** The operation, option or scope. Names are escaped here and below: print them as they are. */
  readonly where: string;
  readonly message: string;
  readonly howToMend: string;
}

export interface LintOptions<S extends string = string> {
  /** Rules that stand at routes: the same table as for the scope map. */
  readonly routes?: RouteRules<S>;
  /** Every tool that the server has, to be held against the rules. */
  readonly tools?: readonly (string | { readonly name: string })[];
  /** Every prompt. */
  readonly prompts?: readonly (string | { readonly name: string })[];
}

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
