/**
 * Marked secrets in everything that a gate reads, and code around it that repeats them wherever it can: none of
 * them is in a line on the console, in an event, a warning, an answer or an error of construction.
 */
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { formatDecisionSummary, summarizeDecisions } from '../../../audit/src/index.js';
import { spanAttributes } from '../../../opentelemetry/src/attributes.js';
import { redisTokenCache } from '../../../store-redis/src/index.js';
import { explainToken, formatExplanation } from '../../../testing/src/index.js';
import {
  byTokenForm,
  createGate,
  defineScopes,
  fromSdkVerifier,
  rule,
  staticTokens,
  where,
} from '../../src/index.js';
import type { DecisionEvent, Gate, GateOptions, Verifier } from '../../src/index.js';
import { mcpPolicy } from '../../src/mcp/index.js';
import { upstreamTokens } from '../../src/exchange/index.js';
import { dpop, memoryReplayStore } from '../../src/token/dpop/index.js';
import { ownership } from '../../src/token/ownership/index.js';
import { introspectionVerifier } from '../../src/token/introspection/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import { startIntrospectionEndpoint } from '../support/introspection-endpoint.js';
import type { IntrospectionEndpoint } from '../support/introspection-endpoint.js';
import { startIssuer } from '../support/issuer.js';
import type { TestIssuer } from '../support/issuer.js';

const RESOURCE = 'https://notes.example.com/mcp';
const scopes = defineScopes({ 'notes:read': {}, 'notes:write': {} });

const SECRETS = {
  token: 'TOKEN7f3a9c1e5b8d2046marked-secret-of-the-caller',
  cookie: 'COOKIE91be04d7aa63f5c8marked-secret-of-the-browser',
  clientSecret: 'CLIENT4d2c8b6f0e1a3957marked-secret-of-the-service',
  staticToken: 'STATIC0c5e7a9b1d3f8642marked-token-of-the-config',
  proof: 'PROOFe6d8c0b2a4f19573marked-dpop-proof-of-the-caller',
  basic: 'BASIC2b4d6f8a0c1e3579marked-proxy-credentials',
  ownershipKey: 'OWNER5f7b9d1c3e8a0246marked-secret-of-ownership',
  nonceKey: 'NONCE3a1c5e7b9d2f4068marked-secret-of-dpop-nonces',
  redisSecret: 'REDIS7c9e1b3d5f8a0246marked-secret-of-the-stores',
  exchangeSecret: 'EXCH4b6d8f0a2c9e1357marked-secret-of-the-exchange',
} as const;

/** A token in a header of its own, which only a gate with `tokenFrom` knows. */
const ASSERTION = 'ASSERT8e1c3a5b7d9f0264marked-token-in-a-header-of-its-own';

/** A sentence with every secret, as careless code writes one. */
const ALL = Object.entries(SECRETS)
  .map(([name, secret]) => `${name}=${secret}`)
  .join('&');

/** Sixteen characters in a row of a secret are a part of it. */
const WINDOW = 16;

function leakIn(texts: readonly string[], secrets: readonly string[]): string | undefined {
  for (const secret of secrets) {
    for (let at = 0; at + WINDOW <= secret.length; at++) {
      const part = secret.slice(at, at + WINDOW);
      if (texts.some((text) => text.includes(part))) return part;
    }
  }
  return undefined;
}

let idp: TestIssuer;
let endpoint: IntrospectionEndpoint;
let jwt: string;
beforeAll(async () => {
  [idp, endpoint] = await Promise.all([startIssuer(RESOURCE), startIntrospectionEndpoint()]);
  jwt = await idp.token({ aud: 'https://other.example.com' });
});
afterAll(() => Promise.all([idp.close(), endpoint.close()]));

