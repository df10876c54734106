/** What comes of a verifier's answer, whether or not somebody wants to know why. */
import { expect, test } from 'vitest';
import { InsufficientScopeError } from '../../src/index.js';
import type { Verifier, VerifierContext } from '../../src/index.js';
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
  ['a bound token', () => ({ claims: { cnf: { jkt: 'x' } } }), 'binding'],
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

test('a verifier learns whether the gate compares `cnf`, and for which resource it is asked [T63]', async () => {
  const seen: unknown[] = [];
  const verifier: Verifier = (_token, { resource, checksBinding, signal }: VerifierContext) => {
    seen.push([resource, checksBinding, signal.aborted]);
    return { claims: { cnf: { jkt: 'x' } } };
  };
  expect(await verifyToken(verifier, 't', options)).toEqual({ ok: false, reason: 'invalid' });
  const sender = { confirms: (cnf: unknown) => (cnf as { jkt: string }).jkt === 'x' };
  expect(await verifyToken(verifier, 't', { ...options, sender })).toMatchObject({ ok: true });
  const another = { confirms: () => false };
  expect(await verifyToken(verifier, 't', { ...options, sender: another })).toMatchObject({
    ok: false,
  });
  expect(seen).toEqual([
    ['https://a.test', false, false],
    ['https://a.test', true, false],
    ['https://a.test', true, false],
  ]);
});

test('a list of revocations refuses, or must say no [T70]', async () => {
  const verifier: Verifier = () => ({ scopes: [] });
  const ask = (isRevoked: unknown) =>
    verifyToken(verifier, 't', {
      ...explained,
      revocations: { isRevoked: () => isRevoked } as never,
    });
  expect(await ask(false)).toMatchObject({ ok: true });
  expect(await ask(true)).toMatchObject({ reason: 'invalid', detail: { detail: 'revoked' } });
  for (const answer of [undefined, 0, Promise.resolve(false), Promise.reject(new Error('x'))]) {
    expect(await ask(answer)).toMatchObject({
      ...{ ok: false, reason: 'unavailable' },
      error: new TypeError('isRevoked: expected a boolean'),
    });
  }
});

test('a verifier may say that a valid token has too few scopes', async () => {
  const error = new InsufficientScopeError('a');
  const verifier: Verifier = () => Promise.reject(error);
  expect(await verifyToken(verifier, 't', options)).toEqual({
    ...{ ok: false, reason: 'insufficient_scope', error },
  });
});
