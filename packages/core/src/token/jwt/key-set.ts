/**
 * One edition of an issuer's verification keys.
 *
 * @module
 */
import { createLocalJWKSet } from 'jose';
import type { CryptoKey, JSONWebKeySet, JWTVerifyGetKey } from 'jose';

/** Keys as they were at one time; another edition is another object. */
export interface KeySet {
  /** Rejects with jose's `JWKSNoMatchingKey` if none fits, with `JWKSMultipleMatchingKeys` if several do. */
  readonly find: JWTVerifyGetKey;
  /** The ids it has; absent if that cannot be told. */
  readonly kids?: ReadonlySet<unknown>;
  /** Keys that verified a signature before, by algorithm and id. */
  readonly proven?: Map<string, CryptoKey>;
}

const MAX_KEYS = 100;

/**
 * Makes a key set of a JWKS document (RFC 7517 s5). Keeps public asymmetric keys only: a published
 * secret verifies nothing. Keys of unknown types are ignored, as the RFC says.
 *
 * @throws {@link TypeError} when it is no JWKS or has more than 100 keys
 */
export function keySetOf(document: unknown): KeySet {
  const keys = publicKeys(document);
  return {
    find: createLocalJWKSet({ keys }),
    kids: new Set(keys.map((key) => key.kid)),
    proven: new Map(),
  };
}

/** The keys of a JWKS that may verify anything; an unchanged set has the same text. */
export function publicKeys(document: unknown): JSONWebKeySet['keys'] {
  const keys = (document as Partial<JSONWebKeySet> | null | undefined)?.keys;
  if (!Array.isArray(keys)) throw new TypeError('the JWKS has no list of keys');
  if (keys.length > MAX_KEYS) throw new TypeError(`the JWKS has more than ${MAX_KEYS} keys`);
  return keys.filter((key) => isPublic(key));
}

/** Private members (RFC 7518 s6) show a key whose secret is out. */
function isPublic(key: unknown): boolean {
  if (typeof key !== 'object' || key === null) return false;
  const { kty, d, k, priv } = key as Record<string, unknown>;
  const asymmetric = kty === 'EC' || kty === 'RSA' || kty === 'OKP' || kty === 'AKP';
  return asymmetric && d === undefined && k === undefined && priv === undefined;
}
