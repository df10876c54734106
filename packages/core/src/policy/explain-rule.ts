/**
 * Rules in words, for whoever wrote them.
 *
 * @module
 */
import { tell, tellAny, tellInner } from './describe-rule.js';
import type { DynamicRule, Telling } from './describe-rule.js';
import type { Rule } from './rule.js';

/** Like `describeRule`, at length: conditions and computed rules are told too. */
export function explainRule(rule: Rule): string {
  return tell(rule, { known: new Map(), most: 4000, dynamic: tellDynamic });
}

function tellDynamic(rule: DynamicRule, telling: Telling): string {
  if (typeof rule === 'function') return 'a function';
  if (rule.kind === 'where') return `${tellInner(rule.rule, telling)} on a condition`;
  return rule.mayRequire.length === 0
    ? 'a function'
    : `a function that may require ${tellAny(rule.mayRequire, telling)}`;
}
