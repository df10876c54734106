/**
 * Makes rules, which say what an operation requires. The name of a scope by itself is a rule, too.
 *
 * @module
 */
import { expect } from '../options.js';
import { isObject } from '../values.js';
import type {
  AllOf,
  AnyOf,
  Authenticated,
  Computed,
  Deny,
  Predicate,
  PublicAccess,
  Rule,
  RuleFunction,
  RuleNode,
  RuleObject,
  Where,
} from './types.js';

/**
 * Makes a rule that holds if all of the given rules hold. The implications of scopes apply to each of them.
 *
 * @example
 * ```ts
 * const append = allOf('notes:read', 'notes:append');
 * ```
 * @throws {@link TypeError} without a rule, or with a value that is no rule
 * @group Rules
 */
export function allOf<const S extends string>(
  ...rules: readonly [Rule<S>, ...Rule<S>[]]
): AllOf<S> {
  return makeNode('allOf', { rules: checkRules('allOf', rules) });
}

/**
 * Makes a rule that holds if one of the given rules holds. A refusal names one complete alternative: the one
 * that lacks the fewest scopes; among equal ones one of which the token has a part, then the one with the
 * fewest scopes, and then the first.
 *
 * @example
 * ```ts
 * const change = anyOf('notes:write', allOf('notes:read', 'notes:append'));
 * ```
 * @throws {@link TypeError} without a rule, or with a value that is no rule
 * @group Rules
 */
export function anyOf<const S extends string>(
  ...rules: readonly [Rule<S>, ...Rule<S>[]]
): AnyOf<S> {
  return makeNode('anyOf', { rules: checkRules('anyOf', rules) });
}

/**
 * Makes a rule that holds for any valid token, whatever its scopes.
 *
 * @example
 * ```ts
 * app.get('/me', protect(gate, authenticated()), showProfile);
 * ```
 * @group Rules
 */
export function authenticated(): Authenticated {
  return makeNode('authenticated', {});
}

/**
 * Makes a rule that holds without a token. If a request has a token, the token must still be valid.
 *
 * @example
 * ```ts
 * const policy = httpPolicy([{ method: 'GET', path: '/status', rule: publicAccess() }]);
 * ```
 * @group Rules
 */
export function publicAccess(): PublicAccess {
  return makeNode('publicAccess', {});
}

/**
 * Makes a rule that never holds, whatever the token.
 *
 * @example
 * ```ts
 * const policy = httpPolicy([{ method: 'DELETE', path: '/notes/{id}', rule: deny() }]);
 * ```
 * @group Rules
 */
export function deny(): Deny {
  return makeNode('deny', {});
}

/**
 * Makes a rule that holds if the predicate returns `true` (or a promise of it) and the rule `needed` (default:
 * any valid token) holds. If the predicate returns anything else, the rule does not hold and the scopes of
 * `needed` are not disclosed. If it throws, the operation is denied, whatever the other parts of its rule.
 *
 * @param condition - the condition in words for the scope map, such as `if the tenant is acme`; callers never
 * see it
 * @example
 * ```ts
 * const change = where(({ auth }) => auth.claims['tenant'] === 'acme', 'notes:write');
 * ```
 * @group Rules
 */
export function where<const S extends string = never>(
  predicate: Predicate<NoInfer<S>>,
  needed: Rule<S> = authenticated(),
  condition?: string,
): Where<S> {
  expect(typeof predicate === 'function', 'where', 'expected a function');
  const [inner] = checkRules('where', [needed]) as readonly [Rule<S>];
  return makeNode('where', { predicate, rule: inner, condition });
}

/**
 * Makes a computed rule that declares which scopes it may require, so that the scope map can list them.
 *
 * @example
 * ```ts
 * const purge = rule(({ args }) => (isDryRun(args) ? 'notes:read' : 'admin:notes'), {
 *   mayRequire: ['notes:read', 'admin:notes'],
 * });
 * ```
 * @group Rules
 */
export function rule<const S extends string = never>(
  compute: RuleFunction<S>,
  options?: { readonly mayRequire?: readonly S[] },
): Computed<S> {
  expect(typeof compute === 'function', 'rule', 'expected a function');
  return makeNode('computed', {
    compute,
    mayRequire: Object.freeze([...(options?.mayRequire ?? [])]),
  });
}

/**
 * Whether the value has the form of a rule: a string, a function or an object that {@link makeNode} made, also
 * that of another copy of this package. Scopes are checked against the catalogue later.
 */
export function isRule(value: unknown): value is Rule {
  return typeof value === 'string' || typeof value === 'function' || isRuleNode(value);
}

/** The member by which an object is recognized as a rule. */
const BRAND: unique symbol = Symbol.for('scopegate.rule');

/** Makes a frozen rule object with these members. */
export function makeNode<R extends RuleObject<string>>(
  kind: R['kind'],
  members: Omit<R, keyof RuleObject<string>>,
): R {
  return Object.freeze({ [BRAND]: true, kind, ...members }) as unknown as R;
}

/**
 * Whether the value is one of the object forms of a rule. The symbol must be its own member: neither
 * JSON nor a polluted prototype can make a rule.
 */
export function isRuleNode(value: unknown): value is RuleNode {
  return isObject(value) && Object.hasOwn(value, BRAND);
}

function checkRules<S extends string>(name: string, rules: readonly Rule<S>[]): readonly Rule<S>[] {
  const isEmpty = rules.length === 0;
  expect(!isEmpty, name, 'expected at least one rule; "any valid token" is authenticated()');
  for (const [index, element] of rules.entries()) {
    expect(isRule(element), `${name}[${index}]`, 'expected a scope or a rule');
  }
  return Object.freeze([...rules]);
}
