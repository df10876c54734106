/**
 * Choices that ask for more than an operation needs.
 *
 * @module
 */
import { evaluate } from '@scopegate/core';
import type { ScopeCatalogue } from '@scopegate/core';
import type { LintFinding, ListedRule } from './types.js';

type Alternative = readonly string[];

/**
 * Reports a choice (`anyOf`) whose challenge for a caller without scopes names an alternative that opens
 * everything that another alternative opens, and more. What an alternative opens is counted over the rules
 * of the gate, since the names of scopes do not say it. `lintAlternatives` reports the alternatives that
 * another one implies by the catalogue.
 */
export function lintBreadth(
  rules: readonly ListedRule[],
  catalogue: ScopeCatalogue,
): readonly LintFinding[] {
  // An operation that any token may run says nothing about a scope.
  const guarded = rules.filter(({ rule }) => !evaluate(rule.rule, [], catalogue).satisfied);
  const opened = new Map<string, ReadonlySet<ListedRule>>();
  const openedBy = (scopes: Alternative): ReadonlySet<ListedRule> => {
    const key = scopes.toSorted().join(' ');
    let found = opened.get(key);
    if (found === undefined) {
      found = new Set(
        guarded.filter(({ rule }) => evaluate(rule.rule, scopes, catalogue).satisfied),
      );
      opened.set(key, found);
    }
    return found;
  };
  return guarded.flatMap(({ operation, rule }): readonly LintFinding[] => {
    const { challenge } = evaluate(rule.rule, [], catalogue);
    if (challenge.length === 0 || rule.alternatives.length < 2) return [];
    const broad = openedBy(challenge);
    const narrower = rule.alternatives.find((one) => {
      const less = openedBy(one);
      const implies = one.every((scope) => catalogue.grants(new Set(challenge), scope));
      return !implies && less.size < broad.size && [...less].every((open) => broad.has(open));
    });
    if (narrower === undefined) return [];
    const [asked, enough] = [challenge.join(' '), narrower.join(' ')];
    return [
      {
        code: 'broad_first',
        severity: 'warning',
        where: operation,
        message: `A caller without scopes is asked for ${asked}, which opens ${broad.size} operations; ${enough} is enough, and opens ${openedBy(narrower).size}.`,
        // A challenge names the alternative with the fewest scopes, and the first one of several.
        howToMend:
          narrower.length === challenge.length
            ? `Write ${enough} before ${asked}.`
            : `Let ${asked} imply ${enough} in the catalogue, and leave it out of the rule: it still passes, and is not asked for.`,
      },
    ];
  });
}
