/** Texts that are logged. */
import { expect, test } from 'vitest';
import { showText } from '../src/secrets.js';

test.each([
  ['a token of 40 characters', 'SECRETTOKEN-0123456789-abcdefghij-KLMNOP'],
  ['the shortest that is looked for', 'SECRETTO'],
  ['one character shorter than a run', 'SECRETTOKEN-012'],
])('%s is not shown in parts, wherever the text is cut', (_name, secret) => {
  const start = secret.slice(0, 4);
  for (let before = 0; before < 1_100; before++) {
    const text = `${'.'.repeat(before)}${secret}${'.'.repeat(300)}`;
    expect(showText(text, [secret]), String(before)).not.toContain(start);
    const last = `${'.'.repeat(before)}${secret}`;
    expect(showText(last, [secret]), String(before)).not.toContain(start);
  }
});

test('a text without secrets is shown whole up to 200 characters, else without its middle', () => {
  expect(showText('x'.repeat(200), [])).toBe('x'.repeat(200));
  expect(showText(`${'a'.repeat(200)}z`, [])).toBe(`${'a'.repeat(120)}...${'a'.repeat(76)}z`);
  expect(showText('one\ntwo\u202ethree', [])).toBe('one two three');
});
