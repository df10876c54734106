import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { challengeFromToolResult, readBearerChallenge } from '../src/index.js';
import { hostileText, scopeToken } from '../../core/test/http/arbitraries.js';
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
    ['Bearer scope="a	b c"', { scopes: [] }],
    ['Bearer error=insufficient_scope, scope=read write', { scopes: ['read', 'write'] }],
    ['Bearer scope=read write, error=insufficient_scope', { scopes: ['read', 'write'] }],
    ['Bearer scope=read  write\t,error="x"', { scopes: ['read', 'write'] }],
    ['Bearer scope=read error="x"', { scopes: ['read'], error: 'x' }],
    ['Bearer scope=read write error="x"', { scopes: [], error: undefined }],
    ['Bearer scope=read filter=x write', { scopes: [] }],
    ['Bearer scope=read "write"', { scopes: [] }],
    ['Bearer scope=read\twrite', { scopes: [] }],
    ['Bearer scope=read wr\u00edte', { scopes: [] }],
    ['Bearer scope="read wr\u00edte"', { scopes: [] }],
    ['Bearer scope="read \\"write\\""', { scopes: [] }],
    ['DPoP error="insufficient_scope", scope="a", Bearer scope="b"', { scopes: ['b'] }],
  ])('%s [CH-4, CH-5, CH-6, CH-12, CS-10, T119, T197]', (value, expected) => {
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

  test('an unquoted list is read completely up to the comma, or not at all [CH-12, T197]', () => {
    const words = fc.array(
      fc.oneof(
        scopeToken,
        fc.constantFrom('=', 'a=', '=a', 'x="y"', '"', '\u00e9', 'realm="a, b"'),
      ),
      { minLength: 1, maxLength: 6 },
    );
    const gap = fc.constantFrom(' ', '  ', '\t', ' \t ');
    const rest = fc.constantFrom('', ' ', ', error="x"', '\t,error=x', ', Basic realm="scope=z"');
    let whole = 0;
    fc.assert(
      fc.property(words, gap, rest, (list, between, behind) => {
        // Else it is a quoted-string.
        fc.pre(!list[0]?.startsWith('"'));
        const value = list.join(between);
        const found = readBearerChallenge(`Bearer a="b", scope=${value}${behind}`)?.scopes ?? [];
        const upToComma = value.split(',', 1)[0] ?? '';
        const all = [...new Set(upToComma.split(/[\t ]+/).filter((word) => word !== ''))];
        // A quoted parameter without its comma is no part of the list: no scope token has a quote.
        const isParameter = /^[^\t ]*[\t ]+[\w!#$%&'*+.^`|~-]+[\t ]*="/.test(upToComma);
        const allowed = isParameter ? [all, all.slice(0, 1), []] : [all, []];
        expect(allowed).toContainEqual(found);
        if (found.length > 1) whole += 1;
      }),
      { numRuns: 2000 },
    );
    expect(whole).toBeGreaterThan(100);
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
