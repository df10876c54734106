import { allOf, anyOf, rule, where } from '@scopegate/core';
import type { Rule } from '@scopegate/core';
import { expect, test } from 'vitest';
import { describeFully } from '../src/describe-fully.js';

const long = (index: number): string => `${index}`.repeat(99);

test.each<readonly [rule: Rule, words: string]>([
  [allOf('a', anyOf('b', 'c')), 'both a and (b, or c)'],
  [() => 'secret', 'a function'],
  [rule(() => 'secret'), 'a function'],
  [rule(() => 'a', { mayRequire: ['a', 'b'] }), 'a function that may require a, or b'],
  [rule(() => 'a', { mayRequire: ['a', 'a'] }), 'a function that may require a'],
  [where(() => true), 'a valid token on a condition'],
  [where(() => true, anyOf('a', 'b')), '(a, or b) on a condition'],
  [
    allOf(
      'a',
      where(() => true, 'b'),
    ),
    'both a and (b on a condition)',
  ],
  [anyOf(long(1), long(2), long(3), long(4), long(5)), [1, 2, 3, 4, 5].map(long).join(', or ')],
])('%o: %s', (needed, words) => {
  expect(describeFully(needed)).toBe(words);
});
