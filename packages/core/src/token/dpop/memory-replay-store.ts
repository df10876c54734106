/**
 * Remembers proofs in the memory of one process.
 *
 * @module
 */
import { expect, readOptions } from '../../options.js';
import type { NumberKind } from '../../options.js';
import { readClock } from '../index.js';
import type { Clock, ReplayAnswer, ReplayStore } from '../index.js';

export interface MemoryReplayStoreOptions {
  /**
   * Maximum number of proofs that are remembered, each for up to eleven minutes. One takes about 250 bytes.
   *
   * @default 250000
   */
  readonly maxEntries?: number;
  /**
   * Maximum number of proofs of one key, so that a client that floods the store is refused alone.
   *
   * @default a tenth of `maxEntries`
   */
  readonly maxEntriesPerKey?: number;
  /** Returns the time in milliseconds since the epoch. @default Date.now */
  readonly clock?: Clock;
}

/**
 * Makes a store for one process. It never forgets a proof before the proof expires: if the store is full, all
 * further proofs are refused with 503, and if one key has its maximum, further proofs of this key are.
 *
 * A restart forgets all proofs. One whose `iat` is within five minutes can then be sent again, unless the
 * gate requires nonces and has new `keys` for them. Several processes need a store that they share, such as
 * that of `@scopegate/redis`: with this one, each of them accepts a proof once.
 *
 * @example
 * ```ts
 * const check = dpop({ replay: memoryReplayStore() });
 * ```
 * @throws {@link TypeError} naming the option
 * @group Sender-constrained tokens
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-11.1 RFC 9449 s11.1}
 */
export function memoryReplayStore(options: MemoryReplayStoreOptions = {}): ReplayStore {
  const { maxEntries, clock, ...read } = readOptions<
    MemoryReplayStoreOptions,
    'maxEntries' | 'clock'
  >(
    options,
    {
      maxEntries: [ENTRIES, 250_000],
      maxEntriesPerKey: [ENTRIES],
      clock: ['a function', Date.now],
    },
    'memoryReplayStore',
  );
  const { maxEntriesPerKey = Math.ceil(maxEntries / 10) } = read;
  expect(
    maxEntriesPerKey <= maxEntries,
    'memoryReplayStore.maxEntriesPerKey',
    'must not be greater than maxEntries',
  );
  return new MemoryReplayStore(maxEntries, maxEntriesPerKey, clock);
}

const ENTRIES: NumberKind = { min: 1, max: 10_000_000, unit: 'proofs', integer: true };

/** The number of proofs of one key. */
interface Owner {
  readonly name: string;
  count: number;
}

/** Proofs that expire in the same second, and the owner of each. */
interface Batch {
  readonly ids: string[];
  readonly owners: Owner[];
}

/** Maximum number of expired proofs that one call removes, unless it needs their room. */
const MAX_REMOVED = 1000;

class MemoryReplayStore implements ReplayStore {
  readonly #maxEntries: number;
  readonly #maxEntriesPerKey: number;
  readonly #clock: Clock;
  readonly #ids = new Set<string>();
  readonly #owners = new Map<string, Owner>();
  /** Proofs by the second in which they expire. */
  readonly #batches = new Map<number, Batch>();
  /** The latest second of which a proof was removed. */
  #forgottenUntil = -Infinity;
  /** The seconds that are over and whose proofs are not all removed. */
  readonly #expired: number[] = [];
  #lookedAt = -Infinity;

  constructor(maxEntries: number, maxEntriesPerKey: number, clock: Clock) {
    this.#maxEntries = maxEntries;
    this.#maxEntriesPerKey = maxEntriesPerKey;
    this.#clock = clock;
  }

  insert(
    id: string,
    { expiresAt, owner: name }: { readonly expiresAt: number; readonly owner: string },
  ): ReplayAnswer {
    const second = Math.ceil(expiresAt);
    if (!Number.isSafeInteger(second)) throw new TypeError('expiresAt: expected seconds');
    this.#findExpired(Math.floor(readClock(this.#clock) / 1000));
    this.#remove(MAX_REMOVED);
    // If the clock was set back, proofs that expire in this second may have been forgotten already.
    if (this.#ids.has(id) || !(second > this.#forgottenUntil)) return 'seen';
    if (this.#isFullFor(name)) {
      this.#remove(Infinity);
      if (this.#isFullFor(name)) return 'full';
    }
    let owner = this.#owners.get(name);
    if (owner === undefined) {
      owner = { name, count: 0 };
      this.#owners.set(name, owner);
    }
    owner.count += 1;
    let batch = this.#batches.get(second);
    if (batch === undefined) {
      batch = { ids: [], owners: [] };
      this.#batches.set(second, batch);
    }
    batch.ids.push(id);
    batch.owners.push(owner);
    this.#ids.add(id);
    return 'stored';
  }

  #isFullFor(name: string): boolean {
    const { size } = this.#ids;
    const count = this.#owners.get(name)?.count ?? 0;
    return size >= this.#maxEntries || count >= this.#maxEntriesPerKey;
  }

  /** Lists the batches that have expired. It looks for them at most once in each second. */
  #findExpired(now: number): void {
    if (now === this.#lookedAt) return;
    this.#lookedAt = now;
    for (const second of this.#batches.keys()) {
      if (second < now && !this.#expired.includes(second)) this.#expired.push(second);
    }
  }

  /** Removes at most `limit` proofs of expired batches. */
  #remove(limit: number): void {
    let left = limit;
    while (left > 0) {
      const second = this.#expired[0];
      if (second === undefined) return;
      this.#forgottenUntil = Math.max(this.#forgottenUntil, second);
      left -= this.#removeFrom(this.#batches.get(second), left);
      if ((this.#batches.get(second)?.ids.length ?? 0) > 0) return;
      this.#batches.delete(second);
      this.#expired.shift();
    }
  }

  /** Removes at most `limit` proofs of a batch, and returns their number. */
  #removeFrom(batch: Batch | undefined, limit: number): number {
    let removed = 0;
    while (removed < limit) {
      const id = batch?.ids.pop();
      const owner = batch?.owners.pop();
      if (id === undefined || owner === undefined) break;
      this.#ids.delete(id);
      owner.count -= 1;
      if (owner.count === 0) this.#owners.delete(owner.name);
      removed += 1;
    }
    return removed;
  }
}
