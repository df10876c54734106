import { describe, expect, test } from 'vitest';
import { bearerChallenge, parseChallenges } from '../../src/index.js';
import type { BearerChallengeOptions } from '../../src/index.js';

const resourceMetadata = 'https://notes.example.com/.well-known/oauth-protected-resource/mcp';
const META = `resource_metadata="${resourceMetadata}"`;

describe('bearerChallenge writes, byte for byte', () => {
  const cases: readonly [what: string, options: BearerChallengeOptions, text: string][] = [
    [
      '401 without credentials',
      { scope: ['notes:read'], resourceMetadata },
      `Bearer scope="notes:read", ${META}`,
    ],
    [
      '401 for a bad token',
      {
        errorDescription: 'The access token is invalid or expired',
        resourceMetadata,
        scope: 'notes:read',
        error: 'invalid_token',
      },
      `Bearer error="invalid_token", scope="notes:read", ${META}, error_description="The access token is invalid or expired"`,
    ],
    [
      '403 for the operation alone',
      {
        error: 'insufficient_scope',
        scope: ['notes:write'],
        resourceMetadata,
        errorDescription: 'add_note needs notes:write',
      },
      `Bearer error="insufficient_scope", scope="notes:write", ${META}, error_description="add_note needs notes:write"`,
    ],
    [
      '403 with what is granted',
      {
        error: 'insufficient_scope',
        scope: ['notes:write', 'notes:read'],
        resourceMetadata,
        errorDescription: 'add_note needs notes:write',
      },
      `Bearer error="insufficient_scope", scope="notes:write notes:read", ${META}, error_description="add_note needs notes:write"`,
    ],
    [
      'everything, error_description last [CH-11]',
      {
        realm: 'notes',
        errorUri: 'https://notes.example.com/errors#scope',
        errorDescription: 'd',
        maxAge: 0,
        acrValues: ['gold', 'silver'],
        scope: 'a',
        error: 'e',
        resourceMetadata,
      },
      `Bearer error="e", scope="a", ${META}, acr_values="gold silver", max_age="0", realm="notes", error_uri="https://notes.example.com/errors#scope", error_description="d"`,
    ],
    [
      'acr_values as a string',
      { acrValues: 'b a', error: 'e' },
      'Bearer error="e", acr_values="b a"',
    ],
    ['a realm alone [CH-8]', { realm: 'my notes' }, 'Bearer realm="my notes"'],
    ['no empty scope [CH-2]', { scope: [], resourceMetadata }, `Bearer ${META}`],
    ['no empty scope from a string', { scope: ' ', resourceMetadata }, `Bearer ${META}`],
    [
      'no empty error or description',
      { error: '', errorDescription: '', realm: 'a' },
      'Bearer realm="a"',
    ],
    ['a scope once [CH-6]', { scope: 'a b a', realm: 'r' }, 'Bearer scope="a b", realm="r"'],
  ];
  test.each(cases)('%s', (_, options, text) => {
    expect(bearerChallenge(options)).toBe(text);
    expect(parseChallenges(text, { strict: true })).toHaveLength(1);
  });
});

describe('bearerChallenge refuses', () => {
  const cases: readonly [what: string, options: unknown, message: string][] = [
    ['to be bare [CH-2]', {}, 'a Bearer challenge needs at least one parameter'],
    [
      'to be bare, all empty [CH-2]',
      { scope: '', errorDescription: ' ' },
      'at least one parameter',
    ],
    ['an illegal scope in a list [CH-7, T40]', { scope: ['a"'] }, '"a\\"" is not a scope token'],
    [
      'an illegal scope in a string, whole [CH-7, T40]',
      { scope: 'a b"c' },
      '"b\\"c" is not a scope',
    ],
    ['a scope with CR LF [CH-9, T40]', { scope: ['a\r\nb'] }, '"a\\r\\nb" is not a scope token'],
    ['a scope like a parameter [CH-11]', { scope: ['x:error=y'] }, 'scope: "x:error=y" reads like'],
    ['an error with a quote [CH-7]', { error: 'a"b' }, 'error: "a\\"b" holds a character that'],
    ['an error with a line feed [CH-9]', { error: 'a\nb' }, 'error: "a\\nb" holds a character'],
    ['an error like a parameter [CH-11]', { error: 'scope=x' }, 'error: "scope=x" reads like a'],
    ['a realm with a quote [T40]', { realm: 'a"b' }, 'realm: "a\\"b" holds a character'],
    ['a realm with a backslash [T40]', { realm: 'a\\b' }, 'realm: "a\\\\b" holds a character'],
    ['a realm past ASCII [T40]', { realm: 'é' }, 'realm: "é" holds a character'],
    ['a realm with NUL [CH-9, T40]', { realm: '\0' }, 'holds a character'],
    ['a realm like a parameter [CH-11]', { realm: 'Error = 7' }, 'realm: "Error = 7" reads like'],
    ['a relative metadata URL', { resourceMetadata: '/x' }, 'resourceMetadata: "/x" is not'],
    [
      'a metadata URL with a quote [T40]',
      { resourceMetadata: 'https://h/"' },
      'resourceMetadata: ',
    ],
    [
      'a metadata URL with a space [T40]',
      { resourceMetadata: 'https://h/a b' },
      'resourceMetadata: ',
    ],
    [
      'a metadata URL with CR LF [CH-9, T40]',
      { resourceMetadata: 'https://h/\r\nx' },
      'holds a char',
    ],
    ['a metadata URL past ASCII [CH-7]', { resourceMetadata: 'https://h/é' }, 'holds a character'],
    [
      'a metadata URL like a parameter [CH-11]',
      { resourceMetadata: 'https://h/?scope=a' },
      'resourceMetadata: "https://h/?scope=a" reads like',
    ],
    ['a relative error_uri', { errorUri: 'x' }, 'errorUri: "x" is not an absolute URL'],
    [
      'an error_uri with a password',
      { errorUri: 'https://u:secret@h:99999/' },
      'errorUri: "h:99999/" is not an absolute URL',
    ],
    ['an error_uri with a backslash [CH-7]', { errorUri: 'https://h/\\' }, 'errorUri: '],
    ['an illegal acr', { error: 'e', acrValues: ['a"'] }, '"a\\"" is not a scope token'],
    [
      'an acr like a parameter [CH-11]',
      { error: 'e', acrValues: ['x:scope=y'] },
      'acrValues: "x:scope=y" reads like a',
    ],
    ['a negative age', { error: 'e', maxAge: -1 }, 'maxAge: expected an integer of seconds from 0'],
    ['half a second', { error: 'e', maxAge: 0.5 }, 'maxAge: expected'],
    ['no age at all', { error: 'e', maxAge: Number.NaN }, 'maxAge: expected'],
    ['an endless age', { error: 'e', maxAge: Number.POSITIVE_INFINITY }, 'maxAge: expected'],
  ];
  test.each(cases)('%s', (_, options, message) => {
    const write = (): string => bearerChallenge(options as BearerChallengeOptions);
    expect(write).toThrow(TypeError);
    expect(write).toThrow(message);
  });
});

