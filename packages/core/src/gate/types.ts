/**
 * The types of a gate: those that applications see, and those that its parts share.
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
  /** Checks only the token, for frameworks with a hook before the body is parsed. */
  authenticate(request: GateRequest): Promise<Decision<S>>;
  /** Checks the operation, for an `auth` that this gate made. */
  authorize(auth: Auth | undefined, request: GateRequest): Promise<Decision<S>>;
  /** Checks the token, and then the operation. */
  check(request: Request | GateRequest): Promise<Decision<S>>;
  /** Returns the same decision as {@link Route.check}, without a promise if the decision is known at once. */
  decide(request: GateRequest): Decision<S> | Promise<Decision<S>>;
}

export interface Gate<S extends string = string> {
  readonly resource: string;
  readonly scopes: ScopeCatalogue<S>;
  /** The policy that gives each operation its rule. Without one, every route needs a rule of its own. */
  readonly policy: Policy<S> | undefined;
  /**
   * Prepares a route behind a framework's router: with its own rule, or with the gate's policy.
   *
   * @throws {@link TypeError} for an unknown scope, without rule and policy, and without a rule if the
   * policy selects rules by path (`httpPolicy`): behind a router the gate does not see the final path
   */
  route(rule?: Rule<S>): Route<S>;
  authenticate(request: GateRequest, rule?: Rule<S>): Promise<Decision<S>>;
  authorize(auth: Auth | undefined, request: GateRequest, rule?: Rule<S>): Promise<Decision<S>>;
  /**
   * Checks a request. A policy that selects rules by path (`httpPolicy`) reads the path of this request,
   * so the handler must run for the same path. A router may change the path: pass a rule behind a
   * router.
   */
  check(request: Request | GateRequest, rule?: Rule<S>): Promise<Decision<S>>;
  decide(request: GateRequest, rule?: Rule<S>): Decision<S> | Promise<Decision<S>>;
  /**
   * Turns an error that a handler threw into a refusal, if it says that scopes are missing: a 403, or a 401
   * without a token. Returns `undefined` for every other error: the application handles it.
   */
  refuse(thrown: unknown, request: GateRequest, auth?: Auth): Refusal | undefined;
  /** Whether this gate made the `auth`. An `auth` that another gate made grants nothing here. */
  issued(auth: unknown): auth is Auth<S>;
  readonly metadata: {
    readonly url: string;
    readonly document: ProtectedResourceMetadata;
    /** Answers a request for the document, and leaves every other request alone. */
    respond(request: GateRequest): Reply | Promise<Reply> | undefined;
    /**
     * Answers a CORS preflight, whatever its path; `undefined` for every other request, and if
     * {@link GateOptions.cors} is off. Routes that are registered by method never get a preflight.
     */
    preflight(request: GateRequest): Reply | undefined;
  };
  /**
   * Guards a Web `fetch` handler, and answers requests for the metadata. Without a rule, the gate's
   * policy decides. The handler gets the request, then a `FetchContext` with its `auth`, then the further
   * arguments of the host (`env`, `ctx`).
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

/**
 * The facts of a request that its refusals need: its label, the id of a JSON-RPC call, and whether a
 * challenge repeats the granted scopes.
 */
export type ResponseContext = Pick<MatchedOperation, 'label' | 'rpcId' | 'repeatGranted'>;

/**
 * A token in the form in which tools show it to developers. It is not verified, so no decision may
 * depend on it.
 */
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
  /**
   * The text of the hint: what the token is, and which setting to change. It never repeats a part of the
   * token.
   */
  readonly says: string;
}

/**
 * An identity provider: its verifier and other facts that a gate needs. The functions of `./providers`
 * make such an object.
 */
export interface Provider {
  readonly name: string;
  readonly verifier: Verifier;
  /** The issuers from which clients get tokens, in the order of preference. */
  readonly authorizationServers: readonly string[];
  /** Returns the catalogue with the names that clients ask for, if the names in tokens differ from these. */
  readonly nameScopes?: (scopes: ScopeCatalogue) => ScopeCatalogue;
  readonly hints: readonly ProviderHint[];
}
