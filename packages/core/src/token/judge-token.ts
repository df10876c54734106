/**
 * Looks at a token's times, audience and binding, whatever its verifier said of them.
 *
 * @module
 */
import { namesOneOf } from './audience.js';
import type { TokenReading } from './read-token.js';

export interface JudgeTokenOptions {
  readonly audiences: readonly string[];
  /** Seconds since the epoch. */
  readonly now: number;
}

/** The widest clock difference that a gate forgives, whatever the verifier's own tolerance. */
const CLOCK_TOLERANCE = 60;

/**
 * Whether a token may be used: not expired, not too early, for one of these audiences, and bound to
 * no key or certificate that nothing here checks. Looked at on every use, so that what was verified
 * before does not outlive its time.
 */
export function judgeToken(token: TokenReading, { audiences, now }: JudgeTokenOptions): boolean {
  return (
    // A bound token must never pass as a plain bearer token (RFC 9449 s7.2, RFC 8705 s3).
    !token.bound &&
    isAfter(token.expiry, now - CLOCK_TOLERANCE) &&
    isBefore(token.notBefore, now + CLOCK_TOLERANCE) &&
    (token.audiences.every((audience) => namesOneOf(audience, audiences)) ||
      now < token.observedUntil)
  );
}

/** Absent is fine here: whether a time must be given is the verifier's business. */
function isAfter(time: unknown, bound: number): boolean {
  return time === undefined || (Number.isFinite(time) && (time as number) > bound);
}

function isBefore(time: unknown, bound: number): boolean {
  return time === undefined || (Number.isFinite(time) && (time as number) <= bound);
}
