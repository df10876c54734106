/**
 * Encrypts and authenticates values, so that nobody who can only read or write the store learns or changes
 * what they say.
 *
 * @module
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
} from 'node:crypto';
import { registerSecret } from '@scopegate/core/adapter';

/** A secret of at least 32 bytes, or a list of them: the first one encrypts, all of them decrypt. */
export type Secret = string | readonly string[];

export interface Seal {
  /** Encrypts a text for one place, such as a key of the store. */
  readonly close: (text: string, place: string) => string;
  /**
   * Decrypts what {@link Seal.close} returned for the same place.
   *
   * @throws {@link Error} for anything else
   */
  readonly open: (sealed: string, place: string) => string;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Maximum number of characters that are decrypted: more than any introspection answer that core accepts. */
const MAX_LENGTH = 1024 * 1024;

/**
 * Makes a seal over AES-256-GCM. Each use and each place has a key of its own, so that a value which was
 * copied to another place does not open. All revocations have one place, and their messages another: random
 * nonces allow 2^32 values for each key (NIST SP 800-38D s8.3).
 *
 * @param use - separates the uses of one secret
 * @throws {@link TypeError} if a secret is shorter than 32 bytes
 */
export function createSeal(secret: unknown, use: string, path: string): Seal {
  const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret];
  const areSecrets = secrets.length > 0 && secrets.every(isSecret);
  if (!areSecrets) {
    throw new TypeError(
      `${path}: expected a secret of at least 32 bytes, or a list of such secrets`,
    );
  }
  for (const one of secrets) registerSecret(one as string);
  const roots = secrets.map((one) =>
    Buffer.from(hkdfSync('sha256', one as string | Uint8Array, '', `scopegate redis ${use}`, 32)),
  );
  const [first] = roots as [Buffer];
  return {
    close: (text, place) => {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', keyFor(first, place), iv);
      const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), encrypted]).toString('base64url');
    },
    open: (sealed, place) => {
      if (sealed.length > MAX_LENGTH) throw new Error('a value in Redis is too long');
      const bytes = Buffer.from(sealed, 'base64url');
      for (const root of roots) {
        const text = decrypt(bytes, keyFor(root, place));
        if (text !== undefined) return text;
      }
      throw new Error('a value in Redis was not written with this secret');
    },
  };
}

function decrypt(bytes: Buffer, key: Buffer): string | undefined {
  const iv = bytes.subarray(0, IV_BYTES);
  const tag = bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
  // A shorter tag would be accepted otherwise, and is easier to guess.
  if (tag.length !== TAG_BYTES) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(tag);
  try {
    const parts = [decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()];
    return Buffer.concat(parts).toString('utf8');
  } catch {
    return undefined;
  }
}

function keyFor(root: Buffer, place: string): Buffer {
  return createHmac('sha256', root).update(place).digest();
}

function isSecret(value: unknown): boolean {
  const isText = typeof value === 'string' || value instanceof Uint8Array;
  return isText && Buffer.byteLength(value) >= 32;
}

/** Returns the hash of a text (SHA-256), which the names of keys contain instead of the text. */
export function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
