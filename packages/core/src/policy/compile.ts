/**
 * Rules compiled against a catalogue: unknown scopes found, the answer's parts prepared.
 *
 * @module
 */
import type { ScopeCatalogue } from '../scope/index.js';
import { describeRule } from './describe-rule.js';
import { isRuleNode } from './rule.js';
import type { Rule } from './rule.js';

/** How many alternatives are spelt out; past it the choice of a challenge is a good one, not the best. */
export const MAX_ALTERNATIVES = 64;

/** How deep rules may nest; deeper ones are a configuration error. */
const MAX_DEPTH = 64;

/** A set of scopes that is enough by itself, in rule order. */
export type Alternative = readonly string[];

export type CompiledNode =
  | { readonly kind: 'scope'; readonly scope: string }
  | { readonly kind: 'allOf' | 'anyOf'; readonly nodes: readonly CompiledNode[] }
  | { readonly kind: 'authenticated' | 'publicAccess' | 'deny' | 'dynamic' };

export interface CompiledRule {
  readonly rule: Rule;
  readonly node: CompiledNode;
  /** The ways to satisfy the rule by scopes, at most {@link MAX_ALTERNATIVES} of them. */
  readonly alternatives: readonly Alternative[];
  /** Whether `alternatives` leaves some out. */
  readonly truncated: boolean;
  /** Whether some part is known per request only. */
  readonly dynamic: boolean;
  /** Whether a request without a token could be allowed; what is computed per request never is. */
  readonly mayBePublic: boolean;
  /** `notes:write, or both notes:read and notes:append`. */
  readonly description: string;
}

/**
 * Compiles a rule. The result never depends on a token.
 *
 * @param path - the option that holds the rule, for error messages
 * @throws {@link TypeError} for a scope that the catalogue does not know, or something that is no rule
 */
export function compileRule(
  rule: Rule,
  catalogue: ScopeCatalogue | undefined,
  path: string,
): CompiledRule {
  const node = toNode(rule, catalogue, path, 0);
  const alternatives = expand(node);
  return Object.freeze({
    rule,
    node,
    alternatives: alternatives.slice(0, MAX_ALTERNATIVES),
    truncated: alternatives.length > MAX_ALTERNATIVES,
    dynamic: some(node, 'dynamic'),
    mayBePublic: some(node, 'publicAccess'),
    description: describeRule(rule),
  });
}

function toNode(
  rule: Rule,
  catalogue: ScopeCatalogue | undefined,
  path: string,
  depth: number,
): CompiledNode {
  if (depth > MAX_DEPTH) throw new TypeError(`${path}: rules nest deeper than ${MAX_DEPTH}`);
  if (typeof rule === 'string') {
    if (catalogue !== undefined && !catalogue.has(rule)) {
      throw new TypeError(`${path}: ${JSON.stringify(rule)} is not in the scope catalogue`);
    }
    return { kind: 'scope', scope: rule };
  }
  if (typeof rule === 'function') return { kind: 'dynamic' };
  if (!isRuleNode(rule)) throw new TypeError(`${path}: expected a scope or a rule`);
  switch (rule.kind) {
    case 'allOf':
    case 'anyOf': {
      const nodes = rule.rules.map((element, index) =>
        toNode(element, catalogue, `${path}.${rule.kind}[${index}]`, depth + 1),
      );
      return { kind: rule.kind, nodes };
    }
    case 'where':
      toNode(rule.rule, catalogue, `${path}.where`, depth + 1);
      return { kind: 'dynamic' };
    case 'computed':
      for (const scope of rule.mayRequire)
        toNode(scope, catalogue, `${path}.mayRequire`, depth + 1);
      return { kind: 'dynamic' };
    case 'authenticated':
    case 'publicAccess':
    case 'deny':
      return { kind: rule.kind };
  }
}

/** All alternatives, or one more than {@link MAX_ALTERNATIVES} if there are more. */
function expand(node: CompiledNode): readonly Alternative[] {
  switch (node.kind) {
    case 'scope':
      return [[node.scope]];
    case 'authenticated':
    case 'publicAccess':
      return [[]];
    case 'deny':
    case 'dynamic':
      return [];
    case 'anyOf':
      return takeDistinct(sum(node.nodes));
    case 'allOf':
      return node.nodes.reduce<readonly Alternative[]>(
        (products, part) => takeDistinct(product(products, expand(part))),
        [[]],
      );
  }
}

function* sum(nodes: readonly CompiledNode[]): Generator<Alternative> {
  for (const node of nodes) yield* expand(node);
}

function* product(
  left: readonly Alternative[],
  right: readonly Alternative[],
): Generator<Alternative> {
  for (const a of left) for (const b of right) yield [...new Set([...a, ...b])];
}

function takeDistinct(alternatives: Iterable<Alternative>): readonly Alternative[] {
  const distinct = new Map<string, Alternative>();
  for (const alternative of alternatives) {
    const key = alternative.toSorted().join(' ');
    if (!distinct.has(key)) distinct.set(key, alternative);
    if (distinct.size > MAX_ALTERNATIVES) break;
  }
  return [...distinct.values()];
}

function some(node: CompiledNode, kind: CompiledNode['kind']): boolean {
  return node.kind === kind || ('nodes' in node && node.nodes.some((part) => some(part, kind)));
}
