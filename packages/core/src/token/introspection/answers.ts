/**
 * Answers about tokens: remembered ones at once, others by asking, once for all who wait.
 *
 * @module
 */
import { SingleFlight, isTime } from '../index.js';
import { ExpiringMap } from './expiring-map.js';
import type { Introspect } from './introspect.js';
import type { IntrospectionSettings } from './check-options.js';
import type { ActiveToken, Answer } from './read-answer.js';
import { ownMember } from '../../values.js';

/**
 * Returns an answer, or a promise that rejects if there is none now; a failure is not remembered.
 *
 * @throws {@link Error} at once while too many questions are under way
 */
export type FindAnswer = (token: string) => Answer | Promise<Answer>;

/**
 * Keeps active and inactive answers apart, so that a flood of bad tokens pushes out no good one. The
 * memory is this verifier's own, so that no other endpoint or client can fill it, and its keys are
 * the tokens themselves: a digest without waiting needs more than the Web's own functions.
 */
export function answerFinder(settings: IntrospectionSettings, introspect: Introspect): FindAnswer {
  const { cache, now, maxConcurrentRequests } = settings;
  const active = new ExpiringMap<ActiveToken>(cache);
  const inactive = new ExpiringMap<true>(cache);
  const flights = new SingleFlight<Answer>();

  const remember = (token: string, answer: Answer, since: number): void => {
    if (answer === undefined) {
      inactive.set(token, true, 0, { since, until: since + cache.negativeTtl });
      return;
    }
    const exp = ownMember(answer.claims, 'exp');
    const until = Math.min(since + cache.ttl, isTime(exp) ? exp : Infinity);
    active.set(token, answer, BYTES_PER_CHARACTER * answer.length, { since, until });
  };

  // `since` is the time of the question: what was revoked while the answer travelled is not kept longer.
  const ask = async (token: string, since: number): Promise<Answer> => {
    const answer = await introspect(token);
    remember(token, answer, since);
    return answer;
  };

  return (token) => {
    const time = now();
    const known = active.get(token, time);
    if (known !== undefined) return known;
    if (inactive.get(token, time) === true) return undefined;
    const running = flights.get(token);
    if (running !== undefined) return running;
    // A flood of made-up tokens must reach neither the issuer one to one, nor the memory here.
    if (flights.size >= maxConcurrentRequests) {
      throw new Error(`${flights.size} introspection requests are under way: too many`);
    }
    return flights.run(token, () => ask(token, time));
  };
}

/** Roughly the memory that a parsed answer takes for each character of its text. */
const BYTES_PER_CHARACTER = 4;
