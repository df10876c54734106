/**
 * Functions in rules that do not say which scopes they may require.
 *
 * @module
 */
import type { Rule } from '@scopegate/core';
import { foldRule } from '@scopegate/core/engine';
import type { LintFinding, ListedRule } from './types.js';

/** Reports these functions: the scope map and the lint cannot see what they require. */
export function lintFunctions({ operation, rule }: ListedRule): readonly LintFinding[] {
  if (!holdsUnknown(rule.rule)) return [];
  return [
    {
      code: 'requirement_unknown',
      severity: 'info',
      where: operation,
      message: 'A function in the rule does not say which scopes it may require.',
      howToMend: 'Wrap it: rule(fn, { mayRequire: [...] }).',
    },
  ];
}

/** Whether the rule has a function that does not say what it may require. */
export function holdsUnknown(rule: Rule): boolean {
  return foldRule<boolean>(rule, {
    scope: never,
    allOf: (parts) => parts.some(Boolean),
    anyOf: (parts) => parts.some(Boolean),
    where: (part) => part,
    computed: (part) => typeof part === 'function' || part.mayRequire.length === 0,
    recentLogin: never,
    authenticated: never,
    publicAccess: never,
    deny: never,
  });
}

function never(): boolean {
  return false;
}
