/**
 * The types of rules and compiled rules, and of the operations and callers for which they decide. These types
 * refer to each other, so they are in one file.
 *
 * @module
 */
import type { GateRequest } from '../types.js';

/** An operation: an HTTP method and path, or a JSON-RPC method with the name or URI of its object. */
export interface Operation {
  readonly protocol: 'http' | 'mcp';
  /** For HTTP, the request method; for MCP, the JSON-RPC method, or `GET` or `DELETE` of a session. */
  readonly method: string;
  /** For HTTP, the target or its path; for MCP, the tool, the prompt, the resource's URI or the task's id. */
  readonly name?: string;
}

/** A party that acts for the subject of a token. */
export interface Actor {
  /** Identifies the actor at its issuer. */
  readonly subject: string;
  /** The issuer of `subject`; absent if it is the issuer of the token. */
  readonly issuer?: string;
}

/**
 * The facts of a verified token. The object is frozen, and each request has its own.
 *
 * It is assignable to the `AuthInfo` of the MCP SDK (v1 and v2), whose transports pass it to tools.
 */
export interface Auth<S extends string = string> {
  /**
   * The access token. The member is not enumerable, so that logs, JSON and copies do not contain it. Never
   * forward the token.
   */
  readonly token: string;
  /** The client to which the token was issued; `''` if the token does not name it. */
  readonly clientId: string;
  /** The granted scopes, without implied ones. Use {@link Auth.has} to check for a scope, not this list. */
  readonly scopes: string[];
  /** The time at which the token expires, in seconds since the epoch; absent if it is not known. */
  readonly expiresAt?: number;
  readonly resource: URL;
  readonly resourceMetadataUrl: string;
  /** Contains the claims again, because handlers of the MCP SDK read them here. */
  readonly extra: Record<string, unknown>;
  readonly subject?: string;
  readonly issuer?: string;
  /**
   * The kind of the caller. It is `client` if the token's `sub` equals its client id, and `user` if the two
   * differ, unless the provider or `identify` decides otherwise. It is `undefined` if the token has no `sub`
   * or no client id.
   */
  readonly kind: 'user' | 'client' | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  /**
   * Identifies issuer (or introspection endpoint), client and subject together. Use it as the owner of data
   * that exists longer than the request (tasks, handles). It is `undefined` if the token names no subject.
   * Such a token must not own or open anything, since its user cannot be distinguished from others.
   */
  readonly bindingKey: string | undefined;
  /**
   * Who acts for the subject (RFC 8693 s4.1), the current actor first; empty if the token has no `act`.
   * Only the current actor may be a ground for access: the others are history. An empty list does not prove
   * that the subject acts itself, because a token of an exchange need not name its actor.
   */
  readonly actors: readonly Actor[];
  /**
   * Whether the token satisfies a static rule; conditions, logins and computed rules do not hold here.
   *
   * @throws {@link TypeError} for a scope that the gate's catalogue does not know
   */
  has(rule: Rule<S>): boolean;
}

/** The argument of a function rule and of a `where` predicate. */
export interface RuleContext<S extends string = string> {
  /**
   * The operation to evaluate. `name` is a tool, a prompt, a task's id, a resource's URI in normal form, or
   * the path of a plain HTTP request: percent-decoded once, without query and final slash. Case is not
   * folded: a function that compares names must fold it if the handler ignores case.
   *
   * A function or condition is called with each name that a handler may make of a URI, and must hold for all of
   * them: the URI as it was sent, and the URI without query, fragment and `;` parameters, percent-decoded, or
   * without dots, spaces and slashes at the end. If a subscription names several URIs, the function is called
   * for each. If a key of `resources` or `httpPolicy` equals the URI or path, it is called with that one only.
   */
  readonly operation: Operation;
  /**
   * The arguments that the client sent with the call. They are not validated, so an attacker may have chosen
   * them. They are `arguments` of `tools/call` and `prompts/get`; `context.arguments` for the completion of a
   * prompt; `undefined` for resources, sessions, responses and routes of plain HTTP; and `params` of every
   * other method.
   *
   * Some facts are not known: the name if a template of resources is completed, the argument that is
   * being completed, and the name of a path that handlers may read in several ways. A function or
   * condition that reads one of these does not hold.
   */
  readonly args: unknown;
  /** The caller. Functions and predicates are called with a valid token only. */
  readonly auth: Auth<S>;
  readonly request: GateRequest;
}

