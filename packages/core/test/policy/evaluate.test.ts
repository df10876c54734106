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
import type { Rule } from '../../src/index.js';
import { compileRule, evaluateCompiled } from '../../src/policy/index.js';

const combination = anyOf('admin', allOf('read', 'append'));
const threeWays = anyOf(allOf('a', 'b', 'c'), allOf('d', 'e'), allOf('f', 'g'));

describe('a rule, what is held, whether it holds, and what the challenge names', () => {
  const cases: readonly [
    what: string,
    rule: Rule,
    held: string,
    satisfied: boolean,
    challenge?: string,
    missing?: string,
  ][] = [
    ['a scope that is held', 'read', 'read', true],
    ['a scope among others', 'read', 'x read y', true],
    ['a scope that is not', 'read', '', false, 'read', 'read'],
    ['another case [T07]', 'read', 'Read', false, 'read', 'read'],
    [
      'a prefix [SC-4, T08]',
      'files:read',
      'files files:* files:read:all *',
      false,
      'files:read',
      'files:read',
    ],
    ['all of, all held', allOf('a', 'b'), 'b a', true],
    ['all of, one missing: all are named [C403-2]', allOf('a', 'b'), 'b', false, 'a b', 'a'],
    ['all of, none held: in rule order [C403-4]', allOf('b', 'a'), 'x', false, 'b a', 'b a'],
    ['all of a repeated scope', allOf('a', 'a', 'b'), '', false, 'a b', 'a b'],
    ['any of, one held', anyOf('a', 'b'), 'b', true],
    ['any of, none held: the first of equals [SC-6]', anyOf('b', 'a'), '', false, 'b', 'b'],
    ['any of, fewest missing [SC-6, T13]', anyOf('a', allOf('b', 'c')), '', false, 'a', 'a'],
    [
      'any of, equally missing: the one that is partly held [SC-6]',
      anyOf('a', allOf('b', 'c')),
      'b',
      false,
      'b c',
      'c',
    ],
    [
      'any of, equally missing and partly held: the smallest [SC-6]',
      anyOf('a', allOf('b', 'c', 'd'), allOf('b', 'e'), allOf('b', 'f')),
      'b',
      false,
      'b e',
      'e',
    ],
    [
      'any of, fewest missing, the larger one [SC-6]',
      anyOf(allOf('a', 'd'), allOf('b', 'c', 'e')),
      'b c',
      false,
      'b c e',
      'e',
    ],
    [
      'any of, equally missing, none held: the smallest [SC-6]',
      anyOf(allOf('b', 'c'), 'a'),
      '',
      false,
      'a',
      'a',
    ],
    ['a named combination, none held', combination, '', false, 'admin', 'admin'],
    [
      'a named combination, a part held: whole [SC-6, T13]',
      combination,
      'read',
      false,
      'read append',
      'append',
    ],
    ['a named combination, held', combination, 'append read', true],
    ['three ways, nothing held: the smallest, then the first', threeWays, '', false, 'd e', 'd e'],
    ['three ways, part of the third', threeWays, 'g', false, 'f g', 'f'],
    ['three ways, most of the first', threeWays, 'a b', false, 'a b c', 'c'],
    ['nested: all of any of', allOf(anyOf('a', 'b'), anyOf('c', 'd')), 'b', false, 'b c', 'c'],
    [
      'nested: shared scopes are counted once',
      allOf(anyOf('a', 'b'), anyOf('b', 'c')),
      '',
      false,
      'b',
      'b',
    ],
    ['any valid token [SC-5]', authenticated(), '', true],
    ['no token needed', publicAccess(), '', true],
    ['nobody', deny(), 'a', false, '', ''],
    ['all of and a valid token', allOf(authenticated(), 'a'), '', false, 'a', 'a'],
    ['any of and a valid token', anyOf(authenticated(), 'a'), '', true],
    ['any of and nobody', anyOf(deny(), 'a'), '', false, 'a', 'a'],
    ['all of and nobody: incurable', allOf('a', deny()), '', false, '', ''],
    ['a condition does not hold by itself [T14]', where(() => true, 'a'), 'a', false, '', ''],
    ['a computed rule does not hold by itself [T14]', rule(() => 'a'), 'a', false, '', ''],
    ['a function does not hold by itself [T14]', () => 'a', 'a', false, '', ''],
    [
      'scopes behind a condition are not named',
      anyOf(
        where(() => true, 'secret'),
        'a',
      ),
      '',
      false,
      'a',
      'a',
    ],
    ['a login does not hold by itself', recentLogin({ maxAge: 60 }), 'a', false, '', ''],
    ['a prototype member [T09]', 'constructor', '', false, 'constructor', 'constructor'],
    ['__proto__ [T09]', '__proto__', '__proto__', true],
  ];
  test.each(cases)('%s', (_, needed, held, satisfied, challenge = '', missing = '') => {
    for (const granted of [held, new Set(held.split(' ')), held.split(' ')]) {
      const found = evaluate(needed as Rule<never>, granted);
      expect(found.satisfied).toBe(satisfied);
      expect(found.challenge.join(' ')).toBe(challenge);
      expect(found.missing.join(' ')).toBe(missing);
    }
  });

  test('lists every alternative, and says the same of a satisfied rule', () => {
    const alternatives = [['admin'], ['read', 'append']];
    expect(evaluate(combination, '').alternatives).toEqual(alternatives);
    expect(evaluate(combination, 'admin').alternatives).toEqual(alternatives);
    expect(evaluate(anyOf('a', allOf('b', 'a'), allOf('a', 'b')), '').alternatives).toEqual([
      ['a'],
      ['b', 'a'],
    ]);
  });

  test('alternatives that spell alike without their spaces are two', () => {
    const needed = anyOf(allOf('ab', 'c'), allOf('a', 'bc'));
    expect(evaluate(needed, 'a').alternatives).toEqual([
      ['ab', 'c'],
      ['a', 'bc'],
    ]);
    expect(evaluate(needed, 'a').challenge).toEqual(['a', 'bc']);
  });
});

