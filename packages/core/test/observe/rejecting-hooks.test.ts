/** Hooks that reject, in every place that calls one: a rejection that nobody handles would end Node. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fromWebRequest } from '../../src/adapter.js';
import { createGate, reportOnly } from '../../src/index.js';
import type { GateOptions } from '../../src/index.js';
import { introspectionVerifier } from '../../src/token/introspection/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import { ownership } from '../../src/token/ownership/index.js';
import { memoryRevocations } from '../../src/token/revocations/index.js';
import { startHops } from '../exchange/support.js';
import type { Hops } from '../exchange/support.js';
import { startIntrospectionEndpoint } from '../support/introspection-endpoint.js';
import type { IntrospectionEndpoint } from '../support/introspection-endpoint.js';
import { unhandledOf } from '../support/unhandled.js';

const RESOURCE = 'https://notes.example.com/mcp';

let endpoint: IntrospectionEndpoint;
let hops: Hops;
beforeAll(async () => {
  endpoint = await startIntrospectionEndpoint();
  hops = await startHops();
});
afterAll(async () => {
  await endpoint.close();
  await hops.close();
});

type Hook = () => void;

function gateWith(options: Partial<GateOptions>) {
  const verifier = (): never => {
    throw new Error('down');
  };
  return createGate({
    ...{ resource: RESOURCE, scopes: ['a'], verifier },
    authorizationServers: ['https://idp.example.com'],
    ...options,
  });
}

const bearer = (): Request => new Request(RESOURCE, { headers: { authorization: 'Bearer t' } });

const PLACES: Record<string, (hook: Hook) => unknown> = {
  'onError of a gate': (onError) => gateWith({ onError }).check(bearer(), 'a'),
  'onDecision of a gate': (onDecision) => gateWith({ onDecision }).check(bearer(), 'a'),
  'onWarning of a gate without a guard': (onWarning) => {
    let now = Date.now();
    const gate = gateWith({ onWarning, clock: () => now });
    for (let i = 0; i < 2; i++, now += 60_000) {
      void gate.metadata.respond(fromWebRequest(new Request(RESOURCE)).gateRequest);
    }
  },
  'onWarning of a gate whose metadata nobody asks for': async (onWarning) => {
    let now = Date.now();
    const gate = gateWith({ onWarning, clock: () => now });
    for (let i = 0; i < 2; i++, now += 60_000) await gate.check(new Request(RESOURCE), 'a');
  },
  'onWarning of reportOnly': (onWarning) => {
    const enforce = reportOnly(() => true, { until: new Date(Date.now() + 60_000), onWarning });
    gateWith({ enforce, onDecision: () => undefined });
  },
  'onWarning of jwtVerifier': (onWarning) =>
    jwtVerifier({
      ...{ issuer: 'https://idp.example.com', onWarning },
      dangerouslyAcceptMissingExpiry: { maxAge: 600 },
    }),
  'onWarning of introspectionVerifier': async (onWarning) => {
    endpoint.answer({ active: true, aud: RESOURCE, scope: 'a', exp: Date.now() / 1000 + 300 });
    const down = (): never => {
      throw new Error('down');
    };
    const verifier = introspectionVerifier({
      ...{ endpoint: endpoint.url, clientId: 'api', allowInsecureLoopback: true, onWarning },
      clientAuthentication: { method: 'client_secret_basic', secret: 's' },
      cache: { shared: { get: down, set: down }, ttl: 30 },
    });
    await gateWith({ verifier }).check(bearer(), 'a');
  },
  'onWarning of ownership': (onWarning) =>
    ownership({ keys: ['k'.repeat(32)], acceptUnsealedUntil: '2026-01-01', onWarning }),
  'a listener of revocations': (listener) => {
    const revocations = memoryRevocations();
    revocations.onRevoked(listener);
    return revocations.revoke({ subject: 'ray' }, { until: Date.now() / 1000 + 60 });
  },
  'onError of upstreamTokens': async (onError) => {
    hops.as.answer = (_seen, response) => response.writeHead(500).end();
    const auth = await hops.login(['notes:read']);
    await hops
      .upstream({ onError })
      .token(auth)
      .catch(() => undefined);
  },
};

test.each(Object.entries(PLACES))('%s', async (_place, run) => {
  let calls = 0;
  const hook = (async () => {
    calls += 1;
    throw new Error('boom');
  }) as Hook;
  expect(await unhandledOf(() => run(hook))).toEqual([]);
  expect(calls).toBeGreaterThan(0);
});
