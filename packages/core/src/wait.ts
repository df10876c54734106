/**
 * Bounded waiting: nothing that hangs may hold a request.
 *
 * @module
 */

/** Rejected with when the time is over. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/** What the work gets to know of those who wait for it. */
export interface Waiting {
  /** Aborted when the waiting ends. Made when it is first looked at: most work never does. */
  readonly signal: AbortSignal;
  /** Calls `listener` when the waiting ends: what the signal says, for a tenth of what it costs. */
  onEnd(listener: () => void): void;
}

/**
 * Runs `work` and hands back what it returns; if that is a promise, waits for it at most `timeout`
 * milliseconds. Work that answers at once costs neither a timer nor a promise.
 *
 * Throws what the work throws, and rejects with {@link TimeoutError}, which says what took too long.
 */
export function within<T>(
  timeout: number,
  what: string,
  work: (waiting: Waiting) => T | PromiseLike<T>,
): T | Promise<T> {
  const waiting = new LazySignal();
  let result: T | PromiseLike<T>;
  try {
    result = work(waiting);
    if (!isThenable(result)) {
      waiting.end();
      return result;
    }
  } catch (error) {
    waiting.end();
    throw error;
  }
  return waitFor(result, waiting, timeout, what);
}

function waitFor<T>(
  result: PromiseLike<T>,
  waiting: LazySignal,
  timeout: number,
  what: string,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      waiting.end();
      reject(new TimeoutError(`${what} took longer than ${timeout} ms`));
    }, timeout);
    const stopAnd =
      <Value>(settle: (value: Value) => void) =>
      (value: Value): void => {
        clearTimeout(timer);
        waiting.end();
        settle(value);
      };
    // `resolve` also asks foreign thenables, whatever these throw.
    Promise.resolve(result).then(stopAnd<T>(resolve), stopAnd<unknown>(reject));
  });
}

/** The reason of every abort: one made for each would cost more than the waiting does. */
const OVER = Object.freeze(new Error('nobody waits any more'));

class LazySignal implements Waiting {
  #controller: AbortController | undefined;
  #listener: (() => void) | undefined;
  #over = false;

  onEnd(listener: () => void): void {
    this.#listener = listener;
    if (this.#over) listener();
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#over) this.#controller.abort(OVER);
    }
    return this.#controller.signal;
  }

  end(): void {
    this.#over = true;
    this.#controller?.abort(OVER);
    try {
      this.#listener?.();
    } catch {
      // Whoever waits is answered, whatever becomes of the work.
    }
  }
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return (
    value instanceof Promise ||
    typeof (value as Partial<PromiseLike<T>> | null | undefined)?.then === 'function'
  );
}