const outputs: unknown[] = [];
const lines: string[] = [];
beforeEach(() => {
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, name).mockImplementation((...args: unknown[]) => {
      lines.push(args.map(String).join(' '));
      outputs.push(...args);
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  outputs.length = 0;
  events.length = 0;
  lines.length = 0;
});

/** Errors that repeat the secrets in every part that an error has. */
const ERRORS: Readonly<Record<string, () => unknown>> = {
  'a message': () => new Error(`failed for ${ALL}`),
  'a URL': () =>
    new Error(
      `GET https://user:${SECRETS.clientSecret}@idp.example.com/x?t=${SECRETS.token}#${SECRETS.cookie}`,
    ),
  'a path': () => new Error(`GET https://idp.example.com/tokens/${SECRETS.token}/info`),
  'a name': () => Object.assign(new Error('x'), { name: SECRETS.token }),
  'a code': () => Object.assign(new Error('x'), { code: SECRETS.cookie }),
  'a cause': () =>
    new Error('x', { cause: Object.assign(new Error(ALL), { code: SECRETS.token }) }),
  'a stack': () => Object.assign(new Error('x'), { stack: ALL }),
  'controls in between': () =>
    new Error(`a\u001b[31m${SECRETS.token}\r\nscopegate: ${SECRETS.cookie}`),
  'half a token': () => new Error(`...${SECRETS.token.slice(7, 30)}...`),
  'a long text': () => new Error(`${'x'.repeat(90)} ${ALL} ${'y'.repeat(5_000)} ${ALL}`),
  'a text that ends in it': () => new Error(`${'x'.repeat(960)}${SECRETS.token}`),
  'a thrown string': () => ALL,
  'a thrown object': () => ({ message: ALL, toString: () => ALL }),
  'a message that is no string': () =>
    Object.assign(new Error('x'), { message: { toString: () => ALL } }),
  'a getter that throws': () =>
    Object.defineProperty(new Error('x'), 'message', {
      get() {
        throw new Error(ALL);
      },
    }),
};

const call = (name: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } });

