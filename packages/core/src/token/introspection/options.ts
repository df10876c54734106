/**
 * The options of `introspectionVerifier`.
 *
 * @module
 */
import type { Clock, Identify } from '../index.js';
import type { ClientAuthentication } from './client-authentication.js';

export interface IntrospectionCacheOptions {
  /**
   * Seconds that an active answer is used again, 0 to 60, never past `exp`. A revoked token works
   * this long at most; 0 asks for every request.
   *
   * @default 30
   */
  readonly ttl?: number;
  /** Seconds that "not active" is used again, at most `ttl`. @default 5, or `ttl` if that is less */
  readonly negativeTtl?: number;
  /** Entries of each kind, active and not. @default 10000 */
  readonly maxEntries?: number;
  /** Bytes of each kind, roughly. @default 16777216 (16 MiB) */
  readonly maxBytes?: number;
}

/** What both forms of the options have. */
export interface CommonOptions {
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
   * Refuse tokens that name another audience beside an accepted one: `true`, or with the audiences
   * that may stand there. A token for several services can be replayed at each by the others.
   *
   * @default any may: an accepted one among them is enough (RFC 9068 s4)
   */
  readonly exclusiveAudience?: true | readonly string[];
  /**
   * Refuse answers without `aud`. Turn it off only where the endpoint answers "active" for tokens of
   * this resource alone: otherwise a token for any other service is let in.
   *
   * @default true
   */
  readonly requireAudience?: boolean;
  /**
   * Seconds of clock difference to forgive, at most 60.
   *
   * @default 30
   */
  readonly clockTolerance?: number;
  /**
   * Milliseconds until the endpoint must have answered. Keep it under the gate's `verifierTimeout`:
   * then the error says who was slow.
   *
   * @default 4000
   */
  readonly timeout?: number;
  /**
   * Questions under way at the same time. While there are as many, a token without a remembered
   * answer is a 503 with `Retry-After` at once: made-up tokens must not become as many requests.
   *
   * @default 64
   */
  readonly maxConcurrentRequests?: number;
  /**
   * What the issuer's tokens look like as a whole, such as `/idp_[A-Za-z0-9]{40}/`: another token is a
   * 401 without a question. The flags `g`, `y` and `m` count for nothing. It runs over what anybody
   * sends, up to 16 KiB: one that takes more than linear time is a way to stop the service.
   *
   * @default any token is asked about
   */
  readonly tokenPattern?: RegExp;
  /**
   * Says who acts, from an answer's members, where `sub` and `client_id` do not: an answer may lack
   * both (RFC 7662 s2.2). `username` may pass to another person: only if it never does at this
   * issuer, it is a subject.
   *
   * @default `sub` beside `client_id` (or `azp`, `cid`): the same is a client, another is a user
   */
  readonly identify?: Identify;
  /** @default the global `fetch` */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /**
   * Milliseconds since the epoch, for tests.
   *
   * @default Date.now
   */
  readonly clock?: Clock;
  /** Let endpoint and issuer use `http` on this machine: tokens and secrets go there in the clear. */
  readonly allowInsecureLoopback?: boolean;
}

export type IntrospectionVerifierOptions = CommonOptions &
  (
    | {
        /** Where to ask. */
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
