/**
 * Verifies a JWT's signature with jose, with the keys of its issuer.
 *
 * @module
 */
import { compactVerify, errors } from 'jose';
import type { Claims } from '../index.js';
import type { IssuerKeys } from './issuer-keys.js';
import type { KeySet } from './key-set.js';
import { own } from '../../values.js';

/**
 * Returns the keys among which is the one that signed the token, or `undefined` if none did.
 *
 * A key that is not among the issuer's known keys makes them be fetched again, under a cooldown; so
 * does a wrong signature that names no key. Rejects if the issuer's keys cannot be had.
 *
 * @param header - the token's own, with an allowed `alg` and no extension
 */
export async function verifySignature(
  token: string,
  header: Claims,
  issuer: IssuerKeys,
): Promise<KeySet | undefined> {
  const kid = own(header, 'kid');
  const isMissing = (keys: KeySet): boolean => kid !== undefined && keys.kids?.has(kid) === false;
  const keys = await issuer.load();
  if (!isMissing(keys) && (await isSignedBy(keys, token, header))) return keys;
  if (kid !== undefined && !isMissing(keys)) return undefined;
  const newer = await issuer.reload(keys);
  if (newer === keys || isMissing(newer)) return undefined;
  return (await isSignedBy(newer, token, header)) ? newer : undefined;
}

async function isSignedBy(
  { find, proven }: KeySet,
  token: string,
  header: Claims,
): Promise<boolean> {
  const alg = String(own(header, 'alg'));
  const kid = own(header, 'kid');
  const options = { algorithms: [alg] };
  // Looking a key up among others costs; once it verified something it is known to fit.
  const name = typeof kid === 'string' ? `${alg} ${kid}` : undefined;
  const known = name === undefined ? undefined : proven?.get(name);
  try {
    if (known === undefined) {
      const { key } = await compactVerify(token, find, options);
      if (name !== undefined && key instanceof CryptoKey) proven?.set(name, key);
    } else {
      await compactVerify(token, known, options);
    }
    return true;
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) {
      return isSignedByOneOf(error, token, options);
    }
    if (isWrongToken(error)) return false;
    throw error;
  }
}

/** No `kid`, or several keys with the same: any of them may have signed. */
async function isSignedByOneOf(
  keys: errors.JWKSMultipleMatchingKeys,
  token: string,
  options: { readonly algorithms: string[] },
): Promise<boolean> {
  for await (const key of keys) {
    try {
      await compactVerify(token, key, options);
      return true;
    } catch (error) {
      if (!isWrongToken(error)) throw error;
    }
  }
  return false;
}

/** What jose says of tokens; its other errors are about keys, and tell nothing of the token. */
function isWrongToken(error: unknown): boolean {
  return (
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported
  );
}
