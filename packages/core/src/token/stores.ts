/**
 * What several instances of one service share, as small interfaces. `@scopegate/redis` implements them for
 * several processes.
 *
 * A store that cannot answer throws or rejects. The request is then answered with 503, and never admitted. Only
 * a {@link TokenCache} may fail without harm: the authorization server is asked instead.
 *
 * @module
 */

/** The answer of a {@link ReplayStore}: `full` means that no further proof can be kept for this owner. */
export type ReplayAnswer = 'stored' | 'seen' | 'full';

/** Remembers DPoP proofs until they have expired, so that none is accepted twice (RFC 9449 s11.1). */
export interface ReplayStore {
  /**
   * Stores `id` unless it is there, in one atomic step.
   *
   * @param id - identifies the proof: a hash of its key and its `jti`
   * @param options.expiresAt - seconds since the epoch until which the proof must be remembered
   * @param options.owner - identifies the key of the proof; a store may bound what one owner fills
   */
  insert(
    id: string,
    options: { readonly expiresAt: number; readonly owner: string },
  ): ReplayAnswer | Promise<ReplayAnswer>;
}

/** Stores answers of an introspection endpoint, or tokens for other APIs, for all instances. */
export interface TokenCache {
  /** Returns what was stored under `key` and has not expired, else `undefined`, or a promise of either. */
  get(key: string): unknown;
  /**
   * Stores a JSON value until `expiresAt`, in seconds since the epoch. A failure costs one more request
   * to the authorization server, nothing else.
   */
  set(key: string, value: unknown, options: { readonly expiresAt: number }): void | Promise<void>;
}

/**
 * Names tokens that are refused from now on. Every member that is given must be equal to the token's value; a
 * token without such a value is not named.
 */
export interface Revocation {
  readonly issuer?: string;
  readonly subject?: string;
  readonly clientId?: string;
  readonly jti?: string;
  readonly bindingKey?: string;
  /** Names tokens whose `iat` is below this time, in seconds since the epoch, and tokens without `iat`. */
  readonly issuedBefore?: number;
}

/** The facts of a token that a {@link Revocation} is compared with. */
export interface RevocableToken {
  readonly issuer: string | undefined;
  readonly subject: string | undefined;
  readonly clientId: string;
  readonly bindingKey: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** The tokens that were revoked before they expired. The gate asks it on each use of each token. */
export interface Revocations {
  /**
   * Whether the token is revoked, by what this instance knows. Throws if that is not known, as after a
   * lost connection.
   */
  isRevoked(token: RevocableToken): boolean;
  /**
   * Revokes tokens on all instances.
   *
   * @param options.until - seconds since the epoch after which no such token is valid any more
   */
  revoke(revocation: Revocation, options: { readonly until: number }): void | Promise<void>;
  /** Calls `listener` for each revocation that this instance learns of. Returns a function that stops it. */
  onRevoked(listener: (revocation: Revocation) => void): () => void;
}
