/**
 * Remembers values for a while, within bounds of entries and bytes.
 *
 * @module
 */

export interface Bounds {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

interface Entry<V> {
  readonly value: V;
  readonly bytes: number;
  readonly since: number;
  readonly until: number;
}

/** What an entry costs beside its key and value, roughly. */
const OVERHEAD = 500;

/** Times are of one clock, in any unit. What is over its bounds loses the oldest entries first. */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, Entry<V>>();
  readonly #bounds: Bounds;
  #bytes = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** The value, unless its time is over; a clock that was set back ends it too. */
  get(key: string, now: number): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (now >= entry.since && now < entry.until) return entry.value;
    this.delete(key);
    return undefined;
  }

  /** Remembers a value of `size` bytes from `since` until before `until`. */
  set(
    key: string,
    value: V,
    size: number,
    { since, until }: Pick<Entry<V>, 'since' | 'until'>,
  ): void {
    this.delete(key);
    const bytes = key.length + size + OVERHEAD;
    if (!(until > since) || bytes > this.#bounds.maxBytes) return;
    this.#entries.set(key, { value, bytes, since, until });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      const { maxEntries, maxBytes } = this.#bounds;
      if (this.#entries.size <= maxEntries && this.#bytes <= maxBytes) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}
