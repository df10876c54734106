/** Floods of made-up tokens: how many questions they become, and what a good token waits. */
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGate } from '../../../src/index.js';
import type { Decision } from '../../../src/index.js';
import { introspectionVerifier } from '../../../src/token/introspection/index.js';
import type { IntrospectionVerifierOptions } from '../../../src/token/introspection/index.js';
import { startIntrospectionEndpoint } from '../../support/introspection-endpoint.js';
import type { IntrospectionEndpoint } from '../../support/introspection-endpoint.js';

const RESOURCE = 'https://notes.example.com/mcp';
const GOOD = `idp_${'x'.repeat(40)}`;

let endpoint: IntrospectionEndpoint;
beforeAll(async () => {
  endpoint = await startIntrospectionEndpoint();
});
afterAll(() => endpoint.close());

/** Questions that wait for an answer, and the most there were of them. */
let waiting: (() => void)[] = [];
let most = 0;
beforeEach(() => {
  endpoint.asked.length = 0;
  [waiting, most] = [[], 0];
});

function answerOf(token: string | null): object {
  return token?.startsWith('idp_') === true
    ? { active: true, aud: RESOURCE, scope: 'a', sub: 'ray', client_id: 'c1' }
    : { active: false };
}

/** The endpoint holds every question until it is let go. */
function holdAll(): void {
  endpoint.answer(({ form }, res: ServerResponse) => {
    waiting.push(() => res.end(JSON.stringify(answerOf(form.get('token')))));
    most = Math.max(most, waiting.length);
  });
}

function letGo(): void {
  for (const answer of waiting.splice(0)) answer();
}

function gateWith(options: Partial<IntrospectionVerifierOptions> = {}) {
  const told: unknown[] = [];
  const verifier = introspectionVerifier({
    endpoint: endpoint.url,
    clientId: 'api',
    clientAuthentication: { method: 'client_secret_basic', secret: 's' },
    allowInsecureLoopback: true,
    ...options,
  } as IntrospectionVerifierOptions);
  const gate = createGate({
    ...{ resource: RESOURCE, verifier, scopes: ['a'], onError: (error) => told.push(error) },
  });
  const check = (token: string): Promise<Decision> => {
    const headers = { authorization: `Bearer ${token}` };
    return gate.check(new Request(RESOURCE, { headers }), 'a');
  };
  return { check, told };
}

const statusOf = (decision: Decision): number => (decision.allowed ? 200 : decision.status);

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe('the number of concurrent requests is bounded', () => {
  test('2,000 invented tokens at once: 64 requests, and a cached token does not wait [T182]', async () => {
    const { check, told } = gateWith();
    endpoint.answer(({ form }, res) => res.end(JSON.stringify(answerOf(form.get('token')))));
    expect(statusOf(await check(GOOD))).toBe(200);
    holdAll();
    const flood = Array.from({ length: 2_000 }, (_, index) => check(`made-up-${index}`));
    await until(() => waiting.length === 64);
    // While all are held: what is known goes on, what is new is told to come again, both at once.
    expect(statusOf(await check(GOOD))).toBe(200);
    const late = await check(`${GOOD}-new`);
    expect(late).toMatchObject({ allowed: false, status: 503, reason: 'verifier_unavailable' });
    const headers = new Headers(late.headers.map(([name, value]) => [name, value]));
    expect(headers.get('retry-after')).toBe('5');
    expect(headers.get('www-authenticate')).toBe(null);
    letGo();
    const statuses = (await Promise.all(flood)).map(statusOf);
    expect(statuses.filter((status) => status === 401).length).toBe(64);
    expect(statuses.filter((status) => status === 503).length).toBe(2_000 - 64);
    expect([most, endpoint.asked.length]).toEqual([64, 65]);
    expect(told.length).toBe(2_000 - 64 + 1);
    expect(String(told[0])).toContain('64 introspection requests are under way');
    // The flood is over: a new token is asked about again.
    const after = check(`${GOOD}-new`);
    await until(() => waiting.length === 1);
    letGo();
    expect(statusOf(await after)).toBe(200);
  });

  test('the bound is an option, and requests for the same token count once [T182, IN-4]', async () => {
    const { check } = gateWith({ maxConcurrentRequests: 2 });
    holdAll();
    const same = [check(GOOD), check(GOOD), check(GOOD)];
    const other = check('made-up');
    expect(statusOf(await check('one-more'))).toBe(503);
    await until(() => waiting.length === 2);
    letGo();
    expect((await Promise.all(same)).map(statusOf)).toEqual([200, 200, 200]);
    expect(statusOf(await other)).toBe(401);
    expect(endpoint.asked.length).toBe(2);
  });

  test('a failed request no longer counts, however it failed [T182]', async () => {
    const options = { maxConcurrentRequests: 1, timeout: 30 };
    let fail: () => Promise<Response> = () => new Promise(() => {});
    const { check } = gateWith({ ...options, fetch: () => fail() });
    for (const next of [
      () => Promise.reject(new Error('down')),
      () => {
        throw new Error('down at once');
      },
      async () => new Response('<html>'),
      async () => new Response(null, { status: 500 }),
      async () => Response.json(answerOf(GOOD)),
    ]) {
      const before = check(`made-up-${Math.random()}`);
      expect(statusOf(await before)).toBe(503);
      fail = next as typeof fail;
    }
    expect(statusOf(await check(GOOD))).toBe(200);
  });
});

