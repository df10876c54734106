/**
 * Functions in rules, which nobody sees through.
 *
 * @module
 */
import type { Rule } from '@scopegate/core';
import { isRuleNode } from '@scopegate/core/engine';
import type { LintFinding } from './lint-policy.js';
import type { ListedRule } from './list-rules.js';

/** Functions that do not say what they may require: the map and the lint end there. */
export function lintFunctions({ operation, rule }: ListedRule): readonly LintFinding[] {
  if (!holdsUnknown(rule)) return [];
  return [
    {
      code: 'requirement_unknown',
      severity: 'info',
      where: operation,
      message: 'A function decides here, and does not say which scopes it may require.',
      howToMend: 'Wrap it: rule(fn, { mayRequire: [...] }).',
    },
  ];
}

/** Whether a function stands in the rule that does not say what it may require. */
export function holdsUnknown(rule: Rule, seen: Set<Rule> = new Set()): boolean {
  if (typeof rule === 'function') return true;
  if (!isRuleNode(rule) || seen.has(rule)) return false;
  seen.add(rule);
  switch (rule.kind) {
    case 'allOf':
    case 'anyOf':
      return rule.rules.some((part) => holdsUnknown(part, seen));
    case 'where':
      return holdsUnknown(rule.rule, seen);
    case 'computed':
      return rule.mayRequire.length === 0;
    case 'authenticated':
    case 'recentLogin':
    case 'publicAccess':
    case 'deny':
      return false;
  }
}
