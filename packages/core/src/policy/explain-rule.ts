/**
 * Rules in words, for whoever wrote them.
 *
 * @module
 */
import { inBrackets, teller } from './describe-rule.js';
import type { DynamicRule, Tell } from './describe-rule.js';
import { anyOf } from './rule.js';
import type { Rule } from './rule.js';

/** Like `describeRule`, at length: conditions and computed rules are told too. */
export function explainRule(rule: Rule): string {
  return teller(4000, tellDynamic)(rule);
}

function tellDynamic(rule: DynamicRule, tell: Tell): string {
  if (typeof rule === 'function') return 'a function';
  if (rule.kind === 'where') return `${inBrackets(tell(rule.rule))} on a condition`;
  const [first, ...others] = rule.mayRequire;
  return first === undefined
    ? 'a function'
    : `a function that may require ${tell(anyOf(first, ...others))}`;
}
