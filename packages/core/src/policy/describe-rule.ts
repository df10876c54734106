/**
 * Rules in words, for `error_description` and for people.
 *
 * @module
 */
import { isRuleNode } from './rule.js';
import type { Rule } from './rule.js';

/** Past this many characters, further alternatives are counted, not named. */
const MAX_LENGTH = 400;

/**
 * Says what a rule needs: `notes:write`, `both notes:read and notes:append`,
 * `notes:write, or both notes:read and notes:append`. Conditions and computed rules are not told.
 *
 * @group Rules
 */
export function describeRule(rule: Rule): string {
  return describe(rule);
}

function describe(rule: Rule): string {
  if (typeof rule === 'string') return rule;
  if (!isRuleNode(rule)) return 'more than this token has';
  switch (rule.kind) {
    case 'anyOf':
      return joined(rule.rules, ', or ', 'or');
    case 'allOf':
      return conjunction(rule.rules);
    case 'authenticated':
      return 'a valid token';
    case 'publicAccess':
      return 'no token';
    case 'deny':
      return 'what no token has';
    case 'where':
    case 'computed':
      return 'more than this token has';
  }
}

function conjunction(all: readonly Rule[]): string {
  // Whoever has the scopes has a valid token.
  const needed = all.filter((rule) => !isRuleNode(rule) || rule.kind !== 'authenticated');
  const rules = needed.length > 0 ? needed : all.slice(0, 1);
  if (rules.length === 1) return describe(rules[0] as Rule);
  if (rules.length === 2) {
    return `both ${inner(rules[0] as Rule)} and ${inner(rules[1] as Rule)}`;
  }
  return `all of ${joined(rules, ', ', 'and')}`;
}

function joined(rules: readonly Rule[], separator: string, last: 'and' | 'or'): string {
  const parts: string[] = [];
  let length = 0;
  for (const rule of rules) {
    const part = last === 'and' ? inner(rule) : describe(rule);
    length += part.length;
    if (length > MAX_LENGTH && parts.length > 0) {
      return `${parts.join(separator)} ${last} ${rules.length - parts.length} more`;
    }
    parts.push(part);
  }
  if (last === 'or' || parts.length < 2) return parts.join(separator);
  return `${parts.slice(0, -1).join(separator)} and ${String(parts.at(-1))}`;
}

/** A choice inside a conjunction needs brackets to be read right. */
function inner(rule: Rule): string {
  const text = describe(rule);
  const isChoice = isRuleNode(rule) && rule.kind === 'anyOf' && rule.rules.length > 1;
  return isChoice ? `(${text})` : text;
}
