/**
 * Which errors say that a wait of the proxy took too long.
 *
 * @module
 */

/**
 * Whether `within` rejected with the error. A `DOMException` of the same name comes from a timeout of
 * the application's own, such as `AbortSignal.timeout`.
 */
export function isTimeout(error: unknown): error is Error {
  return (
    error instanceof Error && error.name === 'TimeoutError' && !(error instanceof DOMException)
  );
}
