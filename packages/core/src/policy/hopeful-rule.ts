/**
 * A rule as it would be if everything that is known per request only were to hold.
 *
 * @module
 */
import { allOf, anyOf, authenticated } from './rule.js';
import type { Rule } from './rule.js';

/**
 * Takes conditions for met and functions for content with any valid token. A token that fails the
 * result fails the rule whatever the request; one that passes it may still fail the rule.
 */
export function hopefulRule(rule: Rule): Rule {
  return hope(rule, new Map());
}

/** `known`, because a part may stand in many places. */
function hope(rule: Rule, known: Map<Rule, Rule>): Rule {
  if (typeof rule === 'string') return rule;
  // It may return this very rule; what its `mayRequire` says is not held against it.
  if (typeof rule === 'function') return authenticated();
  let result = known.get(rule);
  if (result === undefined) {
    switch (rule.kind) {
      case 'allOf':
        result = allOf(...hopeAll(rule.rules, known));
        break;
      case 'anyOf':
        result = anyOf(...hopeAll(rule.rules, known));
        break;
      case 'where':
        result = hope(rule.rule, known);
        break;
      case 'computed':
      case 'recentLogin':
        result = authenticated();
        break;
      case 'authenticated':
      case 'publicAccess':
      case 'deny':
        result = rule;
    }
    known.set(rule, result);
  }
  return result;
}

function hopeAll(rules: readonly Rule[], known: Map<Rule, Rule>): [Rule, ...Rule[]] {
  return rules.map((part) => hope(part, known)) as [Rule, ...Rule[]];
}
