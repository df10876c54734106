/**
 * Derives a key for each use from the application's secrets (HKDF, RFC 5869), with Node's synchronous
 * functions where the platform has them, else with Web Crypto. Both give the same keys.
 *
 * @module
 */
import { createMac, nodeCrypto, toBase64Url } from '../index.js';
import type { Mac, NodeCrypto } from '../index.js';

/** The keys that are derived from one secret. */
export interface DerivedKey extends Mac {
  /** Names the secret in ids without revealing anything of it. */
  readonly id: string;
  /** The key for sealed values. */
  readonly sealing: Uint8Array;
}

export interface KeyRing {
  /** The key of new ids and sealed values. */
  readonly current: DerivedKey;
  readonly byId: ReadonlyMap<string, DerivedKey>;
}

/** The text that HKDF mixes into each key, so that each use has a key of its own. */
const USES = {
  id: 'scopegate ownership: key id',
  mac: 'scopegate ownership: owned ids',
  sealing: 'scopegate ownership: sealed state',
} as const;

/** Six bytes, so that the id is eight characters long. */
const KEY_ID_BYTES = 6;
const KEY_BYTES = 32;

/**
 * Derives the keys of each secret; those of the first secret are current. Returns a promise only on platforms
 * without synchronous cryptography.
 *
 * @throws {@link TypeError} for two secrets that are the same
 */
export function deriveKeys(secrets: readonly Uint8Array[]): KeyRing | Promise<KeyRing> {
  const crypto = nodeCrypto();
  if (crypto !== undefined) return toRing(secrets.map((secret) => deriveOnNode(secret, crypto)));
  return Promise.all(secrets.map(deriveOnWeb)).then(toRing);
}

function toRing(keys: readonly DerivedKey[]): KeyRing {
  const byId = new Map(keys.map((key) => [key.id, key]));
  if (byId.size < keys.length) throw new TypeError('ownership.keys: two keys are the same');
  return { current: keys[0] as DerivedKey, byId };
}

function deriveOnNode(secret: Uint8Array, { hkdfSync }: NodeCrypto): DerivedKey {
  const derive = (use: string, length: number): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', secret, '', use, length));
  return {
    ...createMac(derive(USES.mac, KEY_BYTES)),
    id: toBase64Url(derive(USES.id, KEY_ID_BYTES)),
    sealing: derive(USES.sealing, KEY_BYTES),
  };
}

async function deriveOnWeb(secret: Uint8Array): Promise<DerivedKey> {
  const { subtle } = globalThis.crypto;
  const base = await subtle.importKey('raw', secret as BufferSource, 'HKDF', false, ['deriveBits']);
  const derive = async (use: string, length: number): Promise<Uint8Array> => {
    const info = new TextEncoder().encode(use);
    const from = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info };
    return new Uint8Array(await subtle.deriveBits(from, base, length * 8));
  };
  return {
    ...createMac(await derive(USES.mac, KEY_BYTES)),
    id: toBase64Url(await derive(USES.id, KEY_ID_BYTES)),
    sealing: await derive(USES.sealing, KEY_BYTES),
  };
}
