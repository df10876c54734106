import { expect, test } from 'vitest';
import { fromBase64Url, toBase64Url } from '../../src/token/base64url.js';

test('every byte is written as Node writes it, without padding, and read again', () => {
  for (let first = 0; first < 256; first++) {
    for (const bytes of [[first], [first, 251], [255, first, 190], [62, 63, 255, first]]) {
      const text = Buffer.from(bytes).toString('base64url');
      expect(toBase64Url(Uint8Array.from(bytes))).toBe(text);
      expect([...fromBase64Url(text)]).toEqual(bytes);
    }
  }
  expect(toBase64Url(new Uint8Array())).toBe('');
});