function request(token: string, tool = 'read_notes'): Request {
  return new Request(`${RESOURCE}?access=${SECRETS.token}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...{ authorization: `Bearer ${token}`, cookie: `session=${SECRETS.cookie}` },
      ...{ dpop: SECRETS.proof, 'proxy-authorization': `Basic ${SECRETS.basic}` },
      'x-assertion': ASSERTION,
    },
    body: call(tool),
  });
}

const events: DecisionEvent[] = [];

function gateWith(options: Partial<GateOptions>): Gate {
  // The configured secrets are known once their verifiers exist.
  const configured = [introspection(), staticTokens({ [SECRETS.staticToken]: { scopes: [] } })];
  expect(configured).toHaveLength(2);
  const gate = createGate({
    ownership: ownership({ keys: [SECRETS.ownershipKey] }),
    ...{ resource: RESOURCE, authorizationServers: ['https://idp.example.com'] },
    ...{ scopes, initialScopes: ['notes:read'] },
    policy: mcpPolicy(scopes, { tools: { read_notes: 'notes:read' } }),
    onDecision: (event: DecisionEvent) => void (events.push(event), outputs.push(event)),
    ...options,
  } as GateOptions);
  const { dpop: _dpop, ...beside } = options;
  configureBeside(gate, beside);
  return gate;
}

/** Options with secrets that a gate with a token from elsewhere cannot have, and what stands beside a gate. */
function configureBeside(gate: Gate, options: Partial<GateOptions>): void {
  createGate({
    ...{ resource: RESOURCE, authorizationServers: ['https://idp.example.com'] },
    ...{ scopes, initialScopes: ['notes:read'], verifier: () => undefined, ...options },
    tokenFrom: undefined as never,
    enforce: undefined as never,
    dpop: dpop({ replay: memoryReplayStore(), nonce: { keys: [SECRETS.nonceKey] } }),
  } as GateOptions);
  redisTokenCache({ get: 0, sendCommand: async () => null } as never, {
    secret: SECRETS.redisSecret,
  });
  upstreamTokens(gate, {
    ...{
      issuer: 'https://idp.example.com',
      clientId: 'notes',
      resource: 'https://api.example.com/',
    },
    ...{ scope: 'read' },
    clientAuthentication: { method: 'client_secret_post', secret: SECRETS.exchangeSecret },
  });
}

const introspection = (): Verifier =>
  introspectionVerifier({
    ...{ endpoint: endpoint.url, clientId: 'notes', allowInsecureLoopback: true },
    clientAuthentication: { method: 'client_secret_basic', secret: SECRETS.clientSecret },
    cache: { ttl: 0 },
  });

async function run(gate: Gate, token: string, tool?: string): Promise<number> {
  const decision = await gate.check(request(token, tool));
  outputs.push(decision.headers, decision.allowed ? '' : [decision.body, decision.challenge]);
  return decision.allowed ? 200 : decision.status;
}

/** Every text that came out, in the ways in which values get into a log. */
function textsOf(values: readonly unknown[]): readonly string[] {
  const deep = { depth: Infinity, maxStringLength: Infinity, maxArrayLength: Infinity } as const;
  return values.flatMap((value) => [
    typeof value === 'string' ? value : inspect(value, deep),
    JSON.stringify(value) ?? '',
  ]);
}

function expectNoLeak(extra: readonly unknown[] = []): void {
  const texts = textsOf([...outputs, ...extra, summarizeDecisions(events)]);
  const summary = formatDecisionSummary(summarizeDecisions(events), 'text');
  const attributes = events.map((event) => spanAttributes(event, true));
  const signed = jwt.split('.').slice(1);
  const all = [...texts, summary, ...textsOf(attributes)];
  expect(leakIn(all, [...Object.values(SECRETS), ...signed])).toBeUndefined();
  for (const line of lines) {
    expect(line).toMatch(/^[ -~]*$/);
    expect(line).not.toMatch(/user:|@idp|[?&]t=/);
  }
}

describe('no secret comes out [T44, T72]', () => {
  describe.each(Object.entries(ERRORS))('of an error with secrets in %s', (_where, make) => {
    test.each<readonly [by: string, options: () => Partial<GateOptions>, status: number]>([
      [
        'a verifier',
        () => ({
          verifier: () => {
            throw make();
          },
        }),
        503,
      ],
      ['an async verifier', () => ({ verifier: () => Promise.reject(make() as Error) }), 503],
      [
        "an SDK's verifier",
        () => ({
          verifier: fromSdkVerifier({ verifyAccessToken: () => Promise.reject(make() as Error) }),
        }),
        503,
      ],
      [
        'a rule',
        () => ({
          verifier: () => ({ scopes: ['notes:read'] }),
          policy: mcpPolicy(scopes, {
            tools: {
              read_notes: rule(() => {
                throw make();
              }),
            },
          }),
        }),
        403,
      ],
      [
        'a condition',
        () => ({
          verifier: () => ({ scopes: ['notes:read'] }),
          policy: mcpPolicy(scopes, {
            tools: {
              read_notes: where(() => {
                throw make();
              }),
            },
          }),
        }),
        403,
      ],
    ])('thrown by %s', async (_by, options, status) => {
      expect(await run(gateWith(options()), SECRETS.token)).toBe(status);
      expectNoLeak();
    });

    test('thrown by signedMetadata', async () => {
      const gate = gateWith({
        verifier: () => undefined,
        signedMetadata: () => Promise.reject(make() as Error),
      });
      await gate.metadata.respond({
        ...{ method: 'GET', url: '/.well-known/oauth-protected-resource/mcp' },
        headers: new Headers(),
      });
      // No request is at hand here, so only secrets of the configuration can be recognized.
      const texts = textsOf(outputs);
      const { clientSecret, staticToken } = SECRETS;
      expect(leakIn(texts, [clientSecret, staticToken])).toBeUndefined();
    });
  });

  test.each<readonly [answer: object | string, status: number]>([
    [{ active: true, aud: ALL }, 401],
    [{ active: true, aud: [SECRETS.token, SECRETS.cookie] }, 401],
    [{ active: true, aud: RESOURCE, iss: SECRETS.token, token_type: SECRETS.token }, 401],
    [{ active: true, aud: RESOURCE, exp: SECRETS.token }, 401],
    [{ active: false, detail: ALL }, 401],
    [`{"active":"${ALL}`, 503],
    [{ error: ALL }, 503],
  ])('that an introspection endpoint repeats: %#', async (answer, status) => {
    endpoint.answer(answer);
    const gate = gateWith({ verifier: introspection() });
    expect(await run(gate, SECRETS.token)).toBe(status);
    const explained = formatExplanation(await explainToken(gate, SECRETS.token));
    expect(leakIn([explained], [SECRETS.token])).toBeUndefined();
    // The endpoint has no cookie of the caller: what it invents is shown.
    const { cookie: _, proof: __, basic: ___, ...known } = SECRETS;
    expect(leakIn(textsOf(outputs), Object.values(known))).toBeUndefined();
  });

  test('that an endpoint puts into a status or a redirect', async () => {
    const gate = gateWith({ verifier: introspection() });
    for (const status of [302, 401, 500]) {
      endpoint.answer(({ body, headers }, res) => {
        res.writeHead(status, {
          location: `https://x.example/?${body}`,
          'x-debug': String(headers.authorization),
        });
        res.end(`${body} ${String(headers.authorization)} ${ALL}`);
      });
      expect(await run(gate, SECRETS.token)).toBe(503);
    }
    expectNoLeak();
  });

  test('of JWTs, good and bad, whose issuer is up or down', async () => {
    const up = jwtVerifier({ issuer: idp.issuer, allowInsecureLoopback: true });
    const down = jwtVerifier({
      issuer: idp.issuer,
      jwks: `${idp.issuer}/none`,
      allowInsecureLoopback: true,
    });
    const good = await idp.token();
    for (const verifier of [up, down, byTokenForm({ jwt: up, opaque: introspection() })]) {
      const gate = gateWith({ verifier, authorizationServers: [idp.issuer] });
      for (const token of [jwt, good, `${good}x`, good.slice(0, -9), SECRETS.token]) {
        await run(gate, token);
        outputs.push(formatExplanation(await explainToken(gate, token)));
      }
    }
    expectNoLeak();
    expect(leakIn(textsOf(outputs), good.split('.').slice(1))).toBeUndefined();
  });

  test('of a caller who names a tool, a resource or a method by them', async () => {
    const gate = gateWith({ verifier: () => ({ scopes: ['notes:read'] }) });
    expect(await run(gate, SECRETS.token, SECRETS.token)).toBe(403);
    expect(await run(gate, SECRETS.token, `a ${SECRETS.token} b`)).toBe(403);
    expect(lines.length).toBeGreaterThan(0);
    expect(leakIn(lines, Object.values(SECRETS))).toBeUndefined();
  });

  test.each([
    ['a rule', true],
    ['a verifier', false],
  ])('of a token in the header of tokenFrom, thrown by %s', async (_by, isRule) => {
    const careless = (): never => {
      throw new Error(`${ASSERTION.slice(8)} failed for ${ALL} and ${ASSERTION}`);
    };
    const gate = gateWith({
      tokenFrom: { header: 'X-Assertion' },
      verifier: isRule ? () => ({ scopes: ['notes:read'] }) : careless,
      policy: mcpPolicy(scopes, { tools: { read_notes: rule(careless) } }),
    });
    expect(await run(gate, SECRETS.token)).toBe(isRule ? 403 : 503);
    expect(lines.length).toBeGreaterThan(0);
    // The header `Authorization` is not read there, and still no line repeats it.
    expect(leakIn(textsOf(outputs), [ASSERTION, ...Object.values(SECRETS)])).toBeUndefined();
  });

  test.each([
    ['an event', (event: DecisionEvent) => void JSON.stringify(event)],
    [
      'an event hook that throws',
      () => {
        throw new Error(ALL);
      },
    ],
  ])('of an event that cannot be made, with %s', async (_what, onDecision) => {
    let count = 0;
    // Authenticating reads the clock; making the event then fails with the secrets of the request.
    const gate = gateWith({
      verifier: () => ({ scopes: ['notes:read'] }),
      onDecision,
      clock: () => {
        if (count++ > 2) throw new Error(ALL);
        return Date.now();
      },
    });
    await run(gate, SECRETS.token);
    expect(leakIn(textsOf(outputs), Object.values(SECRETS))).toBeUndefined();
  });

  test('of a static token that is almost right', async () => {
    const verifier = staticTokens({ [SECRETS.staticToken]: { scopes: ['notes:read'] } });
    const gate = gateWith({ verifier });
    for (const token of [
      SECRETS.staticToken,
      `${SECRETS.staticToken}x`,
      SECRETS.staticToken.slice(1),
    ]) {
      await run(gate, token);
      outputs.push(formatExplanation(await explainToken(gate, token)));
    }
    expectNoLeak();
  });

  test.each<readonly [what: string, make: () => unknown]>([
    [
      'a secret of another type',
      () =>
        introspectionVerifier({
          endpoint: 'https://idp.example.com/i',
          clientId: 'x',
          clientAuthentication: {
            method: 'client_secret_basic',
            secret: [SECRETS.clientSecret] as never,
          },
        }),
    ],
    [
      'a method that does not exist',
      () =>
        introspectionVerifier({
          endpoint: 'https://idp.example.com/i',
          clientId: 'x',
          clientAuthentication: { method: 'basic' as never, secret: SECRETS.clientSecret },
        }),
    ],
    [
      'a static token with a space',
      () => staticTokens({ [`${SECRETS.staticToken} x`]: { scopes: [] } }),
    ],
    [
      'a static token with an unknown member',
      () => staticTokens({ [SECRETS.staticToken]: { scopes: [], x: SECRETS.token } as never }),
    ],
    [
      'user information in an issuer',
      () => jwtVerifier({ issuer: `https://u:${SECRETS.clientSecret}@idp.example.com` }),
    ],
    [
      'user information in the resource',
      () =>
        gateWith({
          resource: `https://u:${SECRETS.clientSecret}@idp.example.com/`,
          verifier: () => undefined,
        }),
    ],
    ['a token in the place of the verifier', () => gateWith({ verifier: SECRETS.token as never })],
  ])('in the error of construction: %s', (_what, make) => {
    let error: unknown;
    try {
      make();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(TypeError);
    expect(leakIn(textsOf([error]), Object.values(SECRETS))).toBeUndefined();
  });
});

