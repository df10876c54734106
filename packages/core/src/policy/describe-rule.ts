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
  return tell(rule, { known: new Map(), most: 400, dynamic: () => 'more than this token has' });
}

/** How rules are told. */
export interface Telling {
  /** The parts described before: one that stands in many places is told once. */
  readonly known: Map<Rule, string>;
  /** Past this many characters, further parts are counted, not named. */
  readonly most: number;
  /** Words for what is known per request only. */
  readonly dynamic: (rule: DynamicRule, telling: Telling) => string;
}

export type DynamicRule = RuleFunction | Extract<RuleNode, { kind: 'where' | 'computed' }>;

export function tell(rule: Rule, telling: Telling): string {
  if (typeof rule === 'string') return rule;
  if (!isRuleNode(rule)) return telling.dynamic(rule, telling);
  let text = telling.known.get(rule);
  if (text === undefined) {
    text = tellNode(rule, telling);
    telling.known.set(rule, text);
  }
  return text;
}

function tellNode(rule: RuleNode, telling: Telling): string {
  switch (rule.kind) {
    case 'anyOf':
      return tellAny(rule.rules, telling);
    case 'allOf':
      return conjunction(rule.rules, telling);
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
      return telling.dynamic(rule, telling);
  }
}

/** `a, or b, or c` */
export function tellAny(any: readonly Rule[], telling: Telling): string {
  // What nobody can have is no way to get in.
  const possible = any.filter((rule) => !isKind(rule, 'deny'));
  const rules = possible.length > 0 ? possible : any.slice(0, 1);
  const { parts, left } = fitting(
    rules.map((rule) => tell(rule, telling)),
    telling,
  );
  if (parts.length === 0) return `one of ${rules.length} combinations of scopes`;
  return `${parts.join(', or ')}${left === 0 ? '' : ` or ${left} more`}`;
}

function conjunction(all: readonly Rule[], telling: Telling): string {
  // Whoever has the scopes has a valid token.
  const needed = all.filter((rule) => !isKind(rule, 'authenticated'));
  const rules = needed.length > 0 ? needed : all.slice(0, 1);
  if (rules.length === 1) return tell(rules[0] as Rule, telling);
  const { parts, left } = fitting(
    rules.map((rule) => tellInner(rule, telling)),
    telling,
  );
  if (parts.length === 0) return `${rules.length} things together`;
  if (left > 0) return `all of ${parts.join(', ')} and ${left} more`;
  const others = parts.slice(0, -1).join(', ');
  return `${rules.length === 2 ? 'both' : 'all of'} ${others} and ${String(parts.at(-1))}`;
}

/** What is itself several things gets brackets, to be read right. */
export function tellInner(rule: Rule, telling: Telling): string {
  const text = tell(rule, telling);
  return / (?:and|or|on) /.test(text) ? `(${text})` : text;
}

/** The first parts that fit, and how many do not. */
function fitting(
  texts: readonly string[],
  { most }: Telling,
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
