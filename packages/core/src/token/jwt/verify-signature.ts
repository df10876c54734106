/**
 * Verifies a JWT's signature with jose, with the keys of its issuer.
 *
 * @module
 */
import { compactVerify, errors } from 'jose';
import type { CryptoKey } from 'jose';
import type { Claims } from '../index.js';
import { DocumentKeys } from './key-set.js';
import type { FunctionKeys, KeySet } from './key-set.js';
import type { PublicKey } from './public-key.js';
import type { IssuerKeys } from './types.js';
import { ownMember, ownText } from '../../values.js';

/**
 * Maximum number of keys of one key set that are tried for a token, as for one without `kid`: each try costs
 * the verification of a signature.
 */
const MAX_TRIED = 4;

/**
 * Returns the key set with the key that signed the token, or the reason why none is found.
 *
 * The issuer's keys are fetched again, but not during a cooldown, if they lack the key id of the token
 * or if the signature is wrong, since an issuer may replace a key and keep its id. A token without an id
 * is tried against at most four keys that fit, beginning with those that verified last. A key that
 * cannot be used is skipped.
 *
 * Rejects if the issuer's keys cannot be fetched, if an unknown id cannot be looked up now, since the key may
 * be new, and if too many tokens wait for verification.
 *
 * @param header - the token's header, with an allowed `alg` and no extension
 */
export async function verifySignature(
  token: string,
  header: Claims,
  issuer: IssuerKeys,
): Promise<KeySet | SignatureProblem> {
  const kid = ownText(header, 'kid');
  const attempt = new Attempt(token, header, issuer);
  const { source } = issuer;
  const keys = await source.load();
  if (!(keys instanceof DocumentKeys)) {
    return (await attempt.byFunction(keys)) ? keys : attempt.problem;
  }
  const isUnknown = kid !== undefined && !keys.has(kid);
  if (!isUnknown && (await attempt.byKeys(keys))) return keys;
  const newer = await (isUnknown ? source.lookUp(keys, kid) : source.renew(keys));
  if (newer !== keys && (await attempt.byKeys(newer))) return newer;
  if (attempt.problem === 'key_unknown') warnIfNoneIsUsable(newer, issuer);
  return attempt.problem;
}

/** The reason why a signature does not hold: the issuer has no key for it, or no key verifies it. */
export type SignatureProblem = 'key_unknown' | 'signature';

class Attempt {
  readonly #token: string;
  readonly #alg: string;
  readonly #kid: string | undefined;
  readonly #issuer: IssuerKeys;
  /** The keys that did not verify the token: they are not tried again if a newer key set has them. */
  readonly #tried = new Set<PublicKey>();
  /** Why the token is refused, if no key verifies it. */
  problem: SignatureProblem = 'key_unknown';

  constructor(token: string, header: Claims, issuer: IssuerKeys) {
    this.#token = token;
    this.#alg = String(ownMember(header, 'alg'));
    this.#kid = ownText(header, 'kid');
    this.#issuer = issuer;
  }

  async byKeys(keys: DocumentKeys): Promise<boolean> {
    const usable = await this.#usable(keys);
    const [first, ...others] = usable;
    if (first === undefined) return false;
    if (others.length === 0) return this.#isSignedBy(first, keys);
    // A token with several possible keys waits for its turn, so that a flood of tokens without `kid`
    // does not delay tokens with one. The first key of each token has a turn before further keys, since
    // valid tokens mostly need only the first.
    const { turns } = this.#issuer;
    if (await turns.run('first', () => this.#isSignedBy(first, keys))) return true;
    return turns.run('further', async () => {
      for (const key of others.slice(0, MAX_TRIED - 1)) {
        if (await this.#isSignedBy(key, keys)) return true;
      }
      if (usable.length > MAX_TRIED) this.#warnOfUntried();
      return false;
    });
  }

  /** Verifies with the key that the application's function returns. */
  async byFunction({ find }: FunctionKeys): Promise<boolean> {
    try {
      await compactVerify(this.#token, find, { algorithms: [this.#alg] });
      return true;
    } catch (error) {
      if (error instanceof errors.JWKSMultipleMatchingKeys) return this.#byAny(error);
      if (!isWrongToken(error)) throw error;
      if (!(error instanceof errors.JWKSNoMatchingKey)) this.problem = 'signature';
      return false;
    }
  }

  async #byAny(keys: AsyncIterable<CryptoKey>): Promise<boolean> {
    return this.#issuer.turns.run('further', async () => {
      let left = MAX_TRIED;
      for await (const key of keys) {
        if (left-- === 0) {
          this.#warnOfUntried();
          return false;
        }
        if (await this.#holds(key)) return true;
      }
      return false;
    });
  }

  /** Returns the keys to try, and one more if there is one: it is not tried, but causes a warning. */
  async #usable(keys: DocumentKeys): Promise<readonly Usable[]> {
    const usable: Usable[] = [];
    for (const key of keys.keysFor(this.#alg, this.#kid)) {
      if (usable.length > MAX_TRIED) break;
      if (this.#tried.has(key)) continue;
      const imported = await key.import(this.#alg);
      if (imported === undefined) this.#warnOfUnusable(key);
      else usable.push({ key, imported });
    }
    return usable;
  }

  async #isSignedBy({ key, imported }: Usable, keys: DocumentKeys): Promise<boolean> {
    this.#tried.add(key);
    const holds = await this.#holds(imported);
    if (holds) keys.prove(key);
    return holds;
  }

  /** Uses handlers, since with `await` each error of jose would record the stack of all awaiting functions. */
  #holds(key: CryptoKey): Promise<boolean> {
    this.problem = 'signature';
    return compactVerify(this.#token, key, { algorithms: [this.#alg] }).then(
      () => true,
      (error: unknown) => {
        if (isWrongToken(error)) return false;
        throw error;
      },
    );
  }

  #warnOfUnusable({ kid }: PublicKey): void {
    const { issuer, warn } = this.#issuer;
    const name = typeof kid === 'string' ? `the key ${JSON.stringify(kid)}` : 'a key without an id';
    const message = `${issuer}: ${name} cannot be used for ${this.#alg} and is passed over`;
    warn({ code: 'key_unusable', message });
  }

  #warnOfUntried(): void {
    const { issuer, warn } = this.#issuer;
    const message = `${issuer}: more than ${MAX_TRIED} keys may have signed a token that names none (kid); only ${MAX_TRIED} were tried`;
    warn({ code: 'keys_not_tried', message });
  }
}

/** Without this warning, nothing but a 401 for every token would show a wrong `jwks` or list of algorithms. */
function warnIfNoneIsUsable(keys: DocumentKeys, { issuer, algorithms, warn }: IssuerKeys): void {
  if (keys.hasKeyFor(algorithms)) return;
  const message = `${issuer}: no published key is a public one, for signatures and for an accepted algorithm, so every token is refused: see jwks and algorithms`;
  warn({ code: 'no_usable_key', message });
}

interface Usable {
  readonly key: PublicKey;
  readonly imported: CryptoKey;
}

/** Whether jose's error is about the token. Its other errors are about keys and say nothing about the token. */
function isWrongToken(error: unknown): boolean {
  return (
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported
  );
}
