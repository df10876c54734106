/**
 * The options of `jwtVerifier`.
 *
 * @module
 */
import type { Clock, Identify, TokenCacheOptions } from '../index.js';
import type { JwksSource, JwtWarning } from './types.js';

/** An issuer, and where its keys are. */
export interface JwtIssuer {
  /** Issuer identifier, compared exactly: no slash and no case is repaired. */
  readonly issuer: string;
  /**
   * URL of the JWKS, a JWKS, or a function that finds the key for a header, as jose has it.
   *
   * @default found through the issuer's metadata (RFC 8414, OpenID Connect Discovery)
   */
  readonly jwks?: JwksSource;
}

/**
 * For the time in which an authorization server does not name the right audience yet: a mismatch is
 * reported, and the token accepted, until the day given. Everything else is checked as always.
 *
 * While it lasts, a token that the issuer made for any other service is accepted here.
 */
export interface ObservedAudience {
  readonly mode: 'observe';
  /** When refusing begins, by itself: a date, or one in ISO 8601. */
  readonly until: Date | string;
  /** @default the gate's `resource` */
  readonly accepted?: string | readonly string[];
}

export interface JwtVerifierOptions extends Partial<JwtIssuer> {
  /** Several issuers in the place of one, each with keys of its own. */
  readonly issuers?: readonly (string | JwtIssuer)[];
  /**
   * Audiences of which a token must name one.
   *
   * @default the gate's `resource`
   */
  readonly audience?: string | readonly string[] | ObservedAudience;
  /**
   * Refuse tokens that name another audience beside an accepted one: `true`, or with the audiences
   * that may stand there. A token for several services can be replayed at each by the others.
   *
   * @default any may: an accepted one among them is enough (RFC 9068 s4)
   */
  readonly exclusiveAudience?: true | readonly string[];
  /** @default the asymmetric algorithms of JWS that jose verifies; `none` and HMAC never */
  readonly algorithms?: readonly string[];
  /**
   * Accepted `typ` of the token's header, without `application/`; `null` stands for an absent one.
   * Widening it admits ID tokens of an issuer that gives them the same audience.
   *
   * @default 'at+jwt'
   */
  readonly typ?: string | null | readonly (string | null)[];
  /**
   * Seconds of clock difference to forgive, at most 60.
   *
   * @default 30
   */
  readonly clockTolerance?: number;
  /**
   * Claims that must be there, not empty and of their registered type (`sub` a string, `auth_time` a
   * number), beside `iss`, `aud` and `exp`.
   *
   * @default none; RFC 9068 s2.2 asks issuers for `sub`, `client_id`, `iat` and `jti`, and few obey
   */
  readonly requiredClaims?: readonly string[];
  /**
   * Says who acts, from the claims of a verified token, where `sub` and `client_id` do not.
   *
   * @default `sub` beside `client_id` (or `azp`, `cid`): the same is a client, another is a user
   */
  readonly identify?: Identify;
  /**
   * Bounds of the cache of verified tokens; `false` verifies every signature again.
   *
   * @default 10,000 tokens, 32 MiB
   */
  readonly cache?: TokenCacheOptions | false;
  /**
   * Whether metadata and keys may be fetched over `http` from loopback addresses. For development:
   * whoever can listen there can make tokens.
   *
   * @default false
   */
  readonly allowInsecureLoopback?: boolean;
  /**
   * Told of what should not stay as it is. A throw changes nothing.
   *
   * @default writes to `console.warn`
   */
  readonly onWarning?: (warning: JwtWarning) => void;
  /** @default the global `fetch` */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /**
   * Milliseconds since the epoch, for tests.
   *
   * @default Date.now
   */
  readonly clock?: Clock;
}
