import { describe, expect, test } from 'vitest';
import { parseChallenges, serializeChallenge } from '../../src/index.js';
import type { SerializableChallenge } from '../../src/index.js';

describe('serializeChallenge writes', () => {
  const cases: readonly [what: string, challenge: SerializableChallenge, text: string][] = [
    ['a scheme alone', { scheme: 'Negotiate' }, 'Negotiate'],
    ['a token68', { scheme: 'negotiate', token68: 'YWJj==' }, 'Negotiate YWJj=='],
    [
      'a record of parameters',
      { scheme: 'Bearer', params: { error: 'e', scope: 's' } },
      'Bearer error="e", scope="s"',
    ],
    ['a map of parameters', { scheme: 'DPoP', params: new Map([['a', 'b']]) }, 'DPoP a="b"'],
    ['the usual spelling of schemes', { scheme: 'BEARER', params: { a: '' } }, 'Bearer a=""'],
    ['unknown schemes as they are', { scheme: 'newAuth', params: { a: '1' } }, 'newAuth a="1"'],
    ['names in lower case', { scheme: 'X', params: { ReAlm: 'R' } }, 'X realm="R"'],
    [
      'quotes and backslashes as quoted-pairs',
      { scheme: 'X', params: { a: String.raw`"\"` } },
      String.raw`X a="\"\\\""`,
    ],
    ['every printable character', { scheme: 'X', params: { a: ' !#~' } }, 'X a=" !#~"'],
  ];
  test.each(cases)('%s [CH-3, CH-8]', (_, challenge, text) => {
    expect(serializeChallenge(challenge)).toBe(text);
    expect(parseChallenges(text, { strict: true })).toHaveLength(1);
  });

  test('what parseChallenges returned, as it is', () => {
    const text = 'Digest realm="a", qop="auth, auth-int"';
    expect(parseChallenges(text).map(serializeChallenge)).toEqual([text]);
  });
});

describe('serializeChallenge refuses', () => {
  const cases: readonly [what: string, challenge: unknown, message: string][] = [
    ['an empty scheme', { scheme: '' }, 'challenge scheme "" is not a token'],
    ['a scheme with a space', { scheme: 'a b' }, 'challenge scheme "a b" is not a token'],
    ['a scheme past ASCII', { scheme: 'é' }, 'challenge scheme "é" is not a token'],
    ['no scheme', {}, 'challenge scheme undefined is not a token'],
    [
      'a bare Bearer [CH-2]',
      { scheme: 'bearer' },
      'a Bearer challenge needs at least one parameter',
    ],
    [
      'Bearer with a token68 [CH-2]',
      { scheme: 'bearer', token68: 'a' },
      'a Bearer challenge has parameters, no token68',
    ],
    [
      'token68 and parameters',
      { scheme: 'X', token68: 'a', params: { b: 'c' } },
      'a challenge has a token68 or parameters, not both',
    ],
    ['an empty token68', { scheme: 'X', token68: '' }, '"" is not a token68'],
    ['a token68 of padding', { scheme: 'X', token68: '==' }, '"==" is not a token68'],
    ['a token68 with text behind its padding', { scheme: 'X', token68: 'a=b' }, '"a=b" is not a'],
    ['a token68 with a line feed', { scheme: 'X', token68: 'a\n' }, '"a\\n" is not a token68'],
    ['an empty name', { scheme: 'X', params: { '': 'a' } }, 'parameter name "" is not a token'],
    ['a name with a space', { scheme: 'X', params: { 'a b': 'c' } }, 'parameter name "a b" is not'],
    [
      'a name twice, in another case [CH-6]',
      { scheme: 'X', params: { a: 'b', A: 'c' } },
      'parameter "a" is given twice',
    ],
    [
      'a value with CR LF [CH-9]',
      { scheme: 'X', params: { a: 'b\r\nc' } },
      'parameter "a" must be',
    ],
    ['a value with NUL [CH-9]', { scheme: 'X', params: { a: '\0' } }, 'parameter "a" must be'],
    ['a value with a tab [CH-9]', { scheme: 'X', params: { a: '\t' } }, 'parameter "a" must be'],
    ['a value with DEL [CH-9]', { scheme: 'X', params: { a: '\u007f' } }, 'parameter "a" must be'],
    ['a value past ASCII [CH-7]', { scheme: 'X', params: { a: 'é' } }, 'parameter "a" must be'],
    ['a value that is no string', { scheme: 'X', params: { a: 5 } }, 'parameter "a" must be'],
    ['a list for a value', { scheme: 'X', params: { a: [] } }, 'parameter "a" must be'],
    ['null for a value', { scheme: 'X', params: { a: null } }, 'parameter "a" must be'],
  ];
  test.each(cases)('%s', (_, challenge, message) => {
    const write = (): string => serializeChallenge(challenge as SerializableChallenge);
    expect(write).toThrow(TypeError);
    expect(write).toThrow(message);
  });
});