describe('a token pattern', () => {
  beforeEach(() => {
    endpoint.answer(({ form }, res) => res.end(JSON.stringify(answerOf(form.get('token')))));
  });

  test('refuses tokens that do not match, without a request [T182]', async () => {
    const { check, told } = gateWith({ tokenPattern: /idp_[A-Za-z0-9]{40}/ });
    const flood = Array.from({ length: 2_000 }, (_, index) => check(`made-up-${index}`));
    const decisions = await Promise.all(flood);
    expect(new Set(decisions.map(statusOf))).toEqual(new Set([401]));
    const [first] = decisions;
    expect(first?.headers.find(([name]) => name === 'WWW-Authenticate')?.[1]).toContain(
      'error="invalid_token"',
    );
    expect([endpoint.asked.length, told.length]).toEqual([0, 0]);
    expect(statusOf(await check(GOOD))).toBe(200);
  });

  test.each<readonly [pattern: RegExp, fits: readonly string[], others: readonly string[]]>([
    [/idp_x/, ['idp_x'], ['idp_xx', 'aidp_x', 'idp_', 'idp_X']],
    [/idp_a|idp_b/, ['idp_a', 'idp_b'], ['idp_ab', 'idp_aidp_b']],
    [/^idp_x$/, ['idp_x'], ['idp_xx']],
    [/IDP_X/i, ['idp_x'], ['idp_xx']],
    // Flags that remember a place, or make an end of every line, count for nothing.
    [/idp_x/g, ['idp_x', 'idp_x', 'idp_x'], ['idp_xx', 'idp_xx']],
    [/idp_x/y, ['idp_x', 'idp_x', 'idp_x'], ['idp_xx', 'aidp_x']],
    [/idp_x/dgimsy, ['idp_x', 'idp_x'], ['idp_xx']],
    [/idp_\p{L}/u, ['idp_x'], ['idp_1']],
  ])('%s is for the token as a whole', async (tokenPattern, fits, others) => {
    const { check } = gateWith({ tokenPattern });
    for (const token of fits) expect([token, statusOf(await check(token))]).toEqual([token, 200]);
    for (const token of others) expect([token, statusOf(await check(token))]).toEqual([token, 401]);
    expect(new Set(endpoint.asked.map(({ form }) => form.get('token')))).toEqual(new Set(fits));
  });

  test('is copied: later changes of the given pattern have no effect', async () => {
    const given = /idp_x/g;
    const { check } = gateWith({ tokenPattern: given });
    given.lastIndex = 3;
    given.compile('.*');
    Object.assign(given, { test: () => true, exec: () => [''] });
    expect(statusOf(await check('idp_x'))).toBe(200);
    expect(statusOf(await check('made-up'))).toBe(401);
    expect(endpoint.asked.length).toBe(1);
  });

  test('is tested after the length [T68]', async () => {
    const { check } = gateWith({ tokenPattern: /.*/ });
    expect(statusOf(await check('x'.repeat(16 * 1024 + 1)))).not.toBe(200);
    expect(endpoint.asked.length).toBe(0);
  });
});
