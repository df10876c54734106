/**
 * What a verifier's throw means.
 *
 * @module
 */

/** jose's words for a token that is wrong; its other errors (JWKS, time-outs) tell nothing of it. */
const JOSE_CODES = new Set([
  'ERR_JOSE_ALG_NOT_ALLOWED',
  'ERR_JOSE_NOT_SUPPORTED',
  'ERR_JWE_DECRYPTION_FAILED',
  'ERR_JWE_INVALID',
  'ERR_JWKS_NO_MATCHING_KEY',
  'ERR_JWS_INVALID',
  'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
  'ERR_JWT_CLAIM_VALIDATION_FAILED',
  'ERR_JWT_EXPIRED',
  'ERR_JWT_INVALID',
]);

/**
 * Whether a throw means "this token is not valid". Told by codes, not by classes: the error may come
 * from another copy of this package, from jose, or from either generation of the MCP SDK.
 */
export function saysInvalid(error: unknown): boolean {
  try {
    if (typeof error !== 'object' || error === null) return false;
    const { code, errorCode } = error as { code?: unknown; errorCode?: unknown };
    return (
      code === 'ERR_INVALID_TOKEN' ||
      code === 'invalid_token' ||
      errorCode === 'invalid_token' ||
      (typeof code === 'string' && JOSE_CODES.has(code))
    );
  } catch {
    return false;
  }
}
