/**
 * What both runtimes are asked.
 *
 * @module
 */

export const READER = 'reader-token-of-this-example';

export const CALL = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'read_notes', arguments: { text: '\u0436' } },
};

/** Rejects after a few seconds, so that no request hangs. */
export async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited too long for ${what}`)), 10_000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
