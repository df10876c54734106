/**
 * Compares two rules.
 *
 * @module
 */
import { foldRule } from './fold-rule.js';
import type { RuleCases } from './fold-rule.js';
import type { Rule } from './types.js';

/**
 * Whether two rules have the same structure, so that they decide alike and their refusals are alike: the same
 * scopes and parts in the same order, since a challenge names them in that order. Two functions are the same
 * only if they are one object, because it is not known what they do.
 */
export function isSameRule(one: Rule, other: Rule): boolean {
  if (one === other) return true;
  /**
   * Gives equal forms the same number. A form is a function, or a JSON text with a kind of rule and the
   * numbers of its parts.
   */
  const numbers = new Map<unknown, number>();
  const numberOf = (form: unknown): number => {
    const number = numbers.get(form) ?? numbers.size;
    numbers.set(form, number);
    return number;
  };
  const ofList = (...form: readonly unknown[]): number => numberOf(JSON.stringify(form));
  const cases: RuleCases<number> = {
    scope: (scope) => ofList('scope', scope),
    allOf: (parts) => ofList('allOf', parts),
    anyOf: (parts) => ofList('anyOf', parts),
    where: (part, { predicate }) => ofList('where', numberOf(predicate), part),
    computed: (rule) =>
      typeof rule === 'function'
        ? numberOf(rule)
        : ofList('computed', numberOf(rule.compute), rule.mayRequire),
    recentLogin: ({ login }) => ofList('recentLogin', login.maxAge, login.acrValues),
    authenticated: () => ofList('authenticated'),
    publicAccess: () => ofList('publicAccess'),
    deny: () => ofList('deny'),
  };
  return foldRule(one, cases) === foldRule(other, cases);
}
