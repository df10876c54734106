/** The details of refusals, as events show them: short, and without parts of a token. */
import { expect, test } from 'vitest';
import { textsIn, timeIn, toEventDetail } from '../../src/token/refusal-detail.js';

const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJyYXkifQ.c2lnbmF0dXJl';

test.each<readonly [given: unknown, detail: string]>([
  [{ detail: 'expired' }, 'expired'],
  [{ detail: 'not_yet_valid' }, 'not_yet_valid'],
  [{ detail: 'a'.repeat(32) }, 'a'.repeat(32)],
  [{ detail: 'a'.repeat(33) }, 'other'],
  [{ detail: '' }, 'other'],
  [{ detail: 'Expired' }, 'other'],
  [{ detail: 'expired\n' }, 'other'],
  [{ detail: TOKEN }, 'other'],
  [{ detail: 7 }, 'other'],
  [{ detail: ['expired'] }, 'other'],
  [Object.create({ detail: 'expired' }), 'other'],
  [undefined, 'other'],
  ['expired', 'other'],
])('%j: %s [T191]', (given, detail) => {
  const event = toEventDetail(given, TOKEN);
  expect(event).toEqual({ detail, expected: undefined, found: undefined });
  expect(Object.isFrozen(event)).toBe(true);
});

test('five values of each list, as texts, without parts of the token [T191]', () => {
  const values = ['a', 7, null, 'x\u0000y', TOKEN, 'sixth'];
  const { expected, found } = toEventDetail({ detail: 'type', expected: values, found: [] }, TOKEN);
  expect(expected?.slice(0, 4)).toEqual(['a', '7', 'null', 'x y']);
  expect(expected).toHaveLength(5);
  expect(expected?.[4]).not.toContain(TOKEN.slice(5, 25));
  expect(found).toEqual([]);
  expect(Object.isFrozen(expected)).toBe(true);
  expect(toEventDetail({ detail: 'type', expected: 'a', found: { 0: 'a' } }, TOKEN)).toEqual({
    ...{ detail: 'type', expected: undefined, found: undefined },
  });
});

test.each<readonly [claim: unknown, texts: readonly string[]]>([
  [undefined, ['none']],
  ['a', ['a']],
  [
    ['a', 'b'],
    ['a', 'b'],
  ],
  [[], []],
  [7, ['a number']],
  [null, ['a object']],
  [
    ['a', 7, [true]],
    ['a', 'a number', 'a object'],
  ],
])('the claim %j is told as %j', (claim, texts) => {
  expect(textsIn(claim)).toEqual(texts);
});

test.each<readonly [claim: unknown, texts: readonly string[]]>([
  [0, ['1970-01-01T00:00:00.000Z']],
  [1.5, ['1970-01-01T00:00:01.500Z']],
  [-1, ['1969-12-31T23:59:59.000Z']],
  [-8.64e12, ['a number']],
  [1e12, ['a number']],
  [Number.NaN, ['a number']],
  ['1', ['1']],
  [undefined, ['none']],
])('the time %j is told as %j', (claim, texts) => {
  expect(timeIn(claim)).toEqual(texts);
});
