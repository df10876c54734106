/**
 * Describes rules in words, for `error_description` and for the people who write rules.
 *
 * @module
 */
import { foldRule } from './fold-rule.js';
import type { AllOf, AnyOf, Computed, Rule, RuleFunction, Where } from './types.js';

/** The words for conditions and computed rules, which callers are not told about, and the length of lists. */
export interface RuleWords {
  /** Describes a condition by the text of the rule behind it. */
  readonly where?: (text: string, rule: Where) => string;
  readonly computed?: (rule: Computed | RuleFunction) => string;
  /** Maximum number of characters of the parts of one `allOf` or `anyOf`; others are counted. @default 400 */
  readonly maxLength?: number;
}

/**
 * Describes in words what a rule requires: `notes:write`, `both notes:read and notes:append`,
 * `notes:write, or both notes:read and notes:append`.
 *
 * @param words - for a description to the owner of the policy; by default, conditions and computed rules are
 * not disclosed
 * @group Rules
 */
export function describeRule(rule: Rule, words: RuleWords = {}): string {
  const { where = undisclosed, computed = undisclosed, maxLength = 400 } = words;
  const describeParts = (texts: readonly string[], { kind, rules }: AllOf | AnyOf): string =>
    joinParts(kind, withoutIdle(kind, rules, texts), maxLength);
  return foldRule<string>(rule, {
    scope: (scope) => scope,
    allOf: describeParts,
    anyOf: describeParts,
    where: (text, condition) => where(inBrackets(text), condition),
    computed,
    recentLogin: ({ login, logins }) => logins.describe(login),
    authenticated: () => 'a valid token',
    publicAccess: () => 'no token',
    deny: () => 'what no token has',
  });
}

const undisclosed = (): string => 'more than this token has';

/**
 * Returns the texts of a rule's parts without those that add nothing: `deny` in an `anyOf`, since no token
 * satisfies it, and `authenticated` in an `allOf`, since only a valid token has scopes.
 */
function withoutIdle(
  kind: 'allOf' | 'anyOf',
  rules: readonly Rule[],
  texts: readonly string[],
): readonly string[] {
  const idle = kind === 'anyOf' ? 'deny' : 'authenticated';
  const kept = texts.filter((_, index) => {
    const rule = rules[index];
    return typeof rule !== 'object' || rule.kind !== idle;
  });
  // Parts with the same text are described once.
  return [...new Set(kept.length > 0 ? kept : texts.slice(0, 1))];
}

/**
 * Joins the texts of a rule's parts. Parts that would exceed `maxLength` characters are counted instead of
 * named.
 */
function joinParts(kind: 'allOf' | 'anyOf', texts: readonly string[], maxLength: number): string {
  const isChoice = kind === 'anyOf';
  const { length } = texts;
  if (length === 1 && !isChoice) return String(texts[0]);
  const parts = isChoice ? [...texts] : texts.map(inBrackets);
  let size = 0;
  const end = parts.findIndex((text) => (size += text.length) > maxLength);
  if (end === 0) {
    return isChoice ? `one of ${length} combinations of scopes` : `${length} things together`;
  }
  const left = end === -1 ? [] : [`${parts.splice(end).length} more`];
  if (isChoice) return [parts.join(', or '), ...left].join(' or ');
  const last = left[0] ?? String(parts.pop());
  return `${length === 2 && left.length === 0 ? 'both' : 'all of'} ${parts.join(', ')} and ${last}`;
}

/** Puts a text that names several things into brackets, so that it can be a part of another text. */
function inBrackets(text: string): string {
  return / (?:and|or|on) /.test(text) ? `(${text})` : text;
}
