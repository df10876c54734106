/**
 * One request, several guards: its DPoP proof is accepted by each of them, on every framework. The same proof
 * in another request is not.
 */
import { describe, expect, test } from 'vitest';
import { dpop, memoryReplayStore } from '@scopegate/core/dpop';
import { createKey, proofOf, requestOf } from '../../core/test/support/dpop.js';
import { RESOURCE, notesGate } from '../src/gates.js';
import type { TestGate } from '../src/gates.js';
import type { GuardedRoute } from '../src/index.js';
import { ALL_HARNESSES } from './support/harnesses.js';

const key = createKey();

/** Gates that share a store, as gates of one resource may. */
function createGates(): readonly [outer: TestGate, inner: TestGate] {
  const replay = memoryReplayStore();
  const verifier = () => ({ claims: { scope: 'notes:read', cnf: { jkt: key.jkt } } });
  const create = (): TestGate => notesGate(verifier, { dpop: dpop({ replay }) });
  return [create(), create()];
}

function toolCall(): RequestInit & { readonly headers: Record<string, string> } {
  const params = { name: 'read_notes', arguments: {} };
  const claims = { iat: Math.floor(Date.now() / 1000) };
  return {
    method: 'POST',
    headers: {
      ...{ authorization: 'DPoP t', dpop: proofOf(key, 't', { claims }) },
      'content-type': 'application/json',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
  };
}

describe.each(ALL_HARNESSES)('$name', (harness) => {
  test('nested guards accept the proof of one request, and of no other [DP-8, T100]', async () => {
    const [one, other] = createGates();
    const routes: GuardedRoute[] = [
      { path: '/mcp', gate: one },
      { path: '/same-gate', gate: one, outer: { gate: one } },
      { path: '/with-rule', gate: one, outer: { gate: one, rule: 'notes:read' } },
      { path: '/both-gates', gate: other, outer: { gate: one } },
    ];
    const { url, close } = await harness.start([one], {
      ...{ routes, prefix: '', headers: [], parser: 'absent' },
      application: async () => ({ status: 200, headers: [], body: 'ok' }),
      onError: () => ({ status: 500, headers: [], body: 'error' }),
    });
    try {
      for (const { path } of routes) {
        const sent = toolCall();
        const first = await fetch(url + path, sent);
        expect([path, first.status, await first.text()]).toEqual([path, 200, 'ok']);
        const again = await fetch(url + path, sent);
        expect(again.status).toBe(401);
        expect(again.headers.get('www-authenticate')).toContain('jti');
        await again.body?.cancel();
      }
    } finally {
      await close();
    }
  });
});

test('gate.fetch in gate.fetch, on requests of the platform [DP-8, T100]', async () => {
  const [one, other] = createGates();
  const inner = other.fetch(() => new Response('ok'));
  const handler = one.fetch((request) => inner(request));
  const sent = toolCall();
  const first = await handler(new Request(RESOURCE, sent));
  expect([first.status, await first.text()]).toEqual([200, 'ok']);
  expect((await handler(new Request(RESOURCE, sent))).status).toBe(401);
});

test('a view that does not say which request it shows is refused the second time [T100]', async () => {
  const [gate] = createGates();
  const { authorization = '', dpop: proof = '' } = toolCall().headers;
  const request = requestOf({ authorization, proofs: [proof] });
  expect(await gate.check(request, 'notes:read')).toMatchObject({ allowed: true });
  expect(await gate.check(request, 'notes:read')).toMatchObject({ reason: 'invalid_dpop_proof' });
});
