/** Times of tokens, in seconds, and the clock of a gate, in milliseconds. */
import { expect, test } from 'vitest';
import { hasBegun, isTime, isUnexpired, readClock } from '../../src/token/clock.js';

test.each<readonly [value: unknown, isOne: boolean]>([
  [0, true],
  [-1, true],
  [1.5, true],
  [99_999_999_999, true],
  [1e11, false],
  [Number.NaN, false],
  [-Infinity, false],
  ['1', false],
  [null, false],
  [[1], false],
  [1n, false],
])('%s is a time: %s [JW-5]', (value, isOne) => {
  expect(isTime(value)).toBe(isOne);
  expect(hasBegun(value, 1e12, 0)).toBe(isOne);
});

test('the tolerance counts on both sides, and the last moment is not one of them [JW-5, T63]', () => {
  expect([isUnexpired(100, 109, 10), isUnexpired(100, 110, 10)]).toEqual([true, false]);
  expect([hasBegun(100, 89, 10), hasBegun(100, 90, 10)]).toEqual([false, true]);
  expect([isUnexpired(undefined, 0, 0), hasBegun(undefined, 0, 0)]).toEqual([false, true]);
});

test('a clock that returns no time is an error of its own, whatever it returns [T92]', async () => {
  expect(readClock(() => 1.5)).toBe(1.5);
  for (const value of [
    '1',
    Number.NaN,
    Infinity,
    undefined,
    null,
    1n,
    Promise.reject(new Error('x')),
  ]) {
    expect(() => readClock(() => value as number)).toThrow(
      'the clock must return milliseconds since the epoch',
    );
  }
  // A rejection that nobody handles would fail the test.
  await new Promise((resolve) => setImmediate(resolve));
});
