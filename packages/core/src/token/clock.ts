/**
 * Reading the clock, and how far clocks may differ.
 *
 * @module
 */
import type { NumberKind } from '../options.js';

/** Milliseconds since the epoch. */
export type Clock = () => number;

/** Seconds of clock difference that every check of a token's times forgives by default. */
export const DEFAULT_CLOCK_TOLERANCE = 30;

/** What an option `clockTolerance` may be: RFC 9068 s4 allows a few minutes, a minute is enough. */
export const CLOCK_TOLERANCE: NumberKind = { min: 0, max: 60, unit: 'seconds' };

/** Seconds from which on a time is taken for milliseconds: the year 5138. */
const IMPLAUSIBLE = 1e11;

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

/** Whether it is a time in seconds since the epoch. */
export function isTime(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) < IMPLAUSIBLE;
}