/** A rule computed for each request. If the function throws or returns no rule, the request is denied. */
export type RuleFunction<S extends string = string> = (
  context: RuleContext<S>,
) => Rule<S> | Promise<Rule<S>>;

/** A condition on the request. It holds only if it returns `true`; if it throws, the request is denied. */
export type Predicate<S extends string = string> = (
  context: RuleContext<S>,
) => boolean | Promise<boolean>;

declare const brand: unique symbol;

/** A rule that is neither a scope nor a function. Only the functions of this package make it. */
export interface RuleObject<Kind extends string> {
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
  /** The condition in words, for the owner of the policy: `if acted by reports-agent`. */
  readonly condition?: string | undefined;
}
export interface Computed<S extends string = string> extends RuleObject<'computed'> {
  readonly compute: RuleFunction<S>;
  readonly mayRequire: readonly S[];
}

/** The requirements of `recentLogin` for a login. */
export interface LoginRequirement {
  /** Maximum number of seconds since the user logged in (`auth_time`). */
  readonly maxAge?: number;
  /** Authentication context classes (`acr`), any one of which is enough. They are compared exactly. */
  readonly acrValues?: readonly string[];
}
export interface RecentLogin extends RuleObject<'recentLogin'> {
  readonly login: LoginRequirement;
  /** The functions that check logins. They are in the rule, so that bundles without `recentLogin` lack them. */
  readonly logins: LoginReader;
}
/** The time at which a login is checked. */
export interface LoginTime {
  /** The time in seconds since the epoch. */
  readonly now: number;
  /** The number of seconds that the issuer's clock may be ahead, from the options of the token's verifier. */
  readonly clockTolerance: number;
}
export interface LoginReader {
  /** Whether the token's login meets the requirement. */
  holds(auth: Auth, login: LoginRequirement, time: LoginTime): boolean;
  /**
   * Returns the requirement for the next login if only the login is missing; `undefined` if scopes are
   * missing too, or if no login would satisfy the rule.
   */
  missing(rule: CompiledRule, has: (scope: string) => boolean): LoginRequirement | undefined;
  /** Describes a requirement in words: `a login at most 300 seconds old, of acr phr or phrh`. */
  describe(login: LoginRequirement): string;
}

/** The requirement of an operation: a scope, a rule object or a function. */
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

/** A set of scopes that is enough by itself, in the order of the rule. */
export type Alternative = readonly string[];

export interface CompiledRule {
  readonly rule: Rule;
  /**
   * All scopes that the rule names, also those of rules with a condition and of `mayRequire`. Other scopes
   * that functions return are not known.
   */
  readonly scopes: readonly string[];
  /**
   * The sets of scopes that satisfy the rule if no condition and no computed rule holds, at most 64 of them.
   * A login that the rule requires is not a part of them.
   */
  readonly alternatives: readonly Alternative[];
  /** Whether `alternatives` may be incomplete. */
  readonly truncated: boolean;
  /** Whether the rule contains a part that only a request decides: a condition, a function or `recentLogin`. */
  readonly dynamic: boolean;
  /**
   * Whether the rule holds for a request without a token. Functions, conditions and logins need one.
   */
  readonly isPublic: boolean;
  /** The functions that check logins; `undefined` if the rule requires no login. */
  readonly logins: LoginReader | undefined;
  /** The rule in words: `notes:write, or both notes:read and notes:append`. */
  readonly description: string;
}
