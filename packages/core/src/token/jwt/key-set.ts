/**
 * One edition of an issuer's verification keys.
 *
 * @module
 */
import type { JWTVerifyGetKey } from 'jose';
import { ownMember } from '../../values.js';
import { PublicKey } from './public-key.js';

/** Keys as they were at one time; another edition is another object. */
export type KeySet = DocumentKeys | FunctionKeys;

/** A function as jose has it. Its keys cannot be listed. */
export interface FunctionKeys {
  readonly find: JWTVerifyGetKey;
}

const MAX_KEYS = 100;

/**
 * The keys of a JWKS document (RFC 7517 s5). Keeps public asymmetric keys only: a published secret
 * verifies nothing. Keys of unknown types are ignored, as the RFC says.
 */
export class DocumentKeys {
  /** Those that verified a signature last come first. */
  readonly #keys: PublicKey[];
  readonly #kids: ReadonlySet<unknown>;
  /** How many of `#keys` have verified something: they are the first ones. */
  #proven: number;

  /**
   * @param previous - the edition before: keys that stand in both are neither imported again nor
   * forgotten to have verified
   * @throws {@link TypeError} when it is no JWKS or has more than 100 keys
   */
  constructor(document: unknown, previous?: DocumentKeys) {
    const texts = [...new Set(publicKeys(document))];
    const known = new Map(previous?.provenKeys().map((key) => [key.text, key]));
    const proven = [...known.values()].filter(({ text }) => texts.includes(text));
    const others = texts.filter((text) => !known.has(text)).map((text) => new PublicKey(text));
    this.#keys = [...proven, ...others];
    this.#proven = proven.length;
    this.#kids = new Set(this.#keys.map(({ kid }) => kid));
  }

  /** Whether a key has this id, of whatever type. */
  has(kid: unknown): boolean {
    return this.#kids.has(kid);
  }

  /** The keys that may have signed: of the id, where the token names one. */
  keysFor(alg: string, kid: unknown): readonly PublicKey[] {
    return this.#keys.filter((key) => (kid === undefined || key.kid === kid) && key.fits(alg));
  }

  provenKeys(): readonly PublicKey[] {
    return this.#keys.slice(0, this.#proven);
  }

  /** Notes that a key of this edition has verified a signature. */
  prove(key: PublicKey): void {
    const at = this.#keys.indexOf(key);
    if (at >= this.#proven) this.#proven += 1;
    if (at > 0) this.#keys.unshift(...this.#keys.splice(at, 1));
  }
}

/** The keys of a JWKS that may verify anything, each as text; an unchanged set has the same texts. */
export function publicKeys(document: unknown): readonly string[] {
  const keys: unknown = ownMember(document, 'keys');
  if (!Array.isArray(keys)) throw new TypeError('the JWKS has no list of keys');
  if (keys.length > MAX_KEYS) throw new TypeError(`the JWKS has more than ${MAX_KEYS} keys`);
  return keys.filter((key) => isPublic(key)).map((key) => JSON.stringify(key));
}

/** Private members (RFC 7518 s6) show a key whose secret is out. */
function isPublic(key: unknown): boolean {
  const kty = ownMember(key, 'kty');
  const isAsymmetric = kty === 'EC' || kty === 'RSA' || kty === 'OKP' || kty === 'AKP';
  return isAsymmetric && ['d', 'k', 'priv'].every((name) => ownMember(key, name) === undefined);
}
