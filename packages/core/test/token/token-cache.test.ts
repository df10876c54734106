import { importJWK } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGate } from '../../src/index.js';
import type { Decision, Gate, Verifier } from '../../src/index.js';
import { VerifiedTokenCache, revocationTestOf } from '../../src/token/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import type { JwtVerifierOptions } from '../../src/token/jwt/index.js';
import { startIssuer } from '../support/issuer.js';
import type { TestIssuer } from '../support/issuer.js';

const RESOURCE = 'https://notes.example.com/mcp';
const MINUTE = 60_000;

let idp: TestIssuer;
let later = 0;
const clock = (): number => Date.now() + later;
beforeAll(async () => {
  idp = await startIssuer(RESOURCE);
});
afterAll(() => idp.close());

/** A gate whose verifier counts how often a signature is looked at. */
function counted(options: Partial<JwtVerifierOptions> = {}) {
  later = 0;
  let signatures = 0;
  const jwks = { keys: [idp.publicJwk] };
  const verifier = jwtVerifier({ issuer: idp.issuer, jwks, clock, ...options });
  const original = crypto.subtle.verify.bind(crypto.subtle);
  crypto.subtle.verify = (...args: Parameters<typeof original>) => {
    signatures += 1;
    return original(...args);
  };
  return {
    gate: gateOver(verifier),
    verifier,
    signatures: () => signatures,
    [Symbol.dispose]: () => {
      // The method itself stands on the prototype.
      Reflect.deleteProperty(crypto.subtle, 'verify');
    },
  };
}

function gateOver(verifier: Verifier, resource = RESOURCE): Gate {
  return createGate({ resource, verifier, clock, scopes: ['notes:read'] });
}

function decide(gate: Gate, token: string): Decision | Promise<Decision> {
  const headers = new Headers({ authorization: `Bearer ${token}` });
  return gate.decide({ method: 'GET', url: '/', headers }, 'notes:read');
}

const seconds = (): number => Math.floor(Date.now() / 1000);

test('a verified token is accepted without a promise [T88]', async () => {
  using subject = counted();
  const token = await idp.token();
  expect(decide(subject.gate, token)).toBeInstanceOf(Promise);
  const first = await decide(subject.gate, token);
  const second = decide(subject.gate, token);
  expect(second).toMatchObject({ allowed: true, auth: { subject: 'ray', scopes: ['notes:read'] } });
  expect(second).toEqual(first);
  expect(subject.signatures()).toBe(1);
});

test('a malformed token is refused without a promise', async () => {
  using subject = counted();
  for (const token of ['x', 'a.b.c', await idp.token({ aud: 'x' }), await idp.token({ exp: 1 })]) {
    expect(decide(subject.gate, token)).toMatchObject({ status: 401 });
  }
  expect(subject.signatures()).toBe(0);
});

test('the same token at the same time is verified once', async () => {
  using subject = counted();
  const token = await idp.token();
  const decisions = await Promise.all(
    Array.from({ length: 50 }, async () => decide(subject.gate, token)),
  );
  expect(decisions.every((decision) => decision.allowed)).toBe(true);
  expect(subject.signatures()).toBe(1);
});

test('each request gets its own frozen `auth` [T15]', async () => {
  using subject = counted();
  const token = await idp.token();
  await decide(subject.gate, token);
  const [one, two] = [await decide(subject.gate, token), await decide(subject.gate, token)];
  if (!one.allowed || !two.allowed) throw new Error('expected both to be allowed');
  expect(one.auth).not.toBe(two.auth);
  expect(one.auth?.resource).not.toBe(two.auth?.resource);
  expect(Object.isFrozen(one.auth)).toBe(true);
  expect(Object.isFrozen(one.auth?.claims)).toBe(true);
  expect(Object.isFrozen(one.auth?.scopes)).toBe(true);
});

