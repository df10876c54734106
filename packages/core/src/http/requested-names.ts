/**
 * Reads the names that a browser asks for in a CORS preflight.
 *
 * @module
 */

/**
 * Returns the value of `Access-Control-Request-Headers` or `-Method`, so that it can be sent back; `undefined`
 * if it is absent, has other characters than those of a list of tokens (RFC 9110 s5.6.2), or is longer than 4 KiB,
 * since a client reads no answer whose headers are too long.
 */
export function requestedNames(value: string | null): string | undefined {
  return value !== null && /^[\w!#$%&'*+.^`|~, \t-]{1,4096}$/.test(value) ? value : undefined;
}
