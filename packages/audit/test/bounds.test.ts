import { allOf, anyOf, deny, publicAccess, recentLogin, rule, where } from '@scopegate/core';
import type { Rule } from '@scopegate/core';
import { compileRule, describeRule } from '@scopegate/core/engine';
import { expect, test } from 'vitest';
import { lowerBound, upperBound } from '../src/bounds.js';

test.each<readonly [rule: Rule, words: string]>([
  ['a', 'a'],
  [() => 'a', 'a valid token'],
  [rule(() => 'a', { mayRequire: ['a'] }), 'a valid token'],
  [recentLogin({ maxAge: 60 }), 'a valid token'],
  [allOf('a', recentLogin({ maxAge: 60 })), 'a'],
  [where(() => true), 'a valid token'],
  [
    where(
      () => true,
      where(() => true, allOf('a', 'b')),
    ),
    'both a and b',
  ],
  [allOf('a', publicAccess()), 'both a and no token'],
  [
    anyOf(
      deny(),
      where(() => true, 'b'),
    ),
    'b',
  ],
])('the upper bound of %o: %s', (needed, words) => {
  expect(describeRule(upperBound(needed))).toBe(words);
});

test.each<readonly [rule: Rule, words: string]>([
  ['a', 'a'],
  [() => 'a', 'what no token has'],
  [allOf('a', publicAccess()), 'both a and no token'],
  [allOf('a', recentLogin({ maxAge: 60 })), 'both a and what no token has'],
  [
    anyOf(
      'a',
      where(() => true, 'b'),
      rule(() => 'c'),
    ),
    'a',
  ],
])('the lower bound of %o: %s', (needed, words) => {
  expect(describeRule(lowerBound(needed))).toBe(words);
});

test('a part that occurs in many places is computed once', () => {
  let doubled: Rule = 'start';
  for (let level = 0; level < 30; level++)
    doubled = allOf(anyOf(doubled, `a${level}`), anyOf(doubled, 'b'));
  expect(compileRule(upperBound(doubled), undefined, 'rule').scopes).toHaveLength(32);
});