test('the search finds a planted secret', () => {
  expect(leakIn([`x${SECRETS.token.slice(3, 3 + WINDOW)}y`], [SECRETS.token])).toBeDefined();
  expect(leakIn(textsOf([{ a: [SECRETS.cookie] }]), Object.values(SECRETS))).toBeDefined();
});

describe('a line for each cause and minute', () => {
  test('a thousand requests with ever other messages are one line', async () => {
    let count = 0;
    const gate = gateWith({
      verifier: () => {
        throw new Error(`no connection ${count++}`);
      },
    });
    for (let index = 0; index < 1_000; index++) await run(gate, 'x');
    expect(count).toBe(1_000);
    expect(lines).toHaveLength(1);
  });

  test('another cause is another line, and so is the next minute', async () => {
    let time = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => time);
    let code = 'ECONNREFUSED';
    const gate = gateWith({
      verifier: () => {
        throw Object.assign(new Error('x'), { code });
      },
    });
    for (const next of ['ECONNREFUSED', 'ENOTFOUND', 'ECONNREFUSED', 'ENOTFOUND']) {
      code = next;
      await run(gate, 'x');
    }
    expect(lines).toHaveLength(2);
    time = 59_999;
    await run(gate, 'x');
    expect(lines).toHaveLength(2);
    time = 60_000;
    await run(gate, 'x');
    expect(lines).toHaveLength(3);
  });

  test('however many causes there are, at most 20 lines in a minute', async () => {
    let count = 0;
    const gate = gateWith({
      verifier: () => {
        throw Object.assign(new Error('x'), { code: `E${count++}` });
      },
    });
    for (let index = 0; index < 100; index++) await run(gate, 'x');
    expect(lines).toHaveLength(20);
  });

  test('the cause has at most 200 characters, and its end is kept', async () => {
    const gate = gateWith({
      verifier: () => {
        throw new Error(`${'long '.repeat(100)}ECONNREFUSED at the end`);
      },
    });
    await run(gate, 'x');
    const cause = /verifier_unavailable: (.*) \(requests/.exec(lines[0] ?? '')?.[1] ?? '';
    expect(cause).toHaveLength(200);
    expect(cause).toMatch(/^Error: long .*ECONNREFUSED at the end$/);
  });

  test('a console that throws changes no answer', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {
      throw new Error('closed');
    });
    const gate = gateWith({
      verifier: () => {
        throw new Error('x');
      },
    });
    expect(await run(gate, 'x')).toBe(503);
  });
});
