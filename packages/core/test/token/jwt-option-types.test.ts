/** Options of `jwtVerifier` that are of another type than theirs. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import type { JwtVerifierOptions } from '../../src/token/jwt/index.js';
import { startIssuer } from '../support/issuer.js';
import type { TestIssuer } from '../support/issuer.js';

const RESOURCE = 'https://notes.example.com/mcp';
const issuer = 'https://idp.example.com';

let idp: TestIssuer;
beforeAll(async () => {
  idp = await startIssuer(RESOURCE);
});
afterAll(() => idp.close());

async function verify(token: string, options: Partial<JwtVerifierOptions> = {}): Promise<unknown> {
  const jwks = { keys: [idp.publicJwk] };
  const verifier = jwtVerifier({ issuer: idp.issuer, jwks, ...options });
  return verifier(token, { resource: RESOURCE, signal: new AbortController().signal });
}

describe('options of the wrong type, as an environment or JSON gives them', () => {
  const observe = (members: object): object => ({
    audience: { mode: 'observe', until: '2026-01-01', ...members },
  });
  /** Each option, and what of {@link VALUES} it may be. */
  const options: readonly (readonly [
    path: string,
    make: (value: unknown) => object,
    allowed: readonly unknown[],
  ])[] = [
    ['issuer', (value) => ({ issuer: value }), []],
    // One that is no URL is called by its own name.
    ['issuer', (value) => ({ issuer: undefined, issuers: value }), []],
    ['jwks', (jwks) => ({ jwks }), []],
    ['audience', (audience) => ({ audience }), ['', '0', '5', 'false', ['5']]],
    ['audience.mode', (mode) => observe({ mode }), []],
    // Dates, as JavaScript reads them.
    ['audience.until', (until) => observe({ until }), ['0', '5']],
    ['audience.accepted', (accepted) => observe({ accepted }), ['0', '5', 'false', ['5']]],
    ['exclusiveAudience', (value) => ({ exclusiveAudience: value }), [true, [], ['5']]],
    ['algorithms', (algorithms) => ({ algorithms }), []],
    ['typ', (typ) => ({ typ }), ['0', '5', 'false', ['5'], null]],
    ['clockTolerance', (clockTolerance) => ({ clockTolerance }), [0, 5]],
    ['requiredClaims', (requiredClaims) => ({ requiredClaims }), [[], ['5']]],
    ['cache', (cache) => ({ cache }), [false, {}]],
    ['cache.maxEntries', (maxEntries) => ({ cache: { maxEntries } }), [5]],
    ['cache.maxBytes', (maxBytes) => ({ cache: { maxBytes } }), [5]],
    ['allowInsecureLoopback', (value) => ({ allowInsecureLoopback: value }), [true, false]],
    ['onWarning', (onWarning) => ({ onWarning }), []],
    ['fetch', (fetch) => ({ fetch }), []],
    ['clock', (value) => ({ clock: value }), []],
  ];
  const VALUES: readonly unknown[] = [
    ...['', '0', '5', 'false', true, false, 0, 5, -1, Number.NaN, Infinity],
    ...[[], ['5'], [5], {}, null],
  ];
  const isSame = (a: unknown, b: unknown): boolean =>
    Object.is(a, b) ||
    (typeof a === typeof b && typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));

  test.each(options)('%s [T187]', (path, make, allowed) => {
    for (const value of VALUES) {
      const create = (): unknown => jwtVerifier({ issuer, ...make(value) } as JwtVerifierOptions);
      const isAllowed = value !== '' && allowed.some((one) => isSame(one, value));
      if (isAllowed) expect(create, JSON.stringify(value ?? null)).not.toThrow();
      else {
        expect(create, String(value)).toThrow(TypeError);
        expect(create, String(value)).toThrow(/^jwtVerifier\.[a-zA-Z.]+: /);
        expect(create, String(value)).toThrow(`jwtVerifier.${path.split('.')[0] ?? ''}`);
      }
    }
  });

  test("the environment's '5' never makes an expired token valid [T187, T63, JW-5]", async () => {
    expect(() => jwtVerifier({ issuer, clockTolerance: '5' as never })).toThrow(
      'jwtVerifier.clockTolerance: expected a number of seconds from 0 to 60',
    );
    const yesterday = Math.floor(Date.now() / 1000) - 86_400;
    const token = await idp.token({ exp: yesterday });
    for (const clockTolerance of [0, 5, 60]) {
      expect(await verify(token, { clockTolerance })).toBeUndefined();
    }
  });

  test('what stands on a polluted prototype is no option [T09, T187]', async () => {
    const prototype = Object.prototype as { clockTolerance?: unknown; typ?: unknown };
    prototype.clockTolerance = '5';
    prototype.typ = null;
    try {
      expect(jwtVerifier({ issuer }).clockTolerance).toBe(30);
      expect(await verify(await idp.token({}, { typ: undefined }))).toBeUndefined();
      expect(await verify(await idp.token())).toBeDefined();
    } finally {
      delete prototype.clockTolerance;
      delete prototype.typ;
    }
  });
});

test('a verifier says which clock difference it forgives [JW-5]', () => {
  expect(jwtVerifier({ issuer }).clockTolerance).toBe(30);
  expect(jwtVerifier({ issuer, clockTolerance: 0 }).clockTolerance).toBe(0);
});
