/**
 * Caches verified ids, so that not every use computes a MAC.
 *
 * @module
 */
import type { OpenedId } from '../index.js';

/** An id that was verified for its owner and kind. */
export interface VerifiedId extends OpenedId {
  readonly kind: string;
  readonly owner: string;
  /** Minutes since the epoch at which the id was minted. */
  readonly minted: number;
}

/** Maximum number of ids in each of the two generations. */
const MAX_GENERATION = 5_000;

/**
 * A bounded cache with two generations. An id that is used moves to the young generation. When that is full, it
 * becomes the old one, and the ids of the old one are dropped. Only verified ids are stored, so that callers
 * can fill the cache with ids of their own alone.
 */
export class VerifiedIds {
  #young = new Map<string, VerifiedId>();
  #old = new Map<string, VerifiedId>();

  get(id: string): VerifiedId | undefined {
    const young = this.#young.get(id);
    if (young !== undefined) return young;
    const old = this.#old.get(id);
    if (old !== undefined) this.set(id, old);
    return old;
  }

  set(id: string, verified: VerifiedId): void {
    if (this.#young.size >= MAX_GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(id, verified);
  }
}
