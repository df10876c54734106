import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGate } from '../../../src/index.js';
import type { Decision } from '../../../src/index.js';
import { inspectToken } from '../../../src/engine.js';
import { introspectionVerifier } from '../../../src/token/introspection/index.js';
import type { IntrospectionVerifierOptions } from '../../../src/token/introspection/index.js';
import { createKey, startDpop } from '../../support/dpop.js';
import { startIntrospectionEndpoint } from '../../support/introspection-endpoint.js';
import type { IntrospectionEndpoint } from '../../support/introspection-endpoint.js';

const RESOURCE = 'https://notes.example.com/mcp';

let endpoint: IntrospectionEndpoint;
beforeAll(async () => {
  endpoint = await startIntrospectionEndpoint();
});
afterAll(() => endpoint.close());

/** Milliseconds; verifier and gate look at it alike. */
let time = 0;
beforeEach(() => {
  time = Date.now();
  endpoint.asked.length = 0;
  endpoint.answer(good());
});

const seconds = (): number => time / 1000;
const good = (members: object = {}): object => ({
  ...{ active: true, aud: RESOURCE, scope: 'a', exp: seconds() + 300 },
  ...members,
});

function verifierWith(options: Partial<IntrospectionVerifierOptions> = {}) {
  return introspectionVerifier({
    endpoint: endpoint.url,
    clientId: 'api',
    clientAuthentication: { method: 'client_secret_basic', secret: 's' },
    clock: () => time,
    allowInsecureLoopback: true,
    ...options,
  } as IntrospectionVerifierOptions);
}

function gateWith(
  verifier = verifierWith(),
  resource = RESOURCE,
): (token?: string) => Promise<Decision> {
  const gate = createGate({ resource, verifier, scopes: ['a'], clock: () => time });
  return (token = 't') => {
    const headers = { authorization: `Bearer ${token}` };
    return gate.check(new Request(resource, { headers }), 'a');
  };
}

const context = { resource: RESOURCE, signal: new AbortController().signal };

describe('active answers', () => {
  test('are used again for 30 seconds, without a promise [IN-4, T86]', async () => {
    const verifier = verifierWith();
    const first = await verifier('t', context);
    endpoint.answer({ active: false });
    time += 29_999;
    expect(verifier('t', context)).toEqual(first);
    expect(await gateWith(verifier)()).toMatchObject({ allowed: true });
    expect(endpoint.asked.length).toBe(1);
    time += 1;
    expect(await gateWith(verifier)()).toMatchObject({ allowed: false, status: 401 });
    expect(endpoint.asked.length).toBe(2);
  });

  test('never past `exp` [IN-4, T86]', async () => {
    endpoint.answer(good({ exp: seconds() + 2 }));
    const check = gateWith();
    expect(await check()).toMatchObject({ allowed: true });
    time += 2_000;
    endpoint.answer({ active: false });
    expect(await check()).toMatchObject({ allowed: false, status: 401 });
  });

  test('after `exp`, within the tolerance, each request asks the endpoint [IN-4, T86]', async () => {
    endpoint.answer(good({ exp: seconds() - 5 }));
    const check = gateWith();
    expect(await check()).toMatchObject({ allowed: true });
    expect(await check()).toMatchObject({ allowed: true });
    expect(endpoint.asked.length).toBe(2);
  });

  test('are not used before `nbf`, nor after the clock was set back [T92]', async () => {
    endpoint.answer(good({ nbf: seconds() + 31 }));
    const check = gateWith();
    expect(await check()).toMatchObject({ allowed: false, status: 401 });
    time += 2_000;
    // The remembered answer is evaluated anew.
    expect(await check()).toMatchObject({ allowed: true });
    expect(endpoint.asked.length).toBe(1);
    time -= 3_600_000;
    endpoint.answer({ active: false });
    expect(await check()).toMatchObject({ allowed: false, status: 401 });
    expect(endpoint.asked.length).toBe(2);
  });

  test('serve several gates, each with its own audience [T89]', async () => {
    const verifier = verifierWith();
    expect(await gateWith(verifier)()).toMatchObject({ allowed: true });
    const other = gateWith(verifier, 'https://other.example.com/mcp');
    expect(await other()).toMatchObject({ allowed: false, status: 401 });
    expect(endpoint.asked.length).toBe(1);
  });

  test('are not shared between verifiers [T86, T89]', async () => {
    expect(await gateWith()()).toMatchObject({ allowed: true });
    expect(await gateWith(verifierWith({ clientId: 'other' }))()).toMatchObject({ allowed: true });
    expect(endpoint.asked.length).toBe(2);
  });

  test('cannot be changed by code that got them', async () => {
    endpoint.answer(good({ nested: { a: [1] } }));
    const verifier = verifierWith();
    const verified = await verifier('t', context);
    const claims =
      verified !== null && verified !== undefined && 'claims' in verified && verified.claims;
    expect(() => Object.assign(claims || {}, { scope: 'admin' })).toThrow(TypeError);
    expect(claims).toMatchObject({ nested: { a: [1] } });
    const parts = JSON.stringify(claims, (_name, part: unknown) => Object.isFrozen(part) && part);
    expect(JSON.parse(parts)).toEqual(claims);
  });

  test('`ttl: 0` asks for every request, and once for concurrent ones [IN-4]', async () => {
    const check = gateWith(verifierWith({ cache: { ttl: 0 } }));
    await check();
    await check();
    expect(endpoint.asked.length).toBe(2);
    endpoint.answer({ active: false });
    await check();
    await check();
    expect(endpoint.asked.length).toBe(4);
  });
});

