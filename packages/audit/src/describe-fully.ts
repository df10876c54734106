/**
 * Describes rules for the owner of the policy, conditions and functions too.
 *
 * @module
 */
import { anyOf } from '@scopegate/core';
import type { Rule } from '@scopegate/core';
import { describeRule } from '@scopegate/core/engine';
import type { RuleWords } from '@scopegate/core/engine';

/** Describes in words what a rule requires. */
export function describeFully(rule: Rule): string {
  return describeRule(rule, WORDS);
}

const WORDS: RuleWords = {
  maxLength: 4000,
  where: (text, { condition = 'on a condition' }) => `${text} ${condition}`,
  computed: (rule) => {
    const [scope, ...others] = typeof rule === 'function' ? [] : rule.mayRequire;
    return scope === undefined
      ? 'a function'
      : `a function that may require ${describeFully(anyOf(scope, ...others))}`;
  },
};
