/**
 * Makes rules, which say what an operation needs. A scope name by itself is a rule too.
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
 * Every one of the rules must hold; implications count for each by itself.
 *
 * @example
 * ```ts
 * const append = allOf('notes:read', 'notes:append');
 * ```
 * @throws {@link TypeError} without a rule, or with something that is none
 * @group Rules
 */
export function allOf<const S extends string>(
  ...rules: readonly [Rule<S>, ...Rule<S>[]]
): AllOf<S> {
  return makeNode('allOf', { rules: checkRules('allOf', rules) });
}

/**
 * One of the rules is enough. A refusal names one complete alternative: the one that lacks fewest
 * scopes, then the smallest, then the first.
 *
 * @example
 * ```ts
 * const change = anyOf('notes:write', allOf('notes:read', 'notes:append'));
 * ```
 * @throws {@link TypeError} without a rule, or with something that is none
 * @group Rules
 */
export function anyOf<const S extends string>(
  ...rules: readonly [Rule<S>, ...Rule<S>[]]
): AnyOf<S> {
  return makeNode('anyOf', { rules: checkRules('anyOf', rules) });
}

/**
 * Any valid token, whatever its scopes.
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
 * No token needed. A token that does come must still be valid.
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
 * Nobody, whatever the token.
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
 * The rule (default: any valid token) on a condition. If the predicate does not return `true`, or throws,
 * the operation is denied and the scopes behind the condition are not disclosed.
 *
 * @example
 * ```ts
 * const change = where(({ auth }) => auth.claims['tenant'] === 'acme', 'notes:write');
 * ```
 * @group Rules
 */
export function where<const S extends string = never>(
  predicate: Predicate<NoInfer<S>>,
  needed: Rule<S> = authenticated(),
): Where<S> {
  expect(typeof predicate === 'function', 'where', 'expected a function');
  return makeNode('where', { predicate, rule: checkRules('where', [needed])[0] as Rule<S> });
}

/**
 * A computed rule that says which scopes it may ask for, so that the scope map can list them.
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

/** Whether the value is a rule in its outer form; scopes are checked against the catalogue later. */
export function isRule(value: unknown): value is Rule {
  return typeof value === 'string' || typeof value === 'function' || isRuleNode(value);
}

/** What makes an object a rule. */
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
