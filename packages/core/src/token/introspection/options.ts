/**
 * The options of `introspectionVerifier`.
 *
 * @module
 */
import type { Identify, ServerVerifierOptions } from '../index.js';
import type { ClientAuthentication } from './client-authentication.js';

export interface IntrospectionCacheOptions {
  /**
   * Seconds that an active answer is cached, 0 to 60, never past `exp`. A revoked token works this
   * long at most; 0 asks the endpoint for every request.
   *
   * @default 30
   */
  readonly ttl?: number;
  /** Seconds that "not active" is cached, at most `ttl`. @default 5, or `ttl` if that is less */
  readonly negativeTtl?: number;
  /** Largest number of active answers, and of other ones. @default 10000 */
  readonly maxEntries?: number;
  /** Largest size of active answers, and of other ones, in bytes, as estimated. @default 16777216 (16 MiB) */
  readonly maxBytes?: number;
}

/** The members of both forms of the options. */
export interface CommonOptions extends ServerVerifierOptions {
  /** This resource server's id at the authorization server. */
  readonly clientId: string;
  readonly clientAuthentication: ClientAuthentication;
  readonly cache?: IntrospectionCacheOptions;
  /**
   * Audiences that a token may name.
   *
   * @default the gate's `resource`
   */
  readonly audience?: string | readonly string[];
  /**
   * Refuse answers without `aud`. Turn it off only if the endpoint answers "active" for tokens of this
   * resource alone: otherwise a token for any other service is accepted.
   *
   * @default true
   */
  readonly requireAudience?: boolean;
  /**
   * Milliseconds until the endpoint must have answered. Keep it under the gate's `verifierTimeout`, so
   * that the error names the endpoint.
   *
   * @default 4000
   */
  readonly timeout?: number;
  /**
   * Largest number of requests at the same time. Beyond it, a token without a cached answer is
   * answered at once with 503 and `Retry-After`, so that a flood of invented tokens does not become a
   * flood of requests.
   *
   * @default 64
   */
  readonly maxConcurrentRequests?: number;
  /**
   * The form of the issuer's tokens as a whole, such as `/idp_[A-Za-z0-9]{40}/`: a token of another
   * form is answered with 401 without a request. The flags `g`, `y` and `m` are ignored. It runs on
   * whatever anybody sends, up to 16 KiB: a pattern that takes more than linear time lets clients block
   * the service.
   *
   * @default every form
   */
  readonly tokenPattern?: RegExp;
  /**
   * Says who acts, from an answer's members, where `sub` and `client_id` do not: an answer may lack
   * both (RFC 7662 s2.2). Take `username` as the subject only if this issuer never gives one to
   * another person.
   *
   * @default a client if `sub` equals `client_id` (or `azp`, `cid`), else a user
   */
  readonly identify?: Identify;
  /** Allow `http` for an endpoint and issuer on loopback. Tokens and secrets are sent unencrypted. @default false */
  readonly allowInsecureLoopback?: boolean;
}

export type IntrospectionVerifierOptions = CommonOptions &
  (
    | {
        /** The URL of the introspection endpoint. */
        readonly endpoint: string;
        /** Compared exactly with `iss`, where an answer has one. */
        readonly issuer?: string;
      }
    | {
        readonly endpoint?: undefined;
        /** Compared exactly with `iss`; its metadata names the endpoint. */
        readonly issuer: string;
      }
  );
