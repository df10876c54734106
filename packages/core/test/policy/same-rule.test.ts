import { expect, test } from 'vitest';
import {
  allOf,
  anyOf,
  authenticated,
  clientsOnly,
  deny,
  notDelegated,
  publicAccess,
  recentLogin,
  rule,
  usersOnly,
  where,
} from '../../src/index.js';
import type { Rule } from '../../src/index.js';
import { isSameRule } from '../../src/policy/same-rule.js';

const one = () => true;
const other = () => true;
const compute = () => 'a';

/** Made anew each time: a rule is the same as one that was made in the same way. */
const RULES: readonly (() => Rule)[] = [
  () => 'a',
  () => 'b',
  () => compute,
  () => authenticated(),
  () => publicAccess(),
  () => deny(),
  () => allOf('a', 'b'),
  () => allOf('b', 'a'),
  () => allOf('a', 'b', 'a'),
  () => anyOf('a', 'b'),
  () => anyOf('a', allOf('b', authenticated())),
  () => anyOf('a', allOf('b', deny())),
  () => where(one, 'a'),
  () => where(other, 'a'),
  () => where(one, 'b'),
  () => rule(compute),
  () => rule(compute, { mayRequire: ['a'] }),
  () => rule(compute, { mayRequire: ['b'] }),
  () => rule(one as never, { mayRequire: ['a'] }),
  () => usersOnly('a'),
  () => clientsOnly('a'),
  () => usersOnly(),
  () => notDelegated('a'),
  () => recentLogin({ maxAge: 60 }),
  () => recentLogin({ maxAge: 61 }),
  () => recentLogin({ acrValues: ['phr'] }),
  () => recentLogin({ acrValues: ['phrh'] }),
];

test.each(RULES.map((make, index) => [index, make] as const))(
  'rule %i is the same as itself made again, and as no other [T136]',
  (index, make) => {
    RULES.forEach((another, at) => {
      expect(isSameRule(make(), another()), `${index} and ${at}`).toBe(index === at);
    });
  },
);

test('a function is the same as itself alone: what it does is not known [T136]', () => {
  expect(
    isSameRule(
      () => 'a',
      () => 'a',
    ),
  ).toBe(false);
  expect(
    isSameRule(
      anyOf(() => 'a', 'b'),
      anyOf(() => 'a', 'b'),
    ),
  ).toBe(false);
});

test('parts that stand in many places are compared once', () => {
  const deep = (): Rule => {
    let part: Rule = authenticated();
    for (let depth = 0; depth < 60; depth++) part = allOf(part, part);
    return part;
  };
  expect(isSameRule(deep(), deep())).toBe(true);
  expect(isSameRule(allOf(deep(), 'a'), allOf(deep(), 'b'))).toBe(false);
});
