/**
 * Rules compiled against a catalogue: unknown scopes found, the answer's parts prepared.
 *
 * @module
 */
import type { ScopeCatalogue } from '../scope/index.js';
import { describeRule } from './describe-rule.js';
import { isRuleNode } from './rule.js';
import type { LoginReader, RecentLogin, Rule } from './rule.js';

/** How many alternatives are spelt out; past it the choice of a challenge is a good one, not the best. */
export const MAX_ALTERNATIVES = 64;

/** How deep rules may nest; deeper ones are a configuration error. */
const MAX_DEPTH = 64;

/** A set of scopes that is enough by itself, in rule order. */
export type Alternative = readonly string[];

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
  const compiler = new Compiler(catalogue);
  const { node, dynamic, mayBePublic } = compiler.build(rule, path, 0);
  const alternatives = compiler.expand(node);
  return Object.freeze({
    rule,
    node,
    alternatives,
    truncated: compiler.truncated,
    shared: compiler.shared,
    logins: compiler.logins,
    dynamic,
    mayBePublic,
    description: describeRule(rule),
  });
}

interface Built extends Pick<CompiledRule, 'node' | 'dynamic' | 'mayBePublic'> {
  /** How deep the rules below it nest. */
  readonly height: number;
}

class Compiler {
  truncated = false;
  shared = false;
  logins: LoginReader | undefined;
  readonly #catalogue: ScopeCatalogue | undefined;
  readonly #built = new Map<Rule, Built>();
  readonly #expanded = new Map<CompiledNode, readonly Alternative[]>();

  constructor(catalogue: ScopeCatalogue | undefined) {
    this.#catalogue = catalogue;
  }

  build(rule: Rule, path: string, depth: number): Built {
    const known = this.#built.get(rule);
    if (known !== undefined && typeof rule === 'object') this.shared = true;
    const built = known ?? this.#build(rule, path, depth);
    if (depth + built.height > MAX_DEPTH) {
      throw new TypeError(`${path}: rules nest deeper than ${MAX_DEPTH}`);
    }
    this.#built.set(rule, built);
    return built;
  }

  #build(rule: Rule, path: string, depth: number): Built {
    if (depth > MAX_DEPTH) throw new TypeError(`${path}: rules nest deeper than ${MAX_DEPTH}`);
    if (typeof rule === 'string') return leaf(this.#scope(rule, path));
    if (typeof rule === 'function') return leaf({ kind: 'dynamic' });
    if (!isRuleNode(rule)) throw new TypeError(`${path}: expected a scope or a rule`);
    switch (rule.kind) {
      case 'allOf':
      case 'anyOf': {
        const parts = rule.rules.map((element, index) =>
          this.build(element, `${path}.${rule.kind}[${index}]`, depth + 1),
        );
        return {
          node: { kind: rule.kind, nodes: parts.map((part) => part.node) },
          dynamic: parts.some((part) => part.dynamic),
          mayBePublic: parts.some((part) => part.mayBePublic),
          height: 1 + parts.reduce((height, part) => Math.max(height, part.height), 0),
        };
      }
      case 'where': {
        // Its scopes are checked now, and are no part of what a token is told.
        const { height } = this.build(rule.rule, `${path}.where`, depth + 1);
        return { ...leaf({ kind: 'dynamic' }), height: height + 1 };
      }
      case 'computed':
        for (const scope of rule.mayRequire) this.#scope(scope, `${path}.mayRequire`);
        return leaf({ kind: 'dynamic' });
      case 'recentLogin':
        this.logins = rule.logins;
        return leaf({ kind: 'login', rule });
      case 'authenticated':
      case 'publicAccess':
      case 'deny':
        return leaf({ kind: rule.kind });
    }
  }

  #scope(scope: string, path: string): CompiledNode {
    if (this.#catalogue !== undefined && !this.#catalogue.has(scope)) {
      throw new TypeError(`${path}: ${JSON.stringify(scope)} is not in the scope catalogue`);
    }
    return { kind: 'scope', scope };
  }

  /** The alternatives, at most {@link MAX_ALTERNATIVES}; `truncated` says whether any was dropped. */
  expand(node: CompiledNode): readonly Alternative[] {
    let alternatives = this.#expanded.get(node);
    if (alternatives === undefined) {
      alternatives = this.#expand(node);
      this.#expanded.set(node, alternatives);
    }
    return alternatives;
  }

  #expand(node: CompiledNode): readonly Alternative[] {
    switch (node.kind) {
      case 'scope':
        return [[node.scope]];
      case 'authenticated':
      case 'publicAccess':
      // What else it asks for is said beside the scopes.
      case 'login':
        return [[]];
      case 'deny':
      case 'dynamic':
        return [];
      case 'anyOf':
        return this.#distinct(node.nodes.flatMap((part) => this.expand(part)));
      case 'allOf':
        return node.nodes.reduce<readonly Alternative[]>(
          (products, part) => this.#distinct(product(products, this.expand(part))),
          [[]],
        );
    }
  }

  #distinct(alternatives: Iterable<Alternative>): readonly Alternative[] {
    const distinct = new Map<string, Alternative>();
    for (const alternative of alternatives) {
      const key = alternative.toSorted().join(' ');
      if (distinct.has(key)) continue;
      if (distinct.size === MAX_ALTERNATIVES) {
        this.truncated = true;
        break;
      }
      distinct.set(key, alternative);
    }
    return [...distinct.values()];
  }
}

function leaf(node: CompiledNode): Built {
  const { kind } = node;
  const dynamic = kind === 'dynamic' || kind === 'login';
  return { node, dynamic, mayBePublic: kind === 'publicAccess', height: 0 };
}

function* product(
  left: readonly Alternative[],
  right: readonly Alternative[],
): Generator<Alternative> {
  for (const a of left) for (const b of right) yield [...new Set([...a, ...b])];
}
