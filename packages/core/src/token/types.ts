/**
 * Types that several files of this folder share.
 *
 * @module
 */
import type { Actor } from '../policy/index.js';
import type { HeaderList } from '../types.js';
import type { Clock } from './clock.js';
import type { ActorKind } from './verifier.js';

export type Claims = Readonly<Record<string, unknown>>;

/** What the option `identify` returns: which user or client acts. */
export interface Identity {
  /**
   * Identifies the user or client permanently at this issuer. E-mail addresses and display names do
   * not, since other people may get them later.
   */
  readonly subject?: string | undefined;
  /** Who acts. @default a client if `subject` equals the client, else a user; unknown if one is missing */
  readonly kind?: ActorKind | undefined;
}

/**
 * Returns who acts, from verified claims, for tokens that do not say it in `sub` and `client_id`. A
 * member that the result lacks is read from the token. An error that the function throws has the same meaning
 * as one of a {@link Verifier}. If it returns anything but an {@link Identity}, the request is answered with
 * 503 and `onError` gets the error.
 */
export type Identify = (claims: Claims) => Identity | undefined;

/** Options for an authorization server that is reached by `http`, or at another origin than that of its URL. */
export interface AddressOptions {
  /**
   * Allow `http` on loopback addresses, for development: for the issuer, its metadata and keys, and the
   * endpoints. Any process that can listen there can issue tokens.
   *
   * @default false
   */
  readonly allowInsecureLoopback?: boolean;
  /**
   * Allow `http` on these hosts, each with its port unless that is 80: `['keycloak:8080']`. For networks in
   * which nobody else can read or answer, such as that of a compose file or a cluster: whoever can do so, can
   * issue tokens, and read the secrets and tokens that are sent to an endpoint.
   *
   * @default none
   */
  readonly allowInsecureHosts?: readonly string[];
  /**
   * The origin at which the issuer is reached, if that is not the origin of the issuer's URL:
   * `http://keycloak:8080`. Whatever would be fetched from the issuer's origin is fetched there, with the
   * same path. Tokens and metadata must still name the issuer.
   *
   * @default the origin of the issuer
   */
  readonly internalUrl?: string;
}

/** Options of every verifier for tokens of an authorization server. */
export interface ServerVerifierOptions extends AddressOptions {
  /**
   * Refuse tokens that name another audience beside an accepted one: `true`, or the audiences that are
   * allowed beside it. Without this option, each service that receives a token for several services can
   * use it at the others.
   *
   * @default all are allowed: one accepted audience is enough (RFC 9068 s4)
   */
  readonly exclusiveAudience?: true | readonly string[];
  /**
   * The clock difference to tolerate in seconds, at most 60.
   *
   * @default 30
   */
  readonly clockTolerance?: number;
  /**
   * The claim that contains the scopes, or several, of which the first that is present is read. Its value is a
   * string with spaces, or a list. A claim that names roles or permissions says what somebody may do, even if
   * the client did not ask for it.
   *
   * @default ['scope', 'scp']
   */
  readonly scopesClaim?: string | readonly string[];
  /** The function that sends requests. @default the global `fetch` */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /**
   * Returns the time in milliseconds since the epoch, for tests.
   *
   * @default Date.now
   */
  readonly clock?: Clock;
}

/** How a sender check, such as that of DPoP, changes the headers of the answer. */
export interface SenderAnswers {
  /** Returns the headers of an answer: for a refusal, with its challenge in the scheme of the sender. */
  headersOf(answer: { readonly allowed: boolean; readonly headers: HeaderList }): HeaderList;
}

/** The facts of a verified token. */
export interface TokenFacts {
  readonly claims: Claims;
  /** Whether the claims are frozen already, so that they need no copy. */
  readonly frozen: boolean;
  readonly scopes: ReadonlySet<string>;
  /** The members of `scopes` as a frozen list. */
  readonly scopeList: readonly string[];
  readonly clientId: string;
  readonly subject: string | undefined;
  readonly issuer: string | undefined;
  /**
   * Whether a user or a client acts. If this is not known, it is `undefined`, and the token counts
   * neither as a user's nor as a client's.
   */
  readonly kind: ActorKind | undefined;
  /** Who acts for the subject, the current actor first; `undefined` if `act` is malformed or has too many. */
  readonly actors: readonly Actor[] | undefined;
  /** A text that identifies issuer, client and subject; `undefined` without a subject. */
  readonly bindingKey: string | undefined;
  /** The time when the token expires, in seconds since the epoch. */
  readonly expiresAt: number | undefined;
}
