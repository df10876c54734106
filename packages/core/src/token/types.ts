/**
 * Types that several files of this folder share.
 *
 * @module
 */
import type { Clock } from './clock.js';
import type { ActorKind } from './verifier.js';

export type Claims = Readonly<Record<string, unknown>>;

/** What an application knows about the holder of a token. */
export interface Identity {
  /**
   * Identifies the user or client permanently at this issuer. E-mail addresses and display names do
   * not, since other people may get them later.
   */
  readonly subject?: string | undefined;
  /** @default a client if `subject` equals the client, else a user; unknown if one is missing */
  readonly kind?: ActorKind | undefined;
}

/**
 * Returns who acts, from verified claims, for tokens that do not say it in `sub` and `client_id`. A
 * member that it leaves out is read from the token. If it throws, or returns anything but an
 * {@link Identity}, the request is answered with 503 and `onError` gets the error.
 */
export type Identify = (claims: Claims) => Identity | undefined;

/** Options of every verifier for tokens of an authorization server. */
export interface ServerVerifierOptions {
  /**
   * Refuse tokens that name another audience beside an accepted one: `true`, or the audiences that are
   * allowed beside it. Each service that receives a token for several services can use it at the others.
   *
   * @default all are allowed: one accepted audience is enough (RFC 9068 s4)
   */
  readonly exclusiveAudience?: true | readonly string[];
  /**
   * Seconds of clock difference to forgive, at most 60.
   *
   * @default 30
   */
  readonly clockTolerance?: number;
  /** @default the global `fetch` */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /**
   * Milliseconds since the epoch, for tests.
   *
   * @default Date.now
   */
  readonly clock?: Clock;
}

/** The facts of a verified token. */
export interface TokenFacts {
  readonly claims: Claims;
  /** Whether the claims are frozen already, so that they need no copy. */
  readonly frozen: boolean;
  readonly scopes: ReadonlySet<string>;
  /** The same as `scopes`, frozen. */
  readonly scopeList: readonly string[];
  readonly clientId: string;
  readonly subject: string | undefined;
  readonly issuer: string | undefined;
  /**
   * Whether a user or a client acts. If it is `undefined`, that is unknown, and the token counts as
   * neither a user's nor a client's.
   */
  readonly kind: ActorKind | undefined;
  /** Issuer, client and subject; `undefined` without a subject. */
  readonly bindingKey: string | undefined;
  /** Seconds since the epoch. */
  readonly expiresAt: number | undefined;
}
