/**
 * Whether two rules are the same.
 *
 * @module
 */
import { isRuleNode } from './rule.js';
import type { Rule } from './types.js';

/**
 * Whether two rules decide and answer alike by their structure: the same scopes and parts in the same
 * order, since a challenge names them in that order. Functions are the same only if they are one
 * object: what they do is not known.
 */
export function isSameRule(one: Rule, other: Rule): boolean {
  if (one === other) return true;
  if (!isRuleNode(one) || !isRuleNode(other)) return false;
  /** The pairs that were compared already: a part may stand in several places. */
  const seen = new Map<Rule, Set<Rule>>();
  const same = (a: Rule, b: Rule): boolean => {
    if (a === b) return true;
    if (!isRuleNode(a) || !isRuleNode(b)) return false;
    const others = seen.get(a) ?? new Set();
    if (others.has(b)) return true;
    seen.set(a, others.add(b));
    switch (a.kind) {
      case 'allOf':
      case 'anyOf':
        return (
          a.kind === b.kind &&
          a.rules.length === b.rules.length &&
          a.rules.every((part, index) => same(part, b.rules[index] as Rule))
        );
      case 'where':
        return b.kind === 'where' && a.predicate === b.predicate && same(a.rule, b.rule);
      case 'computed':
        return (
          b.kind === 'computed' && a.compute === b.compute && isSameList(a.mayRequire, b.mayRequire)
        );
      case 'recentLogin':
        return (
          b.kind === 'recentLogin' &&
          a.login.maxAge === b.login.maxAge &&
          isSameList(a.login.acrValues ?? [], b.login.acrValues ?? [])
        );
      case 'authenticated':
      case 'publicAccess':
      case 'deny':
        return a.kind === b.kind;
    }
  };
  return same(one, other);
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((element, index) => element === other[index]);
}
