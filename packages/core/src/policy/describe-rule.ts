/**
 * Rules in words, for `error_description` and for people.
 *
 * @module
 */
import { isRuleNode } from './rule.js';
import type { Rule, RuleNode } from './rule.js';

/** Past this many characters, further parts are counted, not named. */
const MAX_LENGTH = 400;

/**
 * Says what a rule needs: `notes:write`, `both notes:read and notes:append`,
 * `notes:write, or both notes:read and notes:append`. Conditions and computed rules are not told.
 *
 * @group Rules
 */
export function describeRule(rule: Rule): string {
  return describe(rule, new Map());
}

/** `known` holds the parts described before: one that stands in many places is told once. */
function describe(rule: Rule, known: Map<Rule, string>): string {
  if (typeof rule === 'string') return rule;
  if (!isRuleNode(rule)) return UNTOLD;
  let text = known.get(rule);
  if (text === undefined) {
    text = describeNode(rule, known);
    known.set(rule, text);
  }
  return text;
}

const UNTOLD = 'more than this token has';

function describeNode(rule: RuleNode, known: Map<Rule, string>): string {
  switch (rule.kind) {
    case 'anyOf':
      return alternatives(rule.rules, known);
    case 'allOf':
      return conjunction(rule.rules, known);
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
      return UNTOLD;
  }
}

function alternatives(any: readonly Rule[], known: Map<Rule, string>): string {
  // What nobody can have is no way to get in.
  const possible = any.filter((rule) => !isKind(rule, 'deny'));
  const rules = possible.length > 0 ? possible : any.slice(0, 1);
  const { parts, left } = fitting(rules.map((rule) => describe(rule, known)));
  if (parts.length === 0) return `one of ${rules.length} combinations of scopes`;
  return `${parts.join(', or ')}${left === 0 ? '' : ` or ${left} more`}`;
}

function conjunction(all: readonly Rule[], known: Map<Rule, string>): string {
  // Whoever has the scopes has a valid token.
  const needed = all.filter((rule) => !isKind(rule, 'authenticated'));
  const rules = needed.length > 0 ? needed : all.slice(0, 1);
  if (rules.length === 1) return describe(rules[0] as Rule, known);
  const { parts, left } = fitting(rules.map((rule) => inner(rule, known)));
  if (parts.length === 0) return `${rules.length} things together`;
  if (left > 0) return `all of ${parts.join(', ')} and ${left} more`;
  const others = parts.slice(0, -1).join(', ');
  return `${rules.length === 2 ? 'both' : 'all of'} ${others} and ${String(parts.at(-1))}`;
}

/** What is itself several things needs brackets to be read right. */
function inner(rule: Rule, known: Map<Rule, string>): string {
  const text = describe(rule, known);
  return / (?:and|or) /.test(text) ? `(${text})` : text;
}

/** The first parts that fit, and how many do not. */
function fitting(texts: readonly string[]): { parts: readonly string[]; left: number } {
  let length = 0;
  const end = texts.findIndex((text) => (length += text.length) > MAX_LENGTH);
  return end === -1
    ? { parts: texts, left: 0 }
    : { parts: texts.slice(0, end), left: texts.length - end };
}

function isKind(rule: Rule, kind: RuleNode['kind']): boolean {
  return isRuleNode(rule) && rule.kind === kind;
}
