/**
 * Finds out what an error of a verifier means, because each library reports an invalid token in its own
 * way.
 *
 * Errors are recognized by codes, names and texts instead of classes, since they may come from another
 * copy of this package or from a library that core does not depend on. An error that is not listed here
 * says nothing about the token.
 *
 * @module
 */
import { isObject, ownMember, ownText } from '../values.js';

/**
 * Patterns of errors that mean an invalid token. They match a code, or a name with a colon and the
 * beginning of the message.
 */
const INVALID: readonly RegExp[] = [
  // This package, and both versions of the MCP SDK.
  /^(?:ERR_INVALID_TOKEN|invalid_token)$/,
  // jose, for a JWT, JWS or JWE that is wrong, has an algorithm that is not allowed or supported, or for which
  // the key set has no key. Its other errors (key sets, time-outs) say nothing about the token.
  /^ERR_(?:JW[EST]_|JOSE_(?:ALG_NOT_ALLOWED|NOT_SUPPORTED)$|JWKS_NO_MATCHING_KEY$)/,
  // fast-jwt. Its other errors are about options, keys and fetching them.
  /^FAST_JWT_(?:EXPIRED|INACTIVE|MALFORMED|INVALID_(?:TYPE|ALGORITHM|CLAIM_TYPE|CLAIM_VALUE|SIGNATURE|PAYLOAD|CRIT_HEADER)|MISSING_(?:REQUIRED_CLAIM|SIGNATURE))$/,
  // jsonwebtoken, by text: it has one name for a bad token, a bad option and a key that cannot be fetched.
  /^(?:TokenExpiredError: |NotBeforeError: |JsonWebTokenError: (?:jwt|invalid|iat required) )/,
  // aws-jwt-verify: the base classes of all its errors for a bad token. For a token of an unknown issuer, it
  // throws the error of a bad option.
  /^(?:Jwt(?:Parse|InvalidSignature|InvalidSignatureAlgorithm|InvalidClaim|WithoutValidKid)Error|KidNotFoundInJwksError|ParameterValidationError: issuer not configured): /,
  // A signature of another form than its algorithm's, as dependencies of jsonwebtoken and fast-jwt, and
  // Node, report it.
  /^(?:TypeError: "ES\d+" signatures must be |Error: Malformed signature$)/,
];

/**
 * Matches errors that mean a valid token with too few scopes: those of this package, of the MCP SDKs,
 * and of aws-jwt-verify if it checks scopes.
 */
const INSUFFICIENT =
  /^(?:ERR_INSUFFICIENT_SCOPE$|insufficient_scope$|InsufficientScopeError: |JwtInvalidScopeError: )/;

/** Whether an error means that the token is not valid. */
export function saysInvalid(error: unknown): boolean {
  return wordsOf(error).some((word) =>
    word === 'FAST_JWT_VERIFY_ERROR'
      ? saysInvalid(ownMember(error, 'originalError'))
      : INVALID.some((pattern) => pattern.test(word)),
  );
}

/** Whether an error means that the token is valid and has too few scopes. */
export function saysInsufficientScope(error: unknown): boolean {
  return wordsOf(error).some((word) => INSUFFICIENT.test(word));
}

/**
 * Returns the codes of an error, and its own name and those of its classes, each with the message.
 * `Object.prototype` is left out: if it is polluted, it must not change the meaning of every error.
 */
export function wordsOf(error: unknown): readonly string[] {
  const words: string[] = [];
  try {
    const text = ownText(error, 'message') ?? '';
    const names = [ownMember(error, 'name')];
    for (let part: unknown = error; isObject(part); part = Object.getPrototypeOf(part)) {
      if (part !== error && Object.getPrototypeOf(part) === null) break;
      for (const member of ['code', 'errorCode']) {
        // Read on the error, since SDK v1 has a getter for its code in the class.
        if (Object.hasOwn(part, member)) words.push(String((error as typeof part)[member]));
      }
      const made: unknown = ownMember(part, 'constructor');
      if (typeof made === 'function') names.push(made.name);
    }
    for (const name of names) words.push(`${String(name)}: ${text}`);
  } catch {
    // A getter or a proxy threw: return the words that were found before.
  }
  return words;
}
