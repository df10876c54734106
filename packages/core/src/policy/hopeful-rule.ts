/**
 * A rule without a request: as it would be if everything that is known per request only held, or if
 * nothing of it did.
 *
 * @module
 */
import { allOf, anyOf, authenticated, deny } from './rule.js';
import type { Rule } from './rule.js';

/**
 * Takes conditions and logins for met, and functions for content with any valid token. A token that
 * fails the result fails the rule whatever the request; one that passes it may still fail the rule.
 */
export function hopefulRule(rule: Rule): Rule {
  return settle(rule, true, new Map());
}

/**
 * Takes conditions, logins and functions for denials. What is enough for the result is enough for the
 * rule too, unless one of its functions throws.
 */
export function doubtfulRule(rule: Rule): Rule {
  return settle(rule, false, new Map());
}

/** `known`, because a part may stand in many places. */
function settle(rule: Rule, hope: boolean, known: Map<Rule, Rule>): Rule {
  if (typeof rule === 'string') return rule;
  let result = known.get(rule);
  if (result === undefined) known.set(rule, (result = settleNode(rule, hope, known)));
  return result;
}

function settleNode(rule: Exclude<Rule, string>, hope: boolean, known: Map<Rule, Rule>): Rule {
  // It may return this very rule; what its `mayRequire` says is not held against it.
  const open = hope ? authenticated() : deny();
  if (typeof rule === 'function') return open;
  switch (rule.kind) {
    case 'allOf':
    case 'anyOf': {
      const [first, ...others] = rule.rules.map((part) => settle(part, hope, known)) as [Rule];
      return rule.kind === 'allOf' ? allOf(first, ...others) : anyOf(first, ...others);
    }
    case 'where':
      return hope ? settle(rule.rule, hope, known) : open;
    case 'computed':
    case 'recentLogin':
      return open;
    case 'authenticated':
    case 'publicAccess':
    case 'deny':
      return rule;
  }
}