describe('other answers', () => {
  test('"not active" is used again for 5 seconds [IN-4, T86]', async () => {
    endpoint.answer({ active: false });
    const check = gateWith();
    expect(await check()).toMatchObject({ status: 401 });
    endpoint.answer(good());
    time += 4_999;
    expect(await check()).toMatchObject({ status: 401 });
    expect(endpoint.asked.length).toBe(1);
    time += 1;
    expect(await check()).toMatchObject({ allowed: true });
  });

  test('a failure is not cached [IN-5]', async () => {
    endpoint.answer('<html>');
    const check = gateWith();
    expect(await check()).toMatchObject({ status: 503 });
    endpoint.answer(good());
    expect(await check()).toMatchObject({ allowed: true });
  });
});

describe('concurrent requests to the endpoint', () => {
  test('are one for each token [IN-4, T81]', async () => {
    const check = gateWith();
    const tokens = Array.from({ length: 100 }, (_, index) => `t${index % 2}`);
    const all = await Promise.all(tokens.map((token) => check(token)));
    expect(all.every(({ allowed }) => allowed)).toBe(true);
    expect(endpoint.asked.length).toBe(2);
    expect(new Set(endpoint.asked.map(({ form }) => form.get('token')))).toEqual(
      new Set(['t0', 't1']),
    );
  });

  test('are not more than the bound, which callers of the same token share', async () => {
    const verifier = verifierWith({ maxConcurrentRequests: 2 });
    const waiting = ['t', 'u', 't'].map(async (token) => verifier(token, context));
    expect(() => verifier('v', context)).toThrow('2 introspection requests are under way');
    expect(await Promise.all(waiting)).not.toContain(undefined);
    expect(await verifier('v', context)).toBeDefined();
    expect(endpoint.asked.map(({ form }) => form.get('token'))).toEqual(['t', 'u', 'v']);
  });

  test('fail together, and the next one asks again [IN-5, T81]', async () => {
    endpoint.answer('<html>');
    const check = gateWith();
    const all = await Promise.all([check(), check(), check()]);
    expect(all.map((decision) => !decision.allowed && decision.status)).toEqual([503, 503, 503]);
    expect(endpoint.asked.length).toBe(1);
    endpoint.answer(good());
    expect(await check()).toMatchObject({ allowed: true });
  });

  test('a `fetch` that never settles does not block requests forever [T81, T05]', async () => {
    let hangs = true;
    const check = gateWith(
      verifierWith({
        timeout: 20,
        fetch: async () => (hangs ? new Promise<Response>(() => {}) : Response.json(good())),
      }),
    );
    expect(await check()).toMatchObject({ status: 503 });
    hangs = false;
    expect(await check()).toMatchObject({ allowed: true });
  });
});

