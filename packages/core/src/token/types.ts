/**
 * Types that several files of this room share.
 *
 * @module
 */
import type { ActorKind } from './verifier.js';

export type Claims = Readonly<Record<string, unknown>>;

/** What an application knows of a token's holder. */
export interface Identity {
  /**
   * Identifies the user or client for good at this issuer: never an e-mail address or a display name,
   * which pass to other people.
   */
  readonly subject?: string | undefined;
  /** @default `subject` beside the client says it: the same is a client, another is a user */
  readonly kind?: ActorKind | undefined;
}

/**
 * Says who acts, from verified claims, for tokens that do not say it in `sub` and `client_id`. What it
 * leaves out stays as the token has it. A throw, or anything but an {@link Identity}, is a 503 and
 * told to `onError`: nobody knows then who acts.
 */
export type Identify = (claims: Claims) => Identity | undefined;

/** What is known of a token. */
export interface TokenFacts {
  readonly claims: Claims;
  /** Whether the claims are frozen already, so that they need no copy. */
  readonly frozen: boolean;
  readonly scopes: ReadonlySet<string>;
  /** The same, frozen. */
  readonly scopeList: readonly string[];
  readonly clientId: string;
  readonly subject: string | undefined;
  readonly issuer: string | undefined;
  /** `undefined` if nobody says it: neither a user's token nor a client's. */
  readonly kind: ActorKind | undefined;
  /** Issuer, client and subject; `undefined` without a subject. */
  readonly bindingKey: string | undefined;
  /** Seconds since the epoch. */
  readonly expiresAt: number | undefined;
}
