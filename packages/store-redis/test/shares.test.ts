import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Shares } from '../src/shares.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

function filled(max: number): Shares {
  const shares = new Shares(max);
  for (let index = 0; index < max; index++) shares.add('a');
  return shares;
}

test('a share is free again after two periods [DP-8]', () => {
  const shares = filled(3);
  expect(shares.isFull('a')).toBe(true);
  vi.advanceTimersByTime(200_000);
  expect(shares.isFull('a')).toBe(true);
  vi.advanceTimersByTime(200_000);
  expect(shares.isFull('a')).toBe(false);
});

test('after a long pause nothing counts any more', () => {
  const shares = filled(3);
  vi.advanceTimersByTime(400_000);
  expect(shares.isFull('a')).toBe(false);
});

test('more owners than are counted begin a new period, and the newest still count [T88]', () => {
  const shares = new Shares(2);
  let full = 0;
  for (let index = 0; index < 120_000; index++) {
    if (shares.isFull(`owner-${index}`)) full += 1;
    shares.add(`owner-${index}`);
  }
  expect(full).toBe(0);
  shares.add('owner-119999');
  shares.add('owner-5');
  expect(shares.isFull('owner-119999')).toBe(true);
  // The first owners were forgotten: two periods of 50,000 are kept.
  expect(shares.isFull('owner-5')).toBe(false);
});
