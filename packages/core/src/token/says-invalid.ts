/**
 * What a verifier's throw means.
 *
 * @module
 */
import type { AuthErrorCode } from '../errors.js';
import { isObject } from '../values.js';

const OURS: AuthErrorCode = 'ERR_INVALID_TOKEN';

/**
 * jose's codes for a JWT, JWS or JWE that is wrong, or asks for what is not allowed; its others (key
 * sets, time-outs) tell nothing of the token.
 */
const JOSE = /^ERR_(?:JW[EST]_|JOSE_(?:ALG_NOT_ALLOWED|NOT_SUPPORTED)$|JWKS_NO_MATCHING_KEY$)/;

/**
 * Whether a throw means "this token is not valid". Told by codes, not by classes: the error may come
 * from another copy of this package, from jose, or from either generation of the MCP SDK.
 */
export function saysInvalid(error: unknown): boolean {
  try {
    if (!isObject(error)) return false;
    const { code, errorCode } = error as { code?: unknown; errorCode?: unknown };
    if (code === 'invalid_token' || errorCode === 'invalid_token') return true;
    return typeof code === 'string' && (code === OURS || JOSE.test(code));
  } catch {
    return false;
  }
}
