/**
 * Rules in words, for `error_description` and for people.
 *
 * @module
 */
import { isRuleNode } from './rule.js';
import type { AllOf, AnyOf, Rule, RuleFunction, RuleNode } from './rule.js';

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
      case 'allOf':
      case 'anyOf':
        return tellParts(rule, tell, most);
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

function tellParts({ kind, rules }: AllOf | AnyOf, tell: Tell, most: number): string {
  const isChoice = kind === 'anyOf';
  // What nobody can have is no way to get in; whoever has the scopes has a valid token.
  const idle = isChoice ? 'deny' : 'authenticated';
  const telling = rules.filter((rule) => !isRuleNode(rule) || rule.kind !== idle);
  const texts = [...new Set((telling.length > 0 ? telling : rules.slice(0, 1)).map(tell))];
  const { length } = texts;
  if (length === 1 && !isChoice) return String(texts[0]);
  const parts = isChoice ? texts : texts.map(inBrackets);
  let size = 0;
  const end = parts.findIndex((text) => (size += text.length) > most);
  if (end === 0) {
    return isChoice ? `one of ${length} combinations of scopes` : `${length} things together`;
  }
  const left = end === -1 ? [] : [`${parts.splice(end).length} more`];
  if (isChoice) return [parts.join(', or '), ...left].join(' or ');
  const last = left[0] ?? String(parts.pop());
  return `${length === 2 && left.length === 0 ? 'both' : 'all of'} ${parts.join(', ')} and ${last}`;
}

/** What is itself several things needs brackets to be read right. */
export function inBrackets(text: string): string {
  return / (?:and|or|on) /.test(text) ? `(${text})` : text;
}
