/**
 * Checks for whom a JWT was made.
 *
 * @module
 */
import { audiencesOf, isSameResource } from '../index.js';

export interface AudienceRules {
  /** `undefined` for the gate's resource. */
  readonly audiences: readonly string[] | undefined;
  readonly additionalAudiences: ReadonlySet<unknown>;
  /** Until when a mismatch is only reported; milliseconds since the epoch. */
  readonly observedUntil: number;
}

/**
 * Whether an `aud` names an accepted audience, and no other that is not explained: the other service
 * could replay the token here, and the reverse (RFC 8725 s3.9, RFC 9068 s4).
 */
export function isForUs(
  aud: unknown,
  accepted: readonly string[],
  additional: ReadonlySet<unknown>,
): boolean {
  const isOurs = (name: unknown): boolean => accepted.some((one) => isSameResource(name, one));
  const named = audiencesOf(aud);
  return named.some(isOurs) && named.every((name) => isOurs(name) || additional.has(name));
}
