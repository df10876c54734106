/**
 * Rules, compiled or not, with the operations and callers that they are asked about. These types name
 * each other, so they stand in one file.
 *
 * @module
 */
import type { GateRequest } from '../types.js';

/** An HTTP method and path, or a JSON-RPC method with the name or URI it is about. */
export interface Operation {
  readonly protocol: 'http' | 'mcp';
  /** HTTP: the request method. MCP: the JSON-RPC method, or `GET`/`DELETE` of a session. */
  readonly method: string;
  /** HTTP: the target. MCP: the tool, prompt, resource URI or task. */
  readonly name?: string;
}

/**
 * What a gate knows about a verified token. Frozen, and made anew for every request.
 *
 * Assignable to the `AuthInfo` of the MCP SDK (v1 and v2), whose transports hand it to tools.
 */
export interface Auth<S extends string = string> {
  /** The access token. Not enumerable: it stays out of logs, JSON and copies. Never forward it. */
  readonly token: string;
  /** The client that the token was issued to; `''` if the token does not say. */
  readonly clientId: string;
  /** The granted scopes, without implied ones. Use {@link Auth.has} to check for a scope, not this list. */
  readonly scopes: string[];
  /** Seconds since the epoch. */
  readonly expiresAt?: number;
  readonly resource: URL;
  readonly resourceMetadataUrl: string;
  /** Holds the claims again, because handlers of the MCP SDK read them here. */
  readonly extra: Record<string, unknown>;
  readonly subject?: string;
  readonly issuer?: string;
  /**
   * Who acts. It is a client if the token's `sub` equals its client id, and a user if the two differ,
   * unless the provider or `identify` decides otherwise. It is `undefined` if the token has no `sub` or
   * no client id.
   */
  readonly kind: 'user' | 'client' | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  /**
   * Identifies issuer (or introspection endpoint), client and subject: the owner of data that outlives
   * the request (tasks, handles). It is `undefined` if the token names no subject. Such a token must not
   * own or open anything, since its user cannot be told from others.
   */
  readonly bindingKey: string | undefined;
  /** Whether the token satisfies a static rule; conditions and computed rules do not hold here. */
  has(rule: Rule<S>): boolean;
}

/** The argument of a function rule and of a `where` predicate. */
export interface RuleContext<S extends string = string> {
  /**
   * The operation to evaluate. `name` is a tool, a prompt, a task's id, a resource's URI in normal form, or
   * the path of a plain HTTP request: percent-decoded once, without query and final slash. Case is not
   * folded: a function that compares names must fold it if the handler ignores case.
   *
   * A function or condition is asked about each name that a handler may make of a URI, and must hold for
   * all: as it was sent; without query, fragment and `;` parameters; percent-decoded; without dots, spaces
   * and slashes at the end. A subscription to several URIs is asked about each. A key of `resources` or
   * `httpPolicy` that is the URI or path itself is asked about as it stands.
   */
  readonly operation: Operation;
  /**
   * What the client sent with the call: attacker input, not validated. `arguments` of `tools/call` and
   * `prompts/get`; for a completion of a prompt `context.arguments`; nothing for resources, sessions and
   * responses, and for routes of plain HTTP; `params` of every other method.
   *
   * Some facts are not known: the name where a template of resources is completed, the argument that is
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

/** A condition on the request. Only `true` holds. */
export type Predicate<S extends string = string> = (
  context: RuleContext<S>,
) => boolean | Promise<boolean>;

declare const brand: unique symbol;

/** A rule that is no scope and no function. Only this package makes it. */
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
}
export interface Computed<S extends string = string> extends RuleObject<'computed'> {
  readonly compute: RuleFunction<S>;
  readonly mayRequire: readonly S[];
}

/** What `recentLogin` asks of a login. */
export interface LoginRequirement {
  /** Seconds since the user logged in, at most (`auth_time`). */
  readonly maxAge?: number;
  /** Authentication context classes (`acr`), any one of them. Compared exactly. */
  readonly acrValues?: readonly string[];
}
export interface RecentLogin extends RuleObject<'recentLogin'> {
  readonly login: LoginRequirement;
  /** The rule carries these functions, so that bundles without `recentLogin` leave them out. */
  readonly logins: LoginReader;
}
/** The time at which a login is checked. */
export interface LoginTime {
  /** Seconds since the epoch. */
  readonly now: number;
  /** How many seconds the issuer's clock may be ahead: the tolerance of the token's verifier. */
  readonly clockTolerance: number;
}
export interface LoginReader {
  /** Whether the token's login meets the requirement. */
  holds(auth: Auth, login: LoginRequirement, time: LoginTime): boolean;
  /**
   * The requirement for the login behind the next token, if only the login is missing; `undefined` if
   * scopes are missing too, or if nothing can help.
   */
  missing(rule: CompiledRule, has: (scope: string) => boolean): LoginRequirement | undefined;
  /** Describes a requirement in words: `a login at most 300 seconds old, of acr phr or phrh`. */
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

/** A set of scopes that is enough by itself, in rule order. */
export type Alternative = readonly string[];

export interface CompiledRule {
  readonly rule: Rule;
  /** All scopes that the rule names, also behind conditions. Scopes that functions compute are not known. */
  readonly scopes: readonly string[];
  /** The sets of scopes that satisfy the rule, at most 64 of them. */
  readonly alternatives: readonly Alternative[];
  /** Whether `alternatives` may be incomplete. */
  readonly truncated: boolean;
  /** Whether a part of the rule depends on the request. */
  readonly dynamic: boolean;
  /** Whether a request without a token may be allowed. Functions and conditions need a token. */
  readonly mayBePublic: boolean;
  /** The functions that check logins; `undefined` if the rule requires no login. */
  readonly logins: LoginReader | undefined;
  /** The rule in words: `notes:write, or both notes:read and notes:append`. */
  readonly description: string;
}