test('a clock without a time lets no token pass [T92]', async () => {
  endpoint.answer({ active: true, aud: RESOURCE, scope: 'a' });
  for (const wrong of [Number.NaN, undefined, '1', Infinity]) {
    const check = gateWith(verifierWith({ clock: () => wrong as number }));
    expect(await check()).toMatchObject({ allowed: false, status: 503 });
  }
  // One that fails for a moment leaves nothing behind.
  let calls = 0;
  const flaky = gateWith(verifierWith({ clock: () => (++calls === 2 ? Number.NaN : time) }));
  expect(await flaky()).toMatchObject({ status: 503 });
  expect(await flaky()).toMatchObject({ allowed: true });
});

describe('audiences', () => {
  const other = 'https://other.example.com';
  test.each<readonly [what: string, options: object, aud: unknown, allowed: boolean]>([
    ['one that is configured', { audience: 'api://notes' }, 'api://notes', true],
    ['the resource, where another is configured', { audience: 'api://notes' }, RESOURCE, false],
    ['one of several', { audience: ['api://notes', RESOURCE] }, RESOURCE, true],
    ['a further one', {}, [other, RESOURCE], true],
    [
      'a further one, where it is to be alone',
      { exclusiveAudience: true },
      [RESOURCE, other],
      false,
    ],
    ['a further one that is named', { exclusiveAudience: [other] }, [RESOURCE, other], true],
    ['one more than is named', { exclusiveAudience: [other] }, [RESOURCE, other, 'x'], false],
    ['only the further one', { exclusiveAudience: [other] }, [other], false],
    ['a further one that is no string', {}, [RESOURCE, 7], false],
    ['an empty list', { requireAudience: false }, [], false],
    ['none, where none is needed', { requireAudience: false }, undefined, true],
    ['another one, where none is needed', { requireAudience: false }, other, false],
  ])('%s [IN-3, JW-3, T65]', async (_what, options, aud, allowed) => {
    endpoint.answer(good({ aud }));
    const decision = await gateWith(verifierWith(options))();
    expect(decision.allowed).toBe(allowed);
  });
});

test('the verifier itself refuses tokens without an accepted audience [IN-3]', async () => {
  for (const aud of ['https://other.example.com', ['https://other.example.com'], []]) {
    endpoint.answer(good({ aud }));
    const exclusiveAudience = ['https://other.example.com'];
    expect(await verifierWith({ exclusiveAudience })('t', context)).toBe(undefined);
  }
});

test.each<readonly [what: string, members: object]>([
  ['an expiry that is over', { exp: 1 }],
  ['an expiry that is no time', { exp: 'never' }],
  ['a start that is to come', { nbf: 4e9 }],
  ['an issuer that is no text, where any may be', { iss: 7 }],
  ['DPoP without a key', { token_type: 'DPoP' }],
  ['another type than DPoP, bound to a key', { token_type: 'mac', cnf: { jkt: 'x' } }],
])('the verifier itself refuses %s', async (_what, members) => {
  const verifier = verifierWith();
  endpoint.answer(good(members));
  expect(await verifier('t', context)).toBe(undefined);
  endpoint.answer(good());
  expect(await verifier('u', context)).toBeDefined();
});

test.each(['DPoP', 'dpop'])('a token of the type %s needs a proof of its key', async (type) => {
  const key = createKey();
  const members = { token_type: type, cnf: { jkt: key.jkt }, scope: 'notes:read', exp: undefined };
  endpoint.answer(good(members));
  const bound = startDpop({}, { verifier: verifierWith() });
  expect(await bound.send(key, 't')).toMatchObject({ allowed: true });
  expect(await bound.send(createKey(), 't')).toMatchObject({ allowed: false, status: 401 });
});

test('a token that begins while it is judged is let in, or refused for its start', async () => {
  const said = new Set<string>();
  for (let ahead = 0; ahead < 8; ahead++) {
    let readings = 0;
    const clock = (): number => time + 1000 * readings++;
    endpoint.answer(good({ nbf: seconds() + ahead }));
    await verifierWith({ clock, clockTolerance: 0 })('t', {
      ...context,
      explain: ({ detail }) => said.add(detail),
    });
  }
  expect([...said]).toEqual(['not_yet_valid']);
});

