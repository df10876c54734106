/**
 * Rules in words, for `error_description` and for people.
 *
 * @module
 */
import { isRuleNode } from './rule.js';
import type { Rule, RuleFunction, RuleNode } from './rule.js';

/**
 * Says what a rule needs: `notes:write`, `both notes:read and notes:append`,
 * `notes:write, or both notes:read and notes:append`. Conditions and computed rules are not told.
 *
 * @group Rules
 */
export function describeRule(rule: Rule): string {
  return teller(400, () => 'more than this token has')(rule);
}

/** A rule in words. */
export type Tell = (rule: Rule) => string;

/** What is known per request only. */
export type DynamicRule = RuleFunction | Extract<RuleNode, { kind: 'where' | 'computed' }>;

/**
 * Makes what tells rules. A part that stands in many places is told once.
 *
 * @param most - past this many characters, further parts are counted, not named
 */
export function teller(most: number, dynamic: (rule: DynamicRule, tell: Tell) => string): Tell {
  const known = new Map<Rule, string>();
  const tell = (rule: Rule): string => {
    if (typeof rule === 'string') return rule;
    let text = known.get(rule);
    if (text === undefined) known.set(rule, (text = tellNode(rule)));
    return text;
  };
  const tellNode = (rule: RuleNode | RuleFunction): string => {
    if (typeof rule === 'function') return dynamic(rule, tell);
    switch (rule.kind) {
      case 'anyOf':
        return alternatives(rule.rules, tell, most);
      case 'allOf':
        return conjunction(rule.rules, tell, most);
      case 'authenticated':
        return 'a valid token';
      case 'publicAccess':
        return 'no token';
      case 'deny':
        return 'what no token has';
      case 'recentLogin':
        return rule.logins.describe(rule.login);
      case 'where':
      case 'computed':
        return dynamic(rule, tell);
    }
  };
  return tell;
}

function alternatives(any: readonly Rule[], tell: Tell, most: number): string {
  // What nobody can have is no way to get in.
  const possible = any.filter((rule) => !isKind(rule, 'deny'));
  const rules = possible.length > 0 ? possible : any.slice(0, 1);
  const { parts, left } = fitting(rules.map(tell), most);
  if (parts.length === 0) return `one of ${rules.length} combinations of scopes`;
  return `${parts.join(', or ')}${left === 0 ? '' : ` or ${left} more`}`;
}

function conjunction(all: readonly Rule[], tell: Tell, most: number): string {
  // Whoever has the scopes has a valid token.
  const needed = all.filter((rule) => !isKind(rule, 'authenticated'));
  const rules = needed.length > 0 ? needed : all.slice(0, 1);
  if (rules.length === 1) return tell(rules[0] as Rule);
  const { parts, left } = fitting(
    rules.map((rule) => inBrackets(tell(rule))),
    most,
  );
  if (parts.length === 0) return `${rules.length} things together`;
  if (left > 0) return `all of ${parts.join(', ')} and ${left} more`;
  const others = parts.slice(0, -1).join(', ');
  return `${rules.length === 2 ? 'both' : 'all of'} ${others} and ${String(parts.at(-1))}`;
}

/** What is itself several things needs brackets to be read right. */
export function inBrackets(text: string): string {
  return / (?:and|or|on) /.test(text) ? `(${text})` : text;
}

/** The first parts that fit, and how many do not. */
function fitting(
  texts: readonly string[],
  most: number,
): { parts: readonly string[]; left: number } {
  let length = 0;
  const end = texts.findIndex((text) => (length += text.length) > most);
  return end === -1
    ? { parts: texts, left: 0 }
    : { parts: texts.slice(0, end), left: texts.length - end };
}

function isKind(rule: Rule, kind: RuleNode['kind']): boolean {
  return isRuleNode(rule) && rule.kind === kind;
}
