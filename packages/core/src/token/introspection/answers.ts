/**
 * Finds the answer about a token: in a cache, or with one request for all callers.
 *
 * @module
 */
import { ExpiringMap, SingleFlight, isTime } from '../index.js';
import type { Introspect } from './introspect.js';
import type { IntrospectionSettings } from './check-options.js';
import type { ActiveToken, Answer } from './read-answer.js';
import { shareAnswers } from './shared-answers.js';
import type { TimedAnswer } from './shared-answers.js';
import { ownMember } from '../../values.js';

/**
 * Returns the answer about a token, or a promise that rejects if the endpoint gives none now. A failure
 * is not cached.
 *
 * @throws {@link Error} at once while too many requests run
 */
export type FindAnswer = (token: string) => Answer | Promise<Answer>;

/**
 * Makes the function that finds answers. It caches active and inactive answers separately, so that a flood
 * of bad tokens removes no good one. Only active answers are shared with other instances, for the same reason.
 * Each verifier has its own caches in memory, so that another endpoint or client cannot fill them. Their keys
 * are the tokens themselves, since the Web platform has no synchronous digest.
 */
export function answerFinder(settings: IntrospectionSettings, introspect: Introspect): FindAnswer {
  const { cache, now, maxConcurrentRequests } = settings;
  const active = new ExpiringMap<ActiveToken>(cache);
  const inactive = new ExpiringMap<true>(cache);
  const flights = new SingleFlight<Answer>();
  const shared = settings.shared && shareAnswers(settings.shared, settings);

  const keep = (token: string, { answer, since, until }: TimedAnswer): void =>
    active.set(token, answer, BYTES_PER_CHARACTER * answer.length, { since, until });

  const store = (token: string, answer: Answer, since: number): void => {
    if (answer === undefined) {
      inactive.set(token, true, 0, { since, until: since + cache.negativeTtl });
      return;
    }
    const exp = ownMember(answer.claims, 'exp');
    const until = Math.min(since + cache.ttl, isTime(exp) ? exp : Infinity);
    keep(token, { answer, since, until });
    // The request does not wait until other instances can find the answer.
    if (until > since) void shared?.store(token, { answer, since, until });
  };

  // `since` is the time before the endpoint is asked, so that a token that is revoked while its answer is on
  // the way is not cached for longer.
  const ask = async (token: string, since: number): Promise<Answer> => {
    const found = await shared?.find(token, since);
    if (found !== undefined) {
      keep(token, found);
      return found.answer;
    }
    const answer = await introspect(token);
    store(token, answer, since);
    return answer;
  };

  return (token) => {
    const time = now();
    const known = active.get(token, time);
    if (known !== undefined) return known;
    if (inactive.get(token, time) === true) return undefined;
    const running = flights.get(token);
    if (running !== undefined) return running;
    // A flood of invented tokens must not become a flood of requests, nor fill the memory with waiting ones.
    if (flights.size >= maxConcurrentRequests) {
      throw new Error(`${flights.size} introspection requests are under way: too many`);
    }
    return flights.run(token, () => ask(token, time));
  };
}

/** Estimated bytes of memory that a parsed answer takes for each character of its text. */
const BYTES_PER_CHARACTER = 4;
