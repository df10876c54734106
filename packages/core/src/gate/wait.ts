/**
 * Bounded waiting: nothing that hangs may hold a request.
 *
 * @module
 */

/** Rejected with when the time is over. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/** Waits for work at most `timeout` milliseconds; the signal is aborted when the waiting ends. */
export async function within<T>(
  timeout: number,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new TimeoutError(`${what} took longer than ${timeout} ms`));
    }, timeout);
  });
  try {
    return await Promise.race([work(controller.signal), late]);
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}
