/** Nonces: made of a time and a secret, kept nowhere. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  NOW,
  challengeOf,
  createKey,
  headerOf,
  proofOf,
  requestOf,
  startDpop,
} from '../../support/dpop.js';
import type { TestDpop } from '../../support/dpop.js';

const key = createKey();
const KEYS = ['a secret of thirty-two bytes, or more'];

async function send(service: TestDpop, nonce: unknown) {
  return service.send(key, service.token(key), { claims: { nonce } });
}

/** The nonce that a refusal gives. */
/** Another last character that decodes to the same bytes, since the last two bits are ignored. */
function nextOf(last: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[alphabet.indexOf(last) + 1] ?? '';
}

async function nonceOf(service: TestDpop): Promise<string> {
  const nonce = headerOf(await send(service, undefined), 'DPoP-Nonce');
  if (nonce === undefined) throw new Error('no nonce');
  return nonce;
}

describe('a gate that requires nonces', () => {
  test('asks for one, in a challenge of its own and one header [DP-10, T106]', async () => {
    const decision = await send(startDpop({ nonce: { keys: KEYS } }), undefined);
    expect(decision).toMatchObject({ allowed: false, status: 401, reason: 'use_dpop_nonce' });
    expect(challengeOf(decision)).toMatch(/^DPoP error="use_dpop_nonce", .*, algs="ES256 /);
    expect(decision.headers.filter(([name]) => name === 'DPoP-Nonce')).toHaveLength(1);
    expect(headerOf(decision, 'DPoP-Nonce')).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
    expect(headerOf(decision, 'Cache-Control')).toBe('no-store');
  });

  test('accepts the one that it gave, many times [DP-10]', async () => {
    const service = startDpop({ nonce: { keys: KEYS } });
    const nonce = await nonceOf(service);
    for (let i = 0; i < 3; i++) expect(await send(service, nonce)).toMatchObject({ allowed: true });
  });

  test.each<[string, (nonce: string) => unknown]>([
    ['none', () => undefined],
    ['an empty one', () => ''],
    ['another text', () => 'nonce'],
    ['a number', () => 7],
    ['a list', (nonce) => [nonce]],
    ['a later time', (nonce) => `${(NOW + 10).toString(36)}${nonce.slice(nonce.indexOf('.'))}`],
    ['an earlier time', (nonce) => `${(NOW - 10).toString(36)}${nonce.slice(nonce.indexOf('.'))}`],
    ['no time', (nonce) => nonce.slice(nonce.indexOf('.'))],
    ['a longer time', (nonce) => `000${nonce}`],
    ['a time in capitals', (nonce) => nonce.replace(/^\w+/, (time) => time.toUpperCase())],
    ['a changed MAC', (nonce) => nonce.slice(0, -1) + (nonce.endsWith('A') ? 'E' : 'A')],
    ['another spelling of the MAC', (nonce) => nonce.slice(0, -1) + nextOf(nonce.slice(-1))],
    ['a shorter MAC', (nonce) => nonce.slice(0, -1)],
    ['something behind it', (nonce) => `${nonce}A`],
  ])('refuses %s [DP-10, T106]', async (_, change) => {
    const service = startDpop({ nonce: { keys: KEYS } });
    const decision = await send(service, change(await nonceOf(service)));
    expect(decision).toMatchObject({ allowed: false, reason: 'use_dpop_nonce' });
    expect(headerOf(decision, 'DPoP-Nonce')).toBeDefined();
  });

  test('refuses those of another secret and of another resource [DP-10, T106]', async () => {
    const service = startDpop({ nonce: { keys: KEYS } });
    const other = startDpop({ nonce: { keys: ['another secret of thirty-two bytes'] } });
    const resource = 'https://notes.example.com/other';
    const elsewhere = startDpop({ nonce: { keys: KEYS } }, { resource });
    const htu = resource;
    const refusal = await elsewhere.send(key, elsewhere.token(key), {
      url: '/other',
      claims: { htu },
    });
    for (const nonce of [await nonceOf(other), headerOf(refusal, 'DPoP-Nonce')]) {
      expect(nonce).toBeDefined();
      expect(await send(service, nonce)).toMatchObject({ reason: 'use_dpop_nonce' });
    }
  });

  test('a new secret in front of the old one: both are accepted, the first one makes [DP-10, T106]', async () => {
    const old = await nonceOf(startDpop({ nonce: { keys: KEYS } }));
    const fresh = ['another secret of thirty-two bytes', ...KEYS];
    const service = startDpop({
      nonce: { keys: fresh.map((one) => new TextEncoder().encode(one)) },
    });
    expect(await send(service, old)).toMatchObject({ allowed: true });
    const made = await nonceOf(service);
    expect(made).not.toBe(old);
    expect(await send(startDpop({ nonce: { keys: KEYS } }), made)).toMatchObject({
      allowed: false,
    });
  });

  test('a nonce ages, is replaced in time on an answer, and ends [DP-10, T92]', async () => {
    const service = startDpop({ nonce: { keys: KEYS, lifetime: 100 } });
    const nonce = await nonceOf(service);
    const at = async (seconds: number) => {
      service.setTime(NOW + seconds);
      return service.send(key, service.token(key), { claims: { nonce, iat: NOW + seconds } });
    };
    const early = await at(50);
    expect(early).toMatchObject({ allowed: true });
    expect(headerOf(early, 'DPoP-Nonce')).toBeUndefined();
    const late = await at(51);
    expect(late).toMatchObject({ allowed: true });
    const next = headerOf(late, 'DPoP-Nonce');
    expect(next).toBeDefined();
    expect(headerOf(late, 'Cache-Control')).toBe('no-store');
    expect(await send(service, next)).toMatchObject({ allowed: true });
    expect(await at(101)).toMatchObject({ reason: 'use_dpop_nonce' });
    // Of an instance whose clock is ahead, and of one that is wrong by far.
    expect(await at(-60)).toMatchObject({ allowed: true });
    expect(await at(-61)).toMatchObject({ reason: 'use_dpop_nonce' });
    expect(await at(-3600)).toMatchObject({ reason: 'use_dpop_nonce' });
  });

  test('a 403 brings a nonce, too [DP-10]', async () => {
    const service = startDpop({ nonce: { keys: KEYS } });
    const nonce = await nonceOf(service);
    const token = service.token(key);
    const proofs = [proofOf(key, token, { claims: { nonce } })];
    const request = requestOf({ authorization: `DPoP ${token}`, proofs });
    const decision = await service.gate.check(request, 'notes:write');
    expect(decision).toMatchObject({ status: 403 });
    expect(headerOf(decision, 'DPoP-Nonce')).toBeDefined();
  });

  test('a wrong proof is not told about nonces, a missing nonce not about the token [DP-9]', async () => {
    const service = startDpop({ nonce: { keys: KEYS } });
    const wrong = await service.send(key, service.token(key), { claims: { htm: 'GET' } });
    expect(wrong).toMatchObject({ reason: 'invalid_dpop_proof' });
    expect(await service.send(key, 'unknown')).toMatchObject({ reason: 'use_dpop_nonce' });
  });
});

test('without nonces no answer has the header [DP-10]', async () => {
  const service = startDpop();
  for (const decision of [await send(service, 'x'), await service.send(key, 'unknown')]) {
    expect(headerOf(decision, 'DPoP-Nonce')).toBeUndefined();
  }
});

describe('without node:crypto, over Web Crypto', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.resetModules();
  });

  test('the same proofs, nonces and ids are accepted and refused [T131]', async () => {
    const onNode = startDpop({ nonce: { keys: KEYS } });
    const nonce = await nonceOf(onNode);
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
    vi.resetModules();
    const support = await import('../../support/dpop.js');
    const service = support.startDpop({ nonce: { keys: KEYS } });
    const refusal = await service.send(key, service.token(key));
    expect(headerOf(refusal, 'DPoP-Nonce')).toBe(nonce);
    const token = service.token(key);
    const proofs = [proofOf(key, token, { claims: { nonce } })];
    const request = requestOf({ authorization: `DPoP ${token}`, proofs });
    expect(await service.gate.check(request, 'notes:read')).toMatchObject({ allowed: true });
    expect(await service.gate.check(request, 'notes:read')).toMatchObject({
      reason: 'invalid_dpop_proof',
    });
    const other = proofOf(key, 'other', { claims: { nonce } });
    const wrong = requestOf({ authorization: `DPoP ${token}`, proofs: [other] });
    expect(challengeOf(await service.gate.check(wrong, 'notes:read'))).toContain('ath');
  });
});
