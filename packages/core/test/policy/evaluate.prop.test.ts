import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  allOf,
  anyOf,
  authenticated,
  defineScopes,
  deny,
  evaluate,
  publicAccess,
  where,
} from '../../src/index.js';
import { compileRule, describeRule } from '../../src/policy/index.js';
import type { Rule, ScopeCatalogue } from '../../src/index.js';

const NAMES = ['read', 'write', 'admin', 'append', 'purge', 'list', 'a', '__proto__'] as const;
const MANY = { numRuns: 2000 };

/** Any nesting of the forms of a rule; in places one that no scope can cure. */
const anyRule: fc.Arbitrary<Rule> = fc.letrec<{ rule: Rule; list: Rule[] }>((tie) => ({
  list: fc.array(tie('rule'), { minLength: 1, maxLength: 4 }),
  rule: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 6, arbitrary: fc.constantFrom<Rule>(...NAMES) },
    { weight: 3, arbitrary: tie('list').map((list) => allOf(...(list as [Rule]))) },
    { weight: 3, arbitrary: tie('list').map((list) => anyOf(...(list as [Rule]))) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Rule>(
        authenticated(),
        publicAccess(),
        deny(),
        where(() => true, 'purge'),
      ),
    },
  ),
})).rule;

/** A catalogue whose scopes imply later ones of a shuffled list, so never in a circle. */
const catalogue: fc.Arbitrary<ScopeCatalogue> = fc
  .tuple(
    fc.shuffledSubarray([...NAMES], { minLength: NAMES.length }),
    fc.array(fc.nat(2 ** NAMES.length - 1), { minLength: NAMES.length, maxLength: NAMES.length }),
  )
  .map(([order, bits]) => {
    const entries = order.map((name, index) => {
      const implies = order.filter((_, at) => at > index && ((bits[index] ?? 0) & (1 << at)) !== 0);
      return [name, { implies: implies.slice(0, 2) }] as const;
    });
    // From entries, so that __proto__ becomes a member.
    return defineScopes<string>(Object.fromEntries(entries));
  });

const held = fc.subarray([...NAMES]);

/** Decides a rule by its words alone. */
function holds(rule: Rule, granted: ReadonlySet<string>, scopes: ScopeCatalogue): boolean {
  if (typeof rule === 'string') return scopes.grants(granted, rule);
  if (typeof rule === 'function') return false;
  switch (rule.kind) {
    case 'allOf':
      return rule.rules.every((part) => holds(part, granted, scopes));
    case 'anyOf':
      return rule.rules.some((part) => holds(part, granted, scopes));
    case 'authenticated':
    case 'publicAccess':
      return true;
    case 'deny':
    case 'where':
    case 'recentLogin':
    case 'computed':
      return false;
  }
}

describe('evaluate, for any rule and any catalogue', () => {
  test('decides as the rule reads [SC-2, SC-5, T10]', () => {
    fc.assert(
      fc.property(anyRule, catalogue, held, (rule, scopes, granted) => {
        expect(evaluate(rule, granted, scopes).satisfied).toBe(
          holds(rule, new Set(granted), scopes),
        );
      }),
      MANY,
    );
  });

  test('more grants never lose access, and never lack more [T10]', () => {
    fc.assert(
      fc.property(anyRule, catalogue, held, held, (rule, scopes, granted, more) => {
        const before = evaluate(rule, granted, scopes);
        const after = evaluate(rule, [...granted, ...more], scopes);
        if (before.satisfied) expect(after.satisfied).toBe(true);
        if (!after.satisfied)
          expect(after.missing.length).toBeLessThanOrEqual(before.missing.length);
      }),
      MANY,
    );
  });

  test('order and repetition of grants never matter [SC-1, C403-4, T10]', () => {
    fc.assert(
      fc.property(anyRule, catalogue, held, (rule, scopes, granted) => {
        const expected = evaluate(rule, granted, scopes);
        expect(evaluate(rule, [...granted, ...granted].toReversed(), scopes)).toEqual(expected);
        expect(evaluate(rule, granted.join('  '), scopes)).toEqual(expected);
        expect(evaluate(rule, new Set(granted), scopes)).toEqual(expected);
      }),
    );
  });

  test('names one whole alternative of the rule, enough by itself, and no scope besides [SC-3, SC-6, C403-2, T13]', () => {
    fc.assert(
      fc.property(anyRule, catalogue, held, (rule, scopes, granted) => {
        const found = evaluate(rule, granted, scopes);
        const { satisfied, challenge, missing, alternatives } = found;
        expect(new Set(challenge).size).toBe(challenge.length);
        expect(compileRule(rule, scopes, 'rule').scopes).toEqual(
          expect.arrayContaining([...challenge, ...alternatives.flat()]),
        );
        expect(challenge).toEqual(expect.arrayContaining([...missing]));
        if (satisfied) {
          expect([challenge, missing]).toEqual([[], []]);
        } else if (challenge.length === 0) {
          expect(evaluate(rule, NAMES, scopes).satisfied).toBe(false);
        } else {
          expect(alternatives).toContainEqual(challenge);
          expect(missing.length).toBeGreaterThan(0);
          expect(evaluate(rule, challenge, scopes).satisfied).toBe(true);
          expect(evaluate(rule, [...granted, ...missing], scopes).satisfied).toBe(true);
          for (const scope of missing) expect(scopes.grants(new Set(granted), scope)).toBe(false);
          // No alternative lacks fewer. Of those that lack as few, one that is partly held comes first,
          // and none of the same kind is smaller.
          const rank = (one: readonly string[]): number => {
            const lacked = one.filter((scope) => !scopes.grants(new Set(granted), scope)).length;
            return lacked * 10_000 + (lacked === one.length ? 1_000 : 0) + one.length;
          };
          for (const one of alternatives) {
            expect(rank(one)).toBeGreaterThanOrEqual(rank(challenge));
          }
        }
      }),
      MANY,
    );
  });

  test('each alternative is enough by itself', () => {
    fc.assert(
      fc.property(anyRule, catalogue, (rule, scopes) => {
        for (const one of evaluate(rule, '', scopes).alternatives) {
          expect(evaluate(rule, one, scopes).satisfied).toBe(true);
        }
      }),
    );
  });

  test('without a catalogue nothing implies anything', () => {
    fc.assert(
      fc.property(anyRule, held, (rule, granted) => {
        const plain = defineScopes<string>([...NAMES]);
        const found: unknown = evaluate(rule as Rule<never>, granted);
        expect(found).toEqual(evaluate(rule, granted, plain));
      }),
    );
  });

  test('the words name every scope of a short rule, and those of a condition never', () => {
    fc.assert(
      fc.property(anyRule, (rule) => {
        const words = describeRule(rule);
        expect(words).not.toBe('');
        expect(words.length).toBeLessThan(1000);
        expect(describeRule(where(() => true, rule))).toBe('more than this token has');
      }),
    );
  });
});
