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
});