test('it is not accepted after it expired, nor before `nbf` [JW-5, T63, T92]', async () => {
  using subject = counted();
  const token = await idp.token({ exp: seconds() + 300, nbf: seconds() - 10 });
  expect(await decide(subject.gate, token)).toMatchObject({ allowed: true });
  later = 329_000;
  expect(decide(subject.gate, token)).toMatchObject({ allowed: true });
  later = 331_000;
  expect(decide(subject.gate, token)).toMatchObject({ status: 401 });
  // A clock that jumps back an hour: too early, and not forgotten for it.
  later = 0;
  expect(await decide(subject.gate, token)).toMatchObject({ allowed: true });
  later = -60 * MINUTE;
  expect(decide(subject.gate, token)).toMatchObject({ status: 401 });
  // Within the gate's tolerance, and not within the verifier's.
  later = -45_000;
  expect(decide(subject.gate, token)).toMatchObject({ status: 401 });
});

test('without a gate behind it, the verifier looks at the times of a cached token itself [JW-5, T92]', async () => {
  using subject = counted();
  const context = { resource: RESOURCE, signal: new AbortController().signal };
  const ask = async (token: string) => (await subject.verifier(token, context)) !== undefined;
  const token = await idp.token({ exp: seconds() + 300, nbf: seconds() - 10 });
  for (const [at, isAccepted] of [
    [0, true],
    [-30_000, true],
    [-45_000, false],
    [320_000, true],
    [340_000, false],
  ] as const) {
    later = at;
    expect([at, await ask(token)]).toEqual([at, isAccepted]);
  }
});

test('a token that expires while its keys are fetched is refused [JW-5, T63]', async () => {
  let now = Date.now();
  const key = await importJWK(idp.publicJwk as JWK, 'ES256');
  const verifier = jwtVerifier({
    ...{ issuer: idp.issuer, clock: () => now },
    jwks: async () => {
      now += 600_000;
      return key as CryptoKey;
    },
  });
  const details: unknown[] = [];
  const context = { resource: RESOURCE, signal: new AbortController().signal };
  const explain = (detail: unknown): void => void details.push(detail);
  const token = await idp.token({ exp: seconds() + 300 });
  expect(await verifier(token, { ...context, explain })).toBeUndefined();
  expect(details).toMatchObject([{ detail: 'expired' }]);
});

test('a cached token is verified again after ten minutes, however long it is valid [JW-8, T84]', async () => {
  const start = Date.now();
  let now = start;
  using subject = counted({ clock: () => now });
  const token = await idp.token({ exp: seconds() + 7_200 });
  await decide(subject.gate, token);
  now = start + 10 * MINUTE - 1;
  expect(decide(subject.gate, token)).toMatchObject({ allowed: true });
  expect(subject.signatures()).toBe(1);
  now += 1;
  expect(await decide(subject.gate, token)).toMatchObject({ allowed: true });
  expect(subject.signatures()).toBe(2);
});

test('a failure is never cached, and removes nothing [T88]', async () => {
  using subject = counted({ cache: { maxEntries: 2 } });
  const token = await idp.token();
  await decide(subject.gate, token);
  const [head = '', body = ''] = token.split('.');
  for (let i = 0; i < 5; i++) {
    const forged = `${head}.${body}.${String(i).padStart(86, 'A')}`.replace(/.$/, 'A');
    expect(await decide(subject.gate, forged)).toMatchObject({ status: 401 });
  }
  const before = subject.signatures();
  expect(decide(subject.gate, token)).toMatchObject({ allowed: true });
  expect(subject.signatures()).toBe(before);
});

