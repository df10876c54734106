import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isScopeSuperset, parseScope, serializeScope, unionScopes } from '../../src/index.js';
import { hostileText, scopeToken } from '../http/arbitraries.js';

const scopeList = fc.array(scopeToken, { maxLength: 8 });

describe('scope values', () => {
  test('parse(serialize(x)) = x without repetitions, in the same order [SC-1]', () => {
    fc.assert(
      fc.property(scopeList, (scopes) => {
        expect(parseScope(serializeScope(scopes))).toEqual([...new Set(scopes)]);
      }),
    );
  });

  test('reading never throws and gives legal tokens only, each once [SC-1, T06]', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const scopes = parseScope(text);
        expect(new Set(scopes).size).toBe(scopes.length);
        for (const scope of scopes) expect(scope).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
        expect(parseScope(serializeScope(scopes))).toEqual(scopes);
        expect(text.split(' ')).toEqual(expect.arrayContaining(scopes));
      }),
      { numRuns: 2000 },
    );
  });

  test('a union holds every part, nothing else, and does not mind doing it again', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            scopeList,
            scopeList.map((list) => list.join('  ')),
            fc.constant(undefined),
          ),
        ),
        (parts) => {
          const union = unionScopes(...parts) ?? '';
          for (const part of parts) expect(isScopeSuperset(union, part ?? [])).toBe(true);
          const all = parts.flatMap((part) =>
            typeof part === 'string' ? parseScope(part) : (part ?? []),
          );
          expect(parseScope(union)).toEqual([...new Set(all)]);
          expect(unionScopes(union, ...parts)).toBe(unionScopes(...parts));
        },
      ),
    );
  });

  test('order and repetition never matter to a superset [SC-1]', () => {
    fc.assert(
      fc.property(scopeList, scopeList, (held, needed) => {
        const expected = needed.every((scope) => held.includes(scope));
        expect(isScopeSuperset(held, needed)).toBe(expected);
        expect(isScopeSuperset([...held, ...held].toReversed(), [...needed, ...needed])).toBe(
          expected,
        );
        expect(isScopeSuperset(held.join(' '), needed.toReversed().join('  '))).toBe(expected);
      }),
    );
  });
});
