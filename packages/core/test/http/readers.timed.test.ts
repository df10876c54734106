import { describe, expect, test } from 'vitest';
import { trimWhitespace } from '../../src/http/index.js';
import { parseAuthorization, parseChallenges, parseScope } from '../../src/index.js';
import { growthOf } from '../support/linear.js';

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
/** Of 64 KB beside 16 KB, where 4 is linear and 16 quadratic. */
const LIMITS = { large: Number.POSITIVE_INFINITY, ratio: 6 };

test('there are at least 24 families', () => {
  expect(new Set(INPUTS.map(([, make]) => make(256))).size).toBe(INPUTS.length);
  expect(INPUTS.length).toBeGreaterThanOrEqual(24);
});

describe.each(Object.entries(READERS))('%s', (_, read) => {
  test.each(INPUTS)(
    '%s: 64 KB take at most 6 times what 16 KB take [AH-12, T50]',
    async (__, make) => {
      const [small, large] = [make(SMALL), make(LARGE)];
      const { ratio } = await growthOf((whole) => read(whole ? large : small), LIMITS);
      expect(ratio).toBeLessThanOrEqual(LIMITS.ratio);
    },
  );
});

test('a quadratic reader does not pass [AH-12]', async () => {
  // What `Content-Type` was once read by: two repetitions beside each other.
  const quadratic = (text: string): boolean => /^a\s*\s*;/.test(text);
  const [small, large] = [repeated('a', ' ', SMALL / 4), repeated('a', ' ', LARGE / 4)];
  const { ratio } = await growthOf((whole) => quadratic(whole ? large : small), LIMITS);
  expect(ratio).toBeGreaterThan(LIMITS.ratio);
});