test('a token that ends like a cached one is another token [T70]', async () => {
  using subject = counted();
  const token = await idp.token();
  await decide(subject.gate, token);
  const [head = '', body = '', signature = ''] = token.split('.');
  const claims = JSON.parse(atob(body.replaceAll('-', '+').replaceAll('_', '/'))) as object;
  const forged = btoa(JSON.stringify({ ...claims, scope: 'notes:read admin', sub: 'eve' }));
  const twins = [
    `${head}.${forged.replaceAll('=', '')}.${signature}`,
    `${head}.${body}.A${signature.slice(1)}`,
  ];
  for (const twin of twins) expect(await decide(subject.gate, twin)).toMatchObject({ status: 401 });
  expect(decide(subject.gate, token)).toMatchObject({ allowed: true });
  // Also while the good one is on its way.
  using cold = counted();
  const [good, bad] = await Promise.all(
    [token, ...twins].map(async (one) => decide(cold.gate, one)),
  );
  expect(good).toMatchObject({ allowed: true });
  expect(bad).toMatchObject({ status: 401 });
});

test('a gate for another resource verifies again [T89]', async () => {
  using subject = counted();
  const token = await idp.token();
  await decide(subject.gate, token);
  const other = gateOver(subject.verifier, 'https://other.example.com/mcp');
  expect(await decide(other, token)).toMatchObject({ status: 401 });
  expect(decide(subject.gate, token)).toMatchObject({ allowed: true });
  // By the verifier's own word, whatever a gate would say.
  const { signal } = new AbortController();
  const resource = 'https://other.example.com/mcp';
  expect(await subject.verifier(token, { resource, signal })).toBeUndefined();
  expect(await subject.verifier(token, { resource: RESOURCE, signal })).toBeDefined();
  // With its audiences configured, the answer is the same for all gates.
  using shared = counted({ audience: [RESOURCE, 'https://other.example.com/mcp'] });
  await decide(shared.gate, token);
  const second = gateOver(shared.verifier, 'https://other.example.com/mcp');
  expect(decide(second, token)).toMatchObject({ allowed: true });
});

test('bounds are kept, and tokens in use stay [T88]', async () => {
  using subject = counted({ cache: { maxEntries: 4 } });
  const used = await idp.token();
  await decide(subject.gate, used);
  for (let i = 0; i < 10; i++) {
    await decide(subject.gate, await idp.token());
    expect(decide(subject.gate, used)).toMatchObject({ allowed: true });
  }
  expect(subject.signatures()).toBe(11);
  using small = counted({ cache: { maxBytes: 2 } });
  await decide(small.gate, used);
  await decide(small.gate, used);
  expect(small.signatures()).toBe(2);
  using none = counted({ cache: false });
  await decide(none.gate, used);
  await decide(none.gate, used);
  expect(none.signatures()).toBe(2);
});

test('revoked tokens are refused: cached ones, those being verified, and later ones [T70]', async () => {
  using subject = counted();
  const jti = 'stolen';
  const [token, twin] = [await idp.token({ jti }), await idp.token({ jti })];
  const other = await idp.token();
  await decide(subject.gate, token);
  await decide(subject.gate, other);
  const underWay = decide(subject.gate, twin);
  const allowAgain = subject.verifier.revoke((claims) => claims['jti'] === jti);
  expect(await underWay).toMatchObject({ status: 401 });
  for (const one of [token, twin]) {
    expect(await decide(subject.gate, one)).toMatchObject({ status: 401 });
  }
  expect(decide(subject.gate, other)).toMatchObject({ allowed: true });
  // So say those who ask later, about an answer that still streams.
  const isRevoked = revocationTestOf(subject.verifier, token);
  expect([isRevoked?.({ jti }), isRevoked?.({ jti: 'another' })]).toEqual([true, false]);
  allowAgain();
  expect(await decide(subject.gate, token)).toMatchObject({ allowed: true });
  // What cannot be told is refused.
  subject.verifier.revoke(() => {
    throw new Error('x');
  });
  expect(await decide(subject.gate, token)).toMatchObject({ status: 401 });
});

