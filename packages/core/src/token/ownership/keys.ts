/**
 * Derives the keys of every use from the application's secrets (HKDF, RFC 5869), and computes MACs
 * (HMAC-SHA-256, RFC 2104). Node's synchronous functions are used where the platform has them, and Web
 * Crypto elsewhere; both give the same keys and MACs.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto';

/** The keys that are derived from one secret. */
export interface DerivedKey {
  /** Names the secret in ids, and reveals nothing of it. */
  readonly id: string;
  /** The key for sealed values. */
  readonly sealing: Uint8Array;
  sign(text: string): string | Promise<string>;
  /** Compares in constant time. `mac` is the base64url of 32 bytes. */
  verify(text: string, mac: string): boolean | Promise<boolean>;
}

export interface KeyRing {
  /** The key of new ids. */
  readonly current: DerivedKey;
  readonly byId: ReadonlyMap<string, DerivedKey>;
}

type NodeCrypto = typeof import('node:crypto');

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
 * Derives the keys of each secret; the first one is current. Returns a promise only on platforms without
 * synchronous cryptography.
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

/** Returns Node's module, also on other platforms that have it; `undefined` if it is not there. */
function nodeCrypto(): NodeCrypto | undefined {
  try {
    return globalThis.process?.getBuiltinModule?.('node:crypto');
  } catch {
    return undefined;
  }
}

function deriveOnNode(secret: Uint8Array, crypto: NodeCrypto): DerivedKey {
  const derive = (use: string, length: number): Buffer =>
    Buffer.from(crypto.hkdfSync('sha256', secret, '', use, length));
  const key: KeyObject = crypto.createSecretKey(derive(USES.mac, KEY_BYTES));
  const mac = (text: string): Buffer => crypto.createHmac('sha256', key).update(text).digest();
  return {
    id: derive(USES.id, KEY_ID_BYTES).toString('base64url'),
    sealing: new Uint8Array(derive(USES.sealing, KEY_BYTES)),
    sign: (text) => mac(text).toString('base64url'),
    verify: (text, given) => crypto.timingSafeEqual(mac(text), Buffer.from(given, 'base64url')),
  };
}

const HMAC = { name: 'HMAC', hash: 'SHA-256', length: 256 } as const;

async function deriveOnWeb(secret: Uint8Array): Promise<DerivedKey> {
  const { subtle } = globalThis.crypto;
  const base = await subtle.importKey('raw', secret as BufferSource, 'HKDF', false, ['deriveBits']);
  const derive = async (use: string, length: number): Promise<Uint8Array<ArrayBuffer>> => {
    const info = encoder.encode(use);
    const from = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info };
    return new Uint8Array(await subtle.deriveBits(from, base, length * 8));
  };
  const raw = await derive(USES.mac, KEY_BYTES);
  const key = await subtle.importKey('raw', raw, HMAC, false, ['sign', 'verify']);
  return {
    id: toBase64Url(await derive(USES.id, KEY_ID_BYTES)),
    sealing: await derive(USES.sealing, KEY_BYTES),
    sign: async (text) =>
      toBase64Url(new Uint8Array(await subtle.sign('HMAC', key, encoder.encode(text)))),
    // `verify` compares in constant time.
    verify: (text, mac) =>
      subtle.verify('HMAC', key, fromBase64Url(mac) as BufferSource, encoder.encode(text)),
  };
}

const encoder = new TextEncoder();

export function toBase64Url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Decodes text that consists of the characters of base64url. */
export function fromBase64Url(text: string): Uint8Array {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}
