/**
 * Rules that say a thing twice.
 *
 * @module
 */
import { allOf, anyOf, compileRule, evaluateCompiled, isRuleNode } from '../policy/index.js';
import type { CompiledRule, Rule } from '../policy/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import type { LintFinding } from './lint-policy.js';
import type { ListedRule } from './list-rules.js';

/** Past this many scopes in a rule, not every token that could come is tried. */
const MAX_SCOPES = 10;

type Alternative = readonly string[];

/** Alternatives that add nothing, and scopes in one that another there implies. */
export function lintAlternatives(
  { operation, rule }: ListedRule,
  catalogue: ScopeCatalogue,
): readonly LintFinding[] {
  return staticParts(rule, catalogue, operation).flatMap((part) => {
    const idle = part.alternatives.filter((one) => isIdle(one, part.alternatives, catalogue));
    const asked = idle.length > 0 ? everAsked(part, catalogue) : new Set<Alternative>();
    return [
      ...idle.map((one) => toFinding(operation, one, asked.has(one), part, catalogue)),
      ...part.alternatives
        .filter((one) => !idle.includes(one))
        .flatMap((one) => lintImplied(operation, one, catalogue)),
    ];
  });
}

/** Scopes of one alternative that another scope of it implies. */
function lintImplied(
  where: string,
  alternative: Alternative,
  catalogue: ScopeCatalogue,
): readonly LintFinding[] {
  return alternative.flatMap((scope): LintFinding[] => {
    const broader = alternative.find(
      (one) => one !== scope && catalogue.grants(new Set([one]), scope),
    );
    if (broader === undefined) return [];
    return [
      {
        code: 'implied_duplicate',
        severity: 'warning',
        where,
        message: `${broader} implies ${scope}, yet a challenge asks for both.`,
        howToMend: `Leave ${scope} out of allOf.`,
      },
    ];
  });
}

function toFinding(
  where: string,
  alternative: Alternative,
  isAsked: boolean,
  { alternatives }: CompiledRule,
  catalogue: ScopeCatalogue,
): LintFinding {
  const text = alternative.join(' and ');
  const enough = alternatives.find(
    (one) => one !== alternative && covers(alternative, one, catalogue),
  );
  const other = enough?.length === 0 ? 'a valid token' : String(enough?.join(' and '));
  return isAsked
    ? {
        ...{ code: 'implied_duplicate', severity: 'warning', where },
        message: `Whoever has ${text} passes by ${other} as well, yet a challenge may ask for ${text}.`,
        howToMend: `Leave ${text} out of anyOf: by the catalogue it grants the rest.`,
      }
    : {
        ...{ code: 'alternative_never_cheapest', severity: 'warning', where },
        message: `Whoever has ${text} passes by ${other} as well, and no challenge ever asks for ${text}.`,
        howToMend: `Leave ${text} out, or require more where it stands.`,
      };
}

/**
 * Whether an alternative lets nobody in whom another does not. Of two that let in the same, the one
 * that is asked for less is idle: the longer, the later.
 */
function isIdle(
  one: Alternative,
  alternatives: readonly Alternative[],
  catalogue: ScopeCatalogue,
): boolean {
  return alternatives.some((other) => {
    if (other === one || !covers(one, other, catalogue)) return false;
    if (!covers(other, one, catalogue)) return true;
    const longer = one.length - other.length;
    return longer === 0 ? alternatives.indexOf(other) < alternatives.indexOf(one) : longer > 0;
  });
}

/** Whether a token with the scopes of `held` satisfies `needed`. */
function covers(held: Alternative, needed: Alternative, catalogue: ScopeCatalogue): boolean {
  const granted = new Set(held);
  return needed.every((scope) => catalogue.grants(granted, scope));
}

/** The alternatives that some token is told of: every set of the rule's scopes is tried. */
function everAsked(rule: CompiledRule, catalogue: ScopeCatalogue): ReadonlySet<Alternative> {
  const scopes = [...new Set(rule.alternatives.flat())];
  if (scopes.length > MAX_SCOPES) return new Set(rule.alternatives);
  const asked = new Set<Alternative>();
  for (let bits = 0; bits < 2 ** scopes.length; bits++) {
    const granted = new Set(scopes.filter((_, at) => (bits & (2 ** at)) !== 0));
    const { satisfied, challenge } = evaluateCompiled(rule, granted, catalogue);
    if (!satisfied) asked.add(challenge);
  }
  return asked;
}

/** The rule as far as no request has a say; what stands behind a condition, by itself. */
function staticParts(rule: Rule, catalogue: ScopeCatalogue, path: string): readonly CompiledRule[] {
  const parts: CompiledRule[] = [];
  const seen = new Set<Rule>();
  const visit = (part: Rule): void => {
    const compiled = compileRule(part, catalogue, path);
    if (!compiled.dynamic) {
      // Past 64 alternatives the challenge is chosen another way.
      if (!compiled.truncated) parts.push(compiled);
      return;
    }
    if (!isRuleNode(part) || seen.has(part)) return;
    seen.add(part);
    if (part.kind === 'where') visit(part.rule);
    if (part.kind !== 'allOf' && part.kind !== 'anyOf') return;
    const isFixed = (one: Rule): boolean => !compileRule(one, catalogue, path).dynamic;
    const [first, ...others] = part.rules.filter(isFixed);
    if (first !== undefined) {
      visit(part.kind === 'allOf' ? allOf(first, ...others) : anyOf(first, ...others));
    }
    for (const one of part.rules) if (!isFixed(one)) visit(one);
  };
  visit(rule);
  return parts;
}
