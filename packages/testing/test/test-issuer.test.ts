import { describe, expect, test } from 'vitest';
import { createGate } from '@scopegate/core';
import type { Verifier } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import { createTestIssuer, listenTestIssuer } from '../src/index.js';

const RESOURCE = 'https://notes.example.com/api';

async function check(verifier: Verifier, token: string, clock = Date.now): Promise<unknown> {
  const scopes = ['notes:read', 'notes:write'] as const;
  const gate = createGate({ resource: RESOURCE, verifier, scopes, clock });
  const headers = { authorization: `Bearer ${token}` };
  const decision = await gate.check(new Request(RESOURCE, { headers }), 'notes:read');
  return decision.allowed ? decision.auth : decision.reason;
}

describe('the test issuer', () => {
  test('a gate accepts its token, with the requested scopes', async () => {
    const issuer = createTestIssuer({ resource: RESOURCE });
    const token = await issuer.mintToken({
      scopes: ['notes:read', 'x'],
      subject: 'ray',
      claims: { tenant: 'a' },
    });
    expect(await check(issuer.verifier(), token)).toMatchObject({
      ...{ scopes: ['notes:read', 'x'], subject: 'ray', clientId: 'test-client', kind: 'user' },
      ...{ issuer: 'https://idp.test', claims: { tenant: 'a' } },
    });
  });

  test.each([
    [{ scopes: [] }, 'insufficient_scope'],
    [{}, 'insufficient_scope'],
    [{ scopes: ['notes:read'], expiresIn: -120 }, 'invalid_token'],
    [{ scopes: ['notes:read'], audience: 'https://other.test' }, 'invalid_token'],
    [{ scopes: ['notes:read'], audience: null }, 'invalid_token'],
    [{ scopes: ['notes:read'], header: { typ: 'JWT' } }, 'invalid_token'],
    [{ scopes: ['notes:read'], claims: { iss: undefined } }, 'invalid_token'],
  ])('%j is answered with %s', async (options, reason) => {
    const issuer = createTestIssuer({ resource: RESOURCE });
    expect(await check(issuer.verifier(), await issuer.mintToken(options))).toBe(reason);
  });

  test('a client without a user', async () => {
    const issuer = createTestIssuer({ resource: RESOURCE });
    const token = await issuer.mintToken({
      scopes: ['notes:read'],
      subject: 'job',
      clientId: 'job',
    });
    expect(await check(issuer.verifier(), token)).toMatchObject({
      kind: 'client',
      clientId: 'job',
    });
    const nobody = await issuer.mintToken({ scopes: ['notes:read'], subject: null });
    expect(await check(issuer.verifier(), nobody)).toMatchObject({ kind: undefined });
  });

  test('nothing is sent over the network, and keys are fetched once', async () => {
    const issuer = createTestIssuer({ resource: RESOURCE, issuer: 'https://idp.test/tenant' });
    const verifier = issuer.verifier();
    for (let i = 0; i < 3; i++) {
      const token = await issuer.mintToken({ scopes: ['notes:read'] });
      expect(await check(verifier, token)).toMatchObject({ issuer: 'https://idp.test/tenant' });
    }
    expect(issuer.requests).toEqual([
      'https://idp.test/.well-known/oauth-authorization-server/tenant',
      'https://idp.test/tenant/jwks',
    ]);
    const openid = await issuer.fetch('https://idp.test/tenant/.well-known/openid-configuration');
    expect(await openid.json()).toMatchObject({ issuer: 'https://idp.test/tenant' });
    expect((await issuer.fetch(new URL('https://idp.test/else'))).status).toBe(404);
  });

  test.each([true, false])('keys rotate; the old one is kept: %s [JW-8, T84]', async (keepOld) => {
    let now = Date.now();
    const clock = (): number => now;
    const issuer = createTestIssuer({ resource: RESOURCE, clock });
    const verifier = issuer.verifier({ cache: false });
    const mint = { scopes: ['notes:read'], expiresIn: 3600 };
    const old = await issuer.mintToken(mint);
    expect(await check(verifier, old, clock)).toHaveProperty('token');
    issuer.rotateKeys({ keepOld });
    now += 31_000;
    expect(await check(verifier, await issuer.mintToken(mint), clock)).toHaveProperty('token');
    const answer = await check(verifier, old, clock);
    expect(answer === 'invalid_token').toBe(!keepOld);
  });

  test.each(['RS256', 'EdDSA', 'ES384'])('signs with %s', async (algorithm) => {
    const issuer = createTestIssuer({ resource: RESOURCE, algorithm });
    const token = await issuer.mintToken({ scopes: ['notes:read'] });
    expect(await check(issuer.verifier({ algorithms: [algorithm] }), token)).toHaveProperty(
      'token',
    );
  });

  test('its verifier takes the options of jwtVerifier', async () => {
    const issuer = createTestIssuer({ resource: RESOURCE });
    const verifier = issuer.verifier({ requiredClaims: ['tenant'], typ: 'JWT' });
    const mint = { scopes: ['notes:read'], header: { typ: 'JWT' } };
    expect(await check(verifier, await issuer.mintToken(mint))).toBe('invalid_token');
    const token = await issuer.mintToken({ ...mint, claims: { tenant: 'a' } });
    expect(await check(verifier, token)).toHaveProperty('token');
  });

  test('on a port: a verifier without a fetch option finds the keys', async () => {
    const issuer = await listenTestIssuer({ resource: RESOURCE });
    try {
      expect(issuer.issuer).toMatch(/^http:\/\/localhost:\d+$/);
      const token = await issuer.mintToken({ scopes: ['notes:read'] });
      const verifier = jwtVerifier({ issuer: issuer.issuer, allowInsecureLoopback: true });
      expect(await check(verifier, token)).toHaveProperty('token');
      expect(await check(issuer.verifier(), token)).toHaveProperty('token');
    } finally {
      await issuer.close();
    }
    await expect(fetch(issuer.jwksUri)).rejects.toThrow(TypeError);
  });
});
