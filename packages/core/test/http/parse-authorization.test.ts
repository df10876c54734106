import { describe, expect, test } from 'vitest';
import { parseAuthorization } from '../../src/index.js';
import { vectors } from './vectors.js';

describe('authorization vectors', () => {
  test.each(vectors('authorization'))(
    '$name [AH-1, AH-2, AH-6, AH-11, AH-12]',
    ({ raw, token_syntax, expected }) => {
      const options = token_syntax === undefined ? undefined : { tokenSyntax: token_syntax };
      expect(parseAuthorization(raw, options)).toEqual(expected);
    },
  );

  test('b64token is the default syntax, and can be named [AH-1]', () => {
    for (const { raw, token_syntax, expected } of vectors('authorization')) {
      if (token_syntax !== undefined) continue;
      expect(parseAuthorization(raw, { tokenSyntax: 'b64token' })).toEqual(expected);
      expect(parseAuthorization(raw, {})).toEqual(expected);
    }
  });

  test('what a quote holds is no second credential, an escaped quote does not end it [AH-6]', () => {
    const scheme = { kind: 'other', scheme: 'digest' };
    expect(parseAuthorization('Digest realm="a\\", Bearer x"')).toEqual(scheme);
    expect(parseAuthorization('Digest realm="a", Bearer x')).toMatchObject({ kind: 'malformed' });
  });

  test('opaque syntax admits every visible ASCII character but the comma', () => {
    const visible = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index));
    const token = visible.filter((character) => character !== ',').join('');
    expect(parseAuthorization(`Bearer ${token}`, { tokenSyntax: 'opaque' })).toEqual({
      kind: 'credentials',
      scheme: 'bearer',
      token,
    });
  });

  test('a Turkish locale does not change which scheme is meant [AH-2, T07]', () => {
    // 'I'.toLocaleLowerCase('tr') is a dotless i; the scheme must not be compared that way.
    expect(parseAuthorization('DIGEST x="y"')).toEqual({ kind: 'other', scheme: 'digest' });
    expect(parseAuthorization('BEARER a')).toMatchObject({ kind: 'credentials' });
  });
});
