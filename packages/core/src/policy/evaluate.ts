/**
 * Whether granted scopes satisfy a rule, and which scopes to ask for if they do not.
 *
 * @module
 */
import { toScopeSet } from '../scope/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import { compileRule } from './compile.js';
import { expand } from './expand.js';
import type { Alternative, CompiledNode, CompiledRule, Rule } from './types.js';

/** What {@link evaluate} found. */
export interface Evaluation {
  readonly satisfied: boolean;
  /** All scopes of the one alternative to ask for, in rule order; empty if satisfied or incurable. */
  readonly challenge: readonly string[];
  /** Those of `challenge` that are not granted. */
  readonly missing: readonly string[];
  /** The sets of scopes that would each be enough; shortened past 64. Empty if no scope can cure it. */
  readonly alternatives: readonly Alternative[];
}

/**
 * Evaluates a rule for a token with these scopes. A set is used as it is, so that the cost does not
 * depend on how many scopes are held; without a catalogue nothing implies anything.
 *
 * Conditions (`where`, `recentLogin`) and computed rules need a request: here they do not hold. Whether the token
 * itself is valid is not looked at.
 *
 * @throws {@link TypeError} for a scope that the catalogue does not know
 * @group Rules
 */
export function evaluate<S extends string>(
  rule: Rule<NoInfer<S>>,
  granted: string | Iterable<string>,
  catalogue?: ScopeCatalogue<S>,
): Evaluation {
  return evaluateCompiled(compiled(rule, catalogue), toScopeSet(granted), catalogue);
}

/** Like {@link evaluate}, for a compiled rule; `granted` is `undefined` if no token came. */
export function evaluateCompiled(
  rule: CompiledRule,
  granted: ReadonlySet<string> | undefined,
  catalogue: ScopeCatalogue | undefined,
): Evaluation {
  const { alternatives } = rule;
  const satisfied = holds(rule.node, granted, catalogue, rule.shared ? new Map() : undefined);
  if (satisfied) return { satisfied, challenge: [], missing: [], alternatives };
  const held = granted ?? NOTHING;
  const lacks = (scope: string): boolean => !grants(held, scope, catalogue);
  // There are too many alternatives to list: take the cheapest part of each choice. A smaller set may
  // exist if choices share scopes.
  const candidates = rule.truncated
    ? expand(rule.node, (some) => [cheapest(some, lacks)].filter((one) => one !== undefined))
    : alternatives;
  const challenge = cheapest(candidates, lacks) ?? [];
  return { satisfied, challenge, missing: challenge.filter(lacks), alternatives };
}

const NOTHING: ReadonlySet<string> = new Set();

function grants(
  granted: ReadonlySet<string>,
  scope: string,
  catalogue: ScopeCatalogue | undefined,
): boolean {
  return catalogue === undefined ? granted.has(scope) : catalogue.grants(granted, scope);
}

/** `known` holds the results of shared parts. A rule without shared parts is faster without it. */
function holds(
  node: CompiledNode,
  granted: ReadonlySet<string> | undefined,
  catalogue: ScopeCatalogue | undefined,
  known: Map<CompiledNode, boolean> | undefined,
): boolean {
  switch (node.kind) {
    case 'scope':
      return granted !== undefined && grants(granted, node.scope, catalogue);
    case 'allOf':
    case 'anyOf': {
      const before = known?.get(node);
      if (before !== undefined) return before;
      const holdsToo = (part: CompiledNode): boolean => holds(part, granted, catalogue, known);
      const found = node.kind === 'allOf' ? node.nodes.every(holdsToo) : node.nodes.some(holdsToo);
      known?.set(node, found);
      return found;
    }
    case 'authenticated':
      return granted !== undefined;
    case 'publicAccess':
      return true;
    case 'deny':
    case 'dynamic':
    case 'login':
      return false;
  }
}

/** Fewest scopes missing, then fewest in all, then first declared. */
function cheapest(
  alternatives: Iterable<Alternative>,
  lacks: (scope: string) => boolean,
): Alternative | undefined {
  let best: Alternative | undefined;
  let fewest = 0;
  for (const alternative of alternatives) {
    const missing = count(alternative, lacks);
    const isBetter =
      best === undefined ||
      missing < fewest ||
      (missing === fewest && alternative.length < best.length);
    if (isBetter) {
      best = alternative;
      fewest = missing;
    }
  }
  return best;
}

function count(alternative: Alternative, lacks: (scope: string) => boolean): number {
  let missing = 0;
  for (const scope of alternative) if (lacks(scope)) missing++;
  return missing;
}

/** Rules are immutable, so what was compiled once for a catalogue holds for good. */
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
