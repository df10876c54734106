/**
 * A map whose entries expire, with bounds for entries and bytes.
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

/** Estimated bytes of an entry without its key and value. */
const ENTRY_BYTES = 500;

/**
 * A map that removes its oldest entries first when it exceeds its bounds. All times are of one clock, in
 * any unit.
 */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, Entry<V>>();
  readonly #bounds: Bounds;
  #bytes = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** Returns the value unless it has expired, or `now` is before its `since`, as after a clock was set back. */
  get(key: string, now: number): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (now >= entry.since && now < entry.until) return entry.value;
    this.delete(key);
    return undefined;
  }

  /** Stores a value of `size` bytes, valid from `since` and before `until`, unless it exceeds `maxBytes`. */
  set(
    key: string,
    value: V,
    size: number,
    { since, until }: Pick<Entry<V>, 'since' | 'until'>,
  ): void {
    this.delete(key);
    const bytes = key.length + size + ENTRY_BYTES;
    if (!(until > since) || bytes > this.#bounds.maxBytes) return;
    this.#entries.set(key, { value, bytes, since, until });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      const { maxEntries, maxBytes } = this.#bounds;
      if (this.#entries.size <= maxEntries && this.#bytes <= maxBytes) break;
      this.delete(oldest);
    }
  }

  /** Removes the entries for whose values the predicate returns `true`. */
  deleteWhere(predicate: (value: V) => boolean): void {
    for (const [key, { value }] of this.#entries) if (predicate(value)) this.delete(key);
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}
