/**
 * Describes rules in words, for `error_description` and for the people who write rules.
 *
 * @module
 */
import { foldRule } from './fold-rule.js';
import type { AllOf, AnyOf, Computed, Rule, RuleFunction } from './types.js';

/**
 * Describes in words what a rule requires: `notes:write`, `both notes:read and notes:append`,
 * `notes:write, or both notes:read and notes:append`.
 *
 * @param style - `brief` is for callers, and does not disclose conditions and computed rules; `full` is for
 * the owner of the policy, describes them too, and may be longer
 * @group Rules
 */
export function describeRule(rule: Rule, style: 'brief' | 'full' = 'brief'): string {
  const isFull = style === 'full';
  const maxLength = isFull ? 4000 : 400;
  const describeParts = (texts: readonly string[], { kind, rules }: AllOf | AnyOf): string =>
    joinParts(kind, withoutIdle(kind, rules, texts), maxLength);
  return foldRule<string>(rule, {
    scope: (scope) => scope,
    allOf: describeParts,
    anyOf: describeParts,
    where: (text) => (isFull ? `${inBrackets(text)} on a condition` : UNDISCLOSED),
    computed: (part) => (isFull ? describeComputed(part, maxLength) : UNDISCLOSED),
    recentLogin: ({ login, logins }) => logins.describe(login),
    authenticated: () => 'a valid token',
    publicAccess: () => 'no token',
    deny: () => 'what no token has',
  });
}

const UNDISCLOSED = 'more than this token has';

function describeComputed(rule: Computed | RuleFunction, maxLength: number): string {
  const scopes = typeof rule === 'function' ? [] : [...new Set(rule.mayRequire)];
  return scopes.length === 0
    ? 'a function'
    : `a function that may require ${joinParts('anyOf', scopes, maxLength)}`;
}

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