describe('implications', () => {
  const scopes = defineScopes({
    read: {},
    write: { implies: ['read'] },
    admin: { implies: ['write'] },
    other: {},
  });

  test.each([
    ['read', 'write', true, ''],
    ['read', 'admin', true, ''],
    ['write', 'read', false, 'write'],
  ] as const)('%s with %s: %j [SC-2, SC-3]', (needed, held, satisfied, challenge) => {
    const found = evaluate(needed, held, scopes);
    expect(found.satisfied).toBe(satisfied);
    expect(found.challenge.join(' ')).toBe(challenge);
  });

  test('each member of all-of goes through them by itself [SC-5, T10]', () => {
    expect(evaluate(allOf('read', 'other'), 'admin', scopes)).toMatchObject({
      satisfied: false,
      challenge: ['read', 'other'],
      missing: ['other'],
    });
    expect(evaluate(allOf('read', 'other'), 'admin other', scopes).satisfied).toBe(true);
  });

  test('the challenge names what is required, not what would imply it [SC-3]', () => {
    expect(evaluate('read', '', scopes).challenge).toEqual(['read']);
  });

  test('a scope that the catalogue does not know is refused, wherever it stands', () => {
    const unknown =
      (needed: Rule): (() => unknown) =>
      () =>
        evaluate(needed as 'read', '', scopes);
    expect(unknown('raed')).toThrow('rule: "raed" is not in the scope catalogue');
    expect(unknown(anyOf('read', allOf('write', 'x')))).toThrow(
      'rule.anyOf[1].allOf[1]: "x" is not',
    );
    expect(unknown(where(() => true, 'x'))).toThrow('rule.where: "x" is not');
    expect(unknown(rule(() => 'read', { mayRequire: ['x'] }))).toThrow(
      'rule.mayRequire: "x" is not',
    );
    expect(unknown(7 as unknown as Rule)).toThrow('rule: expected a scope or a rule');
  });
});

describe('without a token', () => {
  test.each([
    ['a scope', 'a', false, 'a'],
    ['any valid token', authenticated(), false, ''],
    ['no token needed', publicAccess(), true, ''],
    ['a scope or no token', anyOf('a', publicAccess()), true, ''],
    ['a scope and no token', allOf('a', publicAccess()), false, 'a'],
  ] as const)('%s', (_, needed, satisfied, challenge) => {
    const compiled = compileRule(needed, undefined, 'rule');
    const found = evaluateCompiled(compiled, undefined, undefined);
    expect(found.satisfied).toBe(satisfied);
    expect(found.challenge.join(' ')).toBe(challenge);
  });
});

