/**
 * Reads the clock, and compares the times of a token with a tolerance.
 *
 * @module
 */
import type { NumberKind } from '../options.js';

/** Returns the time in milliseconds since the epoch. */
export type Clock = () => number;

/** The clock difference in seconds that every check of a token's times tolerates by default. */
export const DEFAULT_CLOCK_TOLERANCE = 30;

/** The bounds of every option `clockTolerance`. RFC 9068 s4 allows a few minutes; one minute is enough. */
export const CLOCK_TOLERANCE: NumberKind = { min: 0, max: 60, unit: 'seconds' };

/**
 * The upper limit of a time in seconds since the epoch, in the year 5138: a larger value must be in
 * milliseconds.
 */
export const MAX_EPOCH_SECONDS = 1e11;

/**
 * Returns the time in milliseconds.
 *
 * @throws {@link TypeError} if the clock returns no finite number, since each comparison with `NaN` is false
 */
export function readClock(clock: Clock): number {
  const now: unknown = clock();
  if (typeof now === 'number' && Number.isFinite(now)) return now;
  // The rejection of a promise must not end the process.
  Promise.resolve(now).catch(() => {});
  throw new TypeError('the clock must return milliseconds since the epoch');
}

/** Whether the value is a time in seconds since the epoch. */
export function isTime(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) < MAX_EPOCH_SECONDS;
}

/** Whether `exp` is a time that is later than `now` less the tolerance, all in seconds (RFC 7519 s4.1.4). */
export function isUnexpired(exp: unknown, now: number, clockTolerance: number): boolean {
  return isTime(exp) && exp + clockTolerance > now;
}

/** Whether `nbf` is absent, or a time not later than `now` plus the tolerance, in seconds (RFC 7519 s4.1.5). */
export function hasBegun(nbf: unknown, now: number, clockTolerance: number): boolean {
  return nbf === undefined || (isTime(nbf) && nbf - clockTolerance <= now);
}
