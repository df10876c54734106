/**
 * Reads the header `Client-Cert` (RFC 9440 s2.2).
 *
 * @module
 */

/** Maximum number of characters; a certificate with an RSA key of 4096 bits has about 2500. */
const MAX_LENGTH = 16 * 1024;

/** A byte sequence of structured fields (RFC 8941 s3.3.5), without parameters. */
const BYTE_SEQUENCE = /^:([A-Za-z\d+/]+={0,2}):$/;

/**
 * Returns the certificate as DER; `undefined` if the header is absent, too long, or not exactly one
 * byte sequence. Repeated lines are joined with a comma, which makes the value malformed.
 */
export function readClientCert(value: string | null): Uint8Array | undefined {
  if (value === null || value.length > MAX_LENGTH) return undefined;
  const [, text] = BYTE_SEQUENCE.exec(value.trim()) ?? [];
  if (text === undefined) return undefined;
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
