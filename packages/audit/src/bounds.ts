/**
 * Upper and lower bounds of a rule without a request.
 *
 * @module
 */
import { allOf, anyOf, authenticated, deny } from '@scopegate/core';
import type { Rule } from '@scopegate/core';
import { foldRule } from '@scopegate/core/engine';

/**
 * The rule if all conditions and logins hold, and functions ask for no more than a valid token. A token
 * that fails it fails the rule, whatever the request; a token that passes it may still fail the rule.
 */
export function upperBound(rule: Rule): Rule {
  return boundOf(rule, authenticated(), (part) => part);
}

/**
 * The rule if no condition, login or function holds. A token that passes it passes the rule, unless a
 * function in the rule throws.
 */
export function lowerBound(rule: Rule): Rule {
  return boundOf(rule, deny(), () => deny());
}

/** `unknown` replaces the parts that depend on the request. */
function boundOf(rule: Rule, unknown: Rule, where: (part: Rule) => Rule): Rule {
  return foldRule<Rule>(rule, {
    scope: (scope) => scope,
    allOf: (parts) => allOf(...(parts as [Rule])),
    anyOf: (parts) => anyOf(...(parts as [Rule])),
    where,
    // A function may return anything, whatever its `mayRequire` says.
    computed: () => unknown,
    recentLogin: () => unknown,
    authenticated: (part) => part,
    publicAccess: (part) => part,
    deny: (part) => part,
  });
}
