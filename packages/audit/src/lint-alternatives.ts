/**
 * Parts of a rule that change nothing, because another part covers them.
 *
 * @module
 */
import { anyOf, evaluate } from '@scopegate/core';
import type { Rule, ScopeCatalogue } from '@scopegate/core';
import { compileRule } from '@scopegate/core/engine';
import type { CompiledRule } from '@scopegate/core/engine';
import { describeFully } from './describe-fully.js';
import { lowerBound, upperBound } from './bounds.js';
import type { LintFinding, ListedRule } from './types.js';

/** Maximum number of scopes of an `anyOf` for which every set of granted scopes is tried. */
const MAX_SCOPES = 10;

/**
 * Finds parts of an `anyOf` whose tokens all pass by another part, and parts of an `allOf` that hold
 * whenever another part does. Parts behind conditions are compared too.
 */
export function lintAlternatives(
  { operation, rule }: ListedRule,
  catalogue: ScopeCatalogue,
): readonly LintFinding[] {
  const findings: LintFinding[] = [];
  const seen = new Set<Rule>();
  const visit = (part: Rule): void => {
    if (typeof part !== 'object' || seen.has(part)) return;
    seen.add(part);
    if (part.kind === 'where') visit(part.rule);
    if (part.kind !== 'anyOf' && part.kind !== 'allOf') return;
    const parts = flatten(part.rules, part.kind).map((one) => toPart(one, catalogue, operation));
    const lint = part.kind === 'anyOf' ? lintAny : lintAll;
    for (const one of parts) {
      const finding = lint(one, parts, catalogue);
      if (finding === undefined) visit(one.rule);
      else findings.push({ severity: 'warning', where: operation, ...finding });
    }
  };
  visit(rule.rule);
  return findings;
}

type Found = Pick<LintFinding, 'code' | 'message' | 'howToMend'> | undefined;

interface Part {
  readonly rule: Rule;
  /** The scopes that are enough whatever the request. */
  readonly lower: CompiledRule;
  /** The scopes that may be enough, if functions ask for a valid token only. */
  readonly upper: CompiledRule;
}

function toPart(rule: Rule, catalogue: ScopeCatalogue, path: string): Part {
  return {
    rule,
    lower: compileRule(lowerBound(rule), catalogue, path),
    upper: compileRule(upperBound(rule), catalogue, path),
  };
}

/** `anyOf('a', anyOf('b', 'c'))` has three parts. */
function flatten(rules: readonly Rule[], kind: 'anyOf' | 'allOf'): readonly Rule[] {
  const flat: Rule[] = [];
  const seen = new Set<Rule>();
  const add = (rule: Rule): void => {
    // A rule object in several places is one part; a scope that is written twice is two parts.
    if (seen.has(rule)) return;
    if (typeof rule === 'object') seen.add(rule);
    if (typeof rule === 'object' && rule.kind === kind) rule.rules.forEach(add);
    else flat.push(rule);
  };
  rules.forEach(add);
  return flat;
}

function lintAny(part: Part, parts: readonly Part[], catalogue: ScopeCatalogue): Found {
  const other = parts.find((one) => makesSuperfluous(one, part, parts, catalogue));
  if (other === undefined) return undefined;
  const [text, enough] = [describeFully(part.rule), describeFully(other.rule)];
  const howToMend = `Leave one of the two out: ${enough} accepts more tokens.`;
  const passes = `A token that passes by ${text} passes by ${enough} too`;
  return isAsked(part, parts, catalogue)
    ? {
        code: 'implied_duplicate',
        message: `${passes}, yet a challenge may ask for ${text}.`,
        howToMend,
      }
    : {
        code: 'alternative_never_cheapest',
        message: `${passes}, and no challenge asks for ${text}.`,
        howToMend,
      };
}

/** Whether `one` makes `part` superfluous. Of two equal parts the one with fewer scopes is kept, then the first. */
function makesSuperfluous(
  one: Part,
  part: Part,
  parts: readonly Part[],
  catalogue: ScopeCatalogue,
): boolean {
  if (one === part || !entails(part.upper, one.lower, catalogue)) return false;
  if (!entails(one.upper, part.lower, catalogue)) return true;
  const less = sizeOf(part) - sizeOf(one);
  return less === 0 ? parts.indexOf(one) < parts.indexOf(part) : less > 0;
}

function lintAll(part: Part, parts: readonly Part[], catalogue: ScopeCatalogue): Found {
  // `authenticated()` asks for no scope, so it is no scope too many.
  if (typeof part.rule === 'object' && part.rule.kind === 'authenticated') return undefined;
  const other = parts.find(
    (one) =>
      one !== part &&
      entails(one.upper, part.lower, catalogue) &&
      (!entails(part.upper, one.lower, catalogue) || parts.indexOf(one) < parts.indexOf(part)),
  );
  if (other === undefined) return undefined;
  const [text, broader] = [describeFully(part.rule), describeFully(other.rule)];
  return {
    code: 'implied_duplicate',
    message: `A token with ${broader} has ${text} too, yet a challenge may ask for both.`,
    howToMend: `Leave ${text} out of the allOf.`,
  };
}

/**
 * Whether each alternative of `narrow` satisfies `wide`, by the catalogue. What passes without a token satisfies
 * only what passes without a token, too: otherwise the advice would close or open an operation.
 */
function entails(narrow: CompiledRule, wide: CompiledRule, catalogue: ScopeCatalogue): boolean {
  // A rule that nobody passes entails everything: no finding. A shortened list may hide an alternative.
  if (narrow.alternatives.length === 0 || narrow.truncated) return false;
  if (narrow.isPublic && !wide.isPublic) return false;
  return narrow.alternatives.every((held) => {
    const granted = new Set(held);
    return wide.alternatives.some((needed) =>
      needed.every((scope) => catalogue.grants(granted, scope)),
    );
  });
}

function sizeOf({ upper }: Part): number {
  return Math.min(...upper.alternatives.map(({ length }) => length));
}

/**
 * Whether a challenge may ask for exactly this part's scopes. Tries every set of the rule's scopes as granted;
 * for more than {@link MAX_SCOPES} scopes, a part counts as asked for if no other part has the same scopes.
 */
function isAsked(part: Part, parts: readonly Part[], catalogue: ScopeCatalogue): boolean {
  const others = parts.filter((one) => one !== part).flatMap((one) => keysOf(one.upper));
  const own = new Set(keysOf(part.upper).filter((key) => !others.includes(key)));
  const [first, ...rest] = parts.map(({ upper }) => upper.rule);
  const whole = compileRule(anyOf(first as Rule, ...rest), catalogue, 'anyOf');
  const scopes = [...new Set(whole.alternatives.flat())];
  if (scopes.length > MAX_SCOPES) return own.size > 0;
  for (let bits = 0; bits < 2 ** scopes.length; bits++) {
    const granted = new Set(scopes.filter((_, at) => (bits & (2 ** at)) !== 0));
    if (own.has(keyOf(evaluate(whole.rule, granted, catalogue).challenge))) return true;
  }
  return false;
}

function keysOf({ alternatives }: CompiledRule): string[] {
  return alternatives.map(keyOf);
}

function keyOf(scopes: readonly string[]): string {
  return scopes.toSorted().join(' ');
}
