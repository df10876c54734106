/**
 * Waits for a result with a time limit.
 *
 * @module
 */

/** The error of {@link within} when the time is over. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/** Informs the work when nothing waits for it any more. */
export interface Waiting {
  /**
   * A signal that is aborted when the waiting ends. It is created when it is first read, since most work never
   * reads it.
   */
  readonly signal: AbortSignal;
  /** Calls `listener` when the waiting ends; only the last one counts. It is ten times faster than `signal`. */
  onEnd(listener: () => void): void;
}

/**
 * Runs `work` and returns its result. If the result is a promise, it waits for it at most `timeout`
 * milliseconds. For a result that is no promise, it makes neither a timer nor a promise.
 *
 * It throws or rejects as `work` does. When the time is over, it rejects with a {@link TimeoutError} that names
 * `what`.
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
      <Value>(complete: (value: Value) => void) =>
      (value: Value): void => {
        clearTimeout(timer);
        waiting.end();
        complete(value);
      };
    // `Promise.resolve` turns an exception of a foreign thenable into a rejection.
    Promise.resolve(result).then(stopAnd<T>(resolve), stopAnd<unknown>(reject));
  });
}

/** The reason of every abort. It is shared, since an error for each abort would cost more than the waiting. */
const WAITING_ENDED = Object.freeze(new Error('the waiting has ended'));

class LazySignal implements Waiting {
  #controller: AbortController | undefined;
  #listener: (() => void) | undefined;
  #hasEnded = false;

  onEnd(listener: () => void): void {
    this.#listener = listener;
    if (this.#hasEnded) listener();
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#hasEnded) this.#controller.abort(WAITING_ENDED);
    }
    return this.#controller.signal;
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#controller?.abort(WAITING_ENDED);
    try {
      this.#listener?.();
    } catch {
      // An error in a listener must not reach the code that waits.
    }
  }
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return (
    value instanceof Promise ||
    typeof (value as Partial<PromiseLike<T>> | null | undefined)?.then === 'function'
  );
}
