/**
 * Writes challenges of the scheme `DPoP` (RFC 9449 s7.1). One that takes the place of a Bearer challenge has
 * the parameters of that challenge, in the same order, and `algs`.
 *
 * @module
 */
import type { HeaderList } from '../../types.js';
import type { SenderAnswers } from '../index.js';

export interface DpopOffer {
  readonly required: boolean;
  readonly algorithms: readonly string[];
}

/**
 * Adds the offer of DPoP to a refusal: behind the Bearer challenge, since many clients read the first
 * challenge only, or in its place if DPoP is required.
 */
export function offerDpop(headers: HeaderList, offer: DpopOffer): HeaderList {
  return mapChallenge(headers, (value) =>
    offer.required ? toDpop(value, offer) : `${value}, DPoP ${algs(offer)}`,
  );
}

/** Changes challenge and nonce in the answers to a request with the scheme `DPoP`. */
export class DpopAnswers implements SenderAnswers {
  readonly #offer: DpopOffer;
  readonly #nonce: HeaderList;
  readonly #isAging: boolean;

  /**
   * @param nonce - a new nonce, if proofs need one
   * @param isAging - whether more than half of the lifetime of the client's nonce is over
   */
  constructor(offer: DpopOffer, nonce: string | undefined, isAging: boolean) {
    this.#offer = offer;
    this.#nonce = nonce === undefined ? [] : [['DPoP-Nonce', nonce]];
    this.#isAging = isAging;
  }

  headersOf({ allowed, headers }: Parameters<SenderAnswers['headersOf']>[0]): HeaderList {
    // A cache must not give an old nonce to a later request (RFC 9449 s8.2).
    if (allowed) return this.#isAging ? [...headers, ...this.#nonce, NOT_STORED] : headers;
    const dpop = mapChallenge(headers, (value) => toDpop(value, this.#offer));
    return dpop === headers ? headers : [...dpop, ...this.#nonce];
  }
}

const NOT_STORED = ['Cache-Control', 'no-store'] as const;

/** Replaces the value of the challenge; returns the same list if it has no challenge. */
function mapChallenge(headers: HeaderList, change: (value: string) => string): HeaderList {
  const index = headers.findIndex(([name]) => name === 'WWW-Authenticate');
  const [name, value] = headers[index] ?? [];
  if (name === undefined || value === undefined) return headers;
  return headers.with(index, [name, change(value)]);
}

/** Turns a Bearer challenge, with or without the offer of DPoP behind it, into one of the scheme `DPoP`. */
function toDpop(value: string, offer: DpopOffer): string {
  if (!value.startsWith('Bearer ')) return value;
  const offered = `, DPoP ${algs(offer)}`;
  const bearer = value.endsWith(offered) ? value.slice(0, -offered.length) : value;
  return `DPoP ${bearer.slice('Bearer '.length)}, ${algs(offer)}`;
}

function algs({ algorithms }: DpopOffer): string {
  return `algs="${algorithms.join(' ')}"`;
}
