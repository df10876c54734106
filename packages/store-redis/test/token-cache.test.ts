import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { introspectionVerifier } from '@scopegate/core/introspection';
import type { IntrospectionWarning } from '@scopegate/core/introspection';
import { createGate } from '@scopegate/core';
import type { Decision } from '@scopegate/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { redisTokenCache } from '../src/index.js';
import type { RedisTokenCacheOptions } from '../src/index.js';
import { tokenCache } from '../src/redis-token-cache.js';
import { CLIENTS, connectTo } from './support/clients.js';
import type { ClientName, Connected } from './support/clients.js';
import { SERVERS, eventually, pause, startServer } from './support/redis-server.js';
import type { TestServer } from './support/redis-server.js';

const secret = 'a secret of at least 32 bytes, for tests';
const seconds = (): number => Date.now() / 1000;

const open: Connected[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

describe.each(SERVERS)('%s', (command) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(command);
  });
  afterAll(() => server.close());
  beforeEach(() => server.cli('flushall'));

  async function cacheOver(name: ClientName, options: Partial<RedisTokenCacheOptions> = {}) {
    const connected = await connectTo(name, server.port);
    open.push(connected);
    // A machine under load is no broken server: the bound of 250 ms has tests of its own.
    const patient = { prefix: 'scopegate', timeout: 10_000 };
    return tokenCache(connected.client, { secret, ...patient, ...options });
  }

  describe.each(CLIENTS)('over %s', (name) => {
    const until = (): { expiresAt: number } => ({ expiresAt: seconds() + 30 });

    test.each([[{ a: 1 }], [['x', null]], ['text ÿ €'], [0], [false], [null]])(
      'gives back what it was given: %o',
      async (value) => {
        const cache = await cacheOver(name);
        expect(await cache.get('k')).toBeUndefined();
        await cache.set('k', value, until());
        expect(await cache.get('k')).toEqual(value);
        expect(await (await cacheOver(name)).get('k')).toEqual(value);
        expect(await cache.get('other')).toBeUndefined();
      },
    );

    test('keys are hashed, values unreadable, and both end [T86]', async () => {
      const cache = await cacheOver(name);
      await cache.set('secret-token', { jti: 'raw-jti', sub: 'ray' }, until());
      const key = await server.cli('keys', '*');
      expect(key).toMatch(/^scopegate:token:[\w-]{43}$/);
      const value = await server.cli('get', key);
      expect(value).toMatch(/^[\w-]+$/);
      const text = `${key} ${value} ${Buffer.from(value, 'base64url').toString('latin1')}`;
      for (const raw of ['secret-token', 'raw-jti', 'ray']) expect(text).not.toContain(raw);
      const life = Number(await server.cli('pttl', key));
      expect(life).toBeGreaterThan(25_000);
      expect(life).toBeLessThanOrEqual(30_000);
    });

    test('equal values differ in Redis', async () => {
      const cache = await cacheOver(name);
      await cache.set('k', { a: 1 }, until());
      const key = await server.cli('keys', '*');
      const first = await server.cli('get', key);
      await cache.set('k', { a: 1 }, until());
      expect(await server.cli('get', key)).not.toBe(first);
    });

    test('a value is not used beyond its end, whatever Redis does [T86]', async () => {
      const cache = await cacheOver(name);
      await cache.set('k', { a: 1 }, { expiresAt: seconds() + 2 });
      const key = await server.cli('keys', '*');
      const value = await server.cli('get', key);
      await pause(2_050);
      await server.cli('set', key, value);
      expect(await cache.get('k')).toBeUndefined();
      await cache.set('ended', { a: 1 }, { expiresAt: seconds() - 1 });
      expect(await server.cli('dbsize')).toBe('1');
    });

    /** What somebody with access to Redis may write in the place of a value. */
    const FORGERIES: Readonly<Record<string, (value: string, other: string) => string>> = {
      'a JSON text': () => JSON.stringify({ value: { active: true }, until: seconds() + 30 }),
      'no text': () => '',
      'a part of it': (value) => value.slice(0, -8),
      'its first 12 bytes': (value) => value.slice(0, 16),
      'a shorter tag': (value) => value.slice(0, 22),
      'more behind it': (value) => `${value}AAAA`,
      'another first byte': (value) => flip(value, 0),
      'another byte of the tag': (value) => flip(value, 14),
      'another last byte': (value) => flip(value, Buffer.from(value, 'base64url').length - 1),
      'the value of another key': (_value, other) => other,
      'two mebibytes': () => 'A'.repeat(2 * 1024 * 1024),
    };

    test.each(Object.entries(FORGERIES))('%s is not used', async (_what, forge) => {
      const cache = await cacheOver(name);
      await cache.set('other', { active: true }, until());
      const otherKey = await server.cli('keys', '*');
      await cache.set('k', { active: false }, until());
      const key = (await server.cli('keys', '*')).split('\n').find((one) => one !== otherKey) ?? '';
      const [value, other] = await Promise.all(
        [key, otherKey].map((one) => server.cli('get', one)),
      );
      const forged = forge(value ?? '', other ?? '');
      const { client } = open[0] as Connected;
      await ('call' in client
        ? client.call('set', key, forged)
        : (client as { sendCommand(args: string[]): Promise<unknown> }).sendCommand([
            'SET',
            key,
            forged,
          ]));
      await expect(cache.get('k')).rejects.toThrow(/a value in Redis/);
    });

    test('a key of another type rejects', async () => {
      const cache = await cacheOver(name);
      await cache.set('k', 1, until());
      const key = await server.cli('keys', '*');
      await server.cli('del', key);
      await server.cli('lpush', key, 'x');
      await expect(cache.get('k')).rejects.toThrow(/WRONGTYPE/);
    });

    test('another secret, and a secret that is replaced', async () => {
      const next = 'the next secret of at least 32 bytes';
      const before = await cacheOver(name);
      await before.set('k', 1, until());
      const foreign = await cacheOver(name, { secret: next });
      await expect(foreign.get('k')).rejects.toThrow(/not written with this secret/);
      const both = await cacheOver(name, { secret: [next, secret] });
      expect(await both.get('k')).toBe(1);
      await both.set('n', 2, until());
      expect(await foreign.get('n')).toBe(2);
      await expect(before.get('n')).rejects.toThrow(/not written with this secret/);
    });

    test('a value that was copied to another prefix is not used', async () => {
      const cache = await cacheOver(name, { prefix: 'a' });
      await cache.set('k', 1, until());
      const key = await server.cli('keys', '*');
      await server.cli('rename', key, key.replace('a:', 'b:'));
      await expect((await cacheOver(name, { prefix: 'b' })).get('k')).rejects.toThrow(/secret/);
    });
  });

  describe.each(CLIENTS)('behind introspectionVerifier, over %s', (name) => {
    let endpoint: Server;
    let asked = 0;
    let answer: object;
    beforeAll(async () => {
      endpoint = createServer((req, res) => {
        asked += 1;
        res.setHeader('content-type', 'application/json');
        req.resume().on('end', () => res.end(JSON.stringify(answer)));
      });
      await new Promise<void>((resolve) => endpoint.listen(0, 'localhost', resolve));
    });
    afterAll(() => new Promise((resolve) => endpoint.close(resolve)));
    beforeEach(() => {
      asked = 0;
      answer = { active: true, aud: RESOURCE, scope: 'a', sub: 'ray', exp: seconds() + 300 };
    });

    const RESOURCE = 'https://notes.example.com/mcp';
    const warnings: IntrospectionWarning[] = [];

    function instance(shared: ReturnType<typeof redisTokenCache>): () => Promise<Decision> {
      const { port } = endpoint.address() as AddressInfo;
      const verifier = introspectionVerifier({
        endpoint: `http://localhost:${port}/introspect`,
        clientId: 'api',
        clientAuthentication: { method: 'client_secret_basic', secret: 's' },
        allowInsecureLoopback: true,
        cache: { shared },
        onWarning: (warning) => warnings.push(warning),
      });
      const gate = createGate({ resource: RESOURCE, verifier, scopes: ['a'] });
      const headers = { authorization: 'Bearer secret-token' };
      return () => gate.check(new Request(RESOURCE, { headers }), 'a');
    }

    test('one request to the endpoint for all instances [T86]', async () => {
      const first = instance(await cacheOver(name));
      expect(await first()).toMatchObject({ allowed: true, auth: { subject: 'ray' } });
      await eventually(async () => (await server.cli('dbsize')) === '1');
      for (let index = 0; index < 3; index++) {
        const other = instance(await cacheOver(name));
        expect(await other()).toMatchObject({ allowed: true, auth: { subject: 'ray' } });
      }
      expect(asked).toBe(1);
    });

    test('Redis down, or standing still: the endpoint decides [T90]', async () => {
      const own = await startServer(command);
      try {
        const caches = await Promise.all(
          Array.from({ length: 4 }, async () => {
            const connected = await connectTo(name, own.port);
            open.push(connected);
            return redisTokenCache(connected.client, { secret });
          }),
        );
        const [still, alsoStill, down, alsoDown] = caches.map((cache) => instance(cache));
        own.pause();
        expect(await still?.()).toMatchObject({ allowed: true });
        answer = { active: false };
        expect(await alsoStill?.()).toMatchObject({ status: 401 });
        own.resume();
        await own.kill();
        expect(await alsoDown?.()).toMatchObject({ status: 401 });
        answer = { active: true, aud: RESOURCE, scope: 'a' };
        expect(await down?.()).toMatchObject({ allowed: true });
        expect(asked).toBe(4);
        expect(warnings.length).toBeGreaterThan(0);
        expect(JSON.stringify(warnings)).not.toContain('secret-token');
      } finally {
        await own.close();
      }
    });
  });
});

function flip(value: string, index: number): string {
  const bytes = Buffer.from(value, 'base64url');
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return bytes.toString('base64url');
}

test.each<readonly [message: string, options: unknown]>([
  ['redisTokenCache.secret: expected', {}],
  ['redisTokenCache.secret: expected', { secret: 'short' }],
  ['redisTokenCache.secret: expected', { secret: [] }],
  ['redisTokenCache.secret: expected', { secret: [secret, 'short'] }],
  ['redisTokenCache.secret: expected', { secret: 5 }],
  ['redisTokenCache: expected an object', undefined],
  ['redisTokenCache.ttl: unknown option', { secret, ttl: 5 }],
  ['redisTokenCache.timeout: expected', { secret, timeout: 251 }],
  ['redisTokenCache.prefix: expected', { secret, prefix: '{' }],
])('%s: %o', (message, options) => {
  const make = (): unknown => redisTokenCache({ call: () => {} } as never, options as never);
  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
  expect(make).not.toThrow('short');
});
