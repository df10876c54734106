/** The details of refusals, as events show them: short, and without parts of a token. */
import { expect, test } from 'vitest';
import { freezeToken, readToken } from '../../src/token/read-token.js';
import {
  describeError,
  findProblem,
  textsIn,
  timeIn,
  toEventDetail,
} from '../../src/token/refusal-detail.js';

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

test.each<readonly [claims: object, now: number, problem: object | undefined]>([
  [{ exp: 100, nbf: 50, aud: 'a', sub: 'ray' }, 60, undefined],
  [{ exp: 100 }, 109, undefined],
  [{ exp: 100 }, 110, { detail: 'expired', found: ['1970-01-01T00:01:40.000Z'] }],
  [{ exp: 'x' }, 0, { detail: 'expired', found: ['x'] }],
  [{ nbf: 50 }, 40, undefined],
  [{ nbf: 50 }, 39, { detail: 'not_yet_valid', found: ['1970-01-01T00:00:50.000Z'] }],
  [{ aud: ['x', 'a'] }, 0, undefined],
  [{ aud: ['x', 7] }, 0, { detail: 'audience', expected: ['a', 'b'], found: ['x', 'a number'] }],
  [{ aud: null }, 0, { detail: 'audience', expected: ['a', 'b'], found: ['a object'] }],
  [{ sub: 7 }, 0, { detail: 'claims' }],
  [{ act: 'x' }, 0, { detail: 'claims' }],
])('%j at %i: %j [T191, JW-5, T65]', (claims, now, problem) => {
  expect(findProblem(readToken({ claims }), ['a', 'b'], now, 10)).toEqual(problem);
});

test('another audience is accepted before the time until which it is observed [T65]', () => {
  const token = readToken(freezeToken({ aud: 'x' }, { observedUntil: 5_000 }));
  expect(findProblem(token, ['a'], 4.999, 10)).toBeUndefined();
  expect(findProblem(token, ['a'], 5, 10)).toMatchObject({ detail: 'audience' });
});

test.each<readonly [words: readonly string[], detail: string]>([
  [['ERR_JWT_CLAIM_VALIDATION_FAILED', 'unexpected "aud" claim value'], 'audience'],
  [['jwt audience invalid. expected: x'], 'audience'],
  [['x', 'unexpected "iss" claim value'], 'issuer'],
  [['jwt not active'], 'not_yet_valid'],
  [['NotBeforeError'], 'not_yet_valid'],
  [['ERR_JWT_EXPIRED'], 'expired'],
  [['"exp" claim timestamp check failed'], 'expired'],
  [['ERR_JWKS_NO_MATCHING_KEY'], 'key_unknown'],
  [['ERR_JOSE_ALG_NOT_ALLOWED'], 'algorithm'],
  [['invalid signature'], 'signature'],
  [['jwt malformed'], 'form'],
  [['ERR_JWS_INVALID'], 'form'],
  [['the audience has expired'], 'audience'],
  [['x', 'y'], 'other'],
  [[], 'other'],
])('an error with the words %j: %s [T191]', (words, detail) => {
  expect(describeError(words)).toEqual({ detail });
});
