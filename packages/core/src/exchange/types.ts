/**
 * The options of upstream tokens.
 *
 * @module
 */
import type { ClientAuthentication } from '../client-authentication.js';
import type { Auth } from '../policy/index.js';
import type { AddressOptions, Claims, SharedTokens } from '../token/index.js';
import type { UpstreamCredential } from '../gate/index.js';

/** How an authorization server wants to be asked for a token of another API. */
export interface UpstreamProvider {
  /** The issuer, which is also the `aud` of a signed client assertion. */
  readonly issuer: string;
  /** @default the one that the issuer's metadata names */
  readonly tokenEndpoint?: string;
  /** Issuers whose tokens it accepts, beside its own. */
  readonly subjectIssuers?: readonly string[];
  /** RFC 8693, or the on-behalf-of grant of Microsoft Entra ID. */
  readonly grant: 'token-exchange' | 'on-behalf-of';
  /** Whether an answer may lack `issued_token_type`, which RFC 8693 s2.2.1 requires. */
  readonly untypedAnswers?: boolean;
  /** Scopes that an answer may contain although they were not asked for; `true` for any. */
  readonly otherScopes?: true | readonly string[];
  /** Whether the case of scopes in an answer means nothing. */
  readonly foldScopes?: boolean;
  /** Whether `aud` of a JWT in an answer says something else than the target that was asked for. */
  readonly otherAudience?: boolean;
}

/** Scopes of the API: a `scope` value or a list. */
export type UpstreamScopes = string | readonly string[];

/**
 * The options `allowInsecureHosts` and `internalUrl` are as those of verifiers: where the authorization server is
 * reached from here, apart from its name.
 */
export interface UpstreamTokensOptions<S extends string = string> extends AddressOptions {
  /**
   * The authorization server that issues tokens for the API. It must be the issuer of the callers' tokens, or
   * accept them from one of `subjectIssuers`. Its metadata names the token endpoint.
   */
  readonly issuer?: string;
  /** The token endpoint, if it is reached by another URL than the metadata names. */
  readonly tokenEndpoint?: string;
  /** A provider of this subpath in the place of `issuer`, for servers that want another form of request. */
  readonly provider?: UpstreamProvider;
  /** Issuers whose tokens this authorization server exchanges, beside its own. @default none */
  readonly subjectIssuers?: readonly string[];
  /** This server's id at the authorization server. */
  readonly clientId: string;
  /**
   * How this server proves that id. It is required: otherwise whoever holds a stolen token could exchange it
   * (RFC 8693 s5).
   */
  readonly clientAuthentication: ClientAuthentication;
  /** The API as a URI (RFC 8707): an absolute URL without a fragment. */
  readonly resource?: string;
  /** The API by the name that the authorization server has for it. Give `resource` or `audience`, or one scope. */
  readonly audience?: string;
  /**
   * The only origin to which a token is sent, such as `https://api.example.com`.
   *
   * @default the origin of `resource`
   */
  readonly origin?: string;
  /**
   * The API's scopes that go with each scope of the gate: `{ 'notes:write': 'api.write' }`. A token is asked
   * for those of the scopes that the caller has, so that it never allows more than the user consented to. If
   * the API wants more, the caller is asked for the gate's scopes that go with it, and for no others.
   */
  readonly scopes?: Readonly<Partial<Record<S, UpstreamScopes>>>;
  /** The API's scopes that are asked for in any case. @default none */
  readonly scope?: UpstreamScopes;
  /**
   * Get a token of this server itself, by the client credentials grant, where a client acts for itself
   * (`auth.kind` is `client`). It never replaces an exchange that failed.
   *
   * @default the client's token is exchanged like a user's
   */
  readonly clientCredentials?: boolean;
  /** Returns a token that stands for this server as the actor, if the server names actors in `act`. */
  readonly actorToken?: (auth: Auth<S>) => string | Promise<string>;
  /** The name of this server in `may_act` of a token, if it is not `clientId`. */
  readonly actorSubject?: string;
  /** What kind of token the caller's is (RFC 8693 s3). @default 'urn:ietf:params:oauth:token-type:access_token' */
  readonly subjectTokenType?: string;
  /** What kind of token is asked for. @default 'urn:ietf:params:oauth:token-type:access_token' */
  readonly requestedTokenType?: string;
  /** Further parameters of the request. They cannot replace those that this package sets. */
  readonly parameters?: Readonly<Record<string, string>>;
  /**
   * Ask for tokens that are bound to a key, and prove the key at each use (RFC 9449). `true` makes a key for
   * this process.
   *
   * @default false
   */
  readonly dpop?: boolean | CryptoKeyPair;
  readonly cache?: UpstreamCacheOptions;
  /** Milliseconds within which the authorization server must answer. @default 4000 */
  readonly timeout?: number;
  /** Maximum number of exchanges at the same time; beyond it a call ends with 503 at once. @default 256 */
  readonly maxConcurrentRequests?: number;
  /** The function that sends requests to both servers. @default the global `fetch` */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /**
   * Called with each failure. The error contains no token. What the function does changes nothing.
   *
   * @default writes one line for each cause and minute to `console.error`, but for missing consent
   */
  readonly onError?: (error: unknown) => void;
}

