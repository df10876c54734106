/**
 * What a verifier's throw means: each library says "invalid" in words of its own.
 *
 * Told by codes, names and texts, not by classes: the error may come from another copy of this
 * package, or from a library that core does not depend on. An error that is not listed here says
 * nothing about the token.
 *
 * @module
 */
import { isObject, ownMember, ownText } from '../values.js';

/** Words that say "this token is not valid": codes, or a name, a colon and the beginning of a text. */
const INVALID: readonly RegExp[] = [
  // Ours, and both generations of the MCP SDK.
  /^(?:ERR_INVALID_TOKEN|invalid_token)$/,
  // jose, of a JWT, JWS or JWE that is wrong or asks for what is not allowed. Its others (key sets,
  // time-outs) tell nothing of the token.
  /^ERR_(?:JW[EST]_|JOSE_(?:ALG_NOT_ALLOWED|NOT_SUPPORTED)$|JWKS_NO_MATCHING_KEY$)/,
  // fast-jwt. Its others are about options, keys and fetching them.
  /^FAST_JWT_(?:EXPIRED|INACTIVE|MALFORMED|INVALID_(?:TYPE|ALGORITHM|CLAIM_TYPE|CLAIM_VALUE|SIGNATURE|PAYLOAD|CRIT_HEADER)|MISSING_(?:REQUIRED_CLAIM|SIGNATURE))$/,
  // jsonwebtoken. It has one name for a bad token, a bad option and a key that cannot be fetched.
  /^(?:TokenExpiredError: |NotBeforeError: |JsonWebTokenError: (?:jwt|invalid|iat required) )/,
  // aws-jwt-verify: the classes from which all its others for a bad token descend. An issuer that is
  // none of several has the name of a bad option.
  /^(?:Jwt(?:Parse|InvalidSignature|InvalidSignatureAlgorithm|InvalidClaim|WithoutValidKid)Error|KidNotFoundInJwksError|ParameterValidationError: issuer not configured): /,
  // A signature that is none of its algorithm: below jsonwebtoken and fast-jwt, and from Node.
  /^(?:TypeError: "ES\d+" signatures must be |Error: Malformed signature$)/,
];

/**
 * Words that say "this token holds, and has too few scopes": ours, an MCP SDK's, and what
 * aws-jwt-verify says where it was told scopes.
 */
const INSUFFICIENT =
  /^(?:ERR_INSUFFICIENT_SCOPE$|insufficient_scope$|InsufficientScopeError: |JwtInvalidScopeError: )/;

/** Whether a throw means "this token is not valid". */
export function saysInvalid(error: unknown): boolean {
  return wordsOf(error).some((word) =>
    word === 'FAST_JWT_VERIFY_ERROR'
      ? saysInvalid(ownMember(error, 'originalError'))
      : INVALID.some((pattern) => pattern.test(word)),
  );
}

/** Whether a throw means "this token holds, and has too few scopes". */
export function saysInsufficientScope(error: unknown): boolean {
  return wordsOf(error).some((word) => INSUFFICIENT.test(word));
}

/**
 * An error's codes, and its own and its classes' names with its text. The object at the root of all
 * classes is left out, since whoever pollutes it must not speak for every error.
 */
function wordsOf(error: unknown): readonly string[] {
  const words: string[] = [];
  try {
    const text = ownText(error, 'message') ?? '';
    const names = [ownMember(error, 'name')];
    for (let part: unknown = error; isObject(part); part = Object.getPrototypeOf(part)) {
      if (part !== error && Object.getPrototypeOf(part) === null) break;
      for (const member of ['code', 'errorCode']) {
        // A getter of a class looks at the error: SDK v1 has its code there.
        if (Object.hasOwn(part, member)) words.push(String((error as typeof part)[member]));
      }
      const made: unknown = ownMember(part, 'constructor');
      if (typeof made === 'function') names.push(made.name);
    }
    for (const name of names) words.push(`${String(name)}: ${text}`);
  } catch {
    // A getter or a proxy that throws: what it said before it did counts.
  }
  return words;
}
