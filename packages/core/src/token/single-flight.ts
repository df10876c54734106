/**
 * Runs work once for all callers that wait for its result.
 *
 * @module
 */

/** Shares the promise of running work among all callers with the same key. Results are not stored. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<T>>();

  /** The number of keys with running work. */
  get size(): number {
    return this.#flights.size;
  }

  get(key: string): Promise<T> | undefined {
    return this.#flights.get(key);
  }

  /** Starts `work`, unless work for the key is running; returns the promise that all callers share. */
  run(key: string, work: () => Promise<T>): Promise<T> {
    const running = this.#flights.get(key);
    if (running !== undefined) return running;
    const flight = this.#finish(key, work());
    this.#flights.set(key, flight);
    return flight;
  }

  async #finish(key: string, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } finally {
      this.#flights.delete(key);
    }
  }
}
