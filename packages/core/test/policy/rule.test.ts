import { describe, expect, test } from 'vitest';
import {
  allOf,
  anyOf,
  authenticated,
  defineScopes,
  deny,
  evaluate,
  publicAccess,
  recentLogin,
  rule,
  where,
} from '../../src/index.js';
import { compileRule, describeRule } from '../../src/policy/index.js';
import type { Rule } from '../../src/index.js';
import { isRule } from '../../src/policy/rule.js';

/** As plain JavaScript would call it. */
const loose = (make: unknown) => make as (...parameters: unknown[]) => Rule;

describe('a rule is refused at construction', () => {
  const cases: readonly [what: string, make: () => unknown, message: string][] = [
    [
      'all of nothing',
      () => loose(allOf)(),
      'allOf: expected at least one rule; "any valid token" is',
    ],
    [
      'any of nothing',
      () => loose(anyOf)(),
      'anyOf: expected at least one rule; "any valid token" is',
    ],
    ['a list for a rule', () => loose(anyOf)(['a']), 'anyOf[0]: expected a scope or a rule'],
    ['null in a list', () => loose(allOf)('a', null), 'allOf[1]: expected a scope or a rule'],
    ['undefined in a list', () => loose(allOf)(undefined), 'allOf[0]: expected a scope or a rule'],
    ['true in a list', () => loose(anyOf)('a', true), 'anyOf[1]: expected a scope or a rule'],
    ['a look-alike', () => loose(anyOf)({ kind: 'publicAccess' }), 'anyOf[0]: expected a scope or'],
    [
      'a copy from JSON',
      () => loose(anyOf)(JSON.parse(JSON.stringify(publicAccess()))),
      'anyOf[0]: expected a scope or a rule',
    ],
    [
      'an heir of a rule',
      () => loose(anyOf)(Object.create(publicAccess()) as object),
      'anyOf[0]: expected a scope or a rule',
    ],
    [
      'a condition that is no function',
      () => loose(where)(true, 'a'),
      'where: expected a function',
    ],
    ['a condition on no rule', () => loose(where)(() => true, 7), 'where[0]: expected a scope or'],
    ['a computation that is no function', () => loose(rule)('a'), 'rule: expected a function'],
  ];
  test.each(cases)('%s [T01]', (_, make, message) => {
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });
});

