/**
 * The gate as applications see it, and what its parts share.
 *
 * @module
 */
import type { Decision, Refusal } from '../decision.js';
import type { ProtectedResourceMetadata } from '../metadata/index.js';
import type { Auth, MatchedOperation, Policy, Rule } from '../policy/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import type { Verifier } from '../token/index.js';
import type { GateRequest, Reply } from '../types.js';
import type { FetchHandler } from '../web/index.js';

/** A gate bound to one route's rule, or to the policy. None of its methods throws or rejects. */
export interface Route<S extends string = string> {
  /** Checks the token only: for frameworks with a hook before the body. */
  authenticate(request: GateRequest): Promise<Decision<S>>;
  /** Checks the operation, for an `auth` that this gate made. */
  authorize(auth: Auth | undefined, request: GateRequest): Promise<Decision<S>>;
  /** Both. */
  check(request: Request | GateRequest): Promise<Decision<S>>;
  /** The same answer as {@link Route.check}, without a promise where it is known at once. */
  decide(request: GateRequest): Decision<S> | Promise<Decision<S>>;
}

export interface Gate<S extends string = string> {
  readonly resource: string;
  readonly scopes: ScopeCatalogue<S>;
  /** `undefined` if every route has a rule of its own. */
  readonly policy: Policy<S> | undefined;
  /**
   * Prepares a route behind a framework's router: with its own rule, or with the gate's policy.
   *
   * @throws {@link TypeError} for an unknown scope, without rule and policy, and without a rule where
   * the policy goes by the path (`httpPolicy`): behind a router the gate does not see the final one
   */
  route(rule?: Rule<S>): Route<S>;
  authenticate(request: GateRequest, rule?: Rule<S>): Promise<Decision<S>>;
  authorize(auth: Auth | undefined, request: GateRequest, rule?: Rule<S>): Promise<Decision<S>>;
  /**
   * Checks the request as it is given. A policy that goes by the path reads this path, so the caller must
   * act on the same one. Behind a router the path differs: give a rule there.
   */
  check(request: Request | GateRequest, rule?: Rule<S>): Promise<Decision<S>>;
  decide(request: GateRequest, rule?: Rule<S>): Decision<S> | Promise<Decision<S>>;
  /**
   * Turns what a handler threw into a refusal, if it says that scopes are missing. Returns `undefined` for
   * every other error: the application handles it.
   */
  refuse(thrown: unknown, request: GateRequest, auth?: Auth): Refusal | undefined;
  /** Whether this gate made the `auth`. One of another gate grants nothing here. */
  issued(auth: unknown): auth is Auth<S>;
  readonly metadata: {
    readonly url: string;
    readonly document: ProtectedResourceMetadata;
    /** Answers a request for the document, and leaves every other request alone. */
    respond(request: GateRequest): Reply | Promise<Reply> | undefined;
  };
  /**
   * Guards a Web `fetch` handler, and serves the metadata beside it. Without a rule the gate's policy
   * decides. Further arguments (`env`, `ctx`) pass through.
   *
   * @example
   * ```ts
   * export default { fetch: gate.fetch(mcp.fetch) };
   * ```
   */
  fetch<Rest extends unknown[]>(
    handler: FetchHandler<S, Rest>,
    rule?: Rule<S>,
  ): (request: Request, ...rest: Rest) => Promise<Response>;
}

/** What a refusal calls the request, and which form its body and scopes take. */
export type ResponseContext = Pick<MatchedOperation, 'label' | 'rpcId' | 'repeatGranted'>;

/** A token as developers' tools show it. It is not verified, so no decision may depend on it. */
export type TokenView =
  | {
      readonly form: 'jwt';
      readonly header: Readonly<Record<string, unknown>>;
      readonly claims: Readonly<Record<string, unknown>>;
    }
  | { readonly form: 'opaque'; readonly text: string };

/** A common mistake with a provider and its fix, for developers whose token was refused. */
export interface ProviderHint {
  readonly applies: (token: TokenView) => boolean;
  /** What the token is, and which setting to change. Never repeats a part of the token. */
  readonly says: string;
}

/** What a gate needs to know about an identity provider; the functions of `./providers` make it. */
export interface Provider {
  readonly name: string;
  readonly verifier: Verifier;
  /** Issuers that clients get tokens from, the one to use first. */
  readonly authorizationServers: readonly string[];
  /** The catalogue with the names that clients ask for, where tokens have others. */
  readonly nameScopes?: (scopes: ScopeCatalogue) => ScopeCatalogue;
  readonly hints: readonly ProviderHint[];
}
