/**
 * Reads the names that a browser asks for in a CORS preflight.
 *
 * @module
 */

/**
 * Returns the value of `Access-Control-Request-Headers` or `-Method`, so that it can be sent back. Returns
 * `undefined` if the value is absent, empty, longer than 4 KiB (clients refuse answers whose headers are too
 * long), or has characters that a list of tokens (RFC 9110 s5.6.2) does not have.
 */
export function requestedNames(value: string | null): string | undefined {
  return value !== null && /^[\w!#$%&'*+.^`|~, \t-]{1,4096}$/.test(value) ? value : undefined;
}
