import { describe, expect, test } from 'vitest';
import { isUsableChallenge } from '../../src/http/index.js';
import { HeaderSyntaxError, parseChallenges, serializeChallenge } from '../../src/index.js';
import type { Challenge } from '../../src/index.js';
import { vectors } from './vectors.js';
import type { ChallengeVector } from './vectors.js';

/** A parsed challenge in the form of the vectors. */
function shown({ scheme, params, token68, problems }: Challenge): ChallengeVector['expected'][0] {
  return {
    scheme,
    params: [...params],
    ...(token68 !== undefined && { token68 }),
    ...(problems.length > 0 && { problems }),
  };
}

describe('challenge vectors', () => {
  test.each(vectors('challenges'))(
    '$name [CH-3, CH-4, CH-5, CH-6, AH-12]',
    ({ raw, expected, must_fail, unusable }) => {
      const challenges = parseChallenges(raw);
      expect(challenges.map(shown)).toEqual(expected);
      if (must_fail === true) {
        const problems = expected.flatMap((challenge) => challenge.problems ?? []);
        const [first] = problems;
        expect(() => parseChallenges(raw, { strict: true })).toThrow(
          `${String(first?.code)} at offset ${String(first?.offset)}`,
        );
        expect(catchError(() => parseChallenges(raw, { strict: true }))).toMatchObject({
          code: 'ERR_HEADER_SYNTAX',
          name: 'HeaderSyntaxError',
          problems,
        });
      } else {
        expect(parseChallenges(raw, { strict: true })).toEqual(challenges);
      }
      if (raw !== null && raw.length > 0 && challenges[0]?.scheme !== undefined) {
        expect(isUsableChallenge(challenges[0])).toBe(
          unusable !== true && challenges[0].scheme !== '',
        );
      }
    },
  );

  const writable = vectors('challenges').filter(({ canonical }) => canonical !== undefined);
  test.each(writable)('written again: $name [CH-3, CH-8]', ({ raw, expected, canonical = '' }) => {
    expect(parseChallenges(raw).map(serializeChallenge).join(', ')).toBe(canonical);
    expect(parseChallenges(canonical, { strict: true }).map(shown)).toEqual(expected);
  });
});

describe('parseChallenges', () => {
  test('the strict error is one of ours, and names the first problem in the text', () => {
    const thrown = catchError(() => parseChallenges(['Basic', 'Bearer a="'], { strict: true }));
    expect(thrown).toBeInstanceOf(HeaderSyntaxError);
    expect(thrown).toHaveProperty(
      'message',
      'malformed WWW-Authenticate: unterminated-quote at offset 16',
    );
  });

  test('a challenge of names on the prototype is no usable one', () => {
    const [challenge] = parseChallenges('Bearer a=1, a=2');
    expect(challenge?.params.has('toString')).toBe(false);
    expect(challenge && isUsableChallenge(challenge)).toBe(false);
  });

  test('a duplicate that was dropped stays dropped, in later challenges it may come again', () => {
    const [first, second] = parseChallenges('A x=1, x=2, x=3, B x=4');
    expect([...(first as Challenge).params]).toEqual([]);
    expect([...(second as Challenge).params]).toEqual([['x', '4']]);
  });

  test.each([
    ['a slash is no space', 'Bearer/x', 6],
    ['a quote is no name', 'Bearer "x"', 7],
    ['white space ends a token68', 'Bearer a b', 9],
  ])('%s: %j has neither token68 nor parameter', (_, raw, offset) => {
    const problems = [{ code: 'illegal-character', offset }];
    expect(parseChallenges(raw).map(shown)).toEqual([{ scheme: 'bearer', params: [], problems }]);
  });

  test.each([
    ['a quote in the next element', 'X ab,"', 'ab'],
    ['padding and a quote in the next element', 'X ab==,"', 'ab=='],
    ['what might be a name', 'X ab=', 'ab='],
    ['white space and a comma', 'X a/b \t, Y', 'a/b'],
  ])('a token68 in front of %s: %j', (_, raw, token68) => {
    const [found] = parseChallenges(raw);
    expect(found).toMatchObject({ scheme: 'x', token68 });
    expect(found?.params.size).toBe(0);
  });

  test('a tab behind an unquoted value is white space', () => {
    expect(parseChallenges('Bearer a=b\t, c=d', { strict: true }).map(shown)).toEqual([
      {
        scheme: 'bearer',
        params: [
          ['a', 'b'],
          ['c', 'd'],
        ],
      },
    ]);
  });

  test('what is skipped ends behind its quotes, and quoted quotes end nothing', () => {
    const found = parseChallenges(String.raw`Basic /"a\", Bearer scope=b", Digest`);
    expect(found.map(({ scheme, params }) => [scheme, params.size])).toEqual([
      ['basic', 0],
      ['digest', 0],
    ]);
  });

  test('challenges with and without parameters keep them apart', () => {
    const found = parseChallenges('A, B, C x=1, D, E y=2, F');
    expect(found.map(({ scheme, params }) => [scheme, ...params.keys()])).toEqual([
      ['a'],
      ['b'],
      ['c', 'x'],
      ['d'],
      ['e', 'y'],
      ['f'],
    ]);
  });

  test('well-formed challenges share an empty list of problems that nobody can change', () => {
    const [challenge] = parseChallenges('Bearer a=1');
    expect(Object.isFrozen(challenge?.problems)).toBe(true);
  });
});

function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
