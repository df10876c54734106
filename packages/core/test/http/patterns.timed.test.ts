/** Every pattern in the sources, against texts that make a careless one go back over and over. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const PACKAGES = fileURLToPath(new URL('../../../', import.meta.url));

interface Pattern {
  readonly file: string;
  readonly text: string;
}

/** A literal where an expression may begin; its classes may hold slashes. */
const LITERAL =
  /(?:[(=:,[!&|?;{}]|return|^)[ \n]*(\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[dgimsuvy]*)/gm;

function patternsOf(file: string): readonly Pattern[] {
  const code = readFileSync(file, 'utf8').replaceAll(/^ *(?:\/?\*|\/\/).*$/gm, '');
  const literals = [...code.matchAll(LITERAL)].map(([, text = '']) => text);
  // What stands in a template string is a path.
  return literals
    .filter((text) => !text.includes('${'))
    .map((text) => ({ file: relative(PACKAGES, file), text }));
}

const sources = readdirSync(PACKAGES)
  .filter((name) => name !== 'adapter-testkit')
  .flatMap((name) =>
    readdirSync(join(PACKAGES, name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(PACKAGES, name, 'src', file)),
  );
const patterns = sources.flatMap(patternsOf);

function toRegExp(text: string): RegExp {
  const end = text.lastIndexOf('/');
  return new RegExp(text.slice(1, end), text.slice(end + 1));
}

const STARTS = [
  ...[
    '',
    ' ',
    '"',
    'a',
    '/',
    '{',
    '[',
    ';',
    '?',
    'a:',
    'a://',
    'https://',
    'application/',
    'scope',
  ],
  ...['event:', 'data:', 'charset=', '.', '1', '1.'],
];
const PARTS = [
  ...[' ', '\t', '\n', '"', '\\', ',', ';', '=', '.', '-', '_', '/', ':', '@', '?', '#', '%', '*'],
  ...['+', '|', '{', '}', '[', '(', '<', '&', 'a', 'A', '0', '\u00e9', '\u200b'],
  ...[
    'a ',
    ' a',
    '\\"',
    '\\\\',
    '""',
    'a=',
    '= ',
    'a.',
    '.a',
    'a/',
    '//',
    ';a',
    '{a',
    'a\n',
    ' \t',
  ],
  ...['scope ', 'scope=', '\r\n', '\\a'],
];
const ENDS = ['', '!'];
const LENGTH = 8 * 1024;
/** Milliseconds. What is quadratic takes five times that and more. */
const LONGEST = 10;

/** Made once for all patterns: a text that is put together is copied when it is first read. */
const INPUTS = STARTS.flatMap((start) =>
  PARTS.flatMap((part) =>
    ENDS.map((end) => ({
      what: JSON.stringify([start, part, end]),
      input: start + part.repeat(LENGTH / part.length) + end,
    })),
  ),
);

function slowest(text: string): string | undefined {
  const pattern = toRegExp(text);
  for (const { what, input } of INPUTS) {
    let best = LONGEST + 1;
    for (let round = 0; round < 20 && best > LONGEST && best < 1000; round++) {
      const before = performance.now();
      input.replace(pattern, '');
      const taken = performance.now() - before;
      best = round === 0 ? taken : Math.min(best, taken);
    }
    if (best > LONGEST) return `${what}: ${best} ms`;
  }
  return undefined;
}

describe('patterns', () => {
  test('they are found', () => {
    expect(patterns.length).toBeGreaterThan(100);
    expect(patterns.map(({ text }) => text)).toContain(String.raw`/[\w\-.~+/]+=*/y`);
  });

  test('one that is quadratic is noticed [T180]', { timeout: 60_000 }, () => {
    expect(slowest(String.raw`/^\s*(?:charset\s*=\s*"?utf-?8"?)?\s*$/`)).toContain('ms');
    expect(slowest(String.raw`/ +$/`)).toContain('ms');
  });

  const unique = [...new Map(patterns.map((pattern) => [pattern.text, pattern])).values()];
  test.each(unique)(
    '$file: $text is linear [AH-12, T50, T180]',
    { timeout: 60_000 },
    ({ text }) => {
      expect(slowest(text)).toBeUndefined();
    },
  );
});
