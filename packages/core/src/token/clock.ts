/**
 * Reading the clock.
 *
 * @module
 */
import type { NumberKind } from '../options.js';

/** Milliseconds since the epoch. */
export type Clock = () => number;

/** Seconds of clock difference that every check of a token's times forgives by default. */
export const DEFAULT_CLOCK_TOLERANCE = 30;

/** What an option `clockTolerance` may be: RFC 9068 s4 allows a few minutes, a minute is enough. */
export const CLOCK_TOLERANCE_SECONDS: NumberKind = { min: 0, max: 60, unit: 'seconds' };

/**
 * Returns the time in milliseconds.
 *
 * @throws {@link TypeError} when the clock tells none: that must not make everything valid
 */
export function readClock(clock: Clock): number {
  const now: unknown = clock();
  if (typeof now === 'number' && Number.isFinite(now)) return now;
  throw new TypeError('the clock must return milliseconds since the epoch');
}
