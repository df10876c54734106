/**
 * The keys of one issuer: given, found by a function, or fetched.
 *
 * @module
 */
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import type { Clock, Fetch } from '../index.js';
import { FetchedKeys } from './fetched-keys.js';
import { DocumentKeys } from './key-set.js';
import type { KeySet } from './key-set.js';
import { Turns } from './turns.js';
import { oncePerCode } from './warn.js';
import type { Warn } from './warn.js';

/** Keys over time. */
export interface KeySource {
  /** The keys to verify with. Rejects with what went wrong if they cannot be had. */
  load(): KeySet | Promise<KeySet>;
  /**
   * The newest keys, where `lacking` has none of the id; `lacking` itself if a look at the issuer says
   * that there is none. Rejects if nobody can look now.
   */
  lookUp(lacking: DocumentKeys, kid: string): DocumentKeys | Promise<DocumentKeys>;
  /** Newer keys, where none of `failed` verified a signature; `failed` itself if there are none to be had. */
  renew(failed: DocumentKeys): DocumentKeys | Promise<DocumentKeys>;
  /** Whether what was verified with these keys still stands. */
  isCurrent(keys: KeySet, now: number): boolean;
}

export interface IssuerKeys extends KeySource {
  readonly issuer: string;
  /** Tells the application, once for each code. */
  readonly warn: Warn;
  /** For tokens that may cost several signatures. */
  readonly turns: Turns;
}

/** Where keys come from: a JWKS URL, a JWKS, a function as jose has it, or discovery when left out. */
export type JwksSource = string | JSONWebKeySet | JWTVerifyGetKey | undefined;

export interface IssuerKeysOptions {
  readonly issuer: string;
  readonly jwks?: JwksSource;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly warn: Warn;
}

/** As many signatures as Node verifies at once; a gate waits 5 seconds for its verifier. */
const TURNS = { atOnce: 4, waiting: 1_000, maxWait: 5_000 };

/** Makes the keys of one issuer. Nothing is fetched before the first token. */
export function issuerKeys(options: IssuerKeysOptions): IssuerKeys {
  const { issuer } = options;
  const source = sourceOf(options);
  return {
    ...{ issuer, warn: oncePerCode(options.warn), turns: new Turns(TURNS) },
    load: () => source.load(),
    lookUp: (keys, kid) => source.lookUp(keys, kid),
    renew: (keys) => source.renew(keys),
    isCurrent: (keys, now) => source.isCurrent(keys, now),
  };
}

function sourceOf(options: IssuerKeysOptions): KeySource {
  const { jwks } = options;
  if (typeof jwks === 'function') return fixed({ find: jwks });
  if (typeof jwks === 'object') return fixed(new DocumentKeys(jwks));
  return new FetchedKeys({ ...options, jwks });
}

/** There are no newer ones. */
function fixed(keys: KeySet): KeySource {
  return { load: () => keys, lookUp: same, renew: same, isCurrent: () => true };
}

function same(keys: DocumentKeys): DocumentKeys {
  return keys;
}
