import { describe, expect, test } from 'vitest';
import {
  isScopeSuperset,
  isScopeToken,
  parseScope,
  serializeScope,
  unionScopes,
} from '../../src/index.js';
import { vectors } from '../http/vectors.js';

describe('scope vectors', () => {
  test.each(vectors('scopes'))(
    '$name [SC-1, T06, T07]',
    ({ raw, must_fail, expected, canonical }) => {
      expect(parseScope(raw)).toEqual(expected);
      if (must_fail === true) {
        expect(() => serializeScope(raw)).toThrow(TypeError);
      } else {
        expect(serializeScope(raw)).toBe(canonical ?? '');
        expect(serializeScope(expected)).toBe(canonical ?? '');
      }
      expect(unionScopes(raw)).toBe(expected.length === 0 ? undefined : expected.join(' '));
    },
  );
});

describe('isScopeToken', () => {
  test.each([
    ['a', true],
    ['!#[]~', true],
    ['', false],
    ['a b', false],
    ['"', false],
    ['\\', false],
    ['\u007f', false],
    ['é', false],
    [7, false],
    [null, false],
    [undefined, false],
    [['a'], false],
  ])('%j is %j [SC-1]', (value, expected) => {
    expect(isScopeToken(value)).toBe(expected);
  });
});

describe('serializeScope', () => {
  test('writes one space between, a repeated scope once [CH-7, SC-1]', () => {
    expect(serializeScope(['b', 'a', 'b'])).toBe('b a');
    expect(serializeScope(new Set(['b', 'a']))).toBe('b a');
    expect(serializeScope([])).toBe('');
  });

  test.each([['a b'], [''], ['a"'], ['é'], [7], [undefined]])(
    'refuses %j as an element: a shortened list would be a wrong one [CH-7, T40]',
    (element) => {
      expect(() => serializeScope(['ok', element] as string[])).toThrow(
        /^.* is not a scope token$/,
      );
    },
  );
});

describe('unionScopes', () => {
  const cases: readonly [
    what: string,
    parts: readonly (string | Iterable<string> | null | undefined)[],
    expected: string | undefined,
  ][] = [
    ['nothing', [], undefined],
    ['nothing but absent parts', [undefined, null, '', []], undefined],
    ['strings, in order of first appearance', ['b a', 'c a', 'b'], 'b a c'],
    ['lists', [['a'], new Set(['b', 'a'])], 'a b'],
    ['mixed forms', ['a', ['b'], undefined, 'c b'], 'a b c'],
    ['exactly: no case, no implication', ['read', 'Read', 'read:all'], 'read Read read:all'],
    ['without what is no scope token', [['a b', '', 'ok'], 'x"y z'], 'ok z'],
  ];
  test.each(cases)('unites %s [SC-1]', (_, parts, expected) => {
    expect(unionScopes(...parts)).toBe(expected);
  });
});

describe('isScopeSuperset', () => {
  test.each([
    ['a b', 'a', true],
    ['a b', 'b a', true],
    ['a', 'a b', false],
    ['', '', true],
    ['', 'a', false],
    ['a', '', true],
    ['read', 'Read', false],
    ['read:all', 'read', false],
    ['admin', 'read', false],
  ])('%j over %j: %j [SC-1, SC-4, T08]', (held, needed, expected) => {
    expect(isScopeSuperset(held, needed)).toBe(expected);
    expect(isScopeSuperset(parseScope(held), parseScope(needed))).toBe(expected);
    expect(isScopeSuperset(new Set(parseScope(held)), new Set(parseScope(needed)))).toBe(expected);
  });

  test.each(['größe', 'read "x"', 'a\\b', 'read\twrite', 'read\u0000'])(
    'what is no scope token is held by nobody: %j [SC-1, T08]',
    (needed) => {
      expect(isScopeSuperset('read write', needed)).toBe(false);
      expect(isScopeSuperset('read write', [needed])).toBe(false);
    },
  );
});