test('a predicate is asked about cached tokens on each use, and not only when it is added [T70]', async () => {
  using subject = counted();
  const [token, other] = [await idp.token({ jti: 'stolen' }), await idp.token()];
  const revoked = new Set<unknown>();
  subject.verifier.revoke((claims) => revoked.has(claims['jti']));
  for (const one of [token, other]) {
    expect(await decide(subject.gate, one)).toMatchObject({ allowed: true });
  }
  revoked.add('stolen');
  expect(await decide(subject.gate, token)).toMatchObject({ status: 401 });
  expect(decide(subject.gate, other)).toMatchObject({ allowed: true });
  revoked.clear();
  expect(await decide(subject.gate, token)).toMatchObject({ allowed: true });
});

test('a predicate cannot change the claims that it gets', async () => {
  using subject = counted();
  subject.verifier.revoke((claims) => {
    (claims as Record<string, unknown>)['scope'] = 'admin';
    return false;
  });
  // The write throws: refused, not altered.
  expect(await decide(subject.gate, await idp.token())).toMatchObject({ status: 401 });
});

test('a clock without a time is a 503, also for a cached token [T92]', async () => {
  using subject = counted();
  const token = await idp.token();
  await decide(subject.gate, token);
  for (const nonsense of [Number.NaN, Number.POSITIVE_INFINITY, undefined, '0']) {
    const broken = jwtVerifier({
      issuer: idp.issuer,
      jwks: { keys: [] },
      clock: () => nonsense as number,
    });
    expect(await decide(gateOver(broken), token)).toMatchObject({ status: 503 });
  }
  later = Number.NaN;
  expect(decide(subject.gate, token)).toMatchObject({ status: 503 });
});

test('tokens of a key that was removed leave the cache [JW-8, T84]', async () => {
  const issuer = await startIssuer(RESOURCE);
  try {
    later = 0;
    const gate = gateOver(
      jwtVerifier({ issuer: issuer.issuer, allowInsecureLoopback: true, clock }),
    );
    const token = await issuer.token({ exp: seconds() + 3600 });
    await decide(gate, token);
    later = 9 * MINUTE;
    expect(decide(gate, token)).toMatchObject({ allowed: true });
    issuer.answerWith((req, res) => {
      const keys = [idp.publicJwk];
      const { issuer: name } = issuer;
      res.end(
        JSON.stringify(req.url === '/jwks' ? { keys } : { issuer: name, jwks_uri: `${name}/jwks` }),
      );
    });
    later = 10 * MINUTE;
    expect(await decide(gate, token)).toMatchObject({ status: 401 });
  } finally {
    await issuer.close();
  }
});

test("a verifier of the application's own is asked every time, and may change its mind [T15]", async () => {
  const claims: Record<string, unknown> = { scope: 'notes:read', sub: 'ray' };
  const same = { claims };
  const gate = gateOver(() => same);
  const first = decide(gate, 't');
  expect(first).toMatchObject({ allowed: true, auth: { subject: 'ray' } });
  claims['sub'] = 'eve';
  claims['scope'] = '';
  expect(decide(gate, 't')).toMatchObject({ status: 403 });
  expect(first).toMatchObject({ auth: { subject: 'ray' } });
});

test('a verifier that calls this one with another token keeps tokens apart [T15]', async () => {
  using subject = counted();
  const token = await idp.token();
  const gate = gateOver((_session, context) => subject.verifier(token, context));
  for (const session of ['session-1', 'session-2']) {
    const decision = await decide(gate, session);
    expect(decision.allowed && decision.auth?.token).toBe(session);
  }
});

test.each(['5', '', Number.NaN, Infinity, 1, 2.5, null, true, {}, [5], 5n])(
  'its bounds are whole numbers, not %s',
  (bound) => {
    for (const name of ['maxEntries', 'maxBytes']) {
      const make = (): unknown => new VerifiedTokenCache({ [name]: bound } as never);
      expect(make).toThrow(`cache.${name}: expected an integer`);
    }
    const make = (): unknown => new VerifiedTokenCache({ entries: 5 } as never);
    expect(make).toThrow('cache.entries: unknown option');
  },
);
