/** What comes of a verifier's answer, whether or not somebody wants to know why. */
import { expect, test } from 'vitest';
import type { Verifier } from '../../src/index.js';
import { verifyToken } from '../../src/token/verify.js';
import type { VerifyOptions } from '../../src/token/verify.js';

const options: VerifyOptions = { resource: 'https://a.test', timeout: 5_000, clock: () => 1_000 };
const explained: VerifyOptions = { ...options, isExplained: true };

test('a verifier that never answers is given up, in these words', async () => {
  const outcome = await verifyToken(() => new Promise(() => undefined), 't', {
    ...options,
    timeout: 5,
  });
  expect(outcome).toMatchObject({ ok: false, reason: 'unavailable' });
  expect(String((outcome as { error: unknown }).error)).toContain(
    'the verifier took longer than 5 ms',
  );
});

test.each<readonly [what: string, verifier: Verifier, detail: string]>([
  ['no reason', () => undefined, 'other'],
  [
    'a reason',
    (_token, context) => {
      context.explain?.({ detail: 'signature' });
      return undefined;
    },
    'signature',
  ],
  [
    'two reasons',
    (_token, context) => {
      context.explain?.({ detail: 'form' });
      context.explain?.({ detail: 'audience', found: ['x'] });
      return undefined;
    },
    'audience',
  ],
  ['an expired token', () => ({ claims: { exp: 1 - 31 } }), 'expired'],
  [
    'an error',
    () => {
      throw Object.assign(new Error('x'), { code: 'ERR_JWT_EXPIRED' });
    },
    'expired',
  ],
  [
    'a reason that cannot be read',
    (_token, context) => {
      const unreadable = Object.defineProperty({ detail: 'form' }, 'found', {
        get: () => {
          throw new Error('x');
        },
      });
      context.explain?.(unreadable as never);
      return undefined;
    },
    'none',
  ],
])('%s: told to those who ask, and to nobody else [T191]', async (_what, verifier, detail) => {
  const told = await verifyToken(verifier, 't', explained);
  expect(told).toMatchObject({ ok: false, reason: 'invalid' });
  expect((told as { detail?: { detail: string } }).detail?.detail ?? 'none').toBe(detail);
  expect(await verifyToken(verifier, 't', options)).toEqual({ ok: false, reason: 'invalid' });
});

test('what is known at once is answered at once', () => {
  expect(verifyToken(() => ({ scopes: ['a'] }), 't', options)).toMatchObject({
    ...{ ok: true, clockTolerance: 30 },
  });
  expect(verifyToken(() => undefined, 't', options)).toEqual({ ok: false, reason: 'invalid' });
});
