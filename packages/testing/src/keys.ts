/**
 * Signing keys for tests.
 *
 * @module
 */
import { exportJWK, generateKeyPair } from 'jose';
import type { CryptoKey, JWK } from 'jose';

export interface TestKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** An issuer's keys: the newest one signs, all are published. The first key is made when it is needed. */
export class TestKeys {
  readonly #algorithm: string;
  #keys: Promise<TestKey>[] = [];
  #made = 0;

  constructor(algorithm: string) {
    this.#algorithm = algorithm;
  }

  current(): Promise<TestKey> {
    if (this.#keys[0] === undefined) this.rotate(false);
    return this.#keys[0] as Promise<TestKey>;
  }

  rotate(keepOld: boolean): void {
    const made = createKey(this.#algorithm, `test-key-${++this.#made}`);
    this.#keys = [made, ...(keepOld ? this.#keys : [])];
  }

  async jwks(): Promise<{ keys: Record<string, unknown>[] }> {
    await this.current();
    const keys = await Promise.all(this.#keys);
    return { keys: keys.map(({ publicJwk }) => ({ ...publicJwk })) };
  }
}

export async function createKey(algorithm: string, kid: string): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), alg: algorithm, use: 'sig', kid };
  return { kid, privateKey, publicKey, publicJwk };
}
