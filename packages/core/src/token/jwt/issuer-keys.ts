/**
 * An issuer's keys over time: fetched once for all who wait, kept, renewed, and for a while used
 * beyond their age if the issuer cannot be reached.
 *
 * @module
 */
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { within } from '../../wait.js';
import { discoverUrl, fetchJson, readClock } from '../index.js';
import type { Clock, Fetch } from '../index.js';
import { keySetOf, publicKeys } from './key-set.js';
import type { KeySet } from './key-set.js';

export interface IssuerKeys {
  /** The keys to verify with. Rejects with what went wrong if they cannot be had. */
  load(): KeySet | Promise<KeySet>;
  /** Newer keys, where `lacking` had none that fits; `lacking` itself if there are none to be had. */
  reload(lacking: KeySet): KeySet | Promise<KeySet>;
  /** Whether what was verified with these keys still stands. */
  isCurrent(keys: KeySet, now: number): boolean;
}

/** Where keys come from: a JWKS URL, a JWKS, a function as jose has it, or discovery when left out. */
export type JwksSource = string | JSONWebKeySet | JWTVerifyGetKey | undefined;

export interface IssuerKeysOptions {
  readonly issuer: string;
  readonly jwks?: JwksSource;
  readonly fetch: Fetch;
  readonly clock: Clock;
}

/** Makes the keys of one issuer. Nothing is fetched before the first token. */
export function issuerKeys(options: IssuerKeysOptions): IssuerKeys {
  const { jwks } = options;
  if (typeof jwks === 'function') return fixed({ find: jwks });
  if (typeof jwks === 'object') return fixed(keySetOf(jwks));
  return new FetchedKeys({ ...options, jwks });
}

function fixed(keys: KeySet): IssuerKeys {
  return { load: () => keys, reload: () => keys, isCurrent: () => true };
}

/** A removed key works at most this long, as long as the issuer answers. */
const MAX_AGE = 600_000;
/** And this long if it does not. */
const MAX_STALE = 3_600_000;
/** Between two fetches for a key that is not among those known: unknown ids must not become requests. */
const COOLDOWN = 30_000;
/** After a fetch that failed, until the next: a flood of tokens must not become one of requests. */
const RETRY_AFTER = 5_000;
/** How long the renewal is waited for while there are keys that may still be used. */
const RENEWAL_WAIT = 2_000;
/** How long a `jwks_uri` that works is not looked up again. */
const MAX_LOCATION_AGE = 86_400_000;

class FetchedKeys implements IssuerKeys {
  readonly #options: IssuerKeysOptions & { readonly jwks: string | undefined };
  #keys: KeySet | undefined;
  /** The document of which `#keys` was made. */
  #text = '';
  #fetchedAt = -Infinity;
  #triedAt = -Infinity;
  #failure: { readonly error: unknown; readonly at: number } | undefined;
  #flight: Promise<KeySet> | undefined;
  #location: { readonly url: string; readonly at: number } | undefined;

  constructor(options: IssuerKeysOptions & { readonly jwks: string | undefined }) {
    this.#options = options;
  }

  load(): KeySet | Promise<KeySet> {
    const now = this.#now();
    const keys = this.#keys;
    if (keys !== undefined && this.isCurrent(keys, now)) return keys;
    if (this.#failedLately(now)) return Promise.reject(this.#failure?.error);
    return keys === undefined ? this.#fetch(now) : this.#renew(keys, now);
  }

  reload(lacking: KeySet): KeySet | Promise<KeySet> {
    const now = this.#now();
    // Somebody fetched meanwhile.
    if (this.#keys !== undefined && this.#keys !== lacking) return this.#keys;
    if (!isWithin(COOLDOWN, this.#triedAt, now)) return this.#fetch(now);
    if (this.#flight !== undefined) return this.#flight;
    // The key may be a new one that the issuer could not tell of: no reason to call the token wrong.
    return this.#failure === undefined ? lacking : Promise.reject(this.#failure.error);
  }

  /** Also while the issuer does not answer, until the keys are too old. */
  isCurrent(keys: KeySet, now: number): boolean {
    if (keys !== this.#keys) return false;
    return (
      isWithin(MAX_AGE, this.#fetchedAt, now) ||
      (isWithin(MAX_STALE, this.#fetchedAt, now) && (this.#failedLately(now) || this.#isSlow(now)))
    );
  }

  async #renew(keys: KeySet, now: number): Promise<KeySet> {
    try {
      return await within(RENEWAL_WAIT, 'the JWKS', () => this.#fetch(now));
    } catch (error) {
      if (isWithin(MAX_STALE, this.#fetchedAt, now)) return keys;
      throw error;
    }
  }

  /** One fetch for all who wait. */
  #fetch(now: number): Promise<KeySet> {
    this.#flight ??= this.#fetchOnce(now).finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  async #fetchOnce(now: number): Promise<KeySet> {
    this.#triedAt = now;
    try {
      const document = await this.#fetchDocument(now);
      const text = JSON.stringify(publicKeys(document));
      // What was verified with the same keys stays verified.
      if (this.#keys === undefined || text !== this.#text) this.#keys = keySetOf(document);
      this.#text = text;
      this.#fetchedAt = now;
      this.#failure = undefined;
      return this.#keys;
    } catch (error) {
      this.#failure = { error, at: now };
      this.#location = undefined;
      throw error;
    }
  }

  async #fetchDocument(now: number): Promise<unknown> {
    const { issuer, jwks, fetch } = this.#options;
    let url = jwks;
    if (url === undefined) {
      if (this.#location === undefined || !isWithin(MAX_LOCATION_AGE, this.#location.at, now)) {
        this.#location = { url: await discoverUrl(issuer, 'jwks_uri', { fetch }), at: now };
      }
      ({ url } = this.#location);
    }
    const document = await fetchJson(url, { fetch });
    if (document === undefined) throw new Error(`${url} has no keys`);
    return document;
  }

  #failedLately(now: number): boolean {
    return this.#failure !== undefined && isWithin(RETRY_AFTER, this.#failure.at, now);
  }

  /** Whether somebody has waited for the fetch under way, and for long enough. */
  #isSlow(now: number): boolean {
    return this.#flight !== undefined && !isWithin(RENEWAL_WAIT, this.#triedAt, now);
  }

  #now(): number {
    return readClock(this.#options.clock);
  }
}

/** Whether `now` is at most `duration` after `since`. A clock that went back makes nothing last longer. */
function isWithin(duration: number, since: number, now: number): boolean {
  return now >= since && now - since < duration;
}
