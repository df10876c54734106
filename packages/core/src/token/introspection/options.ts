/**
 * The options of `introspectionVerifier`.
 *
 * @module
 */
import type { Identify, ServerVerifierOptions, TokenCache } from '../index.js';
import type { ClientAuthentication } from '../../client-authentication.js';

export interface IntrospectionCacheOptions {
  /**
   * Seconds that an active answer is cached, 0 to 60, never past `exp`. A revoked token works this long
   * at most. With 0, nothing is cached.
   *
   * @default 30
   */
  readonly ttl?: number;
  /** Seconds that an inactive answer is cached, at most `ttl`. @default 5, or `ttl` if that is less */
  readonly negativeTtl?: number;
  /** Maximum number of cached active answers; the same number applies to inactive answers. @default 10000 */
  readonly maxEntries?: number;
  /**
   * Maximum size in bytes of the cached active answers, as estimated; the same size applies to inactive
   * answers.
   *
   * @default 16777216 (16 MiB)
   */
  readonly maxBytes?: number;
  /**
   * A cache that all instances of the service share, behind the one in memory:
   * `redisTokenCache(client, { secret })` of `@scopegate/redis`. It holds active answers, with the personal data
   * in them, under a hash of the token. `ttl` counts from the request to the endpoint, so that a revoked token
   * works for `ttl` seconds at most on all instances together, and up to a second longer if their clocks differ.
   * If the cache fails, or takes longer than 250 ms, the endpoint is asked.
   *
   * @default each instance asks the endpoint by itself
   */
  readonly shared?: TokenCache;
}

/** A fault that changes no decision. */
export interface IntrospectionWarning {
  /** The shared cache could not be read or written, or gave no usable answer. The endpoint is asked instead. */
  readonly code: 'shared_cache_failed';
  readonly message: string;
}

/** The options that are the same if `endpoint` is given and if only `issuer` is given. */
export interface CommonOptions extends ServerVerifierOptions {
  /** This resource server's id at the authorization server. */
  readonly clientId: string;
  readonly clientAuthentication: ClientAuthentication;
  readonly cache?: IntrospectionCacheOptions;
  /**
   * The accepted audiences, of which a token must name one.
   *
   * @default the gate's `resource`
   */
  readonly audience?: string | readonly string[];
  /**
   * Refuse answers without `aud`. Turn this option off only if the endpoint answers "active" for tokens
   * of this resource alone: otherwise a token for any other service is accepted.
   *
   * @default true
   */
  readonly requireAudience?: boolean;
  /**
   * Milliseconds within which the endpoint must answer. Keep it under the gate's `verifierTimeout`, so
   * that the error names the endpoint.
   *
   * @default 4000
   */
  readonly timeout?: number;
  /**
   * Maximum number of requests to the endpoint at the same time. Beyond it, a token without a cached
   * answer is answered at once with 503 and `Retry-After`, so that a flood of invented tokens does not
   * become a flood of requests.
   *
   * @default 64
   */
  readonly maxConcurrentRequests?: number;
  /**
   * A pattern for whole tokens of the issuer, such as `/idp_[A-Za-z0-9]{40}/`. Other tokens get a 401, and
   * the endpoint is not asked. The flags `g`, `y` and `m` are ignored. The pattern runs on every token that
   * a client sends, up to 16 KiB: one that takes more than linear time lets clients block the service.
   *
   * @default every token matches
   */
  readonly tokenPattern?: RegExp;
  /**
   * Returns who acts, from the members of an answer, if `sub` and `client_id` do not tell: an answer may
   * lack both (RFC 7662 s2.2). Take `username` as the subject only if this issuer never gives a name to
   * another person later.
   *
   * @default a client if `sub` equals `client_id` (or `azp`, `cid`), else a user; unknown if one is missing
   */
  readonly identify?: Identify;
  /**
   * Called with a warning, at most once a minute. What it throws is ignored.
   *
   * @default writes to `console.warn`
   */
  readonly onWarning?: (warning: IntrospectionWarning) => void;
}

export type IntrospectionVerifierOptions = CommonOptions &
  (
    | {
        /** The URL of the introspection endpoint. */
        readonly endpoint: string;
        /** The issuer, compared exactly with the `iss` of an answer that has one. */
        readonly issuer?: string;
      }
    | {
        readonly endpoint?: undefined;
        /** The issuer, compared with `iss` if the answer has it. Its metadata (RFC 8414) names the endpoint. */
        readonly issuer: string;
      }
  );
