/**
 * Rules: what an operation needs. Values made here; a scope name by itself is a rule too.
 *
 * @module
 */
import type { GateRequest } from '../types.js';
import type { Auth } from './auth.js';
import type { CompiledRule } from './compile.js';
import type { Operation } from './operation.js';

/** What a function rule and a `where` predicate are given. */
export interface RuleContext<S extends string = string> {
  /**
   * What is judged. `name` is a tool, a prompt, a task's id, or a resource's URI, in normal form.
   *
   * A function or condition is asked about each name that a handler may make of a URI, and must hold for
   * all: as it was sent; without query, fragment, `;` parameters; percent-decoded; without dots, spaces
   * and slashes at the end. A subscription to several URIs is asked about each. Case is not folded:
   * whoever compares names to a handler that ignores case must do so, too. A `resources` key that is
   * the URI itself is asked about as it stands, and so are targets of plain HTTP.
   */
  readonly operation: Operation;
  /**
   * What the client sent with the call: attacker input, not validated. `arguments` of `tools/call` and
   * `prompts/get`; for a completion of a prompt `context.arguments`; nothing for resources, sessions and
   * responses, and for routes of plain HTTP; `params` of every other method.
   *
   * What nobody knows yet cannot be read: the name where a template of resources is completed, the
   * argument that is being completed. A function or condition that reads it does not hold.
   */
  readonly args: unknown;
  /** Who asks: functions and predicates are called with a valid token only. */
  readonly auth: Auth<S>;
  readonly request: GateRequest;
}

/** A rule computed per request. Whatever it returns but a rule denies, and so does a throw. */
export type RuleFunction<S extends string = string> = (
  context: RuleContext<S>,
) => Rule<S> | Promise<Rule<S>>;

/** A condition on the request. Only `true` holds. */
export type Predicate<S extends string = string> = (
  context: RuleContext<S>,
) => boolean | Promise<boolean>;

const brand: unique symbol = Symbol.for('scopegate.rule');

interface RuleObject<Kind extends string> {
  readonly [brand]: true;
  readonly kind: Kind;
}

export interface AllOf<S extends string = string> extends RuleObject<'allOf'> {
  readonly rules: readonly Rule<S>[];
}
export interface AnyOf<S extends string = string> extends RuleObject<'anyOf'> {
  readonly rules: readonly Rule<S>[];
}
export type Authenticated = RuleObject<'authenticated'>;
export type PublicAccess = RuleObject<'publicAccess'>;
export type Deny = RuleObject<'deny'>;
export interface Where<S extends string = string> extends RuleObject<'where'> {
  readonly predicate: Predicate<S>;
  readonly rule: Rule<S>;
}
export interface Computed<S extends string = string> extends RuleObject<'computed'> {
  readonly compute: RuleFunction<S>;
  readonly mayRequire: readonly S[];
}

/** What a login must be like. */
export interface LoginRequirement {
  /** Seconds since the user logged in, at most (`auth_time`). */
  readonly maxAge?: number;
  /** Authentication context classes (`acr`), any one of them. Compared exactly. */
  readonly acrValues?: readonly string[];
}
export interface RecentLogin extends RuleObject<'recentLogin'> {
  readonly login: LoginRequirement;
  /** What there is to know of logins. It comes with the rule: a gate without one does without. */
  readonly logins: LoginReader;
}
/** When a login is looked at. */
export interface LoginTime {
  /** Seconds since the epoch. */
  readonly now: number;
  /** Seconds that the issuer's clock may be ahead: what the token's verifier forgives. */
  readonly clockTolerance: number;
}
export interface LoginReader {
  /** Whether the token's login is such. */
  holds(auth: Auth, login: LoginRequirement, time: LoginTime): boolean;
  /**
   * What the login behind the next token must be like, if that alone is lacking; `undefined` if
   * scopes are lacking, or nothing can help.
   */
  lacking(rule: CompiledRule, has: (scope: string) => boolean): LoginRequirement | undefined;
  /** `a login at most 300 seconds old, of acr phr or phrh`. */
  describe(login: LoginRequirement): string;
}

