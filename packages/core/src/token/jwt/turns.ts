/**
 * Work in turns: a bounded number at once, and a bounded number that waits.
 *
 * @module
 */

export interface TurnsOptions {
  readonly atOnce: number;
  readonly waiting: number;
}

export class Turns {
  readonly #options: TurnsOptions;
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /**
   * Runs `work` when its turn comes.
   *
   * @throws {@link Error} at once when too many wait already
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const { atOnce, waiting } = this.#options;
    if (this.#running >= atOnce) {
      if (this.#queue.length >= waiting) throw new Error('too many tokens wait for verification');
      // Whoever ends hands its turn on: the number that runs stays as it is.
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
