/**
 * Caches verified tokens, so that a signature is not verified for every request.
 *
 * @module
 */
import { readOptions } from '../options.js';
import type { NumberKind } from '../options.js';
import type { VerifiedToken } from './verifier.js';

export interface TokenCacheOptions {
  /**
   * Maximum number of cached tokens.
   *
   * @default 10000
   */
  readonly maxEntries?: number;
  /**
   * Maximum size of all cached tokens with their claims in bytes, as estimated from the length of each
   * token.
   *
   * @default 33554432 (32 MiB)
   */
  readonly maxBytes?: number;
}

/** The result of one verification. Times are milliseconds since the epoch. */
export interface CacheEntry {
  readonly token: string;
  /** The audience that the token was verified for, and whether `cnf` is compared. A look-up needs the same. */
  readonly audienceKey: string;
  /** The verified token, which is frozen so that it can be returned many times. */
  readonly verified: VerifiedToken;
  readonly notBefore: number;
  readonly expiresAt: number;
  /** Returns whether the token is not revoked and its keys may still be used; called on every hit. */
  readonly isStillValid: (now: number) => boolean;
}

/**
 * A bounded cache of verified tokens with two generations. A token that is used moves to the young
 * generation. When that reaches half of the bound, it becomes the old generation, and the previous old
 * generation is dropped. So the least recently used tokens are removed first, and a hit in the young
 * generation writes nothing.
 *
 * Only tokens that were found valid are added, so that nobody without valid tokens can fill it.
 *
 * A token is found by its last characters and then compared as a whole. Hashing it would cost more than
 * the rest of a hit, and a digest would not keep the token out of memory: requests, `auth` and the HTTP
 * server hold it as well.
 */
export class VerifiedTokenCache {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  #young = new Map<string, CacheEntry>();
  #old = new Map<string, CacheEntry>();
  #youngBytes = 0;

  /** @throws {@link TypeError} naming the option */
  constructor(options: TokenCacheOptions = {}, path = 'cache') {
    const { maxEntries, maxBytes } = readOptions<TokenCacheOptions, keyof TokenCacheOptions>(
      options,
      { maxEntries: [ENTRIES, 10_000], maxBytes: [CACHE_BYTES, 32 * 1024 * 1024] },
      path,
    );
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  /** Returns the verified token, if there is one that is still valid. */
  get(token: string, audienceKey: string, now: number): VerifiedToken | undefined {
    const key = indexOf(token);
    let entry = this.#young.get(key);
    if (entry === undefined) {
      entry = this.#old.get(key);
      if (entry === undefined) return undefined;
      this.#old.delete(key);
      this.#add(key, entry);
    }
    if (entry.token !== token || entry.audienceKey !== audienceKey) return undefined;
    if (now >= entry.expiresAt || !entry.isStillValid(now)) {
      this.#delete(key, entry);
      return undefined;
    }
    return now >= entry.notBefore ? entry.verified : undefined;
  }

  set(entry: CacheEntry): void {
    const key = indexOf(entry.token);
    const before = this.#young.get(key) ?? this.#old.get(key);
    if (before !== undefined) this.#delete(key, before);
    if (sizeOf(entry) <= this.#maxBytes / 2) this.#add(key, entry);
  }

  #add(key: string, entry: CacheEntry): void {
    const size = sizeOf(entry);
    const isFull = this.#young.size + 1 > this.#maxEntries / 2;
    if (isFull || this.#youngBytes + size > this.#maxBytes / 2) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(key, entry);
    this.#youngBytes += size;
  }

  #delete(key: string, entry: CacheEntry): void {
    if (this.#young.delete(key)) this.#youngBytes -= sizeOf(entry);
    this.#old.delete(key);
  }
}

/** The bounds of `maxEntries`: each of the two generations must be able to hold one token. */
const ENTRIES: NumberKind = { min: 2, max: 10_000_000, unit: 'tokens', integer: true };

const CACHE_BYTES: NumberKind = { min: 2, max: 2 ** 36, unit: 'bytes', integer: true };

/**
 * Returns the estimated bytes of an entry: as measured with tokens of 400 to 3,000 characters, plus a
 * third.
 */
function sizeOf({ token }: CacheEntry): number {
  return 1_500 + 4 * token.length;
}

/** Number of characters at the end of a token, in its signature, by which it is looked up. */
const INDEX_LENGTH = 32;

/** Returns the key of an entry: the end of its token. */
function indexOf(token: string): string {
  return token.slice(-INDEX_LENGTH);
}