describe('error_description is made safe', () => {
  const cases: readonly [what: string, description: string, written: string | undefined][] = [
    ['legal text stays', "it's (1) [of] {2}; 50% #3", "it's (1) [of] {2}; 50% #3"],
    ['quotes', 'needs "write" now', 'needs write now'],
    ['backslashes', String.raw`a\"b`, 'a b'],
    ['CR LF and what would follow', 'a\r\nSet-Cookie: b=c', 'a Set-Cookie: b=c'],
    ['NUL, tab, DEL', 'a\0b\tc\u007fd', 'a b c d'],
    ['letters past ASCII', 'caf\u00e9 ol\u00e9', 'caf ol'],
    ['a pair of surrogates, and half of one', 'a\u{1f600}b\ud800c', 'a b c'],
    ['a no-break space, a line separator', 'a\u00a0b\u2028c', 'a b c'],
    ['runs of spaces and spaces around', '  a   b ', 'a b'],
    ['what reads like scope', 'needs scope=admin', 'needs scope admin'],
    ['what reads like error, any case', 'Error=x eRRor =y', 'Error x eRRor y'],
    [
      'what reads like the metadata URL',
      'resource_metadata=https://evil',
      'resource_metadata https://evil',
    ],
    [
      'what reads like itself',
      'error_description=x error_uri=y',
      'error_description x error_uri y',
    ],
    ['a name that ends alike', 'x_scope=a', 'x_scope a'],
    ['equals signs in a row', 'scope== =a', 'scope a'],
    ['a quote before the equals sign', 'scope"=a', 'scope a'],
    ['another equals sign stays', 'id=7', 'id=7'],
    ['nothing but spaces', ' \t ', undefined],
    ['nothing that can be written', '\u65e5\u672c', undefined],
  ];
  test.each(cases)('%s [CH-7, CH-9, CH-11, T40]', (_, errorDescription, written) => {
    const text = bearerChallenge({ error: 'e', errorDescription });
    expect(text).toBe(
      written === undefined
        ? 'Bearer error="e"'
        : `Bearer error="e", error_description="${written}"`,
    );
  });
});

describe('the length of a challenge', () => {
  const scope = Array.from({ length: 500 }, (_, index) => `notes:scope-${index}`);
  const full = { error: 'insufficient_scope', scope: 'a', resourceMetadata, errorDescription: 'd' };

  test('stays whole at the limit, and loses the description one below it [T41]', () => {
    const text = bearerChallenge(full);
    expect(bearerChallenge({ ...full, maxLength: text.length })).toBe(text);
    expect(bearerChallenge({ ...full, maxLength: text.length - 1 })).toBe(
      `Bearer error="insufficient_scope", scope="a", ${META}`,
    );
  });

  test('loses the scope whole if that is not enough, never error and metadata [T41]', () => {
    const rest = `Bearer error="insufficient_scope", ${META}`;
    expect(bearerChallenge({ ...full, maxLength: 100 })).toBe(rest);
    expect(bearerChallenge({ ...full, maxLength: 0 })).toBe(rest);
    expect(bearerChallenge({ ...full, scope, errorDescription: 'd' })).toBe(rest);
  });

  test('is 4096 at most by default [T41]', () => {
    const filled = (length: number): string =>
      bearerChallenge({ error: 'e', errorDescription: 'x'.repeat(length) });
    const overhead = filled(1).length - 1;
    expect(filled(4096 - overhead)).toHaveLength(4096);
    expect(filled(4097 - overhead)).toBe('Bearer error="e"');
  });

  test('goes by the words "description first": a long description costs no scope [T41]', () => {
    const text = bearerChallenge({ ...full, errorDescription: 'x'.repeat(10_000) });
    expect(text).toBe(`Bearer error="insufficient_scope", scope="a", ${META}`);
  });

  test('never leaves a bare Bearer [CH-2, T41]', () => {
    expect(bearerChallenge({ scope, maxLength: 10 })).toMatch(/^Bearer scope="notes:scope-0 /);
    expect(bearerChallenge({ errorDescription: 'only', maxLength: 0 })).toBe(
      'Bearer error_description="only"',
    );
    expect(bearerChallenge({ scope: 'a', errorDescription: 'd', maxLength: 0 })).toBe(
      'Bearer scope="a"',
    );
  });
});
