/**
 * Waits for events, with a time limit.
 *
 * @module
 */

export interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

export function deferred(): Deferred {
  let resolve = nothing;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Waits for the promise at most 4 seconds, then rejects. */
export async function before<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited too long for ${what}`)), 4000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function nothing(): void {}
