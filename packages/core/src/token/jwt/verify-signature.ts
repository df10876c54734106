/**
 * Verifies a JWT's signature with jose, with the keys of its issuer.
 *
 * @module
 */
import { compactVerify, errors } from 'jose';
import type { CompactVerifyResult } from 'jose';
import { own } from '../index.js';
import type { Claims } from '../index.js';
import type { IssuerKeys } from './issuer-keys.js';
import type { KeySet } from './key-set.js';
import { parseClaims } from './parse-jwt.js';
import type { ParsedJwt } from './parse-jwt.js';

export interface VerifiedJwt extends ParsedJwt {
  readonly keys: KeySet;
}

/**
 * Returns what was signed, or `undefined` if the signature or its payload is not valid.
 *
 * A key that is not among the issuer's known keys makes them be fetched again, under a cooldown; so
 * does a wrong signature that names no key. Rejects if the issuer's keys cannot be had.
 */
export async function verifySignature(
  token: string,
  header: Claims,
  issuer: IssuerKeys,
  algorithms: readonly string[],
): Promise<VerifiedJwt | undefined> {
  const kid = own(header, 'kid');
  const attempt = (keys: KeySet): Promise<ParsedJwt | undefined> =>
    keys.kids === undefined || kid === undefined || keys.kids.has(kid)
      ? verifyWith(keys, token, [...algorithms])
      : Promise.resolve(undefined);
  let keys = await issuer.load();
  let signed = await attempt(keys);
  if (signed === undefined && (kid === undefined || keys.kids?.has(kid) === false)) {
    const newer = await issuer.reload(keys);
    if (newer === keys) return undefined;
    keys = newer;
    signed = await attempt(keys);
  }
  return signed && { ...signed, keys };
}

async function verifyWith(
  { find }: KeySet,
  token: string,
  algorithms: string[],
): Promise<ParsedJwt | undefined> {
  const options = { algorithms };
  try {
    return read(await compactVerify(token, find, options));
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) {
      // No `kid`, or several keys with the same: any of them may have signed.
      for await (const key of error) {
        try {
          return read(await compactVerify(token, key, options));
        } catch (failure) {
          if (!isWrongToken(failure)) throw failure;
        }
      }
      return undefined;
    }
    if (isWrongToken(error)) return undefined;
    throw error;
  }
}

/** What was signed: claims parsed from the very bytes. */
function read({ protectedHeader, payload }: CompactVerifyResult): ParsedJwt | undefined {
  const claims = parseClaims(payload);
  return claims && { header: protectedHeader, claims };
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
