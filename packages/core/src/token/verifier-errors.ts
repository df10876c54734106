/**
 * What a verifier's throw means: each library says "invalid" in words of its own.
 *
 * Told by codes and names, not by classes: the error may come from another copy of this package, or
 * from a library that core does not depend on. What is not known here says nothing of the token.
 *
 * @module
 */
import type { AuthErrorCode } from '../errors.js';
import { isObject, own } from '../values.js';

const INVALID: AuthErrorCode = 'ERR_INVALID_TOKEN';
const INSUFFICIENT: AuthErrorCode = 'ERR_INSUFFICIENT_SCOPE';

/**
 * jose's codes for a JWT, JWS or JWE that is wrong, or asks for what is not allowed; its others (key
 * sets, time-outs) tell nothing of the token.
 */
const JOSE = /^ERR_(?:JW[EST]_|JOSE_(?:ALG_NOT_ALLOWED|NOT_SUPPORTED)$|JWKS_NO_MATCHING_KEY$)/;

/** fast-jwt's codes for a bad token; its others are about options, keys and fetching them. */
const FAST_JWT =
  /^FAST_JWT_(?:EXPIRED|INACTIVE|MALFORMED|INVALID_(?:TYPE|ALGORITHM|CLAIM_TYPE|CLAIM_VALUE|SIGNATURE|PAYLOAD|CRIT_HEADER)|MISSING_(?:REQUIRED_CLAIM|SIGNATURE))$/;

/**
 * jsonwebtoken's names, and the classes of aws-jwt-verify from which all its others for a bad token
 * descend.
 */
const NAMES =
  /^(?:TokenExpiredError|NotBeforeError|Jwt(?:Parse|InvalidSignature|InvalidSignatureAlgorithm|InvalidClaim|WithoutValidKid)Error|KidNotFoundInJwksError)$/;

/**
 * jsonwebtoken has one name for a bad token, a bad option and keys that cannot be fetched, and
 * aws-jwt-verify one for bad options and an issuer that is none of several: the text decides.
 */
const TEXTS = new Map([
  [
    'JsonWebTokenError',
    /^(?:jwt malformed|jwt signature is required|invalid (?:token|algorithm|signature|nbf value|exp value|iat value)|iat required when maxAge is specified|jwt (?:audience|issuer|subject|jwtid|nonce) invalid\. )/,
  ],
  ['ParameterValidationError', /^issuer not configured: /],
]);

/** Whether a throw means "this token is not valid". */
export function saysInvalid(error: unknown): boolean {
  return says(error, (code, names) => {
    if (code === 'invalid_token' || code === INVALID) return true;
    if (JOSE.test(code) || FAST_JWT.test(code)) return true;
    const message = own(error, 'message');
    return names.some(
      (name) =>
        NAMES.test(name) || (typeof message === 'string' && TEXTS.get(name)?.test(message) === true),
    );
  });
}

/**
 * Whether a throw means "this token holds, and has too few scopes": ours, an MCP SDK's, or what
 * aws-jwt-verify says where it was told scopes.
 */
export function saysInsufficientScope(error: unknown): boolean {
  return says(
    error,
    (code, names) =>
      code === 'insufficient_scope' ||
      code === INSUFFICIENT ||
      names.includes('InsufficientScopeError') ||
      names.includes('JwtInvalidScopeError'),
  );
}

function says(
  error: unknown,
  test: (code: string, names: readonly string[]) => boolean,
): boolean {
  try {
    const { codes, names } = wordsOf(error);
    return ['', ...codes].some((code) => test(code, names));
  } catch {
    // A getter or a proxy that throws: then it says nothing.
    return false;
  }
}

/**
 * An error's codes and names: its own, and those of its classes. The object at the root of all is
 * left out, since whoever pollutes it must not speak for every error.
 */
function wordsOf(error: unknown): { codes: readonly string[]; names: readonly string[] } {
  const codes: unknown[] = [];
  const names: unknown[] = [own(error, 'name')];
  for (let part: unknown = error; isObject(part); part = Object.getPrototypeOf(part)) {
    if (part !== error && Object.getPrototypeOf(part) === null) break;
    for (const member of ['code', 'errorCode']) {
      // A getter of a class looks at the error: SDK v1 has its code there.
      if (Object.hasOwn(part, member)) codes.push((error as Record<string, unknown>)[member]);
    }
    const made: unknown = own(part, 'constructor');
    if (typeof made === 'function') names.push(made.name);
  }
  return { codes: codes.filter(isText), names: names.filter(isText) };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
