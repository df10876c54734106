/** Tokens for another API that instances share: one exchange for all, and a failing store never a wrong token. */
import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createGate, type Auth } from '@scopegate/core';
import { upstreamTokens } from '@scopegate/core/exchange';
import { memoryRevocations } from '@scopegate/core/revocations';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { redisUpstreamTokens } from '../src/index.js';
import type { RedisUpstreamTokensOptions } from '../src/index.js';
import { startAnsweringProxy } from './support/answering-proxy.js';
import { CLIENTS, connectTo } from './support/clients.js';
import type { ClientName, Connected } from './support/clients.js';
import { SERVERS, eventually, startServer } from './support/redis-server.js';
import type { TestServer } from './support/redis-server.js';

const keys = ['a secret of at least 32 bytes, for tests'];
const RESOURCE = 'https://notes.example.com/mcp';

/** Exchanges: an authorization server on a real socket, which counts them. */
let exchanges: URLSearchParams[] = [];
let isDown = false;
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    exchanges.push(form);
    response.setHeader('content-type', 'application/json');
    response.statusCode = isDown ? 500 : 200;
    const user = form.get('subject_token')?.split('.')[0];
    response.end(
      JSON.stringify({
        access_token: `upstream-token-of-${user}-${exchanges.length}`,
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        token_type: 'Bearer',
        expires_in: 300,
      }),
    );
  });
});
let issuer: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  exchanges = [];
  isDown = false;
});