export interface UpstreamCacheOptions {
  /**
   * Seconds for which a token is kept at most. It is never kept past its own expiry or that of the caller's
   * token, and for one minute if the answer names no expiry.
   *
   * @default 300
   */
  readonly ttl?: number;
  /** Seconds for which a failure is remembered. @default 3 */
  readonly failureTtl?: number;
  /** Maximum number of tokens, and of failures. @default 10000 */
  readonly maxEntries?: number;
  /**
   * Where all instances of a service find the tokens: `redisUpstreamTokens(client, { keys })` of
   * `@scopegate/redis`, which encrypts them. While it is down, slow or has no usable value, a token is exchanged.
   * It cannot be used with `dpop`.
   *
   * @default tokens are kept in this process alone
   */
  readonly shared?: SharedTokens;
}

/** One call's wishes. */
export interface UpstreamRequest {
  /**
   * The API's scopes that this call needs, each named by the options `scopes` or `scope`. If the caller lacks a
   * scope of the gate that goes with one, nothing is asked for, and the caller is challenged at once.
   *
   * @default all that go with the caller's scopes
   */
  readonly scope?: UpstreamScopes;
}

/** Tokens of callers for one other API. */
export interface UpstreamTokens<S extends string = string> {
  /**
   * Returns a token of the caller for the API. With `dpop` it is of no use without its key: then use `fetch`.
   *
   * @throws InsufficientScopeError if consent is missing; let it reach the gate
   * @throws UpstreamTokenError for every other failure
   */
  token(auth: Auth<S> | undefined, request?: UpstreamRequest): Promise<string>;
  /**
   * Sends a request to the API with a token of the caller. A path is one of the configured origin. An answer
   * 401 leads to one new exchange and one more try, if the body can be sent again; an answer 403
   * `insufficient_scope` becomes an error. Every other answer is returned as it came.
   *
   * @throws InsufficientScopeError if consent is missing; let it reach the gate
   * @throws UpstreamTokenError for every other failure, a redirect among them
   * @throws TypeError for another origin, and if the URL, a header or a text of the request holds the caller's
   * own token
   */
  fetch(
    auth: Auth<S> | undefined,
    url: string | URL,
    init?: RequestInit & UpstreamRequest,
  ): Promise<Response>;
  /** Drops the tokens of callers for whose claims the predicate returns `true`. */
  revoke(predicate: (claims: Claims) => boolean): void;
  /** What `createProxy` uses of this object. Applications call the functions above. */
  readonly credential: UpstreamCredential;
}