describe('a rule', () => {
  test('does not change with its input, and is frozen [T11]', () => {
    const parts: [Rule, ...Rule[]] = ['a', 'b'];
    const mayRequire = ['a'];
    const all = allOf(...parts);
    const computed = rule(() => 'a', { mayRequire });
    parts.push('c');
    mayRequire.push('admin');
    expect(all.rules).toEqual(['a', 'b']);
    expect(computed.mayRequire).toEqual(['a']);
    for (const part of [all, all.rules, computed, computed.mayRequire, deny(), where(() => true)]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  test('is known by a brand that a polluted prototype cannot give [T09]', () => {
    const brand = Symbol.for('scopegate.rule');
    expect(Object.getOwnPropertySymbols(publicAccess())).toEqual([brand]);
    const polluted = Object.prototype as unknown as Record<symbol, unknown>;
    polluted[brand] = true;
    try {
      expect(isRule({ kind: 'publicAccess' })).toBe(false);
    } finally {
      delete polluted[brand];
    }
    expect(isRule(publicAccess())).toBe(true);
  });

  test.each([
    ['a', ['a']],
    [allOf('a', anyOf('b', 'a')), ['a', 'b']],
    [where(() => true, allOf('a', 'b')), ['a', 'b']],
    [rule(() => 'x', { mayRequire: ['a', 'a'] }), ['a']],
    [() => 'x', []],
    // A function is asked per request, whatever it carries.
    [Object.assign(() => 'x', { kind: 'allOf', rules: ['a'] }), []],
    [anyOf(authenticated(), publicAccess(), deny(), recentLogin({ maxAge: 60 })), []],
  ] as readonly [Rule, string[]][])('%o names %j', (needed, scopes) => {
    expect(compileRule(needed, undefined, 'rule').scopes).toEqual(scopes);
  });

  test('a computed rule names no scope by default', () => {
    for (const needed of [rule(() => 'x'), rule(() => 'x', {})]) {
      expect(compileRule(needed, undefined, 'rule').scopes).toEqual([]);
    }
  });
});

describe('a rule in words', () => {
  const long = (index: number): string => `scope-${String(index).padStart(94, '0')}`;
  const cases: readonly [rule: Rule, words: string][] = [
    ['notes:write', 'notes:write'],
    [anyOf('a'), 'a'],
    [allOf('a'), 'a'],
    [anyOf('a', 'b'), 'a, or b'],
    [anyOf('a', 'b', 'c'), 'a, or b, or c'],
    [allOf('a', 'b'), 'both a and b'],
    [allOf(anyOf('a', 'b'), anyOf('a', 'b')), 'a, or b'],
    [allOf('a', 'b', 'c'), 'all of a, b and c'],
    [
      anyOf('notes:write', allOf('notes:read', 'notes:append')),
      'notes:write, or both notes:read and notes:append',
    ],
    [anyOf(allOf('a', 'b'), 'admin'), 'both a and b, or admin'],
    [allOf('a', anyOf('b', 'c')), 'both a and (b, or c)'],
    [allOf('a', anyOf('b')), 'both a and b'],
    [allOf('a', allOf('b', 'c')), 'both a and (both b and c)'],
    [anyOf('a', anyOf('b', 'c')), 'a, or b, or c'],
    [authenticated(), 'a valid token'],
    [publicAccess(), 'no token'],
    [deny(), 'what no token has'],
    [allOf(authenticated(), 'a'), 'a'],
    [allOf(authenticated(), authenticated()), 'a valid token'],
    [anyOf('a', deny()), 'a'],
    [anyOf(deny(), deny()), 'what no token has'],
    [where(() => true, 'secret'), 'more than this token has'],
    [rule(() => 'secret', { mayRequire: ['secret'] }), 'more than this token has'],
    [() => 'secret', 'more than this token has'],
    [anyOf(long(1), long(2), long(3), long(4)), [1, 2, 3, 4].map(long).join(', or ')],
    [
      anyOf(long(1), long(2), long(3), long(4), long(5), 'f'),
      `${[1, 2, 3, 4].map(long).join(', or ')} or 2 more`,
    ],
    [
      allOf(long(1), long(2), long(3), long(4), long(5), 'f'),
      `all of ${[1, 2, 3, 4].map(long).join(', ')} and 2 more`,
    ],
    [allOf('x'.repeat(401), 'b'), '2 things together'],
    [anyOf('x'.repeat(401), 'b', 'c'), 'one of 3 combinations of scopes'],
  ];
  test.each(cases)('%o: %s', (needed, words) => {
    expect(describeRule(needed)).toBe(words);
  });

  test('has the words of the owner for what callers are not told', () => {
    const words = {
      where: (text: string) => `${text}?`,
      computed: () => 'something',
      maxLength: 4000,
    };
    const needed = anyOf(
      () => 'secret',
      rule(() => 'secret'),
      where(() => true, anyOf('a', 'b')),
      ...[1, 2, 3, 4, 5].map(long),
    );
    expect(describeRule(needed, words)).toBe(
      `something, or (a, or b)?, or ${[1, 2, 3, 4, 5].map(long).join(', or ')}`,
    );
  });

  test('stays short and costs little, however often a part stands in it', () => {
    let doubled: Rule = 'start';
    for (let level = 0; level < 30; level++)
      doubled = allOf(anyOf(doubled, `a${level}`), anyOf(doubled, 'b'));
    expect(describeRule(doubled).length).toBeLessThan(1000);
    expect(describeRule(doubled, { maxLength: 4000 }).length).toBeLessThan(10_000);
    expect(compileRule(doubled, undefined, 'rule').scopes).toHaveLength(32);
  });

  test('of two parts, the second too long to be named, it does not speak of both', () => {
    const [tooLong, fits] = ['b'.repeat(400), 'b'.repeat(399)];
    expect(describeRule(allOf('a', tooLong))).toBe('all of a and 1 more');
    expect(describeRule(allOf('a', fits))).toBe(`both a and ${fits}`);
  });
});

describe('scope names are checked by the compiler', () => {
  const scopes = defineScopes(['a', 'b']);

  test('in a nested rule', () => {
    expect(evaluate(anyOf('a', allOf('a', 'b')), 'a', scopes).satisfied).toBe(true);
    // @ts-expect-error -- 'c' is not in the catalogue
    expect(() => evaluate(anyOf('a', allOf('a', 'c')), 'a', scopes)).toThrow(TypeError);
  });
});
