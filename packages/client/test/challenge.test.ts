import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { challengeFromToolResult, readBearerChallenge } from '../src/index.js';
import { hostileText } from '../../core/test/http/arbitraries.js';
import { vectors } from '../../core/test/http/vectors.js';

describe('the challenge to act on', () => {
  test.each([
    ['Bearer', { scopes: [] }],
    ['bearer SCOPE="a b"', { scopes: ['a', 'b'] }],
    ['Basic realm="x", Bearer scope=a', { scopes: ['a'] }],
    ['Bearer scope="a", Bearer error="insufficient_scope", scope="b"', { scopes: ['b'] }],
    [
      'Bearer error="insufficient_scope", scope="b", Bearer resource_metadata="https://h/m"',
      { scopes: ['b'], resourceMetadata: 'https://h/m' },
    ],
    ['Bearer scope="a", scope="b", Bearer scope="c"', { scopes: ['c'] }],
    ['Bearer scope="a	b c"', { scopes: ['c'] }],
    ['DPoP error="insufficient_scope", scope="a", Bearer scope="b"', { scopes: ['b'] }],
  ])('%s [CH-4, CH-5, CH-6, CS-10, T119]', (value, expected) => {
    expect(readBearerChallenge(value)).toMatchObject(expected);
  });

  test.each([
    ['', null],
    ['Basic realm="Bearer scope=a"', null],
    ['DPoP algs="ES256"', null],
    ['Bearer scope="a", scope="a"', undefined],
    [`Bearer scope="${'a '.repeat(10_000)}"`, undefined],
  ])('%s is none [CH-6, CS-8, T119]', (value, expected) => {
    expect(readBearerChallenge(value)).toBe(expected);
  });

  test('reads every vector without taking a parameter from another challenge [CH-4]', () => {
    for (const { raw } of vectors('challenges')) {
      const challenge = readBearerChallenge(raw ?? '');
      if (challenge)
        expect(challenge.params.get('scope') ?? '').toContain(challenge.scopes.join(' '));
    }
  });

  test('the description is text for people: no controls, no invisible characters [T118]', () => {
    const text = 'a\u001b[31mb\u0007\u202ec\u2028d\u0000<b>';
    const challenge = readBearerChallenge(`Bearer error_description="${text}"`);
    expect(challenge?.errorDescription).toBe('a[31mbcd<b>');
    expect(challenge?.params.get('error_description')).toBe(text);
  });

  test('never throws, and names scope tokens only [T119]', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        for (const value of [
          text,
          `Bearer ${text}`,
          `Bearer error="insufficient_scope", ${text}`,
        ]) {
          for (const scope of readBearerChallenge(value)?.scopes ?? []) {
            expect(scope).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
          }
        }
      }),
    );
  });
});

describe('a challenge in the result of a tool call', () => {
  const value = 'Bearer error="insufficient_scope", scope="a"';
  const result = (challenge: unknown, isError: unknown = true): unknown => ({
    content: [],
    isError,
    _meta: { 'mcp/www_authenticate': challenge },
  });

  test('a string, or a list of them [IB-5]', () => {
    expect(challengeFromToolResult(result(value))).toMatchObject({ scopes: ['a'] });
    expect(challengeFromToolResult(result(['Basic', value]))).toMatchObject({ scopes: ['a'] });
  });

  test.each([
    ...[undefined, null, 7, 'x', [], {}, { isError: true }, { isError: true, _meta: null }],
    ...[result(value, false), result(value, 'true'), result(value, 1)],
    ...[result(7), result([value, 7]), result([]), result({}), result('Basic'), result('')],
    result([value, 'scope="b"']),
    result(`${value}, scope="b"`),
    result('Bearer '.padEnd(20_000, 'x')),
    Object.create(result(value) as object),
    { isError: true, _meta: Object.create({ 'mcp/www_authenticate': value }) as object },
  ])('%j has none [IB-5]', (other) => {
    expect(challengeFromToolResult(other)).toBeUndefined();
  });
});
