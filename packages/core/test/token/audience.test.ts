/** Which names of a resource are the same, and which audiences are accepted. */
import { expect, test } from 'vitest';
import {
  isForAudience,
  isSameResource,
  readExclusiveAudience,
  readNames,
} from '../../src/token/audience.js';

test.each<readonly [a: unknown, b: string, isSame: boolean]>([
  ['https://a.test', 'https://a.test', true],
  ['https://a.test', 'https://a.test/', true],
  ['https://a.test/', 'https://a.test', true],
  ['http://localhost:3000', 'http://localhost:3000/', true],
  ['https://a.test/b', 'https://a.test/b/', false],
  ['https://a.test?b', 'https://a.test/?b', false],
  ['https://a.test#b', 'https://a.test#b/', false],
  ['https://A.test', 'https://a.test', false],
  ['ftp://a.test', 'ftp://a.test/', false],
  ['urn:https://a.test', 'urn:https://a.test/', false],
  ['urn:a', 'urn:a', true],
  [['https://a.test'], 'https://a.test', false],
  [{ toString: () => 'https://a.test' }, 'https://a.test', false],
  [undefined, 'undefined', false],
  [null, 'https://a.test', false],
])('%j and %j: %s [PR-3, T65]', (a, b, isSame) => {
  expect(isSameResource(a, b)).toBe(isSame);
});

test.each<readonly [aud: unknown, others: readonly string[] | undefined, isAccepted: boolean]>([
  ['a', undefined, true],
  [['x', 'a'], undefined, true],
  [['x', 'a'], [], false],
  [['x', 'a'], ['x'], true],
  [['x', 'y', 'a'], ['x'], false],
  [['a', 'b'], [], true],
  [['a', 7], undefined, false],
  [[], undefined, false],
  [[], [], false],
  ['x', ['x'], false],
  [undefined, undefined, false],
  [{ 0: 'a' }, undefined, false],
])('the audience %j, with %j beside it: %s [JW-3, T65]', (aud, others, isAccepted) => {
  expect(isForAudience(aud, ['a', 'b'], others)).toBe(isAccepted);
});

test('options of names are copied, frozen, or refused in these words', () => {
  expect(readNames('a', 'x.audience')).toEqual(['a']);
  const given = ['a', 'b'];
  const names = readNames(given, 'x.audience', 1);
  given.push('c');
  expect(names).toEqual(['a', 'b']);
  expect(Object.isFrozen(names)).toBe(true);
  expect(readNames([], 'x.names')).toEqual([]);
  for (const value of ['', [''], [7], 7, null, undefined, ['a', null]]) {
    expect(() => readNames(value, 'x.names')).toThrow('x.names: expected non-empty strings');
  }
  expect(() => readNames([], 'x.audience', 1)).toThrow(
    'x.audience: expected at least one non-empty string',
  );
  expect(readExclusiveAudience(undefined, 'x')).toBeUndefined();
  expect(readExclusiveAudience(true, 'x')).toEqual([]);
  expect(readExclusiveAudience(['a'], 'x')).toEqual(['a']);
  for (const value of [false, 'a', [''], [7], null, {}]) {
    expect(() => readExclusiveAudience(value, 'x.exclusiveAudience')).toThrow(
      'x.exclusiveAudience: expected true or a list of non-empty strings',
    );
  }
});
