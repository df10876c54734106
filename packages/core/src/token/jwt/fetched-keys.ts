/**
 * Fetches an issuer's keys once for all callers, caches and renews them, and uses old keys for a limited
 * time if the issuer cannot be reached.
 *
 * @module
 */
import { within } from '../../wait.js';
import { fetchJson } from '../../fetch-json.js';
import { SingleFlight, discoverUrl, readClock } from '../index.js';
import { DocumentKeys, publicKeys } from './key-set.js';
import type { KeySet } from './key-set.js';
import type { IssuerKeysOptions, KeySource } from './types.js';

/**
 * Age at which keys are fetched again, in milliseconds as all times here. A key that the issuer removed works
 * at most this long if the issuer answers.
 */
const MAX_AGE = 600_000;
/**
 * Age at which keys are no longer used. A key that the issuer removed works at most this long if the issuer
 * does not answer.
 */
const MAX_STALE = 3_600_000;
/**
 * Minimum time between two fetches because of an unknown key id or a wrong signature, so that a flood of such
 * tokens does not become a flood of requests.
 */
const COOLDOWN = 30_000;
/**
 * Time from the start of such a fetch, during which a key id that the fetch did not find counts as unknown to
 * the issuer. An issuer publishes keys before it uses them.
 */
const JUST_FETCHED = 5_000;
/**
 * Minimum time between the start of a failed fetch and the next fetch because of the keys' age, so that a flood
 * of tokens does not become a flood of requests. A fetch because of one token is limited by `COOLDOWN` alone.
 */
const RETRY_AFTER = 5_000;
/** How long a token waits for a fetch if earlier keys will do. Only one with an unknown key id waits longer. */
const RENEWAL_WAIT = 2_000;
/** How long a `jwks_uri` is used before the issuer's metadata is read again, unless a fetch fails. */
const MAX_LOCATION_AGE = 86_400_000;

/** The only key of `#flights`: one fetch serves all tokens. */
const JWKS = 'jwks';

interface FetchedKeysOptions extends IssuerKeysOptions {
  readonly jwks: string | undefined;
}

export class FetchedKeys implements KeySource {
  readonly #options: FetchedKeysOptions;
  readonly #unknown = new UnknownIds();
  #keys: DocumentKeys | undefined;
  /** The document from which `#keys` was made. */
  #text = '';
  #fetchedAt = -Infinity;
  #triedAt = -Infinity;
  /** The time of the last fetch because of an unknown key id or a wrong signature. */
  #lookedUpAt = -Infinity;
  #failure: { readonly error: unknown; readonly at: number } | undefined;
  readonly #flights = new SingleFlight<DocumentKeys>();
  #location: { readonly url: string; readonly at: number } | undefined;

  constructor(options: FetchedKeysOptions) {
    this.#options = options;
  }

