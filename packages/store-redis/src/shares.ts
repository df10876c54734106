/**
 * Bounds how much of the store one client fills.
 *
 * @module
 */

/** Milliseconds after which counting begins anew. Two such periods are more than the life of most proofs. */
const PERIOD = 200_000;

/** Owners that are counted at the same time; more begin a new period. */
const MAX_OWNERS = 50_000;

/**
 * Counts, for each owner, what this instance stored in the current period and the one before. It is an
 * estimate that needs no command: what has ended within the two periods still counts.
 */
export class Shares {
  readonly #max: number;
  #current = new Map<string, number>();
  #previous = new Map<string, number>();
  #startedAt = performance.now();

  constructor(max: number) {
    this.#max = max;
  }

  isFull(owner: string): boolean {
    this.#advance();
    return (this.#current.get(owner) ?? 0) + (this.#previous.get(owner) ?? 0) >= this.#max;
  }

  add(owner: string): void {
    this.#current.set(owner, (this.#current.get(owner) ?? 0) + 1);
  }

  #advance(): void {
    const now = performance.now();
    const isOver = now - this.#startedAt >= PERIOD;
    if (!isOver && this.#current.size < MAX_OWNERS) return;
    const isLongOver = now - this.#startedAt >= 2 * PERIOD;
    this.#previous = isLongOver ? new Map<string, number>() : this.#current;
    this.#current = new Map();
    this.#startedAt = now;
  }
}
