import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isUsableChallenge } from '../../src/http/index.js';
import { parseAuthorization, parseChallenges, serializeChallenge } from '../../src/index.js';
import { challenge, hostileText } from './arbitraries.js';

const MANY = { numRuns: 2000 };

describe('challenges', () => {
  test('parse(serialize(x)) = x, for one and for many, in one line and in several [CH-3, CH-4]', () => {
    fc.assert(
      fc.property(fc.array(challenge, { minLength: 1, maxLength: 4 }), (challenges) => {
        const lines = challenges.map(serializeChallenge);
        const expected = challenges.map((one) => ({ ...one, problems: [] }));
        expect(parseChallenges(lines[0] as string, { strict: true })).toEqual([expected[0]]);
        expect(parseChallenges(lines, { strict: true })).toEqual(expected);
        expect(parseChallenges(lines.join(', '), { strict: true })).toEqual(expected);
        expect(parseChallenges(lines.join(','), { strict: true })).toEqual(expected);
      }),
      MANY,
    );
  });

  test('what is written is a legal field value', () => {
    fc.assert(
      fc.property(challenge, (one) => {
        const text = serializeChallenge(one);
        expect(text).toMatch(/^[\x20-\x7e]+$/);
        expect(new Headers({ 'www-authenticate': text }).get('www-authenticate')).toBe(text);
      }),
      MANY,
    );
  });

  test('reading never throws, and what it says is in the form it promises [CH-5, CH-6, AH-12]', () => {
    fc.assert(
      fc.property(fc.oneof(hostileText, fc.array(hostileText, { maxLength: 4 })), (value) => {
        const length = typeof value === 'string' ? value.length : value.join(', ').length;
        for (const { scheme, params, token68, problems } of parseChallenges(value)) {
          expect(scheme).toMatch(/^[!#$%&'*+\-.^_`|~0-9a-z]*$/);
          if (scheme === '') expect(problems.length).toBeGreaterThan(0);
          for (const name of params.keys()) expect(name).toMatch(/^[!#$%&'*+\-.^_`|~0-9a-z]+$/);
          if (token68 !== undefined) expect(token68).toMatch(/^[A-Za-z0-9\-._~+/]+=*$/);
          for (const { offset } of problems) {
            expect(offset).toBeGreaterThanOrEqual(0);
            expect(offset).toBeLessThanOrEqual(length);
          }
        }
      }),
      MANY,
    );
  });

  test('strict reading throws exactly where lenient reading has a problem', () => {
    fc.assert(
      fc.property(hostileText, (value) => {
        const lenient = parseChallenges(value);
        const hasProblem = lenient.some((one) => one.problems.length > 0);
        const strict = (): unknown => parseChallenges(value, { strict: true });
        if (hasProblem) expect(strict).toThrow('malformed WWW-Authenticate');
        else expect(strict()).toEqual(lenient);
      }),
      MANY,
    );
  });

  test('a well-formed challenge behind anything in an earlier line is read all the same', () => {
    fc.assert(
      fc.property(hostileText, challenge, (before, one) => {
        const last = parseChallenges([before, serializeChallenge(one)]).at(-1);
        expect(last).toEqual({ ...one, problems: [] });
      }),
      MANY,
    );
  });

  test('a name that comes twice is never readable [CH-6]', () => {
    fc.assert(
      fc.property(challenge, challenge, (one, two) => {
        fc.pre(one.params.size > 0 && two.params.size > 0);
        const again = [...two.params].map(([name]) => `${name.toUpperCase()}="x"`).join(', ');
        const both = `${serializeChallenge(one)}, ${again}, ${again}`;
        const [found] = parseChallenges(both);
        for (const name of two.params.keys()) expect(found?.params.has(name)).toBe(false);
        expect(found && isUsableChallenge(found)).toBe(false);
      }),
    );
  });
});

describe('credentials', () => {
  const B64 = /^[\t ]*(bearer|dpop) +([A-Za-z0-9\-._~+/]+=*)[\t ]*$/i;
  const OPAQUE = /^[\t ]*(bearer|dpop) +([\x21-\x2b\x2d-\x7e]+)[\t ]*$/i;
  const nearly = fc
    .tuple(
      fc.constantFrom('', ' ', '\t', ','),
      fc.constantFrom('Bearer', 'bEARER', 'DPoP', 'Basic', 'Bearer:'),
      fc.constantFrom(' ', '  ', '', '\t', '\u00a0'),
      fc.oneof(hostileText, fc.base64String(), fc.constantFrom('abc', 'a.b-c_d~e+f/g==')),
      fc.constantFrom('', ' ', '\t ', ',', ', Bearer x'),
    )
    .map((parts) => parts.join(''));

  test.each([
    ['b64token', B64],
    ['opaque', OPAQUE],
  ] as const)(
    '%s: credentials are exactly what the grammar allows [AH-1, AH-2, AH-11, AH-12]',
    (tokenSyntax, grammar) => {
      fc.assert(
        fc.property(fc.oneof(nearly, hostileText), (value) => {
          const found = parseAuthorization(value, { tokenSyntax });
          const match = grammar.exec(value);
          if (match === null) {
            expect(found.kind).not.toBe('credentials');
          } else {
            const [, scheme, token] = match;
            expect(found).toEqual({ kind: 'credentials', scheme: scheme?.toLowerCase(), token });
          }
        }),
        MANY,
      );
    },
  );

  test('two credentials are never one, in whichever order [AH-6]', () => {
    const one = fc.constantFrom(
      'Bearer abc',
      'DPoP abc',
      'Basic YWJj',
      'Digest username="a", uri="/"',
    );
    fc.assert(
      fc.property(one, one, fc.constantFrom(', ', ',', ' , '), (first, second, comma) => {
        expect(parseAuthorization(first + comma + second)).toMatchObject({
          kind: 'malformed',
          problem: { code: 'several-credentials' },
        });
      }),
    );
  });

  test('a problem stands inside the value', () => {
    fc.assert(
      fc.property(fc.oneof(nearly, hostileText), (value) => {
        const found = parseAuthorization(value);
        if (found.kind !== 'malformed') return;
        expect(found.problem.offset).toBeGreaterThanOrEqual(0);
        expect(found.problem.offset).toBeLessThanOrEqual(value.length);
      }),
      MANY,
    );
  });
});
