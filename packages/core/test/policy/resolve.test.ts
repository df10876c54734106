import { describe, expect, test } from 'vitest';
import {
  allOf,
  anyOf,
  authenticated,
  deny,
  evaluate,
  publicAccess,
  rule,
  where,
} from '../../src/index.js';
import type { Predicate, Rule, RuleContext } from '../../src/index.js';
import { compileRule, resolveParts, resolveRule, unknownFact } from '../../src/policy/index.js';

const context = Object.freeze({ args: { id: 7 } }) as unknown as RuleContext;
const TIME = { now: 0, clockTolerance: 0 };
const yes = where(() => true, 'a');
const no = where(() => false, 'secret');

/** The scopes of what the rule became, or `deny`. */
async function became(needed: Rule): Promise<string> {
  const resolved = await resolveRule(needed, context, TIME);
  if (typeof resolved === 'object' && resolved.kind === 'deny') return 'deny';
  const { alternatives } = evaluate(resolved as Rule<never>, '');
  return alternatives.map((one) => one.join('+')).join(' | ');
}

describe('a rule for one request', () => {
  const cases: readonly [what: string, rule: Rule, becomes: string][] = [
    ['a scope', 'a', 'a'],
    ['a condition that holds', yes, 'a'],
    ['a condition that does not', no, 'deny'],
    ['a condition on any valid token', where(() => true), ''],
    ['a condition that holds later', where(() => Promise.resolve(true), 'a'), 'a'],
    ['a condition in a condition', where(() => true, yes), 'a'],
    ['all of, one condition fails: nothing is told [T14]', allOf('b', no), 'deny'],
    ['all of, conditions hold', allOf('b', yes), 'b+a'],
    ['any of, one condition fails: its scopes are not told', anyOf('b', no), 'b'],
    ['any of, all fail', anyOf(no, no), 'deny'],
    ['any of, one holds', anyOf(no, yes), 'a'],
    ['a function', () => 'a', 'a'],
    ['a function with a promise', () => Promise.resolve(allOf('a', 'b')), 'a+b'],
    [
      'a function that looks at the arguments',
      ({ args }) => `s${(args as { id: number }).id}`,
      's7',
    ],
    ['a computed rule', rule(() => yes), 'a'],
    ['a function that returns a function', () => () => 'a', 'a'],
    ['denial', deny(), 'deny'],
    ['any valid token', authenticated(), ''],
    ['no token needed', publicAccess(), ''],
  ];
  test.each(cases)('%s', async (_, needed, becomes) => {
    expect(await became(needed)).toBe(becomes);
  });

  test.each<unknown>([1, 'true', {}, null, undefined, [], Number.NaN, Object(true)])(
    'a predicate that returns %o does not hold [T14]',
    async (value) => {
      expect(await became(where((() => value) as unknown as Predicate, 'a'))).toBe('deny');
      const later = (() => Promise.resolve(value)) as unknown as Predicate;
      expect(await became(where(later, 'a'))).toBe('deny');
    },
  );

  test.each<unknown>([
    undefined,
    null,
    true,
    7,
    [],
    ['a'],
    {},
    { kind: 'publicAccess' },
    new Set(['a']),
  ])('a function that returns %o is refused [T14]', async (value) => {
    const returns = (() => value) as unknown as () => Rule;
    await expect(resolveRule(returns, context, TIME)).rejects.toThrow('a rule function returned');
    await expect(resolveRule(rule(returns), context, TIME)).rejects.toThrow('not a rule');
    await expect(resolveRule(anyOf('a', returns), context, TIME)).rejects.toThrow('not a rule');
  });

  test('a throw and a rejection reach the caller, who denies [T14]', async () => {
    const fails = (): never => {
      throw new Error('boom');
    };
    const rejects = (): Promise<never> => Promise.reject(new Error('boom'));
    for (const needed of [fails, rejects, rule(fails), where(fails, 'a'), where(rejects, 'a')]) {
      await expect(resolveRule(anyOf('a', needed), context, TIME)).rejects.toThrow('boom');
    }
  });

  test('functions are asked in the order they stand, one after the other', async () => {
    const order: string[] = [];
    const asked = (name: string): Rule =>
      where(async () => {
        order.push(`${name} begins`);
        await Promise.resolve();
        order.push(`${name} ends`);
        return true;
      }, name);
    await resolveRule(allOf(asked('a'), anyOf(asked('b'), asked('c'))), context, TIME);
    expect(order).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });

  test('a condition that stands in many places is asked once, and is asked anew next time', async () => {
    let asked = 0;
    let needed: Rule = where(() => ++asked > 0, 'a');
    for (let level = 0; level < 30; level++) needed = anyOf(allOf(needed, 'b'), allOf(needed, 'c'));
    await resolveRule(needed, context, TIME);
    expect(asked).toBe(1);
    await resolveRule(needed, context, TIME);
    expect(asked).toBe(2);
  });

  test('nesting as deep as rules may nest does not count as computing', async () => {
    let needed: Rule = yes;
    for (let level = 0; level < 63; level++) needed = allOf(needed, 'b');
    expect(await became(needed)).toBe('a+b');
  });

  test('rules that compute rules without end are refused [T14]', async () => {
    const times = (count: number): Rule => (count === 0 ? 'a' : () => times(count - 1));
    expect(await became(times(16))).toBe('a');
    await expect(resolveRule(times(17), context, TIME)).rejects.toThrow('more than 16 times over');
    const endless = (): Rule => rule(endless);
    await expect(resolveRule(endless, context, TIME)).rejects.toThrow('more than 16 times over');
    const itself: Rule = () => itself;
    await expect(resolveRule(itself, context, TIME)).rejects.toThrow('more than 16 times over');
  });
});