/** What an operation needs. */
export type Rule<S extends string = string> =
  | S
  | AllOf<S>
  | AnyOf<S>
  | Authenticated
  | PublicAccess
  | Deny
  | Where<S>
  | Computed<S>
  | RecentLogin
  | RuleFunction<S>;

/** The object forms of a rule. */
export type RuleNode = Exclude<Rule, string | RuleFunction>;

/**
 * Every one of the rules must hold; implications count for each by itself.
 *
 * @throws {@link TypeError} without a rule, or with something that is none
 * @group Rules
 */
export function allOf<const S extends string>(
  ...rules: readonly [Rule<S>, ...Rule<S>[]]
): AllOf<S> {
  return make('allOf', { rules: checkRules('allOf', rules) });
}

/**
 * One of the rules is enough. A refusal names one complete alternative: the one that lacks fewest
 * scopes, then the smallest, then the first.
 *
 * @throws {@link TypeError} without a rule, or with something that is none
 * @group Rules
 */
export function anyOf<const S extends string>(
  ...rules: readonly [Rule<S>, ...Rule<S>[]]
): AnyOf<S> {
  return make('anyOf', { rules: checkRules('anyOf', rules) });
}

/** Any valid token, whatever its scopes. @group Rules */
export function authenticated(): Authenticated {
  return make('authenticated', {});
}

/** No token needed. A token that does come must still be valid. @group Rules */
export function publicAccess(): PublicAccess {
  return make('publicAccess', {});
}

/** Nobody, whatever the token. @group Rules */
export function deny(): Deny {
  return make('deny', {});
}

/**
 * The rule (default: any valid token), on condition: where the predicate does not return `true`, or
 * throws, the operation is denied and the scopes behind the condition are not disclosed.
 *
 * @group Rules
 */
export function where<const S extends string = never>(
  predicate: Predicate<NoInfer<S>>,
  needed: Rule<S> = authenticated(),
): Where<S> {
  if (typeof predicate !== 'function') throw new TypeError('where: expected a function');
  return make('where', { predicate, rule: checkRules('where', [needed])[0] as Rule<S> });
}

/**
 * A computed rule that says which scopes it may ask for, so that the scope map can list them.
 *
 * @group Rules
 */
export function rule<const S extends string = never>(
  compute: RuleFunction<S>,
  options?: { readonly mayRequire?: readonly S[] },
): Computed<S> {
  if (typeof compute !== 'function') throw new TypeError('rule: expected a function');
  return make('computed', { compute, mayRequire: Object.freeze([...(options?.mayRequire ?? [])]) });
}

/** Whether the value is a rule in its outer form; scopes are checked against the catalogue later. */
export function isRule(value: unknown): value is Rule {
  return typeof value === 'string' || typeof value === 'function' || isRuleNode(value);
}

/** Own symbol only: neither JSON nor a polluted prototype can make one. */
export function isRuleNode(value: unknown): value is RuleNode {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, brand);
}

/** Makes a node; the brand is what makes it one. */
export function make<R extends RuleObject<string>>(
  kind: R['kind'],
  members: Omit<R, keyof RuleObject<string>>,
): R {
  return Object.freeze({ [brand]: true, kind, ...members }) as unknown as R;
}

function checkRules<S extends string>(name: string, rules: readonly Rule<S>[]): readonly Rule<S>[] {
  if (rules.length === 0) {
    throw new TypeError(
      `${name}: expected at least one rule; "any valid token" is authenticated()`,
    );
  }
  for (const [index, element] of rules.entries()) {
    if (!isRule(element)) throw new TypeError(`${name}[${index}]: expected a scope or a rule`);
  }
  return Object.freeze([...rules]);
}
