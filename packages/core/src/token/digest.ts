/**
 * Hashes with the platform's cryptography: at once where Node's module is there, else over Web Crypto.
 *
 * @module
 */

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

/** Returns a function that makes the HMAC-SHA-256 (RFC 2104) of a text with this key, as base64url. */
export function hmacWith(key: Uint8Array): (text: string) => string | Promise<string> {
  if (NODE !== undefined) {
    const { createHmac } = NODE;
    return (text) => createHmac('sha256', key).update(text).digest('base64url');
  }
  const imported = crypto.subtle.importKey(
    'raw',
    Uint8Array.from(key),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  );
  // A rejection is handled where the key is used.
  imported.catch(() => undefined);
  return async (text) => encode(await crypto.subtle.sign('HMAC', await imported, bytesOf(text)));
}

/** Whether two texts are equal, in a time that does not depend on where they differ. */
export function isEqualInConstantTime(one: string, other: string): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let i = 0; i < one.length; i++) difference |= one.charCodeAt(i) ^ other.charCodeAt(i);
  return difference === 0;
}

const NODE = nodeCrypto();

/** Node's module without an import, which bundlers for other platforms could not resolve. */
function nodeCrypto() {
  try {
    return globalThis.process?.getBuiltinModule?.('node:crypto');
  } catch {
    return undefined;
  }
}

async function hashOverWeb(data: string | Uint8Array): Promise<string> {
  return encode(await crypto.subtle.digest('SHA-256', bytesOf(data)));
}

function bytesOf(data: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return typeof data === 'string' ? new TextEncoder().encode(data) : Uint8Array.from(data);
}

function encode(buffer: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