describe('a fact that is not known', () => {
  const reads = ({ args }: RuleContext): string => (args === 'b' ? 'b' : 'a');
  const part = (needed: Rule): Parameters<typeof resolveParts>[0][number] => ({
    rule: compileRule(needed, undefined, 'rule'),
    operation: { protocol: 'mcp', method: 'm' },
    get args() {
      return unknownFact('args');
    },
  });
  const becameOf = async (...rules: Rule[]): Promise<string> => {
    const caller = { ...context, now: 0, clockTolerance: 0 } as unknown;
    const resolved = await resolveParts(
      rules.map(part),
      caller as Parameters<typeof resolveParts>[1],
    );
    if (typeof resolved === 'object' && resolved.kind === 'deny') return 'deny';
    const { alternatives } = evaluate(resolved as Rule<never>, '');
    return alternatives.map((one) => one.join('+')).join(' | ');
  };
  const cases: readonly [what: string, rules: Rule[], becomes: string][] = [
    ['a function that reads it [T134]', [reads], 'deny'],
    ['a function that reads it later [T134]', [async (asked) => reads(asked)], 'deny'],
    ['a condition that reads it [T134]', [where((asked) => reads(asked) === 'a')], 'deny'],
    ['a choice beside it', [anyOf(reads, 'b')], 'b'],
    ['all of, with it [T134]', [allOf(reads, 'b')], 'deny'],
    ['a function that does not read it', [() => 'a'], 'a'],
    ['one part of two reads it', ['b', reads], ''],
    ['two parts', ['b', () => 'a'], 'b+a'],
    ['two parts with the same result', [() => 'a', 'a'], 'a'],
    ['no part at all', [], 'deny'],
  ];
  test.each(cases)('%s', async (_what, rules, becomes) => {
    expect(await becameOf(...rules)).toBe(becomes);
  });

  test('other errors are thrown on', async () => {
    const fails: Rule = () => {
      throw new TypeError('mine');
    };
    await expect(becameOf(fails)).rejects.toThrow('mine');
  });
});
