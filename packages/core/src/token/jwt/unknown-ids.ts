/**
 * Key ids that an issuer was found not to have.
 *
 * @module
 */

/** Bounds, since clients choose the number and the length of ids; the oldest ids are removed first. */
const MAX_IDS = 100;
const MAX_LENGTH = 200;

export class UnknownIds {
  readonly #ids = new Map<string, number>();

  /** When the id was looked up last, without success; milliseconds since the epoch. */
  lookedUpAt(kid: string): number {
    return this.#ids.get(kid) ?? -Infinity;
  }

  add(kid: string, now: number): void {
    if (kid.length > MAX_LENGTH) return;
    this.#ids.delete(kid);
    this.#ids.set(kid, now);
    const [oldest] = this.#ids.keys();
    if (this.#ids.size > MAX_IDS && oldest !== undefined) this.#ids.delete(oldest);
  }
}
