import { expect, test } from 'vitest';
import { ExpiringMap } from '../../src/token/expiring-map.js';

const of = (maxEntries: number, maxBytes = 100_000): ExpiringMap<string> =>
  new ExpiringMap<string>({ maxEntries, maxBytes });
const ALWAYS = { since: 0, until: 100 };

test('an entry is there from its time on, and not at its end', () => {
  for (const [now, value] of [
    [9, undefined],
    [10, 'a'],
    [19, 'a'],
    [20, undefined],
    [Number.NaN, undefined],
  ] as const) {
    const map = of(10);
    map.set('k', 'a', 1, { since: 10, until: 20 });
    expect([now, map.get('k', now)]).toEqual([now, value]);
    // What is not valid is gone.
    expect(map.get('k', 15)).toBe(value);
  }
});

test.each([
  [20, 20],
  [20, 10],
  [20, Number.NaN],
  [Number.NaN, 20],
])('an entry from %s to %s is none, and takes the place of the earlier one', (since, until) => {
  const map = of(10);
  map.set('k', 'a', 1, ALWAYS);
  map.set('k', 'b', 1, { since, until });
  expect(map.get('k', 20)).toBeUndefined();
});

test('the oldest go first, by number', () => {
  const map = of(2);
  for (const key of ['a', 'b', 'a', 'c']) map.set(key, key, 1, ALWAYS);
  expect(['a', 'b', 'c'].map((key) => map.get(key, 1))).toEqual(['a', undefined, 'c']);
});

test('the oldest go first, by bytes: 500 for each, its key and its size', () => {
  const map = of(10, 1_204);
  map.set('a', 'a', 101, ALWAYS);
  map.set('b', 'b', 101, ALWAYS);
  expect(['a', 'b'].map((key) => map.get(key, 1))).toEqual(['a', 'b']);
  map.set('c', 'c', 102, ALWAYS);
  expect(['a', 'b', 'c'].map((key) => map.get(key, 1))).toEqual([undefined, undefined, 'c']);
  map.delete('nobody');
  map.set('d', 'd', 100, ALWAYS);
  expect(['c', 'd'].map((key) => map.get(key, 1))).toEqual(['c', 'd']);
  // One that is too large for the whole map removes nobody but its own earlier value.
  map.set('d', 'd', 704, ALWAYS);
  expect(['c', 'd'].map((key) => map.get(key, 1))).toEqual(['c', undefined]);
  map.set('d', 'd', 703, ALWAYS);
  expect(['c', 'd'].map((key) => map.get(key, 1))).toEqual([undefined, 'd']);
});

test('what a predicate finds is removed, and its bytes are free again', () => {
  const map = of(10, 1_204);
  map.set('a', 'a', 101, ALWAYS);
  map.set('b', 'b', 101, ALWAYS);
  map.deleteWhere((value) => value === 'a');
  map.set('c', 'c', 101, ALWAYS);
  expect(['a', 'b', 'c'].map((key) => map.get(key, 1))).toEqual([undefined, 'b', 'c']);
});
