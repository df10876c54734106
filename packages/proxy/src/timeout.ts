/**
 * Recognizes the error of a wait of the proxy that took too long.
 *
 * @module
 */

/**
 * Whether the error is that of `within`. A `DOMException` with the same name comes from a timeout of the
 * application, such as `AbortSignal.timeout`.
 */
export function isTimeout(error: unknown): error is Error {
  return (
    error instanceof Error && error.name === 'TimeoutError' && !(error instanceof DOMException)
  );
}
