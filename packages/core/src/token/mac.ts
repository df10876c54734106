/**
 * Computes and checks MACs (HMAC-SHA-256, RFC 2104) with the platform's cryptography, which also compares
 * them in constant time.
 *
 * @module
 */
import { fromBase64Url, toBase64Url } from './base64url.js';
import { nodeCrypto } from './digest.js';
import type { NodeCrypto } from './digest.js';

/** Neither function returns a promise on platforms with `node:crypto`. */
export interface Mac {
  /** Returns the MAC of a text as base64url, 43 characters. */
  sign(text: string): string | Promise<string>;
  /**
   * Whether this is the MAC of the text, compared in constant time. `mac` must be the base64url of 32 bytes.
   * Decoders ignore the last two bits of its last character, so the caller must check that these are zero.
   */
  verify(text: string, mac: string): boolean | Promise<boolean>;
}

export function createMac(key: Uint8Array): Mac {
  const node = nodeCrypto();
  return node === undefined ? createOnWeb(key) : createOnNode(key, node);
}

function createOnNode(
  secret: Uint8Array,
  { createHmac, createSecretKey, timingSafeEqual }: NodeCrypto,
): Mac {
  const key = createSecretKey(secret);
  const compute = (text: string): Buffer => createHmac('sha256', key).update(text).digest();
  return {
    sign: (text) => compute(text).toString('base64url'),
    verify: (text, mac) => timingSafeEqual(compute(text), Buffer.from(mac, 'base64url')),
  };
}

const HMAC = { name: 'HMAC', hash: 'SHA-256' } as const;

function createOnWeb(secret: Uint8Array): Mac {
  const { subtle } = globalThis.crypto;
  const bytes = Uint8Array.from(secret);
  const imported = subtle.importKey('raw', bytes, HMAC, false, ['sign', 'verify']);
  // A rejection is handled where the key is used.
  imported.catch(() => undefined);
  const encoder = new TextEncoder();
  return {
    sign: async (text) =>
      toBase64Url(new Uint8Array(await subtle.sign('HMAC', await imported, encoder.encode(text)))),
    verify: async (text, mac) =>
      subtle.verify('HMAC', await imported, fromBase64Url(mac), encoder.encode(text)),
  };
}
