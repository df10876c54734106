/** Two hops, one consent: end to end on every adapter and the proxy, with a tap on every socket. */
import { execFile } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { getRequestListener } from '@hono/node-server';
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
import { actedBy, createGate } from '@scopegate/core';
import type { DecisionEvent, Gate } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import { mcpPolicy } from '@scopegate/core/mcp';
import { listenLocally } from '@scopegate/example-notes-mcp/listen';
import { createProxy } from '@scopegate/proxy';
import { startAuthorizationServer } from '../src/authorization-server.js';
import { startEnvironment } from '../src/environment.js';
import type { Environment } from '../src/environment.js';
import { createOrdersGate, scopes as ordersScopes } from '../src/orders-api.js';
import { createSession } from '../src/session.js';
import type { Session } from '../src/session.js';
import { createOrdersTokens, createShopGate } from '../src/shop-server.js';
import { BINDINGS } from './bindings.js';
import { createTaps } from './taps.js';
import type { Taps } from './taps.js';

const written: string[] = [];
beforeEach(() => {
  written.length = 0;
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream) as (...parts: unknown[]) => boolean;
    vi.spyOn(stream, 'write').mockImplementation((...parts: unknown[]) => {
      written.push(String(parts[0]));
      return write(...parts);
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Every access token in a text: JWTs are long, and nothing else here looks like one. */
const jwtsIn = (parts: readonly string[]): Set<string> =>
  new Set(parts.join('').match(/eyJ[\w-]{20,}\.eyJ[\w-]+\.[\w-]+/g));

/** The tokens that the client got, one for each login, checked against what every socket carried. */
async function expectNoPassage(taps: Taps, session: Session, events: readonly unknown[]) {
  const inbound = jwtsIn(taps.shop.received);
  const outbound = jwtsIn(taps.orders.received);
  expect(inbound.size).toBe(2);
  expect(outbound.size).toBe(2);
  expect(inbound).toContain((await session.credentials()).accessToken);
  // No inbound token at the second hop, and no token of the second hop in front of the first.
  for (const token of inbound) {
    expect(taps.orders.received.join('')).not.toContain(token);
    for (const { sent } of [taps.shop, taps.orders]) expect(sent.join('')).not.toContain(token);
  }
  for (const token of outbound) {
    expect(taps.shop.received.join('') + taps.shop.sent.join('')).not.toContain(token);
    expect(taps.login.received.join('')).not.toContain(token);
  }
  // The authorization server sees an inbound token at the exchange alone.
  const posts = taps.login.received.join('').split(/(?=(?:GET|POST) \/)/);
  for (const post of posts) {
    const seen = [...inbound].some((token) => post.includes(token));
    expect(seen).toBe(post.includes('subject_token='));
  }
  const told = JSON.stringify(events) + written.join('');
  for (const token of [...inbound, ...outbound]) expect(told).not.toContain(token);
}

describe.each(BINDINGS)('the shop on $label', ({ createApp }) => {
  test('steps up exactly once for both hops, and passes no token on [TE-1, TE-12, T165, T173]', async () => {
    const { taps, listen } = createTaps();
    const events: DecisionEvent[] = [];
    const environment = await startEnvironment({
      ...{ listen, createApp },
      onDecision: (_, event) => events.push(event),
    });
    const session = createSession(environment.resource, { account: 'ray' });
    try {
      await session.connect();
      expect(await session.call('list_orders')).toBe('[]');
      expect(JSON.parse(await session.call('place_order', { item: 'tea' }))).toEqual({
        ...{ item: 'tea', by: 'ray', through: 'shop' },
      });
      expect(session.authorizations).toEqual([
        'shop:read offline_access',
        'shop:read shop:write offline_access',
      ]);
      expect(environment.placed).toHaveLength(1);
      expect(environment.exchanges()).toBe(2);
      const refused = session.answers.filter(({ status }) => status === 403);
      expect(refused).toHaveLength(1);
      expect(refused[0]?.challenge).toContain('scope="shop:write shop:read"');
      expect(refused[0]?.challenge).not.toContain('orders:');
      await expectNoPassage(taps, session, events);
    } finally {
      await session.close();
      await environment.close();
    }
  });
});

test('an API that always asks again: the client steps up once, and is then denied [T174]', async () => {
  const environment = await startEnvironment({
    async listen(name) {
      const local = await listenLocally();
      if (name !== 'orders') return local;
      const { server } = local;
      // In front of the API: its scope is never enough.
      const emit = server.emit.bind(server) as (...parts: unknown[]) => boolean;
      server.emit = (event: string, ...parts: unknown[]): boolean => {
        if (event !== 'request') return emit(event, ...parts);
        const challenge = 'Bearer error="insufficient_scope", scope="orders:write"';
        (parts[1] as ServerResponse).writeHead(403, { 'www-authenticate': challenge }).end();
        return true;
      };
      return local;
    },
  });
  const session = createSession(environment.resource, { account: 'ray' });
  try {
    await session.connect();
    await expect(session.call('place_order', { item: 'tea' })).rejects.toThrow(
      'place_order is not allowed',
    );
    expect(session.authorizations).toHaveLength(2);
    const challenges = session.answers.filter(({ status }) => status === 403);
    expect(challenges.map(({ challenge }) => challenge?.includes('scope=') ?? false)).toEqual([
      true,
      false,
    ]);
  } finally {
    await session.close();
    await environment.close();
  }
});

test('the proxy in front of a guarded MCP server: one step-up for both hops [TE-1, TE-12, T165]', async () => {
  const { taps, listen } = createTaps();
  const events: DecisionEvent[] = [];
  const onDecision = (event: DecisionEvent): unknown => events.push(event);
  const front = await listen('shop');
  const back = await listen('orders');
  const resource = `${front.origin}/mcp`;
  const orders = `${back.origin}/mcp`;
  const client = { id: 'shop', secret: 'a-secret-of-the-shop-that-only-it-knows' };
  const login = await startAuthorizationServer(listen, {
    ...{ shop: () => resource, orders: () => orders, client },
    consent: { 'orders:read': 'shop:read', 'orders:write': 'shop:write' },
  });
  const { issuer } = login;

  const second = createGate({
    ...{ resource: orders, scopes: ordersScopes, authorizationServers: [issuer], onDecision },
    verifier: jwtVerifier({ issuer, allowInsecureLoopback: true }),
    policy: mcpPolicy(ordersScopes, {
      tools: {
        list_orders: actedBy('shop', 'orders:read'),
        place_order: actedBy('shop', 'orders:write'),
      },
    }),
  });
  const mcp = createMcpHandler(() => {
    const server = new McpServer({ name: 'orders', version: '1.0.0' });
    for (const name of ['list_orders', 'place_order']) {
      server.registerTool(name, {}, ({ http }) => ({
        content: [{ type: 'text', text: `${name} by ${String(http?.authInfo?.extra?.['sub'])}` }],
      }));
    }
    return server;
  });
  const guarded = second.fetch(mcp.fetch);
  const answerOrders = getRequestListener((request: Request) => guarded(request));
  back.server.on('request', (req, res) => void answerOrders(req, res));

  const options = { ...{ resource, issuer, orders, client }, onDecision };
  const gate = createShopGate(options);
  const proxy = createProxy(gate, orders, { credential: createOrdersTokens(gate, options) });
  const answerShop = getRequestListener((request: Request) => proxy(request));
  front.server.on('request', (req, res) => void answerShop(req, res));

  const session = createSession(resource, { account: 'ray' });
  try {
    await session.connect();
    expect(await session.call('list_orders')).toBe('list_orders by ray');
    expect(await session.call('place_order')).toBe('place_order by ray');
    expect(session.authorizations).toEqual([
      'shop:read offline_access',
      'shop:read shop:write offline_access',
    ]);
    expect(login.exchanges).toBe(2);
    await expectNoPassage(taps, session, events);
  } finally {
    await session.close();
    await Promise.all([mcp.close(), front.close(), back.close(), login.close()]);
  }
});

describe('the authorization server of the demo', () => {
  let environment: Environment;
  let gate: Gate<'shop:read' | 'shop:write'>;
  let session: Session;
  beforeEach(async () => {
    environment = await startEnvironment();
    session = createSession(environment.resource, { account: 'ray' });
    await session.connect();
    gate = createShopGate(shopOptions());
  });
  afterEach(async () => {
    await session.close();
    await environment.close();
  });

  const client = { id: 'shop', secret: 'a-secret-of-the-shop-that-only-it-knows' };
  const shopOptions = (more: object = {}) => {
    const { resource, issuer, orders } = environment;
    return { ...{ resource, issuer, orders, client }, ...more };
  };

  test.each<[string, object, string]>([
    ['another API', { orders: 'https://other.example.com/orders' }, 'invalid_target'],
    ['a wrong secret', { client: { ...client, secret: 'wrong' } }, 'refused this client'],
    ['another client', { client: { ...client, id: 'eve' } }, 'refused this client'],
  ])('refuses %s: 502, in its own words [TE-4, TE-11]', async (_, more, message) => {
    const { accessToken } = await session.credentials();
    const headers = { authorization: `Bearer ${accessToken}` };
    const decision = await gate.check(new Request(environment.resource, { headers }), 'shop:read');
    if (!decision.allowed) throw new Error('not allowed');
    const tokens = createOrdersTokens(gate, shopOptions(more));
    await expect(tokens.token(decision.auth)).rejects.toMatchObject({
      ...{ name: 'UpstreamTokenError', status: 502 },
      message: expect.stringContaining(message) as string,
    });
  });

  test('is refused its own token at the second hop: the audience is another one [TE-1]', async () => {
    const { accessToken } = await session.credentials();
    const { orders, issuer } = environment;
    const second = createOrdersGate({ resource: orders, issuer, shop: 'shop' });
    const headers = { authorization: `Bearer ${accessToken}` };
    expect(await second.check(new Request(orders, { headers }), 'orders:read')).toMatchObject({
      status: 401,
    });
  });
});

test('the command runs, and holds [TE-1, TE-12]', async () => {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [main]);
  expect(stderr).toBe('');
  expect(stdout).toContain('== Everything held ==');
  expect(stdout).not.toMatch(/eyJ/);
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});