test('a verifier without the option names no audience beside the resource', () => {
  expect(verifierWith().audiences).toEqual([]);
  expect(verifierWith({ audience: 'api://notes' }).audiences).toEqual(['api://notes']);
});

describe('a tool that explains a token', () => {
  const explain = async (resource = RESOURCE, options = {}) => {
    const verifier = verifierWith(options);
    const settings = { resource, timeout: 1_000, clock: () => time };
    const { introspection } = inspectToken(verifier, 't', settings);
    const answer = await introspection?.ask('t', resource);
    const failed = answer?.checks.filter(({ holds }) => !holds).map(({ name }) => name);
    return { introspection, claims: answer?.claims, checks: answer?.checks, failed };
  };

  test('is told the answer, and what each check makes of it', async () => {
    const { claims, checks } = await explain();
    expect(claims).toEqual(good());
    expect(checks).toEqual(
      ['iss', 'aud', 'exp', 'nbf', 'type'].map((name) => ({ name, holds: true })),
    );
    expect((await explain('https://other.example.com')).failed).toEqual(['aud']);
    expect((await explain(RESOURCE, { audience: 'api://notes' })).failed).toEqual(['aud']);
    endpoint.answer(good({ aud: 'api://notes', exp: 1, nbf: 4e9, iss: 7, typ: 'ID' }));
    expect((await explain(RESOURCE, { audience: 'api://notes' })).failed).toEqual([
      'iss',
      'exp',
      'nbf',
      'type',
    ]);
  });

  test('is told nothing about a token that is not active', async () => {
    endpoint.answer({ active: false });
    expect(await explain()).toMatchObject({ claims: undefined, checks: undefined });
  });

  test('is told what the endpoint would not be asked about, and what is configured', async () => {
    const { introspection } = await explain(RESOURCE, {
      ...{ tokenPattern: /t/, issuer: endpoint.origin, requireAudience: false },
    });
    expect(introspection).toMatchObject({ issuer: endpoint.origin, requireAudience: false });
    expect(['t', 'tt', ''].map((text) => introspection?.isToken(text))).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('the cache', () => {
  test('is bounded by entries: the oldest go first [T88]', async () => {
    const check = gateWith(verifierWith({ cache: { maxEntries: 2 } }));
    for (const token of ['a', 'b', 'c', 'c', 'b', 'a']) await check(token);
    const asked = endpoint.asked.map(({ form }) => form.get('token'));
    expect(asked).toEqual(['a', 'b', 'c', 'a']);
  });

  test('is bounded by bytes [T88]', async () => {
    endpoint.answer(good({ filler: 'x'.repeat(1000) }));
    const check = gateWith(verifierWith({ cache: { maxBytes: 10_000 } }));
    for (const token of ['a', 'b', 'c', 'c', 'b', 'a']) await check(token);
    expect(endpoint.asked.map(({ form }) => form.get('token'))).toEqual(['a', 'b', 'c', 'a']);
    // What is larger than all of it is not kept, and pushes nothing out.
    endpoint.answer(good({ filler: 'x'.repeat(10_000) }));
    await check('d');
    await check('d');
    await check('a');
    expect(endpoint.asked.length).toBe(6);
  });

  test('a flood of bad tokens removes no good one [T88]', async () => {
    const check = gateWith(verifierWith({ cache: { maxEntries: 3 } }));
    await check('good');
    endpoint.answer({ active: false });
    for (let index = 0; index < 10; index++) await check(`bad${index}`);
    expect(await check('good')).toMatchObject({ allowed: true });
  });

  test('shows no token and no secret [T72]', async () => {
    const verifier = verifierWith();
    await verifier('nobody-may-see', context);
    expect(inspect(verifier, { depth: 9, showHidden: true })).not.toMatch(/nobody-may-see/);
    expect(JSON.stringify(verifier) ?? '').toBe('');
  });
});
