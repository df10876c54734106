import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseScope } from '@scopegate/core';
import { selectScopes, stepUpScopes } from '../src/index.js';
import { scopeToken } from '../../core/test/http/arbitraries.js';

describe('the scopes of a first login', () => {
  const challenge = { scopes: ['a', 'b'] };
  const metadata = { scopes_supported: ['c', 'd'] };
  test.each([
    [{ challenge, metadata }, 'a b'],
    [{ challenge: { scopes: [] }, metadata }, 'c d'],
    [{ metadata }, 'c d'],
    [{ metadata: {} }, undefined],
    [{ metadata: { scopes_supported: [] } }, undefined],
    [{}, undefined],
  ])('%j: %s [CS-1, SC-9]', (from, expected) => {
    expect(selectScopes(from)).toBe(expected);
  });
});

describe('the scopes of a step-up', () => {
  test.each([
    [{ challenged: 'b', granted: 'a' }, 'a b', ['b']],
    [{ challenged: ['b'], granted: ['a'], requested: 'c' }, 'c a b', ['b']],
    [{ challenged: 'a', granted: 'a b' }, 'a b', []],
    [{ challenged: 'a', granted: undefined, requested: 'a' }, 'a', ['a']],
    [{ challenged: '', granted: 'a', advertised: ['a', 'b'] }, 'a b', ['b']],
    [{ challenged: 'c', granted: 'a', advertised: ['a', 'b'] }, 'a c', ['c']],
    [{ granted: 'a' }, 'a', []],
    [{}, undefined, []],
    [{ challenged: 'A', granted: 'a' }, 'a A', ['A']],
  ])('%j: %s, adds %j [CS-2, CS-3, CS-9, SC-9]', (input, scope, added) => {
    expect(stepUpScopes(input)).toEqual({ scope, added });
  });

  const scopes = fc.array(scopeToken, { maxLength: 6 });
  const forms = (list: string[]) => fc.constantFrom<string | string[]>(list, list.join(' '));
  const input = fc
    .tuple(scopes, scopes, scopes, scopes)
    .chain(([requested, granted, challenged, advertised]) =>
      fc.record({
        requested: forms(requested),
        granted: forms(granted),
        challenged: forms(challenged),
        advertised: forms(advertised),
      }),
    );
  const list = (value: string | string[]): string[] =>
    typeof value === 'string' ? parseScope(value) : [...new Set(value)];

  test('lose nothing, invent nothing, and add what is needed and not granted [CS-3]', () => {
    fc.assert(
      fc.property(input, (given) => {
        const { scope = '', added } = stepUpScopes(given);
        const union = parseScope(scope);
        const needed = list(given.challenged).length > 0 ? given.challenged : given.advertised;
        const all = [...list(given.requested), ...list(given.granted), ...list(needed)];
        expect(new Set(union)).toEqual(new Set(all));
        expect(union).toHaveLength(new Set(union).size);
        expect(new Set(added)).toEqual(
          new Set(list(needed).filter((one) => !list(given.granted).includes(one))),
        );
      }),
    );
  });

  test('asking again with the granted scopes adds nothing [CS-3, T114]', () => {
    fc.assert(
      fc.property(input, (given) => {
        const { scope } = stepUpScopes(given);
        const again = stepUpScopes({ ...given, requested: scope, granted: scope });
        expect(again.added).toEqual([]);
        expect(parseScope(again.scope ?? '')).toEqual(parseScope(scope ?? ''));
      }),
    );
  });
});