  load(): DocumentKeys | Promise<DocumentKeys> {
    const now = this.#now();
    const keys = this.#keys;
    if (keys !== undefined && this.isCurrent(keys, now)) return keys;
    if (this.#failedLately(now)) return Promise.reject(this.#failure?.error);
    const fetched = this.#fetch(now);
    if (keys === undefined || !isWithin(MAX_STALE, this.#fetchedAt, now)) return fetched;
    return briefly(fetched).catch(() => keys);
  }

  async lookUp(outdated: DocumentKeys, kid: string): Promise<DocumentKeys> {
    const now = this.#now();
    // The keys were fetched again for another token in the meantime.
    if (this.#keys !== undefined && this.#keys !== outdated) return this.#keys;
    if (isWithin(COOLDOWN, this.#unknown.lookedUpAt(kid), now)) return outdated;
    const fetched = this.#fetchForToken(now) ?? this.#flights.get(JWKS);
    const keys = fetched === undefined ? this.#justFetched(now) : await fetched;
    if (!keys.has(kid)) this.#unknown.add(kid, this.#fetchedAt);
    return keys;
  }

  renew(failed: DocumentKeys): DocumentKeys | Promise<DocumentKeys> {
    const now = this.#now();
    if (this.#keys !== undefined && this.#keys !== failed) return this.#keys;
    const fetched = this.#fetchForToken(now) ?? this.#flights.get(JWKS);
    return fetched === undefined ? failed : briefly(fetched).catch(() => failed);
  }

  /**
   * Whether keys may still be used. Keys that are due for a new fetch may be used only while the issuer
   * does not answer, and only for a limited time.
   */
  isCurrent(keys: KeySet, now: number): boolean {
    if (keys !== this.#keys) return false;
    return (
      isWithin(MAX_AGE, this.#fetchedAt, now) ||
      (isWithin(MAX_STALE, this.#fetchedAt, now) && (this.#failedLately(now) || this.#isSlow(now)))
    );
  }

  /** Fetches the keys because of an unknown key id or a wrong signature; `undefined` within the cooldown. */
  #fetchForToken(now: number): Promise<DocumentKeys> | undefined {
    if (isWithin(COOLDOWN, this.#lookedUpAt, now)) return undefined;
    this.#lookedUpAt = now;
    return this.#fetch(now);
  }

  /**
   * Returns the keys if they were fetched just now because of another token.
   *
   * @throws {@link Error} in every other case, since a key id that the known keys lack may be a new one
   */
  #justFetched(now: number): DocumentKeys {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#keys !== undefined && isWithin(JUST_FETCHED, this.#lookedUpAt, now)) {
      return this.#keys;
    }
    const { issuer } = this.#options;
    throw new Error(`${issuer}: an unknown key id is not looked up more than every 30 seconds`);
  }

  /** Starts a fetch, or joins the fetch that is under way. */
  #fetch(now: number): Promise<DocumentKeys> {
    return this.#flights.run(JWKS, () => this.#fetchOnce(now));
  }

  async #fetchOnce(now: number): Promise<DocumentKeys> {
    this.#triedAt = now;
    try {
      const document = await this.#fetchDocument(now);
      const text = JSON.stringify(publicKeys(document));
      // Keep the object if the keys are the same: tokens that were verified with it stay cached.
      if (this.#keys === undefined || text !== this.#text) {
        this.#keys = new DocumentKeys(document, this.#keys);
      }
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
    const { issuer, jwks, fetch, addresses, internalOrigin } = this.#options;
    if (jwks !== undefined) return fetchJson(jwks, { fetch });
    if (this.#location === undefined || !isWithin(MAX_LOCATION_AGE, this.#location.at, now)) {
      const options = { fetch, addresses, internalOrigin };
      this.#location = { url: await discoverUrl(issuer, 'jwks_uri', options), at: now };
    }
    return fetchJson(this.#location.url, { fetch });
  }

  #failedLately(now: number): boolean {
    return this.#failure !== undefined && isWithin(RETRY_AFTER, this.#failure.at, now);
  }

  /** Whether a fetch runs that has already taken longer than tokens wait for it. */
  #isSlow(now: number): boolean {
    return this.#flights.size > 0 && !isWithin(RENEWAL_WAIT, this.#triedAt, now);
  }

  #now(): number {
    return readClock(this.#options.clock);
  }
}

async function briefly(fetched: Promise<DocumentKeys>): Promise<DocumentKeys> {
  return within(RENEWAL_WAIT, 'the JWKS', () => fetched);
}

/** Whether `now` is less than `duration` after `since`; `false` if the clock was set back. */
function isWithin(duration: number, since: number, now: number): boolean {
  return now >= since && now - since < duration;
}

/**
 * Maximum number of key ids that are stored as unknown, because clients choose how many they send. The
 * oldest one is removed first.
 */
const MAX_UNKNOWN_IDS = 100;
/** Longer key ids are not stored, because clients choose their length. */
const MAX_ID_LENGTH = 200;

/** Key ids that were looked up at the issuer and not found. */
class UnknownIds {
  readonly #ids = new Map<string, number>();

  /** Returns when this key id was last looked up and not found, in milliseconds; `-Infinity` for never. */
  lookedUpAt(kid: string): number {
    return this.#ids.get(kid) ?? -Infinity;
  }

  add(kid: string, now: number): void {
    if (kid.length > MAX_ID_LENGTH) return;
    this.#ids.delete(kid);
    this.#ids.set(kid, now);
    const [oldest] = this.#ids.keys();
    if (this.#ids.size > MAX_UNKNOWN_IDS && oldest !== undefined) this.#ids.delete(oldest);
  }
}
