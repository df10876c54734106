import { expect, test } from 'vitest';
import { readKeys } from '../../src/token/configured-keys.js';

test('secrets of at least 32 bytes are copied, texts as UTF-8', () => {
  const bytes = new Uint8Array(32).fill(7);
  const keys = readKeys(['k'.repeat(32), bytes, '€'.repeat(11)], 'x.keys');
  bytes.fill(0);
  expect(keys.map((key) => key.length)).toEqual([32, 32, 33]);
  expect(keys[1]?.[0]).toBe(7);
});

test.each<readonly [keys: unknown, message: string]>([
  [[], 'x.keys: expected at least one secret'],
  [undefined, 'x.keys: expected at least one secret'],
  ['k'.repeat(32), 'x.keys: expected at least one secret'],
  [['k'.repeat(31)], 'x.keys[0]: has 31 bytes; use at least 32 random ones'],
  [['k'.repeat(32), new Uint8Array(31)], 'x.keys[1]: has 31 bytes'],
  [['k'.repeat(32), 7], 'x.keys[1]: expected a string or a Uint8Array'],
])('%j: %s', (keys, message) => {
  expect(() => readKeys(keys, 'x.keys')).toThrow(TypeError);
  expect(() => readKeys(keys, 'x.keys')).toThrow(message);
});