const open: Connected[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

interface Instance {
  token(caller: string): Promise<string>;
  readonly revocations: ReturnType<typeof memoryRevocations>;
  readonly upstream: ReturnType<typeof upstreamTokens>;
  readonly errors: unknown[];
}

async function instanceOver(
  name: ClientName,
  port: number,
  options: Partial<RedisUpstreamTokensOptions> = {},
  more: { readonly clientId?: string; readonly audience?: string; readonly scope?: string } = {},
): Promise<Instance> {
  const connected = await connectTo(name, port);
  open.push(connected);
  const revocations = memoryRevocations();
  const gate = createGate({
    ...{ resource: RESOURCE, scopes: ['a'], revocations, issuersDiffer: true },
    authorizationServers: ['https://idp.example.com'],
    verifier: (token) => ({ scopes: ['a'], subject: token.split('.')[0] ?? '', clientId: 'c' }),
  });
  const errors: unknown[] = [];
  const upstream = upstreamTokens(gate, {
    ...{ issuer, tokenEndpoint: `${issuer}/token`, clientId: 'notes-api', audience: 'orders' },
    clientAuthentication: { method: 'client_secret_post', secret: 'secret-of-the-server' },
    ...{ scopes: { a: 'api.a' }, allowInsecureLoopback: true, timeout: 30_000 },
    subjectIssuers: ['https://idp.example.com'],
    onError: (error) => errors.push(error),
    ...more,
    cache: { shared: redisUpstreamTokens(connected.client, { keys, ...options }) },
  });
  return {
    ...{ revocations, upstream, errors },
    async token(caller) {
      const headers = { authorization: `Bearer ${caller}` };
      const decision = await gate.check(new Request(RESOURCE, { headers }), 'a');
      if (!decision.allowed) throw new Error(`status ${decision.status}`);
      return upstream.token(decision.auth as Auth<string>);
    },
  };
}

describe.each(SERVERS)('%s', (command) => {
  let redis: TestServer;
  beforeAll(async () => {
    redis = await startServer(command);
  });
  afterAll(() => redis.close());
  beforeEach(() => redis.cli('flushall'));
  const stored = (count: number): Promise<void> =>
    eventually(async () => (await redis.cli('dbsize')) === `${count}`);

  test('two processes: one exchange for both, and `monitor` shows no token [T86, T165, T166]', async () => {
    const out = fileURLToPath(new URL('../node_modules/.tests/upstream.mjs', import.meta.url));
    await build({
      entryPoints: [fileURLToPath(new URL('support/upstream-instance.ts', import.meta.url))],
      outfile: out,
      ...{ bundle: true, format: 'esm', platform: 'node', target: 'node20' },
      conditions: ['@scopegate/source'],
      external: ['redis', 'ioredis'],
    });
    const monitor = spawn('redis-cli', ['-p', `${redis.port}`, 'monitor']);
    let seen = '';
    monitor.stdout.on('data', (data: Buffer) => (seen += data.toString()));
    const children = CLIENTS.map((name) =>
      fork(out, [name, `${redis.port}`, issuer], { execArgv: [] }),
    );
    try {
      await eventually(() => seen.includes('OK'));
      for (const child of children) expect(await answerOf(child)).toBe('ready');
      const [first, second] = children as [ChildProcess, ChildProcess];
      const callers = ['ray.inbound-token-0001', 'eve.inbound-token-0002'];
      const tokens = [];
      for (const caller of callers) tokens.push(await ask(first, caller));
      await stored(2);
      for (const caller of callers) tokens.push(await ask(second, caller));
      expect(tokens).toEqual([
        ...['upstream-token-of-ray-1', 'upstream-token-of-eve-2'],
        ...['upstream-token-of-ray-1', 'upstream-token-of-eve-2'],
      ]);
      expect(exchanges).toHaveLength(2);
      await eventually(() => seen.toUpperCase().split('"GET"').length > 4);
      expect(seen).toMatch(/"scopegate:upstream:[\w-]{43}"/);
      expect(seen).not.toMatch(/inbound|upstream-token|api\.a|ray|eve|notes-api|secret/);
      for (const key of (await redis.cli('keys', '*')).split('\n')) {
        const life = Number(await redis.cli('pttl', key));
        expect(life).toBeGreaterThan(200_000);
        expect(life).toBeLessThanOrEqual(270_000);
      }
    } finally {
      monitor.kill();
      for (const child of children) child.kill('SIGKILL');
    }
  });

  describe.each(CLIENTS)('over %s', (name) => {
    test('each of caller, token, client, target, scopes and key has tokens of its own [T166]', async () => {
      const first = await instanceOver(name, redis.port);
      const same = await instanceOver(name, redis.port);
      await first.token('ray.t1');
      await stored(1);
      expect(await same.token('ray.t1')).toBe('upstream-token-of-ray-1');
      const others = [
        await same.token('ray.t2'),
        await same.token('eve.t1'),
        await (await instanceOver(name, redis.port, {}, { clientId: 'other' })).token('ray.t1'),
        await (await instanceOver(name, redis.port, {}, { audience: 'billing' })).token('ray.t1'),
        await (await instanceOver(name, redis.port, {}, { scope: 'api.b' })).token('ray.t1'),
        await (await instanceOver(name, redis.port, { prefix: 'x' })).token('ray.t1'),
      ];
      expect(new Set(['upstream-token-of-ray-1', ...others]).size).toBe(7);
      expect(exchanges).toHaveLength(7);
    });

    /** What somebody who can write to Redis puts in the place of Eve's token. */
    const FORGERIES: Readonly<Record<string, (ray: string, eve: string) => readonly string[]>> = {
      'the value of another caller': (ray) => ['set', ray],
      'a plain value': () => [
        'set',
        JSON.stringify({ value: { token: 'upstream-token-of-ray-1' }, until: 4e9 }),
      ],
      'no text': () => ['set', ''],
      'a shorter value': (_, eve) => ['set', eve.slice(0, -4)],
      'a changed value': (_, eve) => ['set', `${eve.slice(0, 40)}AAAA${eve.slice(44)}`],
      'a long text': () => ['set', 'A'.repeat(100_000)],
      'a list': () => ['lpush', 'x'],
    };

    test.each(Object.entries(FORGERIES))(
      '%s does not open: a token is exchanged [T166, T168]',
      async (_, forge) => {
        const writer = await instanceOver(name, redis.port);
        await writer.token('ray.t1');
        await stored(1);
        const rayKey = await redis.cli('keys', '*');
        await writer.token('eve.t1');
        await stored(2);
        const eveKey =
          (await redis.cli('keys', '*')).split('\n').find((key) => key !== rayKey) ?? '';
        const [ray, eve] = [await redis.cli('get', rayKey), await redis.cli('get', eveKey)];
        const [verb = '', value = ''] = forge(ray, eve);
        await redis.cli('del', eveKey);
        await redis.cli(verb, eveKey, value);
        const reader = await instanceOver(name, redis.port);
        expect(await reader.token('eve.t1')).toBe('upstream-token-of-eve-3');
        expect(reader.errors.length).toBeGreaterThan(0);
        const text = reader.errors.map((error) => `${String(error)} ${(error as Error).stack}`);
        expect(text.join()).not.toMatch(/upstream-token|eve\.t1|ray\.t1/);
        expect(await (await instanceOver(name, redis.port)).token('ray.t1')).toMatch(/of-ray-1$/);
      },
    );

    test('other keys open nothing, and keys are replaced one after another', async () => {
      const next = Buffer.from('the next secret of at least 32 bytes');
      await (await instanceOver(name, redis.port)).token('ray.t1');
      await stored(1);
      const both = await instanceOver(name, redis.port, { keys: [next, ...keys] });
      expect(await both.token('ray.t1')).toBe('upstream-token-of-ray-1');
      const foreign = await instanceOver(name, redis.port, { keys: [next] });
      expect(await foreign.token('ray.t1')).toBe('upstream-token-of-ray-2');
    });

    test('not after a revocation here, also if it is in Redis [T167]', async () => {
      const instance = await instanceOver(name, redis.port);
      await instance.token('ray.t1');
      await stored(1);
      instance.upstream.revoke(() => true);
      expect(await instance.token('ray.t1')).toBe('upstream-token-of-ray-2');
      await instance.revocations.revoke({ subject: 'ray' }, { until: 4e9 });
      await expect(instance.token('ray.t1')).rejects.toThrow('status 401');
      expect(exchanges).toHaveLength(2);
    });

    test('Redis down, still, or answering junk: a token is exchanged [T90, T168]', async () => {
      const own = await startServer(command);
      const proxy = await startAnsweringProxy(own.port, 'GET');
      try {
        const answers = ['$-1\r\n', ':5\r\n', '+OK\r\n', '*1\r\n:1\r\n', '-ERR no\r\n'];
        for (const [index, answer] of answers.entries()) {
          const instance = await instanceOver(name, proxy.port, { timeout: 200 });
          proxy.answerWith(answer);
          expect(await instance.token('ray.t1')).toBe(`upstream-token-of-ray-${index + 1}`);
          proxy.answerWith(undefined);
        }
        const callers = await Promise.all(
          ['still', 'down'].map(() => instanceOver(name, own.port, { timeout: 200 })),
        );
        own.pause();
        expect(await callers[0]?.token('eve.t1')).toMatch(/^upstream-token-of-eve/);
        own.resume();
        await own.kill();
        expect(await callers[1]?.token('mia.t1')).toMatch(/^upstream-token-of-mia/);
        isDown = true;
        await expect(callers[1]?.token('noa.t1')).rejects.toMatchObject({ status: 503 });
      } finally {
        await proxy.close();
        await own.close();
      }
    });
  });
});

function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => child.once('message', resolve));
}

function ask(child: ChildProcess, caller: string): Promise<unknown> {
  const answer = answerOf(child);
  child.send(caller);
  return answer;
}

test.each<readonly [message: string, options: unknown]>([
  ['redisUpstreamTokens.keys: expected', {}],
  ['redisUpstreamTokens.keys: expected', { keys: [] }],
  ['redisUpstreamTokens.keys: expected', { keys: ['short'] }],
  ['redisUpstreamTokens.keys: expected', { keys: [...keys, new Uint8Array(31)] }],
  ['redisUpstreamTokens.keys: expected', { keys: keys[0] }],
  ['redisUpstreamTokens: expected an object', undefined],
  ['redisUpstreamTokens.secret: unknown option', { keys, secret: 'x' }],
  ['redisUpstreamTokens.prefix: expected', { keys, prefix: '{' }],
  ['redisUpstreamTokens.timeout: expected', { keys, timeout: 251 }],
])('%s: %o', (message, options) => {
  const make = (): unknown => redisUpstreamTokens({ call: () => {} } as never, options as never);
  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});
