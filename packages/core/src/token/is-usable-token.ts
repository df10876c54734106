/**
 * Looks at a token's times, audience, binding and names, whatever its verifier said of them.
 *
 * @module
 */
import { isForAudience } from './audience.js';
import { hasBegun, isUnexpired } from './clock.js';
import type { TokenReading } from './read-token.js';
import { isOptionalText } from './registered-claims.js';

export interface UsableTokenOptions {
  readonly audiences: readonly string[];
  /** Seconds since the epoch. */
  readonly now: number;
  /** Seconds, as the verifier has it. */
  readonly clockTolerance: number;
}

/**
 * Whether a token may be used: not expired, not too early, for one of these audiences, bound to no key
 * or certificate that nothing here checks, and naming its holder in strings. Looked at on every use,
 * so that what was verified before does not outlive its time.
 */
export function isUsableToken(
  token: TokenReading,
  { audiences, now, clockTolerance }: UsableTokenOptions,
): boolean {
  return (
    // A bound token must never pass as a plain bearer token (RFC 9449 s7.2, RFC 8705 s3).
    !token.bound &&
    token.texts.every(isOptionalText) &&
    // Whether an expiry must be given is the verifier's decision.
    (token.expiry === undefined || isUnexpired(token.expiry, now, clockTolerance)) &&
    hasBegun(token.notBefore, now, clockTolerance) &&
    (token.audiences.every((audience) => isForAudience(audience, audiences)) ||
      now < token.observedUntil)
  );
}
