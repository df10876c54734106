/**
 * One key of a JWKS document (RFC 7517), imported when it is first needed.
 *
 * @module
 */
import { importJWK } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import { isObject, ownMember } from '../../values.js';

/** Key types and curves of the algorithms (RFC 7518 s3.1, RFC 8037 s3.1, RFC 9864 s2.2). */
const TYPES: Readonly<Record<string, readonly [kty: string, crv?: string]>> = {
  ...{ ES256: ['EC', 'P-256'], ES384: ['EC', 'P-384'], ES512: ['EC', 'P-521'] },
  ...{ EdDSA: ['OKP', 'Ed25519'], Ed25519: ['OKP', 'Ed25519'] },
  ...{ RS256: ['RSA'], RS384: ['RSA'], RS512: ['RSA'] },
  ...{ PS256: ['RSA'], PS384: ['RSA'], PS512: ['RSA'] },
};

/** Minimum number of bits of an RSA modulus (RFC 7518 s3.3, s3.5). */
const MIN_MODULUS = 2048;

export class PublicKey {
  /** The JWK as text, with which the keys of a later document are compared. */
  readonly text: string;
  readonly kid: unknown;
  readonly #jwk: JWK;
  /**
   * The imported key for each algorithm, since one JWK may fit several. The promise resolves to
   * `undefined` if the key cannot be used.
   */
  readonly #imported = new Map<string, Promise<CryptoKey | undefined>>();

  constructor(text: string) {
    this.text = text;
    this.#jwk = JSON.parse(text) as JWK;
    this.kid = ownMember(this.#jwk, 'kid');
  }

  /** Whether type, curve, `alg`, `use` and `key_ops` allow verifying signatures of this algorithm. */
  fits(alg: string): boolean {
    const [kty, crv] = TYPES[alg] ?? [];
    const jwk = this.#jwk;
    const [use, operations, forAlg] = [
      ownMember(jwk, 'use'),
      ownMember(jwk, 'key_ops'),
      ownMember(jwk, 'alg'),
    ];
    return (
      kty !== undefined &&
      ownMember(jwk, 'kty') === kty &&
      (crv === undefined || ownMember(jwk, 'crv') === crv) &&
      (forAlg === undefined || forAlg === alg) &&
      (use === undefined || use === 'sig') &&
      (operations === undefined || (Array.isArray(operations) && operations.includes('verify')))
    );
  }

  /** Returns the key for an algorithm; `undefined` if it cannot be used (off its curve, too short, malformed). */
  import(alg: string): Promise<CryptoKey | undefined> {
    let key = this.#imported.get(alg);
    if (key === undefined) {
      key = importKey(this.#jwk, alg);
      this.#imported.set(alg, key);
    }
    return key;
  }
}

async function importKey(jwk: JWK, alg: string): Promise<CryptoKey | undefined> {
  try {
    const key = await importJWK(jwk, alg);
    if (!isObject(key) || key instanceof Uint8Array || key.type !== 'public') return undefined;
    const bits = ownMember(key.algorithm, 'modulusLength');
    return typeof bits === 'number' && bits < MIN_MODULUS ? undefined : key;
  } catch {
    // Runtimes throw different errors for malformed keys.
    return undefined;
  }
}
