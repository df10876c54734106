/**
 * Walks through a rule and computes a value from it, given a function for each form of a rule. Only
 * `resolve.ts` has a walk of its own, since it waits for the functions of a rule.
 *
 * @module
 */
import { expect } from '../options.js';
import { isRuleNode } from './rule.js';
import type {
  AllOf,
  AnyOf,
  Authenticated,
  Computed,
  Deny,
  PublicAccess,
  RecentLogin,
  Rule,
  RuleFunction,
  RuleNode,
  Where,
} from './types.js';

/** Maximum depth of nested rules. */
const MAX_DEPTH = 64;

/** The functions that compute the value of each form of a rule. `path` locates the part, for error messages. */
export interface RuleCases<T> {
  readonly scope: (scope: string, path: string) => T;
  /** `parts` are the values of the rule's own parts, in their order. */
  readonly allOf: (parts: readonly T[], rule: AllOf) => T;
  readonly anyOf: (parts: readonly T[], rule: AnyOf) => T;
  /** `part` is the value of the rule behind the condition. */
  readonly where: (part: T, rule: Where) => T;
  readonly computed: (rule: Computed | RuleFunction, path: string) => T;
  readonly recentLogin: (rule: RecentLogin) => T;
  readonly authenticated: (rule: Authenticated) => T;
  readonly publicAccess: (rule: PublicAccess) => T;
  readonly deny: (rule: Deny) => T;
}

/**
 * Computes a value from a rule: first the values of its parts, from left to right. A rule object that occurs in
 * several places is computed once, so that shared parts do not multiply the cost.
 *
 * @throws {@link TypeError} naming the path, for a value that is no rule and for rules nested deeper
 * than 64 levels
 */
export function foldRule<T>(rule: Rule, cases: RuleCases<T>, path = 'rule'): T {
  const known = new Map<RuleNode, Folded<T>>();

  const fold = (part: Rule, at: string, depth: number): Folded<T> => {
    const before = typeof part === 'object' ? known.get(part) : undefined;
    expect(depth + (before?.height ?? 0) <= MAX_DEPTH, at, `rules nest deeper than ${MAX_DEPTH}`);
    if (before !== undefined) return before;
    if (typeof part === 'string') return { value: cases.scope(part, at), height: 0 };
    if (typeof part === 'function') return { value: cases.computed(part, at), height: 0 };
    expect(isRuleNode(part), at, 'expected a scope or a rule');
    const folded = foldNode(part, at, depth);
    known.set(part, folded);
    return folded;
  };

  const foldNode = (node: RuleNode, at: string, depth: number): Folded<T> => {
    switch (node.kind) {
      case 'allOf':
      case 'anyOf': {
        const parts = node.rules.map((part, index) =>
          fold(part, `${at}.${node.kind}[${index}]`, depth + 1),
        );
        const values = parts.map(({ value }) => value);
        return {
          value: cases[node.kind](values, node as never),
          height: 1 + Math.max(...parts.map(({ height }) => height)),
        };
      }
      case 'where': {
        const { value, height } = fold(node.rule, `${at}.where`, depth + 1);
        return { value: cases.where(value, node), height: height + 1 };
      }
      case 'computed':
      case 'recentLogin':
      case 'authenticated':
      case 'publicAccess':
      case 'deny':
        return { value: cases[node.kind](node as never, at), height: 0 };
    }
  };

  return fold(rule, path, 0).value;
}

interface Folded<T> {
  readonly value: T;
  /** The number of levels below the rule. */
  readonly height: number;
}
