import { describe, expect, test } from 'vitest';
import { trimWhitespace } from '../../src/http/index.js';

describe('trimWhitespace', () => {
  test.each([
    ['', ''],
    ['a', 'a'],
    [' \t a b\t ', 'a b'],
    [' \t ', ''],
    ['\u00a0a\n', '\u00a0a\n'],
  ])('%j becomes %j: spaces and tabs, nothing else', (text, trimmed) => {
    expect(trimWhitespace(text)).toBe(trimmed);
  });

  test('white space in the middle of a long text is walked through once [T50]', () => {
    const text = `a${' '.repeat(4_000_000)}b`;
    const start = performance.now();
    expect(trimWhitespace(text)).toHaveLength(text.length);
    expect(performance.now() - start).toBeLessThan(800);
  });
});
