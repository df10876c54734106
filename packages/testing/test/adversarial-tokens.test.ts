import { beforeAll, describe, expect, test } from 'vitest';
import { createGate } from '@scopegate/core';
import { adversarialTokens, createTestIssuer } from '../src/index.js';
import type { AdversarialToken } from '../src/index.js';

const issuer = createTestIssuer({ resource: 'https://notes.example.com/mcp' });
const mint = { scopes: ['notes:read'] };
const gate = createGate({
  resource: issuer.resource,
  verifier: issuer.verifier(),
  scopes: ['notes:read'],
});

async function check(token: string): Promise<unknown> {
  const request = new Request(issuer.resource, { headers: { authorization: `Bearer ${token}` } });
  const decision = await gate.check(request, 'notes:read');
  return decision.allowed ? 'allowed' : decision.reason;
}

let ofIssuer: readonly AdversarialToken[];
let ofToken: readonly AdversarialToken[];
beforeAll(async () => {
  ofIssuer = await adversarialTokens({ issuer, mint });
  ofToken = await adversarialTokens({ token: await issuer.mintToken(mint) });
});

describe('adversarial tokens', () => {
  test('a gate accepts the good token that they are made of', async () => {
    expect(await check(await issuer.mintToken(mint))).toBe('allowed');
  });

  test('every one is refused by a gate [JW-1, JW-2, JW-3, JW-4, JW-5, JW-7, JW-10, JW-11, T60, T61, T62, T63, T64, T65, T66, T67, T68]', async () => {
    const answers = await Promise.all(
      ofIssuer.map(async ({ name, token }) => ({ name, answer: await check(token) })),
    );
    const others = answers.filter(({ answer }) => answer !== 'invalid_token');
    // Too long for a header that is read at all.
    expect(others).toEqual([{ name: 'huge', answer: 'malformed_credentials' }]);
  });

  test('a gate refuses those that are made without the key', async () => {
    for (const { token } of ofToken) expect(await check(token)).toBe('invalid_token');
  });

  test('each has a unique name and text, a reason and ids', () => {
    expect(ofIssuer.length).toBeGreaterThan(55);
    expect(ofToken.length).toBeGreaterThan(25);
    for (const list of [ofIssuer, ofToken]) {
      expect(new Set(list.map(({ name }) => name)).size).toBe(list.length);
      expect(new Set(list.map(({ token }) => token)).size).toBe(list.length);
      for (const { why, ids } of list) expect([why !== '', ids.length > 0]).toEqual([true, true]);
    }
  });

  test('every token that the issuer signed has exactly one fault', async () => {
    // What a verifier that looks at the signature alone makes of them.
    const { compactVerify, createLocalJWKSet } = await import('jose');
    const keys = createLocalJWKSet((await issuer.jwks()) as never);
    const forged = new Set(ofToken.map(({ name }) => name));
    for (const { name, token } of ofIssuer) {
      if (forged.has(name) || name === 'unknown kid' || name === 'unknown crit') continue;
      await expect(compactVerify(token, keys), name).resolves.toBeDefined();
    }
  });

  test('from an opaque token, tokens are made that no issuer issued', async () => {
    const token = 'oat_AbCdEf0123456789';
    const list = await adversarialTokens({ token });
    expect(list.map((one) => one.token)).not.toContain(token);
    expect(list.length).toBeGreaterThanOrEqual(6);
  });

  test('an issuer that createTestIssuer did not make is refused', async () => {
    await expect(adversarialTokens({ issuer: {} as never })).rejects.toThrow('createTestIssuer');
  });
});
