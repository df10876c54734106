/**
 * Stores tokens for other APIs, which this service calls, where all its instances find them.
 *
 * @module
 */
import { ownMember } from '../values.js';
import { within } from '../wait.js';
import { isTime } from './clock.js';
import type { TokenCache } from './stores.js';

/** A token, and the time in which it may be used, in seconds since the epoch. */
export interface TimedToken {
  readonly token: string;
  readonly since: number;
  readonly until: number;
}

/** What a look-up must not return. */
export interface SharedTokenBounds {
  /** The time of the last revocation in this instance. A token that may be older is not returned. */
  readonly revokedAt: number;
  /** The token of the caller, and the one that the API refused. */
  readonly except: readonly (string | undefined)[];
}

/** Tokens that instances share: the result of `redisUpstreamTokens()` of `@scopegate/redis`. */
export interface SharedTokens {
  /**
   * Returns the token that an instance stored under the key; `undefined` if there is none within the bounds, if
   * the store fails or is slow, or if what it has is no token for this key. It never rejects. The caller must
   * check `until`.
   *
   * @param report - gets the error if the store failed or has a wrong value
   */
  find(
    key: string,
    bounds: SharedTokenBounds,
    report: (error: unknown) => void,
  ): Promise<TimedToken | undefined>;
  /** Stores a token. It never rejects. */
  store(key: string, token: TimedToken, report: (error: unknown) => void): Promise<void>;
}

/** Seconds by which the clock of another instance may be ahead. */
const CLOCK_DIFFERENCE = 60;

/** Milliseconds that a call waits for the store before it continues without it. */
const TIMEOUT = 250;

/**
 * Makes the functions that read and write a store. The store must encrypt each value and authenticate it for
 * its key: otherwise, whoever can write to the store chooses the token with which a caller's requests are sent.
 */
export function shareTokens(cache: TokenCache): SharedTokens {
  return Object.freeze<SharedTokens>({
    find: (key, { revokedAt, except }, report) =>
      run(report, async () => {
        const value: unknown = await cache.get(key);
        const found = value === undefined ? undefined : readValue(value, key);
        const isWanted =
          found !== undefined &&
          found.since > revokedAt + CLOCK_DIFFERENCE &&
          !except.includes(found.token);
        return isWanted ? found : undefined;
      }),
    store: (key, token, report) =>
      run(report, () => cache.set(key, { key, ...token }, { expiresAt: token.until })),
  });
}

/** @throws {@link Error} if the value is no token that was stored under this key */
function readValue(value: unknown, key: string): TimedToken {
  const [token, since, until] = ['token', 'since', 'until'].map((name) => ownMember(value, name));
  const isOwn = ownMember(value, 'key') === key && isTokenText(token);
  if (!isOwn || !isTime(since) || !isTime(until)) {
    throw new Error('the store of shared tokens has a value of another form');
  }
  return { token, since, until };
}

const MAX_TOKEN_LENGTH = 16 * 1024;

/** Whether a value can be sent as a token: visible ASCII, and not too long for a header. */
export function isTokenText(token: unknown): token is string {
  const isText = typeof token === 'string' && token.length <= MAX_TOKEN_LENGTH;
  return isText && /^[\x21-\x7e]+$/.test(token);
}

async function run<T>(
  report: (error: unknown) => void,
  work: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await within(TIMEOUT, 'the store of shared tokens', work);
  } catch (error) {
    report(error);
    return undefined;
  }
}
