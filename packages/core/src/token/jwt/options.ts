/**
 * The options of `jwtVerifier`.
 *
 * @module
 */
import type { Identify, ServerVerifierOptions, TokenCacheOptions } from '../index.js';
import type { JwksSource, JwtWarning } from './types.js';

/** An issuer and the source of its keys. */
export interface JwtIssuer {
  /** Issuer identifier, compared exactly, including case and a final slash. */
  readonly issuer: string;
  /**
   * URL of the JWKS, a JWKS, or a function that returns the key for a header, as in jose.
   *
   * @default found in the issuer's metadata (RFC 8414, OpenID Connect Discovery)
   */
  readonly jwks?: JwksSource;
  /**
   * The origin at which this issuer is reached, if that is not where its name points. Its metadata and
   * keys are fetched there.
   *
   * @default the origin of the issuer
   */
  readonly internalUrl?: string;
}

/**
 * Accepts and reports tokens for another audience, or without one, until the given time, for an authorization
 * server that does not name the right audience yet. Everything else is checked as always.
 *
 * Until that time, a token that the issuer made for any other service is accepted here.
 */
export interface ObservedAudience {
  readonly mode: 'observe';
  /** The time from which such tokens are refused: a date, or a string in ISO 8601. */
  readonly until: Date | string;
  /** The audiences that are accepted without a report. @default the gate's `resource` */
  readonly accepted?: string | readonly string[];
}

/** Accepts tokens without `exp` for a limited time. */
export interface MissingExpiry {
  /** Seconds after `iat` at which such a token expires, at most 31,622,400 (366 days). */
  readonly maxAge: number;
}

export interface JwtVerifierOptions extends Partial<JwtIssuer>, ServerVerifierOptions {
  /** Several issuers instead of `issuer`, each with its own keys. */
  readonly issuers?: readonly (string | JwtIssuer)[];
  /**
   * Accepted audiences: a token must name one of them.
   *
   * @default the gate's `resource`
   */
  readonly audience?: string | readonly string[] | ObservedAudience;
  /**
   * Accept tokens without any `aud`, of the clients in {@link JwtVerifierOptions.clientIds}. A token with
   * `aud` must still name an accepted audience. Each service that receives such a token can use it at all
   * others that trust these clients. MCP forbids this: `createGate` refuses the option beside `mcpPolicy`.
   *
   * @default false
   */
  readonly dangerouslyAcceptMissingAudience?: boolean;
  /**
   * The clients (`client_id`, else `azp`, else `cid`) whose tokens may lack an audience. Required beside
   * `dangerouslyAcceptMissingAudience`, and not allowed without it.
   */
  readonly clientIds?: readonly string[];
  /**
   * Accept tokens without `exp` until `maxAge` seconds after their `iat`, which they then must have. A
   * stolen token works equally long. MCP requires tokens that expire: `createGate` refuses this option beside
   * `mcpPolicy`.
   *
   * @default such tokens are refused
   */
  readonly dangerouslyAcceptMissingExpiry?: MissingExpiry;
  /**
   * The accepted algorithms of signatures.
   *
   * @default `ES256`, `PS256`, `RS256`, each also with 384 and 512, `EdDSA`, `Ed25519`; no others are allowed
   */
  readonly algorithms?: readonly string[];
  /**
   * Accepted `typ` of the token's header, without `application/`; `null` stands for an absent one.
   * Other types may admit ID tokens, if the issuer gives them the same audience.
   *
   * @default 'at+jwt'
   */
  readonly typ?: string | null | readonly (string | null)[];
  /**
   * Claims that a token must have beside `iss`, `aud` and `exp`, not empty and of their registered type
   * (`sub` a string, `auth_time` a number).
   *
   * @default none; RFC 9068 s2.2 requires `sub`, `client_id`, `iat` and `jti`, which few issuers send all
   */
  readonly requiredClaims?: readonly string[];
  /**
   * Returns who acts, from the claims of a verified token, if `sub` and `client_id` do not tell.
   *
   * @default a client if `sub` equals `client_id` (or `azp`, `cid`), else a user; unknown if one is missing
   */
  readonly identify?: Identify;
  /**
   * Bounds of the cache of verified tokens; `false` verifies every signature again.
   *
   * @default 10,000 tokens, 32 MiB
   */
  readonly cache?: TokenCacheOptions | false;
  /**
   * Called with each warning. What it throws is ignored.
   *
   * @default writes to `console.warn`
   */
  readonly onWarning?: (warning: JwtWarning) => void;
}
