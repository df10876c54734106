/**
 * Rules in words, for `error_description` and for the people who write rules.
 *
 * @module
 */
import { foldRule } from './fold-rule.js';
import type { AllOf, AnyOf, Computed, Rule, RuleFunction } from './types.js';

/**
 * Says what a rule needs: `notes:write`, `both notes:read and notes:append`,
 * `notes:write, or both notes:read and notes:append`.
 *
 * @param style - `brief` for callers: nothing is said of conditions and computed rules; `full` for the
 * owner of the policy, with these, and at greater length
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
 * Leaves out parts that add nothing: an alternative that nobody has, and "a valid token" beside scopes,
 * which only a valid token has.
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

/** Past `maxLength` characters, further parts are counted, not named. */
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

/** A text that names several things needs brackets inside another one. */
function inBrackets(text: string): string {
  return / (?:and|or|on) /.test(text) ? `(${text})` : text;
}
