/**
 * Keeps active answers where all instances of a service find them.
 *
 * @module
 */
import { ownMember } from '../../values.js';
import { within } from '../../wait.js';
import { isTime, sha256 } from '../index.js';
import type { TokenCache } from '../index.js';
import type { IntrospectionSettings } from './check-options.js';
import { readAnswer } from './read-answer.js';
import type { ActiveToken } from './read-answer.js';

/** An active answer, and the time in which it may be used, in seconds since the epoch. */
export interface TimedAnswer {
  readonly answer: ActiveToken;
  readonly since: number;
  readonly until: number;
}

/** Neither function rejects: if the cache fails, `find` returns nothing, and the endpoint is asked. */
export interface SharedAnswers {
  readonly find: (token: string, now: number) => Promise<TimedAnswer | undefined>;
  readonly store: (token: string, answer: TimedAnswer) => Promise<void>;
}

/** Milliseconds that a request waits for the shared cache before the endpoint is asked instead. */
const TIMEOUT = 250;

/** Seconds that the clock of another instance may be ahead; a revoked token may work that much longer. */
const CLOCK_DIFFERENCE = 1;

/** Minimum number of milliseconds between two warnings. */
const WARN_AGAIN = 60_000;

/**
 * Makes the functions that read and write the shared cache. A value of the cache is checked like an answer of
 * the endpoint, and is never used for longer than this verifier's `ttl`.
 */
export function shareAnswers(cache: TokenCache, settings: IntrospectionSettings): SharedAnswers {
  const { warn, now } = settings;
  let warnedAt = -Infinity;
  const run = async <T>(work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await within(TIMEOUT, 'the shared cache', work);
    } catch (error) {
      const time = now() * 1000;
      if (Math.abs(time - warnedAt) >= WARN_AGAIN) {
        warnedAt = time;
        warn({ code: 'shared_cache_failed', message: `cache.shared: ${describe(error)}` });
      }
      return undefined;
    }
  };
  return {
    find: (token, time) =>
      run(async () => {
        const value: unknown = await cache.get(await keyOf(token, settings));
        return value === undefined ? undefined : readValue(value, time, settings);
      }),
    store: (token, { answer, since, until }) =>
      run(async () => {
        const value = { text: JSON.stringify(answer.claims), since, until };
        await cache.set(await keyOf(token, settings), value, { expiresAt: until });
      }),
  };
}

/**
 * Checks a value of the cache, which other code may have written. Returns `undefined` if it has expired.
 *
 * @throws {@link Error} if it is no active answer, so that the endpoint is asked
 */
function readValue(
  value: unknown,
  now: number,
  settings: IntrospectionSettings,
): TimedAnswer | undefined {
  const text = ownMember(value, 'text');
  const since = ownMember(value, 'since');
  const end = ownMember(value, 'until');
  if (typeof text !== 'string' || !isTime(since) || !isTime(end)) {
    throw new Error('found a value of another form');
  }
  const { cache, identify, readScopes, issuer, endpoint } = settings;
  const until = Math.min(end, since + cache.ttl);
  // A value that an instance stored whose clock is far ahead would be used for too long.
  if (until <= now || since > now + CLOCK_DIFFERENCE) return undefined;
  const options = { identify, readScopes, issuer: issuer ?? endpoint };
  const answer = readAnswer(text, 200, 'the shared cache', options);
  if (answer === undefined) throw new Error('found an answer that is not active');
  return { answer, since: Math.min(since, now), until };
}

/**
 * Returns the key of a token: a hash over the issuer, the endpoint, this client and the token, so that the key
 * does not reveal the token, and no other client's answers are used.
 */
async function keyOf(token: string, settings: IntrospectionSettings): Promise<string> {
  const { issuer, endpoint, client } = settings;
  const parts = [issuer ?? null, endpoint ?? null, client.client_id, token];
  return sha256(JSON.stringify(parts));
}

function describe(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
  return text.slice(0, 200);
}
