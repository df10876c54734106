/**
 * Runs a limited number of functions at the same time, and lets a limited number wait. A function whose turn
 * comes too late is not run.
 *
 * @module
 */

export interface TurnsOptions {
  readonly atOnce: number;
  readonly waiting: number;
  /** Milliseconds: a function that has waited longer when its turn comes is refused. */
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
   * Runs `work` in its turn: all work that waits in the lane `'first'` runs before that in `'further'`,
   * and each lane keeps its order.
   *
   * Rejects at once if too many wait already, and rejects later if the turn comes too late.
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

  /** Called when work has ended: starts the next that waits, and refuses what has waited too long. */
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
