/**
 * A queue for work: a bounded number of works run at the same time, a bounded number waits, and none
 * waits longer than a gate waits for its verifier.
 *
 * @module
 */

export interface TurnsOptions {
  readonly atOnce: number;
  readonly waiting: number;
  /** Milliseconds. */
  readonly maxWait: number;
}

interface Waiter {
  readonly since: number;
  readonly begin: () => void;
  readonly refuse: (error: Error) => void;
}

export class Turns {
  readonly #options: TurnsOptions;
  readonly #first: Waiter[] = [];
  readonly #further: Waiter[] = [];
  #running = 0;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /**
   * Runs `work` in its turn: waiting `'first'` work runs before `'further'` work, each in its order.
   *
   * Rejects at once when too many wait already, and when its turn comes too late.
   */
  async run<T>(lane: 'first' | 'further', work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#options.atOnce) this.#running += 1;
    else await this.#wait(lane === 'first' ? this.#first : this.#further);
    try {
      return await work();
    } finally {
      this.#startNext();
    }
  }

  #wait(queue: Waiter[]): Promise<void> {
    const { waiting } = this.#options;
    if (this.#first.length + this.#further.length >= waiting) throw tooMany();
    return new Promise((begin, refuse) => {
      queue.push({ since: performance.now(), begin, refuse });
    });
  }

  /** Starts the next waiting work, since one has ended. */
  #startNext(): void {
    const oldest = performance.now() - this.#options.maxWait;
    for (;;) {
      const next = this.#first.shift() ?? this.#further.shift();
      if (next === undefined) {
        this.#running -= 1;
        return;
      }
      if (next.since >= oldest) {
        next.begin();
        return;
      }
      next.refuse(tooMany());
    }
  }
}

function tooMany(): Error {
  return new Error('too many tokens wait for verification');
}
