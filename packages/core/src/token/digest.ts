/**
 * Hashes with the platform's cryptography: synchronously with `node:crypto` where it is available, else with
 * Web Crypto.
 *
 * @module
 */
import { toBase64Url } from './base64url.js';

/** Returns the SHA-256 hash of a text in UTF-8, or of bytes, as base64url; a promise without `node:crypto`. */
export function sha256(data: string | Uint8Array): string | Promise<string> {
  return NODE === undefined
    ? hashOverWeb(data)
    : NODE.createHash('sha256').update(data).digest('base64url');
}

/** Whether {@link sha256} returns no promise. */
export function isHashedAtOnce(): boolean {
  return NODE !== undefined;
}

/** Returns `node:crypto` without an import, which bundlers for other platforms could not resolve. */
export function nodeCrypto(): NodeCrypto | undefined {
  try {
    return globalThis.process?.getBuiltinModule?.('node:crypto');
  } catch {
    return undefined;
  }
}

export type NodeCrypto = ReturnType<typeof process.getBuiltinModule<'node:crypto'>>;

const NODE = nodeCrypto();

async function hashOverWeb(data: string | Uint8Array): Promise<string> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : Uint8Array.from(data);
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}
