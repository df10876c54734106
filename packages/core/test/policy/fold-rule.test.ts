import { expect, test } from 'vitest';
import {
  allOf,
  anyOf,
  authenticated,
  deny,
  publicAccess,
  recentLogin,
  rule,
  where,
} from '../../src/index.js';
import type { Rule } from '../../src/index.js';
import { foldRule } from '../../src/policy/index.js';
import type { RuleCases } from '../../src/policy/index.js';

const written: RuleCases<string> = {
  scope: (scope) => scope,
  allOf: (parts) => `all(${parts.join(' ')})`,
  anyOf: (parts) => `any(${parts.join(' ')})`,
  where: (part) => `where(${part})`,
  computed: (part) => (typeof part === 'function' ? 'function' : part.mayRequire.join('|')),
  recentLogin: ({ login }) => `login ${login.maxAge}`,
  authenticated: () => 'authenticated',
  publicAccess: () => 'public',
  deny: () => 'deny',
};

test('each form has its value, computed from those of its parts', () => {
  const every = allOf(
    'a',
    anyOf(
      'b',
      () => 'x',
      rule(() => 'x', { mayRequire: ['c', 'd'] }),
    ),
    where(() => true, allOf(authenticated(), publicAccess())),
    anyOf(deny(), recentLogin({ maxAge: 60 })),
  );
  expect(foldRule(every, written)).toBe(
    'all(a any(b function c|d) where(all(authenticated public)) any(deny login 60))',
  );
});

test('a part that stands in several places is computed once', () => {
  let calls = 0;
  let doubled: Rule = anyOf('a');
  for (let level = 0; level < 30; level++) doubled = allOf(doubled, doubled);
  const count = (): number => ++calls;
  const counting = { ...written, scope: () => 0, allOf: count, anyOf: count, where: count };
  const zero = (): number => 0;
  foldRule<number>(doubled, {
    ...counting,
    computed: zero,
    recentLogin: zero,
    authenticated: zero,
    publicAccess: zero,
    deny: zero,
  });
  expect(calls).toBe(31);
});

test.each<readonly [what: string, needed: unknown, message: RegExp]>([
  ['nothing', undefined, /^tools\.x: expected a scope or a rule$/],
  ['null', null, /^tools\.x: expected a scope or a rule$/],
  ['an object that is none', { kind: 'allOf', rules: ['a'] }, /^tools\.x: expected a scope or/],
])('%s is no rule', (_, needed, message) => {
  expect(() => foldRule(needed as Rule, written, 'tools.x')).toThrow(message);
});

test('the cases of a scope and a function get the path of the part', () => {
  const paths: string[] = [];
  const note = (_: unknown, path: string): string => (paths.push(path), path);
  const needed = allOf(
    'a',
    where(
      () => true,
      anyOf('b', () => 'x'),
    ),
  );
  foldRule(needed, { ...written, scope: note, computed: note }, 'tools.x');
  expect(paths).toEqual([
    'tools.x.allOf[0]',
    'tools.x.allOf[1].where.anyOf[0]',
    'tools.x.allOf[1].where.anyOf[1]',
  ]);
});
