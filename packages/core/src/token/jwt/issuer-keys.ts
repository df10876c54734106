/**
 * Makes the source of an issuer's keys: a JWKS of the options, a function of the application, or a URL.
 *
 * @module
 */
import { FetchedKeys } from './fetched-keys.js';
import { DocumentKeys } from './key-set.js';
import type { KeySet } from './key-set.js';
import { Turns } from './turns.js';
import type { IssuerKeys, IssuerKeysOptions, KeySource } from './types.js';
import { oncePerCode } from './warn.js';

/**
 * The limits of the queue for signatures. Node verifies four signatures at the same time, and a gate
 * waits 5 seconds for its verifier by default.
 */
const TURNS = { atOnce: 4, waiting: 1_000, maxWait: 5_000 };

/** Makes the keys of one issuer. Nothing is fetched before the first token. */
export function issuerKeys(options: IssuerKeysOptions): IssuerKeys {
  return {
    issuer: options.issuer,
    algorithms: options.algorithms,
    source: sourceOf(options),
    warn: oncePerCode(options.warn),
    turns: new Turns(TURNS),
  };
}

function sourceOf(options: IssuerKeysOptions): KeySource {
  const { jwks } = options;
  if (typeof jwks === 'function') return fixed({ find: jwks });
  if (typeof jwks === 'object') return fixed(new DocumentKeys(jwks));
  return new FetchedKeys({ ...options, jwks });
}

/** Makes a source that always returns this key set. What a function finds may change. */
function fixed(keys: KeySet): KeySource {
  return { load: () => keys, lookUp: same, renew: same, isCurrent: () => true };
}

function same(keys: DocumentKeys): DocumentKeys {
  return keys;
}
