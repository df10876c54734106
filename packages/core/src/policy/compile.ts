/**
 * Rules compiled against a catalogue: unknown scopes found, the answer's parts prepared.
 *
 * @module
 */
import { expect } from '../options.js';
import { expectKnown } from '../scope/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import { describeRule } from './describe-rule.js';
import { expand } from './expand.js';
import type { Alternative } from './expand.js';
import { isRuleNode } from './rule.js';
import type { LoginReader, RecentLogin, Rule } from './rule.js';

/** How many alternatives are spelt out; past it the choice of a challenge is a good one, not the best. */
const MAX_ALTERNATIVES = 64;

/** How deep rules may nest; deeper ones are a configuration error. */
const MAX_DEPTH = 64;

export type CompiledNode =
  | { readonly kind: 'scope'; readonly scope: string }
  | { readonly kind: 'allOf' | 'anyOf'; readonly nodes: readonly CompiledNode[] }
  | { readonly kind: 'login'; readonly rule: RecentLogin }
  | { readonly kind: 'authenticated' | 'publicAccess' | 'deny' | 'dynamic' };

export interface CompiledRule {
  readonly rule: Rule;
  readonly node: CompiledNode;
  /** The ways to satisfy the rule by scopes, at most {@link MAX_ALTERNATIVES} of them. */
  readonly alternatives: readonly Alternative[];
  /** Whether `alternatives` may leave some out. */
  readonly truncated: boolean;
  /** Whether some part stands in several places: evaluation must then not walk each by itself. */
  readonly shared: boolean;
  /** Whether some part is known per request only. */
  readonly dynamic: boolean;
  /** Whether a request without a token could be allowed; what is computed per request never is. */
  readonly mayBePublic: boolean;
  /** Present if a login is asked for. */
  readonly logins: LoginReader | undefined;
  /** `notes:write, or both notes:read and notes:append`. */
  readonly description: string;
}

/**
 * Compiles a rule. The result never depends on a token. A part that is used in several places is
 * compiled once, so that the cost follows the rule as it was built, not as it reads spelt out.
 *
 * @param path - the option that holds the rule, for error messages
 * @throws {@link TypeError} for a scope that the catalogue does not know, or something that is no rule
 */
export function compileRule(
  rule: Rule,
  catalogue: ScopeCatalogue | undefined,
  path: string,
): CompiledRule {
  const known = new Map<Rule, Built>();
  let shared = false;
  let truncated = false;
  let logins: LoginReader | undefined;

  const build = (part: Rule, at: string, depth: number): Built => {
    let built = known.get(part);
    if (built !== undefined && typeof part === 'object') shared = true;
    expect(depth + (built?.height ?? 0) <= MAX_DEPTH, at, `rules nest deeper than ${MAX_DEPTH}`);
    if (built === undefined) known.set(part, (built = buildNew(part, at, depth)));
    return built;
  };

  const buildNew = (part: Rule, at: string, depth: number): Built => {
    if (typeof part === 'string') return leaf(toScope(part, at));
    if (typeof part === 'function') return leaf({ kind: 'dynamic' });
    expect(isRuleNode(part), at, 'expected a scope or a rule');
    switch (part.kind) {
      case 'allOf':
      case 'anyOf': {
        const parts = part.rules.map((element, index) =>
          build(element, `${at}.${part.kind}[${index}]`, depth + 1),
        );
        return {
          node: { kind: part.kind, nodes: parts.map(({ node }) => node) },
          dynamic: parts.some(({ dynamic }) => dynamic),
          mayBePublic: parts.some(({ mayBePublic }) => mayBePublic),
          height: 1 + parts.reduce((most, { height }) => Math.max(most, height), 0),
        };
      }
      case 'where': {
        // Its scopes are checked now, and are no part of what a token is told.
        const { height } = build(part.rule, `${at}.where`, depth + 1);
        return { ...leaf({ kind: 'dynamic' }), height: height + 1 };
      }
      case 'computed':
        for (const scope of part.mayRequire) toScope(scope, `${at}.mayRequire`);
        return leaf({ kind: 'dynamic' });
      case 'recentLogin':
        logins = part.logins;
        return leaf({ kind: 'login', rule: part });
      case 'authenticated':
      case 'publicAccess':
      case 'deny':
        return leaf({ kind: part.kind });
    }
  };

  const toScope = (scope: string, at: string): CompiledNode => {
    if (catalogue !== undefined) expectKnown(scope, at, catalogue);
    return { kind: 'scope', scope };
  };

  const distinct = (all: Iterable<Alternative>): readonly Alternative[] => {
    const found = new Map<string, Alternative>();
    for (const alternative of all) {
      const key = alternative.toSorted().join(' ');
      if (found.has(key)) continue;
      if (found.size === MAX_ALTERNATIVES) {
        truncated = true;
        break;
      }
      found.set(key, alternative);
    }
    return [...found.values()];
  };

  const { node, dynamic, mayBePublic } = build(rule, path, 0);
  const alternatives = expand(node, distinct);
  const description = describeRule(rule);
  const ways = { alternatives, truncated, description };
  return Object.freeze({ rule, node, ...ways, shared, dynamic, mayBePublic, logins });
}

interface Built extends Pick<CompiledRule, 'node' | 'dynamic' | 'mayBePublic'> {
  /** How deep the rules below it nest. */
  readonly height: number;
}

function leaf(node: CompiledNode): Built {
  const { kind } = node;
  const dynamic = kind === 'dynamic' || kind === 'login';
  return { node, dynamic, mayBePublic: kind === 'publicAccess', height: 0 };
}
