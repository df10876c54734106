/**
 * Computes the thumbprints of the keys of proofs, and keeps a bounded number of imported keys.
 *
 * @module
 */
import { calculateJwkThumbprint, compactVerify, errors, importJWK } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import { MIN_MODULUS, sha256 } from '../index.js';
import type { Claims } from '../index.js';
import { isObject, ownMember } from '../../values.js';
import type { Proof } from './proof.js';

/** An imported key and its thumbprint. */
interface KnownKey {
  readonly jkt: string;
  readonly key: CryptoKey;
}

/** Maximum number of keys that stay imported. */
const MAX_KEYS = 1000;

/**
 * Keeps imported keys by the headers of their proofs. A header holds algorithm and key, and most clients send
 * the same one in all proofs. Only a key that signed the proof for a valid token is kept, so that clients
 * without a token cannot fill the memory.
 */
export class ProofKeys {
  #young = new Map<string, KnownKey>();
  #old = new Map<string, KnownKey>();

  /** Returns the thumbprint of the proof's key (RFC 7638). Rejects if the key has none. */
  thumbprintOf({ header, jwk }: Proof): string | Promise<string> {
    return this.#find(header)?.jkt ?? calculateJwkThumbprint(jwk);
  }

  /** Whether the proof is signed by its key. `jkt` is the key's thumbprint. */
  async isSigned({ text, header, alg, jwk }: Proof, jkt: string): Promise<boolean> {
    const known = this.#find(header);
    const key = known?.key ?? (await importKey(jwk, alg));
    if (key === undefined) return false;
    try {
      await compactVerify(text, key, { algorithms: [alg] });
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof TypeError) return false;
      throw error;
    }
    if (known === undefined) this.#keep(header, { jkt, key });
    return true;
  }

  #find(header: string): KnownKey | undefined {
    return this.#young.get(header) ?? this.#old.get(header);
  }

  /** Keeps a key. When there are too many, the older half of them is dropped. */
  #keep(header: string, known: KnownKey): void {
    if (this.#young.size >= MAX_KEYS / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(header, known);
  }
}

/** Imports a key from its public members; `undefined` if it does not fit the algorithm, or is too weak. */
async function importKey(jwk: Claims, alg: string): Promise<CryptoKey | undefined> {
  const members = ['kty', 'crv', 'x', 'y', 'n', 'e'].map((name) => [name, ownMember(jwk, name)]);
  const plain = Object.fromEntries(members.filter(([, value]) => value !== undefined)) as JWK;
  try {
    const key = await importJWK(plain, alg);
    if (!isObject(key) || key instanceof Uint8Array || key.type !== 'public') return undefined;
    const bits = ownMember(key.algorithm, 'modulusLength');
    return typeof bits === 'number' && bits < MIN_MODULUS ? undefined : key;
  } catch {
    // Runtimes throw different errors for malformed keys.
    return undefined;
  }
}

/**
 * Identifies a proof by its key and its `jti`. The parts are written with their lengths, so that no two
 * pairs have the same text.
 */
export function idOf(jkt: string, jti: string): string | Promise<string> {
  return sha256(`${jkt.length}:${jkt}${jti.length}:${jti}`);
}
