/**
 * Reads the secrets that an application configures.
 *
 * @module
 */
import { expect } from '../options.js';
import { registerSecret } from '../secrets.js';

/** Minimum size of a secret: that of the HMAC-SHA-256 and of the keys that are made with it. */
const MIN_KEY_BYTES = 32;

/**
 * Returns copies of the secrets as bytes, so that a later change of the list or of an array changes no key.
 *
 * @throws {@link TypeError} naming the option, unless `keys` is a list of at least one secret, each of at least
 * 32 bytes
 */
export function readKeys(keys: unknown, path: string): readonly Uint8Array[] {
  const list = (Array.isArray(keys) ? keys : []) as readonly unknown[];
  expect(list.length > 0, path, 'expected at least one secret');
  return list.map((key, index) => {
    const bytes = typeof key === 'string' ? new TextEncoder().encode(key) : key;
    const at = `${path}[${index}]`;
    expect(bytes instanceof Uint8Array, at, 'expected a string or a Uint8Array');
    expect(
      bytes.length >= MIN_KEY_BYTES,
      at,
      `has ${bytes.length} bytes; use at least ${MIN_KEY_BYTES} random ones (openssl rand -base64 32)`,
    );
    registerSecret(key as string | Uint8Array);
    return Uint8Array.from(bytes);
  });
}
