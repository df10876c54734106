import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { trimWhitespace } from '../../src/http/index.js';
import { parseAuthorization, parseChallenges, parseScope } from '../../src/index.js';

/** Inputs that make careless readers quadratic: a start, and a part repeated to the length. */
const FAMILIES: readonly (readonly [what: string, start: string, part: string])[] = [
  ['commas', '', ','],
  ['spaces', 'Bearer', ' '],
  ['tabs', 'Bearer', '\t'],
  ['spaces and commas', '', ' ,'],
  ['tabs and commas', 'Bearer a=b', '\t,'],
  ['quotes', '', '"'],
  ['quotes behind a name', 'Bearer a=', '"'],
  ['backslashes', '', '\\'],
  ['backslashes in quotes', 'Bearer a="', '\\'],
  ['quoted quotes in quotes', 'Bearer a="', '\\"'],
  ['quoted letters in quotes', 'Bearer a="', 'b\\b'],
  ['an endless quote', 'Bearer a="', 'b'],
  ['endless quotes, one in another', 'Bearer ', 'a="\\'],
  ['opened quotes', 'Bearer ', 'a="'],
  ['quotes and commas', 'Bearer ', 'a=",'],
  ['junk, then a quote', 'Bearer ', '/",'],
  ['equals signs', '', '='],
  ['equals signs behind a name', 'Bearer a', '='],
  ['token68 and equals signs', 'Negotiate ', 'A='],
  ['one long token', '', 'a'],
  ['one long token68', 'Negotiate ', 'A/'],
  ['one long value', 'Bearer a=', 'b'],
  ['words', '', 'a '],
  ['words behind an unquoted value', 'Bearer a=b', ' c'],
  ['words behind an unquoted value, then spaces', 'Bearer a=b c', ' '],
  ['unquoted parameters without commas', 'Bearer ', 'a=b '],
  ['spaced parameters without commas', 'Bearer ', 'a = b '],
  ['unquoted and quoted parameters without commas', 'Bearer ', 'a=b c="d" '],
  ['unquoted values in slashes', 'Bearer a=b', ' /'],
  ['schemes', '', 'a,'],
  ['schemes and spaces', '', 'a ,'],
  ['one scheme', '', 'Bearer '],
  ['one challenge', '', 'Bearer a=b, '],
  ['one parameter', 'Bearer ', 'a=b,'],
  ['one parameter, quoted', 'Bearer ', 'a="b", '],
  ['one parameter without commas', 'Bearer ', 'a="b" '],
  ['one parameter without anything between', 'Bearer ', 'a="b"'],
  ['parameters without values', 'Bearer a=b', ',a='],
  ['values without names', 'Bearer a=b', ',=b'],
  ['white space around equals signs', 'Bearer ', 'a \t= \tb,'],
  ['slashes', 'Bearer ', '/'],
  ['letters past ASCII', 'Bearer ', '\u00e9'],
  ['no octets', 'Bearer a="', '\u65e5'],
  ['controls in quotes', 'Bearer ', 'a="\u0001",'],
  ['upper case', 'Bearer ', 'A=B,'],
  ['credentials', '', 'Bearer abc, '],
  ['Digest', 'Digest ', 'a="b, c",'],
];

function repeated(start: string, part: string, length: number): string {
  return (start + part.repeat(length / part.length)).padEnd(length, part).slice(0, length);
}

/** Names that differ: a list of them is what keeps a set busy. */
function numbered(length: number, separator: string): string {
  let text = 'Bearer ';
  for (let index = 0; text.length < length; index++) text += `n${index}=v${separator}`;
  return text;
}

const INPUTS: readonly (readonly [what: string, make: (length: number) => string])[] = [
  ...FAMILIES.map(
    ([what, start, part]) => [what, (length: number) => repeated(start, part, length)] as const,
  ),
  [
    'quoted letters in quotes that end at last',
    (length) => `${repeated('Bearer a="', String.raw`\b`, length - 2)}x"`,
  ],
  ['spaces in the middle', (length) => `a${' '.repeat(length - 2)}b`],
  ['different parameters', (length) => numbered(length, ',')],
  ['different scopes', (length) => numbered(length, ' ')],
];

const READERS = {
  parseChallenges: (text: string) => parseChallenges(text),
  'parseChallenges, line by line': (text: string) => parseChallenges(text.split(',')),
  parseAuthorization: (text: string) => parseAuthorization(text),
  'parseAuthorization, opaque': (text: string) =>
    parseAuthorization(text, { tokenSyntax: 'opaque' }),
  parseScope: (text: string) => parseScope(text),
  trimWhitespace: (text: string) => trimWhitespace(text),
} as const;

const SMALL = 16 * 1024;
const LARGE = 64 * 1024;
/** Below it a clock says little; in milliseconds. */
const FLOOR = 0.5;
/** Of 64 KB beside 16 KB, where 4 is linear and 16 quadratic. */
const LARGEST_RATIO = 6;
/** Milliseconds for one reader and text, after which the outcome stands. */
const LONGEST = 4_000;

setFlagsFromString('--expose-gc');
/** Collects what other tests left: in a heap that is nearly full, a long result costs more than four short ones. */
const collectGarbage = runInNewContext('gc') as () => void;

function time(run: () => unknown): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

/**
 * How much more four times as much text takes, by the best of several rounds: what else the machine does
 * only ever adds. No limit is absolute: a quadratic reader comes to 16 in every round, on any machine.
 */
function growthOf(read: () => unknown, readFourSmaller: () => unknown): number {
  let large = time(read);
  // So little time meets the limit, however little the small text takes.
  if (large <= FLOOR * LARGEST_RATIO) return large / FLOOR;
  let small = Number.POSITIVE_INFINITY;
  const growth = (): number => large / Math.max(FLOOR, small / 4);
  const end = performance.now() + LONGEST;
  for (let round = 0; round < 60 && performance.now() < end; round++) {
    collectGarbage();
    // As much text both times, so that a busy machine takes as much from both.
    small = Math.min(small, time(readFourSmaller));
    large = Math.min(large, time(read));
    if (round >= 3 && growth() <= LARGEST_RATIO) break;
  }
  return growth();
}

test('there are at least 24 families', () => {
  expect(new Set(INPUTS.map(([, make]) => make(256))).size).toBe(INPUTS.length);
  expect(INPUTS.length).toBeGreaterThanOrEqual(24);
});

describe.each(Object.entries(READERS))('%s', (_, read) => {
  test.each(INPUTS)('%s: 64 KB take at most 6 times what 16 KB take [AH-12, T50]', (__, make) => {
    const small = make(SMALL);
    const large = make(LARGE);
    const growth = growthOf(
      () => read(large),
      () => [read(small), read(small), read(small), read(small)],
    );
    expect(growth).toBeLessThanOrEqual(LARGEST_RATIO);
  });
});

test('a quadratic reader does not pass [AH-12]', () => {
  // What `Content-Type` was once read by: two repetitions beside each other.
  const quadratic = (text: string): boolean => /^a\s*\s*;/.test(text);
  const small = repeated('a', ' ', SMALL / 4);
  const large = repeated('a', ' ', LARGE / 4);
  const growth = growthOf(
    () => quadratic(large),
    () => [quadratic(small), quadratic(small), quadratic(small), quadratic(small)],
  );
  expect(growth).toBeGreaterThan(LARGEST_RATIO);
});