describe('rules that are large or deep', () => {
  /** 20 choices of two, each around the one before: over a million alternatives. */
  function nested(levels: number): Rule {
    let inner: Rule = 'start';
    for (let level = 0; level < levels; level++) {
      inner = anyOf(allOf(inner, `a${level}`), allOf(inner, `b${level}`));
    }
    return inner;
  }
  const side = allOf(
    ...(Array.from({ length: 20 }, (_, index) => anyOf(`a${index}`, `b${index}`)) as [Rule]),
  );

  test.each([
    ['nested', nested(20)],
    ['side by side', side],
  ])('20 two-way choices, %s: the decision is exact, the challenge complete', (_, needed) => {
    const one = Array.from({ length: 20 }, (__, index) => `${index % 3 === 0 ? 'b' : 'a'}${index}`);
    const held = ['start', ...one];
    expect(evaluate(needed as Rule<never>, held).satisfied).toBe(true);
    expect(evaluate(needed as Rule<never>, held.slice(1)).satisfied).toBe(needed === side);
    for (const scope of one) {
      const found = evaluate(
        needed as Rule<never>,
        held.filter((name) => name !== scope),
      );
      expect(found.satisfied).toBe(false);
      expect(found.missing).toHaveLength(1);
      expect(found.alternatives.length).toBeLessThanOrEqual(64);
      expect(evaluate(needed as Rule<never>, [...held, ...found.challenge]).satisfied).toBe(true);
    }
  });

  test('60 levels, with all scopes missing, and with all but the last granted', () => {
    const needed = nested(31) as Rule<never>;
    const held = ['start', ...Array.from({ length: 30 }, (_, index) => `b${index}`)];
    expect(evaluate(needed, held)).toMatchObject({ satisfied: false, missing: ['a30'] });
    expect(evaluate(needed, '').challenge).toHaveLength(32);
  });

  test('the greedy choice passes by what nobody can have', () => {
    const many = Array.from({ length: 70 }, (_, index) => `s${index}`) as [string, ...string[]];
    const needed = anyOf(
      allOf('x', deny()),
      where(() => true, 'y'),
      allOf(anyOf(...many), authenticated(), anyOf('z', publicAccess())),
    );
    expect(evaluate(needed, 's69').satisfied).toBe(true);
    expect(evaluate(needed, 'x').challenge).toEqual(['s0']);
    expect(evaluate(allOf(needed, deny()), 's69')).toMatchObject({
      satisfied: false,
      challenge: [],
    });
    expect(evaluate(allOf(needed, anyOf(deny(), deny())), '').challenge).toEqual([]);
  });

  test('the greedy choice names the scopes beside a login, and the login apart [SC-6, T13]', () => {
    const many = Array.from({ length: 70 }, (_, index) => `s${index}`) as [string, ...string[]];
    const login = recentLogin({ maxAge: 60 });
    const needed = anyOf(allOf('x', 'y'), allOf(login, anyOf(...many)));
    expect(compileRule(needed, undefined, 'rule').truncated).toBe(true);
    expect(evaluate(needed, '')).toMatchObject({ satisfied: false, challenge: ['s0'] });
    expect(evaluate(needed, 's69')).toMatchObject({ challenge: ['s69'], missing: [] });
  });

  test('what a later part makes equal does not hide that alternatives were dropped', () => {
    // 65 ways that the second part swallows, and one, the last, that the token already has.
    const heavy = Array.from({ length: 65 }, (_, index) => `h${index}`);
    const swallowed = heavy.map((scope) => allOf('common', scope));
    const needed = allOf(
      anyOf(...(swallowed as [Rule]), 'light'),
      allOf(...(heavy as [string, ...string[]])),
    );
    expect(evaluate(needed as Rule<never>, 'light')).toMatchObject({
      satisfied: false,
      missing: heavy,
    });
  });

  test('64 alternatives are spelt out, a 65th makes the choice a good one', () => {
    const names = Array.from({ length: 65 }, (_, index) => `s${index}`);
    const of = (count: number): Rule<never> =>
      anyOf(...(names.slice(0, count).map((name) => allOf(name, 'x')) as [Rule])) as Rule<never>;
    const compiled = (count: number): boolean => compileRule(of(count), undefined, 'r').truncated;
    expect([compiled(64), compiled(65)]).toEqual([false, true]);
    expect(evaluate(of(65), 's64').challenge).toEqual(['s64', 'x']);
    expect(evaluate(of(65), '').alternatives).toHaveLength(64);
  });

  test('deeper than 64 is a configuration error, through shared parts too', () => {
    const chain = (depth: number, start: Rule): Rule =>
      Array.from({ length: depth }).reduce<Rule>((inner) => allOf(inner), start);
    const check =
      (needed: Rule): (() => unknown) =>
      () =>
        evaluate(needed as Rule<never>, '');
    expect(check(chain(64, 'a'))).not.toThrow();
    expect(check(chain(65, 'a'))).toThrow('rules nest deeper than 64');
    expect(check(chain(100_000, 'a'))).toThrow('rules nest deeper than 64');
    expect(
      check(
        chain(
          64,
          where(() => true, 'a'),
        ),
      ),
    ).toThrow('rules nest deeper than 64');
    const conditions = (depth: number, start: Rule): Rule =>
      Array.from({ length: depth }).reduce<Rule>((inner) => where(() => true, inner), start);
    expect(check(conditions(64, 'a'))).not.toThrow();
    expect(check(conditions(65, 'a'))).toThrow('rules nest deeper than 64');
    expect(check(conditions(100_000, 'a'))).toThrow('rules nest deeper than 64');
    const shared = chain(40, 'a');
    expect(check(allOf(shared, chain(40, 'b')))).not.toThrow();
    expect(check(allOf(shared, chain(40, shared)))).toThrow('rules nest deeper than 64');
    const condition = conditions(40, 'a');
    expect(check(allOf(condition, chain(20, condition)))).not.toThrow();
    expect(check(allOf(condition, chain(40, condition)))).toThrow('rules nest deeper than 64');
  });

  test('what is held in a set of ten thousand is not walked through', () => {
    const held = new Set(Array.from({ length: 10_000 }, (_, index) => `s${index}`));
    held[Symbol.iterator] = () => {
      throw new Error('walked');
    };
    expect(evaluate(anyOf('x', allOf('s1', 's9999')), held).satisfied).toBe(true);
    expect(evaluate('x', held).satisfied).toBe(false);
  });
});

