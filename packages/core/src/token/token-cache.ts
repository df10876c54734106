/**
 * Verified tokens, kept so that a signature is checked once and not for every request.
 *
 * @module
 */
import { readOptions } from '../options.js';
import type { NumberKind } from '../options.js';
import type { Claims } from './types.js';
import type { VerifiedToken } from './verifier.js';

export interface TokenCacheOptions {
  /**
   * Largest number of tokens.
   *
   * @default 10000
   */
  readonly maxEntries?: number;
  /**
   * Largest size of all of them in bytes, tokens and claims together, as estimated from the length
   * of the token.
   *
   * @default 33554432 (32 MiB)
   */
  readonly maxBytes?: number;
}

/** What is remembered of one verification. Times are milliseconds since the epoch. */
export interface CacheEntry {
  readonly token: string;
  /** What it was verified for; a hit needs the same. */
  readonly purpose: string;
  /** Settled: it is handed out again. */
  readonly verified: VerifiedToken;
  readonly claims: Claims;
  readonly notBefore: number;
  readonly expiresAt: number;
  /** Asked on every hit: whether what it was verified with still stands. */
  readonly stands: (now: number) => boolean;
}

/**
 * A bounded cache of verified tokens, in two generations: what is used moves to the young one; when
 * that is half of the bound, it becomes the old one and the old one is dropped. What was used least
 * recently goes first, and a hit among the young writes nothing.
 *
 * It is filled after success only, so that nobody without valid tokens can put anything in or push
 * anything out.
 *
 * A token is found by its last characters and then compared as a whole. Hashing it would cost more
 * than everything else a hit does, and a digest would not keep the token out of memory: requests,
 * `auth` and the HTTP server hold it as well. Nothing of it can be listed from outside.
 */
export class TokenCache {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  #young = new Map<string, CacheEntry>();
  #old = new Map<string, CacheEntry>();
  #youngBytes = 0;

  /** @throws {@link TypeError} naming the option */
  constructor(options: TokenCacheOptions = {}) {
    const { maxEntries, maxBytes } = readOptions<TokenCacheOptions, keyof TokenCacheOptions>(
      options,
      { maxEntries: [ENTRIES, 10_000], maxBytes: [CACHE_BYTES, 32 * 1024 * 1024] },
      'cache',
    );
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  /** Returns the token as it was verified before, if that still holds. */
  get(token: string, purpose: string, now: number): VerifiedToken | undefined {
    const key = indexOf(token);
    let kept = this.#young.get(key);
    if (kept === undefined) {
      kept = this.#old.get(key);
      if (kept === undefined) return undefined;
      this.#old.delete(key);
      this.#add(key, kept);
    }
    if (kept.token !== token || kept.purpose !== purpose) return undefined;
    if (now >= kept.expiresAt || !kept.stands(now)) {
      this.#delete(key, kept);
      return undefined;
    }
    return now >= kept.notBefore ? kept.verified : undefined;
  }

  set(entry: CacheEntry): void {
    const key = indexOf(entry.token);
    const before = this.#young.get(key) ?? this.#old.get(key);
    if (before !== undefined) this.#delete(key, before);
    if (sizeOf(entry) <= this.#maxBytes / 2) this.#add(key, entry);
  }

  /** Forgets the tokens whose claims the predicate holds for. */
  drop(predicate: (claims: Claims) => boolean): void {
    for (const generation of [this.#young, this.#old]) {
      for (const [key, kept] of generation) {
        if (predicate(kept.claims)) this.#delete(key, kept);
      }
    }
  }

  #add(key: string, kept: CacheEntry): void {
    const size = sizeOf(kept);
    const isFull = this.#young.size + 1 > this.#maxEntries / 2;
    if (isFull || this.#youngBytes + size > this.#maxBytes / 2) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(key, kept);
    this.#youngBytes += size;
  }

  #delete(key: string, kept: CacheEntry): void {
    if (this.#young.delete(key)) this.#youngBytes -= sizeOf(kept);
    this.#old.delete(key);
  }
}

/** Each generation must hold one; a `Map` can hold as many. */
const ENTRIES: NumberKind = { min: 2, max: 2 ** 24, unit: 'tokens', integer: true };

/** Of many strings together: more than one string can have. */
const CACHE_BYTES: NumberKind = { min: 2, max: 2 ** 40, unit: 'bytes', integer: true };

/** Bytes that an entry takes, measured on tokens of 400 to 3,000 characters, and a third more. */
function sizeOf({ token }: CacheEntry): number {
  return 1_500 + 4 * token.length;
}

/** Characters of a token that tell it from others: the end of its signature. */
const INDEX_LENGTH = 32;

/** The end of a token, by which it is found; whoever finds something compares the whole. */
export function indexOf(token: string): string {
  return token.slice(-INDEX_LENGTH);
}
