/**
 * One key of a JWKS document (RFC 7517), imported when it is first needed.
 *
 * @module
 */
import { importJWK } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import { isObject, ownMember } from '../../values.js';
import { KEY_TYPES, MIN_MODULUS } from '../index.js';

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
    const [kty, crv] = KEY_TYPES[alg] ?? [];
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
