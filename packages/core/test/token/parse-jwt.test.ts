import { expect, test } from 'vitest';
import { parseJwt } from '../../src/token/parse-jwt.js';

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const HEADER = encode({ alg: 'ES256' });
const CLAIMS = encode({ sub: 'ray' });

test('a token has 16 KiB at most [T68, JW-10]', () => {
  const start = `${HEADER}.${CLAIMS}.`;
  const ofLength = (length: number): string => start + 'A'.repeat(length - start.length);
  const fitting = [0, 1, 2, 3].map((less) => parseJwt(ofLength(16_384 - less)) !== undefined);
  // Of four lengths one is none of base64url.
  expect(fitting.filter(Boolean)).toHaveLength(3);
  expect(fitting[0]).toBe((16_384 - start.length) % 4 !== 1);
  for (const more of [1, 2, 3, 4]) expect(parseJwt(ofLength(16_384 + more))).toBeUndefined();
});

test.each<readonly [token: string, what: string]>([
  [`${HEADER}.${CLAIMS}`, 'two parts'],
  [`${HEADER}.${CLAIMS}.AA.AA`, 'four parts'],
  [`.${CLAIMS}.AA`, 'no header'],
  [`${HEADER}..AA`, 'no claims'],
  [`${HEADER}.${CLAIMS}.`, 'no signature'],
  [`${HEADER}.${CLAIMS}.AB`, 'bits that are not used'],
  [`${HEADER}.${CLAIMS}.AAB`, 'bits that are not used, in three characters'],
  [`${HEADER}.${CLAIMS}.A`, 'one character'],
  [`${HEADER}.${CLAIMS}.AA=`, 'padding'],
  [`${HEADER}.e31.AA`, 'claims with bits that are not used'],
  [`${HEADER.slice(0, -1)}${HEADER.endsWith('9') ? '-' : '9'}.${CLAIMS}.AA`, 'such a header'],
  [`${HEADER}.${encode([])}.AA`, 'claims that are a list'],
  [`${HEADER}.${encode(null)}.AA`, 'claims that are null'],
  [`${encode('alg')}.${CLAIMS}.AA`, 'a header that is a text'],
  [`${HEADER}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.AA`, 'no UTF-8'],
  [`${HEADER}.${Buffer.from('\uFEFF{}').toString('base64url')}.AA`, 'a byte order mark'],
  [`${HEADER}.${Buffer.from('{').toString('base64url')}.AA`, 'no JSON'],
  [` ${HEADER}.${CLAIMS}.AA`, 'a space'],
  [`${HEADER}.${CLAIMS}.AA\n`, 'the end of a line'],
])('%s: %s [T68, T69]', (token) => {
  expect(parseJwt(token)).toBeUndefined();
});

test('header and claims are read, in UTF-8', () => {
  expect(parseJwt(`${HEADER}.e30.AA`)).toEqual({ header: { alg: 'ES256' }, claims: {} });
  const odd = encode({ a: '???', b: '>>>', c: 'a?>' });
  expect([odd.includes('_'), odd.includes('-')]).toEqual([true, true]);
  expect(parseJwt(`${odd}.${odd}.AA`)).toEqual({
    ...{ header: { a: '???', b: '>>>', c: 'a?>' }, claims: { a: '???', b: '>>>', c: 'a?>' } },
  });
  const claims = encode({ sub: 'größe €' });
  for (const one of 'AQgw') {
    expect(parseJwt(`${HEADER}.${claims}.A${one}`)).toEqual({
      ...{ header: { alg: 'ES256' }, claims: { sub: 'größe €' } },
    });
  }
  for (const one of 'AEIMQUYcgkosw048') {
    expect(parseJwt(`${HEADER}.${claims}.AA${one}`)?.claims).toEqual({ sub: 'größe €' });
  }
});
