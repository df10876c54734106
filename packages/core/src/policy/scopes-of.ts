/**
 * Which scopes a rule names.
 *
 * @module
 */
import { isRuleNode } from './rule.js';
import type { Rule } from './rule.js';

/** All scopes that stand in a rule, behind conditions too; what functions compute is not known. */
export function scopesOf(rule: Rule): readonly string[] {
  if (typeof rule === 'string') return [rule];
  if (!isRuleNode(rule)) return [];
  switch (rule.kind) {
    case 'allOf':
    case 'anyOf':
      return rule.rules.flatMap(scopesOf);
    case 'where':
      return scopesOf(rule.rule);
    case 'computed':
      return rule.mayRequire;
    case 'authenticated':
    case 'publicAccess':
    case 'deny':
      return [];
  }
}
