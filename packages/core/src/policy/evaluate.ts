/**
 * Decides whether granted scopes satisfy a rule, and which scopes to ask for if they do not.
 *
 * @module
 */
import { toScopeSet } from '../scope/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import { compileRule } from './compile.js';
import { expand } from './expand.js';
import { foldRule } from './fold-rule.js';
import type { Alternative, CompiledRule, Rule } from './types.js';

/** The result of {@link evaluate}. */
export interface Evaluation {
  readonly satisfied: boolean;
  /**
   * All scopes of the alternative to ask for, in the order of the rule; empty if the rule is satisfied or no
   * set of scopes is enough. If only a login is missing, the token has all of these scopes.
   */
  readonly challenge: readonly string[];
  /** The scopes of `challenge` that are not granted. */
  readonly missing: readonly string[];
  /**
   * The sets of scopes, each of which is enough by itself, at most 64 of them; empty if no set of scopes is
   * enough. A login that the rule requires is not a part of them.
   */
  readonly alternatives: readonly Alternative[];
}

/**
 * Evaluates a rule for a valid token that has the scopes `granted`. A `Set` is not copied, since it may be
 * large. Without a catalogue, no scope implies another.
 *
 * Conditions (`where`, `recentLogin`) and computed rules do not hold here, because they need a request. The
 * function does not check whether the token is valid.
 *
 * @example
 * ```ts
 * const { satisfied, missing } = evaluate(anyOf('notes:write', 'admin:notes'), 'notes:read');
 * // false, ['notes:write']
 * ```
 * @throws {@link TypeError} for a scope that the catalogue does not know, or a value that is no rule
 * @group Rules
 */
export function evaluate<S extends string>(
  rule: Rule<NoInfer<S>>,
  granted: string | Iterable<string>,
  catalogue?: ScopeCatalogue<S>,
): Evaluation {
  return evaluateCompiled(compiled(rule, catalogue), toScopeSet(granted), catalogue);
}

/** Evaluates a compiled rule as {@link evaluate} does; `granted` is `undefined` if the request has no token. */
export function evaluateCompiled(
  { rule, alternatives, truncated, dynamic }: CompiledRule,
  granted: ReadonlySet<string> | undefined,
  catalogue: ScopeCatalogue | undefined,
): Evaluation {
  const held = granted ?? NOTHING;
  const grants = (scope: string): boolean =>
    catalogue === undefined ? held.has(scope) : catalogue.grants(held, scope);
  // If the alternatives are complete and the rule depends on the token alone, checking the alternatives is
  // faster than walking through the rule.
  const satisfied =
    granted === undefined || dynamic || truncated
      ? holds(rule, granted !== undefined, grants)
      : alternatives.some((scopes) => scopes.every(grants));
  if (satisfied) return { satisfied, challenge: [], missing: [], alternatives };
  const missingOf = (scopes: Alternative): Alternative => scopes.filter((scope) => !grants(scope));
  // The alternative that lacks the fewest scopes, then one of which the token has a part, then the one
  // with the fewest scopes, then the first one. A part that is held comes before the number of scopes, so
  // that a holder of `orders:read` is asked for `orders:list`, too, rather than for `orders:admin`.
  const cheapest = (all: Iterable<Alternative>): readonly Alternative[] =>
    [...all]
      .toSorted((a, b) => {
        const [lacksA, lacksB] = [missingOf(a).length, missingOf(b).length];
        const isNewA = Number(lacksA === a.length);
        return lacksA - lacksB || isNewA - Number(lacksB === b.length) || a.length - b.length;
      })
      .slice(0, 1);
  // If there are too many alternatives to list, take the cheapest part of each `anyOf`. A smaller set may
  // exist if several `anyOf` share scopes.
  const [challenge = []] = truncated
    ? expand(rule, (some) => ({ alternatives: cheapest(some), truncated })).alternatives
    : cheapest(alternatives);
  return { satisfied, challenge, missing: missingOf(challenge), alternatives };
}

const NOTHING: ReadonlySet<string> = new Set();

/**
 * Whether the rule holds for these scopes. Parts that depend on the request (conditions, computed rules,
 * logins) do not hold here.
 */
function holds(rule: Rule, hasToken: boolean, grants: (scope: string) => boolean): boolean {
  return foldRule<boolean>(rule, {
    scope: (scope) => hasToken && grants(scope),
    allOf: (parts) => !parts.includes(false),
    anyOf: (parts) => parts.includes(true),
    where: () => false,
    computed: () => false,
    recentLogin: () => false,
    authenticated: () => hasToken,
    publicAccess: () => true,
    deny: () => false,
  });
}

/** The compiled rules, by catalogue and rule. They stay valid, because rules and catalogues are immutable. */
const cache = new WeakMap<object, WeakMap<object, CompiledRule>>();
const NO_CATALOGUE = {};

function compiled(rule: Rule, catalogue: ScopeCatalogue | undefined): CompiledRule {
  if (typeof rule !== 'object') return compileRule(rule, catalogue, 'rule');
  const owner = catalogue ?? NO_CATALOGUE;
  let rules = cache.get(owner);
  if (rules === undefined) cache.set(owner, (rules = new WeakMap()));
  let result = rules.get(rule);
  if (result === undefined) rules.set(rule, (result = compileRule(rule, catalogue, 'rule')));
  return result;
}
