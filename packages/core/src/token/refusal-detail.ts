/**
 * Finds out why a token is refused, and says so in decision events, never to the caller.
 *
 * @module
 */
import { ownMember } from '../values.js';
import { showText } from '../secrets.js';
import { isForAudience } from './audience.js';
import { hasBegun, isTime, isUnexpired } from './clock.js';
import type { TokenReading } from './read-token.js';
import { isOptionalText } from './registered-claims.js';
import type { RefusalDetail, TokenProblem } from './token-problem.js';

/** Maximum number of values in a list. */
const MAX_VALUES = 5;

/**
 * Returns a frozen copy of a detail for an event: a name of lower-case letters and `_` (`other` in the place of
 * any other value), and lists of at most 5 short texts in printable ASCII without parts of the token.
 */
export function toEventDetail(given: unknown, token: string): RefusalDetail {
  const name = ownMember(given, 'detail');
  const detail = typeof name === 'string' && /^[a-z_]{1,32}$/.test(name) ? name : 'other';
  const list = (value: unknown): readonly string[] | undefined =>
    Array.isArray(value)
      ? Object.freeze(value.slice(0, MAX_VALUES).map((one) => showText(String(one), [token])))
      : undefined;
  return Object.freeze({
    detail: detail as TokenProblem,
    expected: list(ownMember(given, 'expected')),
    found: list(ownMember(given, 'found')),
  });
}

/** Returns the strings in a claim that is a string or a list. Other values are named by type, or as `none`. */
export function textsIn(claim: unknown): readonly string[] {
  if (claim === undefined) return ['none'];
  const values: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return values.map((value) => (typeof value === 'string' ? value : `a ${typeof value}`));
}

/** Returns a time of a token, in seconds, as text in ISO 8601; any other value as {@link textsIn} does. */
export function timeIn(claim: unknown): readonly string[] {
  return isTime(claim) && Math.abs(claim) < 8.64e12
    ? [new Date(claim * 1000).toISOString()]
    : textsIn(claim);
}

/**
 * Returns the check that a verified token fails; `undefined` if it may be used: it is not expired, not too early,
 * for one of these audiences if it names any, and its identifiers and actors are well-formed. This is checked on
 * every use, so that a cached token does not outlive its expiry. Times are seconds.
 */
export function findProblem(
  token: TokenReading,
  audiences: readonly string[],
  now: number,
  clockTolerance: number,
): RefusalDetail | undefined {
  const { notBefore } = token;
  // The verifier decides whether a token must have an expiry.
  const over = token.expiries.find((expiry) => !isUnexpired(expiry, now, clockTolerance));
  if (over !== undefined) return { detail: 'expired', found: timeIn(over) };
  if (!hasBegun(notBefore, now, clockTolerance)) {
    return { detail: 'not_yet_valid', found: timeIn(notBefore) };
  }
  const wrong = token.audiences.find((audience) => !isForAudience(audience, audiences));
  if (wrong !== undefined && now >= token.observedUntil) {
    return { detail: 'audience', expected: audiences, found: textsIn(wrong) };
  }
  const isSound = token.facts.actors !== undefined && token.texts.every(isOptionalText);
  return isSound ? undefined : { detail: 'claims' };
}

/** The words of verifiers' errors by what they mean; the first that matches counts. */
const WORDS: readonly (readonly [TokenProblem, RegExp])[] = [
  ['audience', /\baud(?:ience)?\b/i],
  ['issuer', /\biss(?:uer)?\b/i],
  ['not_yet_valid', /not ?before|inactive|not active|\bnbf\b/i],
  ['expired', /expired|\bexp\b/i],
  ['key_unknown', /no_matching_key|kid/i],
  ['algorithm', /alg(?:_|orithm)/i],
  ['signature', /signature/i],
  ['form', /malformed|parse|_INVALID$/i],
];

/**
 * Says which check a verifier's error reports.
 *
 * @param words - codes, names and messages of the error; the result repeats none of them
 */
export function describeError(words: readonly string[]): RefusalDetail {
  const known = WORDS.find(([, pattern]) => words.some((word) => pattern.test(word)));
  return { detail: known?.[0] ?? 'other' };
}
