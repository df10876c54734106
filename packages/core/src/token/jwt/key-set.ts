/**
 * Holds the verification keys of an issuer as they were at one time.
 *
 * @module
 */
import type { JWTVerifyGetKey } from 'jose';
import { ownMember } from '../../values.js';
import { PublicKey } from './public-key.js';

/** The keys at one time: a new document makes a new object. What a function finds may change. */
export type KeySet = DocumentKeys | FunctionKeys;

/** Keys behind a function such as those of jose. They cannot be listed. */
export interface FunctionKeys {
  readonly find: JWTVerifyGetKey;
}

const MAX_KEYS = 100;

/**
 * The keys of a JWKS document (RFC 7517 s5). Keeps public asymmetric keys only, since a secret that
 * was published must not verify anything. Ignores keys of unknown types, as the same section says.
 */
export class DocumentKeys {
  /** The keys that verified a signature most recently come first. */
  readonly #keys: PublicKey[];
  readonly #kids: ReadonlySet<unknown>;
  /** How many keys have verified a signature: the first ones of `#keys`. */
  #proven: number;
  /** The keys that fit an algorithm, in the order of `#keys`, kept until a key moves. */
  readonly #fitting = new Map<string, readonly PublicKey[]>();

  /**
   * @param previous - the earlier keys: those that have verified a signature and are also in the
   * document stay imported and keep their place
   * @throws {@link TypeError} when the document is not a JWKS or has more than 100 keys
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

  /** Whether one of the kept keys has this id, even if it fits no accepted algorithm. */
  has(kid: unknown): boolean {
    return this.#kids.has(kid);
  }

  /** Returns the keys for `alg` that may have signed a token: those with its `kid`, or all if it has none. */
  keysFor(alg: string, kid: unknown): readonly PublicKey[] {
    let fitting = this.#fitting.get(alg);
    if (fitting === undefined) {
      fitting = this.#keys.filter((key) => key.fits(alg));
      this.#fitting.set(alg, fitting);
    }
    return kid === undefined ? fitting : fitting.filter((key) => key.kid === kid);
  }

  /** Whether a key is for one of the algorithms. */
  hasKeyFor(algorithms: readonly string[]): boolean {
    return algorithms.some((alg) => this.keysFor(alg, undefined).length > 0);
  }

  provenKeys(): readonly PublicKey[] {
    return this.#keys.slice(0, this.#proven);
  }

  /** Moves a key that has verified a signature to the front. */
  prove(key: PublicKey): void {
    const at = this.#keys.indexOf(key);
    if (at >= this.#proven) this.#proven += 1;
    if (at <= 0) return;
    this.#keys.unshift(...this.#keys.splice(at, 1));
    this.#fitting.clear();
  }
}

/**
 * Returns the public asymmetric keys of a JWKS, each as text, so that two documents can be compared.
 *
 * @throws {@link TypeError} when the document is not a JWKS or has more than 100 keys
 */
export function publicKeys(document: unknown): readonly string[] {
  const keys: unknown = ownMember(document, 'keys');
  if (!Array.isArray(keys)) throw new TypeError('the JWKS has no list of keys');
  if (keys.length > MAX_KEYS) throw new TypeError(`the JWKS has more than ${MAX_KEYS} keys`);
  return keys.filter((key) => isPublic(key)).map((key) => JSON.stringify(key));
}

/**
 * Whether a key is asymmetric and has no private members (RFC 7518 s6). A key with private members must
 * not be used, because its secret was published with it.
 */
function isPublic(key: unknown): boolean {
  const kty = ownMember(key, 'kty');
  const isAsymmetric = kty === 'EC' || kty === 'RSA' || kty === 'OKP' || kty === 'AKP';
  return isAsymmetric && ['d', 'k', 'priv'].every((name) => ownMember(key, name) === undefined);
}
