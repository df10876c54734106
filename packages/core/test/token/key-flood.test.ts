/** A flood of tokens whose signature is wrong: it does not become a flood of requests for keys. */
import { expect, test } from 'vitest';
import { createGate } from '../../src/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import { startIssuer } from '../support/issuer.js';

const RESOURCE = 'https://notes.example.com/mcp';

test('10,000 wrong signatures cost at most one fetch in 30 seconds [T80, JW-8]', async () => {
  const idp = await startIssuer(RESOURCE);
  const errors: unknown[] = [];
  let later = 0;
  const clock = (): number => Date.now() + later;
  const options = { allowInsecureLoopback: true, cache: false, clock } as const;
  const gate = createGate({
    ...{ resource: RESOURCE, clock, scopes: ['notes:read'] },
    verifier: jwtVerifier({ issuer: idp.issuer, ...options }),
    onError: (error) => errors.push(error),
  });
  const statusOf = async (token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` };
    const decision = await gate.check(new Request(RESOURCE, { headers }), 'notes:read');
    return decision.allowed ? 200 : decision.status;
  };
  try {
    const good = await idp.token();
    expect(await statusOf(good)).toBe(200);
    const [head = '', body = ''] = good.split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt' })).toString('base64url');
    for (let i = 1; i <= 10_000; i++) {
      later = i * 9;
      const signature = Buffer.alloc(64, i % 251).toString('base64url');
      expect(await statusOf(`${i % 2 === 0 ? head : none}.${body}.${signature}`)).toBe(401);
    }
    // The first fetch, and one when each cooldown was over; 90 seconds went by.
    expect(idp.requests.filter((path) => path === '/jwks').length).toBeLessThanOrEqual(5);
    expect(errors).toEqual([]);
  } finally {
    await idp.close();
  }
}, 60_000);
