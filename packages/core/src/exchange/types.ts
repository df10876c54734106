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
  /** The issuer, by default also the `aud` of a signed client assertion. */
  readonly issuer: string;
  /** @default the one that the issuer's metadata names */
  readonly tokenEndpoint?: string;
  /** Issuers whose tokens the authorization server exchanges, beside its own. */
  readonly subjectIssuers?: readonly string[];
  /** RFC 8693, or the on-behalf-of grant of Microsoft Entra ID. */
  readonly grant: 'token-exchange' | 'on-behalf-of';
  /** Whether an answer may lack `issued_token_type`, which RFC 8693 s2.2.1 requires. */
  readonly untypedAnswers?: boolean;
  /** Scopes that an answer may contain although they were not asked for; `true` for any. */
  readonly otherScopes?: true | readonly string[];
  /** Whether scopes in an answer are compared without regard to case. */
  readonly foldScopes?: boolean;
  /** Whether `aud` of an issued JWT may differ from the target that was asked for. */
  readonly otherAudience?: boolean;
}

/** Scopes of the API: a `scope` value or a list. */
export type UpstreamScopes = string | readonly string[];

/**
 * The options `allowInsecureLoopback`, `allowInsecureHosts` and `internalUrl` have the same meaning as for
 * verifiers: they say where the authorization server is reached, if not at its name.
 */
export interface UpstreamTokensOptions<S extends string = string> extends AddressOptions {
  /**
   * The authorization server that issues tokens for the API. It must be the issuer of the callers' tokens, or
   * accept them from one of `subjectIssuers`. Its metadata names the token endpoint.
   */
  readonly issuer?: string;
  /** The token endpoint, if it is reached by another URL than the metadata names. */
  readonly tokenEndpoint?: string;
  /** A provider such as `entraOnBehalfOf()`, instead of `issuer`, for servers that differ from RFC 8693. */
  readonly provider?: UpstreamProvider;
  /** Issuers whose tokens this authorization server exchanges, beside its own. @default none */
  readonly subjectIssuers?: readonly string[];
  /** This server's id at the authorization server. */
  readonly clientId: string;
  /**
   * How this server proves that it is `clientId`. It is required: otherwise whoever holds a stolen token could
   * exchange it (RFC 8693 s2.1).
   */
  readonly clientAuthentication: ClientAuthentication;
  /** The API as a URI (RFC 8707): an absolute URL without a fragment. */
  readonly resource?: string;
  /**
   * The API by the name that the authorization server has for it, instead of `resource`. Neither of them is
   * needed if `scope` or `scopes` names the API.
   */
  readonly audience?: string;
  /**
   * The only origin to which a token is sent, such as `https://api.example.com`.
   *
   * @default the origin of `resource`
   */
  readonly origin?: string;
  /**
   * Maps each scope of the gate to scopes of the API: `{ 'notes:write': 'api.write' }`. A token is requested with
   * those to which the caller's scopes map, so that it does not allow more than the user consented to. If the API
   * wants more, the caller is challenged for the scopes of the gate that map to it, and for no others.
   */
  readonly scopes?: Readonly<Partial<Record<S, UpstreamScopes>>>;
  /** The API's scopes that are requested for every caller, unless a call names its own. @default none */
  readonly scope?: UpstreamScopes;
  /**
   * Get a token of this server itself, by the client credentials grant, where a client acts for itself
   * (`auth.kind` is `client`). It never replaces an exchange that failed.
   *
   * @default the client's token is exchanged like a user's
   */
  readonly clientCredentials?: boolean;
  /** Returns this server's own token for `actor_token` (RFC 8693 s2.1). It is not used with `on-behalf-of`. */
  readonly actorToken?: (auth: Auth<S>) => string | Promise<string>;
  /** The name of this server in `may_act` of a token, beside `clientId`. */
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
   * Called with each failure of a call, and if a scope cannot be mapped or the shared store fails. Errors of this
   * package contain no token. What the function returns or throws changes nothing.
   *
   * @default writes one line for each cause and minute to `console.error`, but for missing consent
   */
  readonly onError?: (error: unknown) => void;
}

export interface UpstreamCacheOptions {
  /**
   * Maximum number of seconds for which a token is kept, a minute at most if the answer names no expiry. It is
   * never kept past its own expiry or that of the caller's token.
   *
   * @default 300
   */
  readonly ttl?: number;
  /** Seconds for which a failure is remembered, and for which a renewed token is not renewed again. @default 3 */
  readonly failureTtl?: number;
  /** Maximum number of tokens that are kept, and of failures. @default 10000 */
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

/** The options of one call. */
export interface UpstreamRequest {
  /**
   * The API's scopes that this call needs, each named by the options `scopes` or `scope`. If the caller has no
   * scope of the gate that maps to one of them, no token is requested, and the caller is challenged at once.
   *
   * @default those of the option `scope`, and all to which the caller's scopes map
   */
  readonly scope?: UpstreamScopes;
}

/** Tokens of callers for one other API. */
export interface UpstreamTokens<S extends string = string> {
  /**
   * Returns a token of the caller for the API. With `dpop` it is of no use without its key: then use `fetch`.
   *
   * @throws InsufficientScopeError if consent is missing; let it reach the gate
   * @throws UpstreamTokenError for every other failure of the exchange
   * @throws TypeError for an `auth` of another gate, and for a scope that no option names
   */
  token(auth: Auth<S> | undefined, request?: UpstreamRequest): Promise<string>;
  /**
   * Sends a request to the API with a token of the caller. A path is resolved against the configured origin.
   * The headers `Authorization` and `DPoP` of `init` are dropped; its other headers are sent. After a 401 the
   * request is sent once more with a new token, if its body can be sent again. A 403 with
   * `insufficient_scope`, a second 401 and a redirect become errors. Every other answer is returned as it
   * came.
   *
   * @throws InsufficientScopeError if consent is missing; let it reach the gate
   * @throws UpstreamTokenError for every other failure of the exchange, and for a redirect or a last 401 of
   * the API
   * @throws TypeError for an `auth` of another gate, a scope that no option names, another origin, and if the
   * URL, a header, or a body that is a string or `URLSearchParams` contains the caller's own token
   * @throws the error of `fetch`, unchanged, if the API cannot be reached
   */
  fetch(
    auth: Auth<S> | undefined,
    url: string | URL,
    init?: RequestInit & UpstreamRequest,
  ): Promise<Response>;
  /** Drops the tokens that this process keeps for callers for whose claims the predicate returns `true`. */
  revoke(predicate: (claims: Claims) => boolean): void;
  /** What the option `credential` of `createProxy` uses. Applications call the functions above. */
  readonly credential: UpstreamCredential;
}