describe('compiled rules', () => {
  test.each([
    ['a', false, false],
    [authenticated(), false, false],
    [publicAccess(), false, true],
    [anyOf('a', publicAccess()), false, true],
    [anyOf('a', allOf('b', publicAccess())), false, false],
    [allOf(publicAccess(), 'a'), false, false],
    [allOf(publicAccess(), anyOf('a', publicAccess())), false, true],
    [allOf(deny(), publicAccess()), false, false],
    [where(() => true, publicAccess()), true, false],
    [rule(() => publicAccess()), true, false],
    [() => publicAccess(), true, false],
    [
      allOf(
        'a',
        where(() => true),
      ),
      true,
      false,
    ],
  ] as const)('%o: dynamic %j, public %j', (needed, dynamic, isPublic) => {
    expect(compileRule(needed, undefined, 'rule')).toMatchObject({ dynamic, isPublic });
  });

  test('a rule is compiled once for a catalogue, and for each by itself', () => {
    const needed = anyOf('a', 'b');
    const first = evaluate(needed, '').alternatives;
    expect(evaluate(needed, 'b').alternatives).toBe(first);
    const catalogue = defineScopes(['a', 'b']);
    expect(evaluate(needed, '', catalogue).alternatives).not.toBe(first);
    expect(() => evaluate(needed as unknown as 'a', '', defineScopes(['a']))).toThrow(TypeError);
  });

  test('a result of one request is not that of another', () => {
    const needed = anyOf('a', 'b');
    const [first, second] = [evaluate(needed, ''), evaluate(needed, 'a')];
    expect(first).not.toBe(second);
    expect([first.satisfied, second.satisfied]).toEqual([false, true]);
  });
});
