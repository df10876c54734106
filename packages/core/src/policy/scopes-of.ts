/**
 * Which scopes a rule names.
 *
 * @module
 */
import { isRuleNode } from './rule.js';
import type { Rule } from './rule.js';

/** All scopes that stand in a rule, behind conditions too; what functions compute is not known. */
export function scopesOf(rule: Rule): readonly string[] {
  const scopes = new Set<string>();
  collect(rule, scopes, new Set());
  return [...scopes];
}

/** `seen`, because a part may stand in many places. */
function collect(rule: Rule, scopes: Set<string>, seen: Set<Rule>): void {
  if (seen.has(rule)) return;
  seen.add(rule);
  if (typeof rule === 'string') scopes.add(rule);
  if (!isRuleNode(rule)) return;
  switch (rule.kind) {
    case 'allOf':
    case 'anyOf':
      for (const part of rule.rules) collect(part, scopes, seen);
      break;
    case 'where':
      collect(rule.rule, scopes, seen);
      break;
    case 'computed':
      for (const scope of rule.mayRequire) scopes.add(scope);
      break;
    case 'authenticated':
    case 'recentLogin':
    case 'publicAccess':
    case 'deny':
      break;
  }
}
