/**
 * Reading the clock.
 *
 * @module
 */

/** Milliseconds since the epoch. */
export type Clock = () => number;

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
