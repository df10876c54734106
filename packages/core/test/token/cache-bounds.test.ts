/** What a cache of verified tokens keeps, by number, by bytes and by time. */
import { describe, expect, test } from 'vitest';
import { VerifiedTokenCache } from '../../src/token/index.js';
import type { VerifiedToken } from '../../src/token/index.js';

/** A token of this many characters, whose size is estimated as 1,500 bytes and four for each. */
const named = (name: string, length = 50): string => name.padStart(length, '.');
const verified = Object.freeze({ claims: {} }) as unknown as VerifiedToken;

function cacheWith(options: { maxEntries?: number; maxBytes?: number }) {
  const cache = new VerifiedTokenCache(options);
  const add = (token: string, times: { notBefore?: number; expiresAt?: number } = {}): void =>
    cache.set({
      ...{ token, audienceKey: 'a', verified, isStillValid: () => true },
      ...{ notBefore: -Infinity, expiresAt: 1_000, ...times },
    });
  const has = (token: string, now = 0): boolean => cache.get(token, 'a', now) === verified;
  return { cache, add, has };
}

// Each of the two generations holds two tokens of 1,700 bytes.
describe.each([{ maxEntries: 4 }, { maxEntries: 5 }, { maxBytes: 6_800 }, { maxBytes: 6_803 }])(
  'with %j',
  (options) => {
    test('four are kept, and the first two go with the fifth', () => {
      const { add, has } = cacheWith(options);
      for (const name of ['a', 'b', 'c', 'd', 'e']) add(named(name));
      expect(has(named('e'))).toBe(true);
      expect([has(named('a')), has(named('b'))]).toEqual([false, false]);
      expect([has(named('c')), has(named('d'))]).toEqual([true, true]);
    });

    test('of three, all are there', () => {
      const { add, has } = cacheWith(options);
      for (const name of ['a', 'b', 'c']) add(named(name));
      expect(['c', 'b', 'a'].map((name) => has(named(name)))).toEqual([true, true, true]);
    });

    test('one that is used stays', () => {
      const { add, has } = cacheWith(options);
      for (const name of ['a', 'b', 'c']) add(named(name));
      expect(has(named('a'))).toBe(true);
      // The young ones are `c` and `a` now.
      add(named('d'));
      expect(['a', 'b', 'c', 'd'].map((name) => has(named(name)))).toEqual([
        true,
        false,
        true,
        true,
      ]);
    });

    test('one that is set again takes one place', () => {
      const { add, has } = cacheWith(options);
      for (const name of ['a', 'a', 'b', 'c', 'd']) add(named(name));
      expect(has(named('a'))).toBe(true);
      const again = cacheWith(options);
      // `a` is set again while it is old: `b` goes with the next, since `a` and `c` are young.
      for (const name of ['a', 'b', 'c', 'a', 'd']) again.add(named(name));
      expect(again.has(named('b'))).toBe(false);
      expect(again.has(named('a'))).toBe(true);
    });

    test('one that has expired gives its place back', () => {
      const { add, has } = cacheWith(options);
      for (const name of ['a', 'b']) add(named(name));
      add(named('c'), { expiresAt: 10 });
      expect(has(named('c'), 10)).toBe(false);
      for (const name of ['d', 'e']) add(named(name));
      expect(['a', 'd', 'e'].map((name) => has(named(name)))).toEqual([true, true, true]);
    });
  },
);

test('a token that needs more than a generation is not kept, and its earlier result goes', () => {
  const { add, has } = cacheWith({ maxBytes: 6_800 });
  add(named('a', 475));
  expect(has(named('a', 475))).toBe(true);
  add(named('b', 476));
  expect(has(named('b', 476))).toBe(false);
  expect(has(named('a', 475))).toBe(true);
});

test('of two tokens that end alike the last is kept', () => {
  const { add, has } = cacheWith({});
  add(`x${named('a')}`);
  add(`y${named('a')}`);
  expect([has(`x${named('a')}`), has(`y${named('a')}`)]).toEqual([false, true]);
});

test('a token is there from its time on, and not at its end; too early it is not forgotten', () => {
  const { add, has } = cacheWith({});
  add(named('a'), { notBefore: 10, expiresAt: 20 });
  expect([9, 10, 19, 9, 20, 15].map((now) => has(named('a'), now))).toEqual([
    ...[false, true, true, false],
    ...[false, false],
  ]);
});

test('it is there for its own audience, while it may still be used', () => {
  const cache = new VerifiedTokenCache();
  let isStillValid = true;
  cache.set({
    ...{ token: 't', audienceKey: 'a', verified, notBefore: 0, expiresAt: 10 },
    isStillValid: () => isStillValid,
  });
  expect(cache.get('t', 'b', 1)).toBeUndefined();
  expect(cache.get('t', 'a', 1)).toBe(verified);
  isStillValid = false;
  expect(cache.get('t', 'a', 1)).toBeUndefined();
  isStillValid = true;
  // It was removed.
  expect(cache.get('t', 'a', 1)).toBeUndefined();
});
