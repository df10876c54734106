import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGate } from '@scopegate/core';
import type { RevocableToken, Revocation } from '@scopegate/core';
import { redisRevocations } from '../src/index.js';
import type { RedisRevocations, RedisRevocationsOptions, RedisWarning } from '../src/index.js';
import { startAnsweringProxy } from './support/answering-proxy.js';
import { CLIENTS, connectTo } from './support/clients.js';
import type { ClientName } from './support/clients.js';
import { SERVERS, eventually, startServer } from './support/redis-server.js';
import type { TestServer } from './support/redis-server.js';

const secret = 'a secret of at least 32 bytes, for tests';
const until = (): number => Math.floor(Date.now() / 1000) + 3600;

function token(subject: string): RevocableToken {
  const bindingKey = JSON.stringify(['https://idp.example.com', 'c', subject]);
  return { issuer: undefined, subject, clientId: 'c', bindingKey, claims: {} };
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Another instance of the service, with a connection of its own. */
async function instance(
  name: ClientName,
  port: number,
  options: Partial<RedisRevocationsOptions> = {},
): Promise<RedisRevocations> {
  const { client, close } = await connectTo(name, port);
  const revocations = redisRevocations(client, {
    ...{ secret, timeout: 10_000, maxStaleness: 4_000, onWarning: () => {} },
    ...options,
  });
  closing.push(() => {
    revocations.close();
    close();
  });
  return revocations;
}

/** Waits until the instance knows the revocation, and returns how long that took in milliseconds. */
async function heard(revocations: RedisRevocations, subject: string): Promise<number> {
  const started = performance.now();
  await eventually(() => refuses(revocations, subject));
  return performance.now() - started;
}

describe.each(SERVERS)('%s', (command) => {
  describe.each(CLIENTS)('over %s', (name) => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer(command);
    });
    afterAll(() => server.close());
    beforeEach(() => server.cli('flushall'));

    const start = (options?: Partial<RedisRevocationsOptions>): Promise<RedisRevocations> =>
      instance(name, server.port, options);

    test('a revocation on one instance is known to all within a second', async () => {
      const all = await Promise.all([start(), start(), start(), start()]);
      await Promise.all(all.map((one) => one.ready()));
      const events: Revocation[] = [];
      all[3]?.onRevoked((revocation) => events.push(revocation));
      for (const one of all) await eventually(() => !cannotTell(one, 'ray'));
      // Without the channel, the next look at the version tells.
      await eventually(async () => {
        const channels = await server.cli('pubsub', 'numsub', CHANNEL);
        return Number(channels.split('\n')[1]) >= 4;
      });
      await all[0]?.revoke({ subject: 'ray' }, { until: until() });
      // On its own instance at once.
      expect(all[0]?.isRevoked(token('ray'))).toBe(true);
      for (const one of all) expect(await heard(one, 'ray')).toBeLessThan(1_000);
      expect(all[3]?.isRevoked(token('eve'))).toBe(false);
      expect(events).toEqual([{ subject: 'ray' }]);
    });

    test('an instance that starts later knows it when it is ready', async () => {
      const first = await start();
      await first.revoke({ jti: 'j', issuedBefore: 5 }, { until: until() });
      await first.revoke({ subject: 'ray' }, { until: until() });
      const second = await start();
      await second.ready();
      expect(second.isRevoked(token('ray'))).toBe(true);
      const claims = { jti: 'j', iat: 4 };
      expect(second.isRevoked({ ...token('x'), claims })).toBe(true);
      expect(second.isRevoked({ ...token('x'), claims: { jti: 'j', iat: 5 } })).toBe(false);
    });

    test('before the first reading nothing is known', async () => {
      server.pause();
      try {
        const revocations = await startPaused(name, server);
        expect(() => revocations.isRevoked(token('ray'))).toThrow(/has not answered/);
      } finally {
        server.resume();
      }
    });

    test('without the channel it takes a moment longer', async () => {
      const [first, second] = [await start(), await start()];
      await Promise.all([first.ready(), second.ready()]);
      await eventually(async () => {
        const channels = await server.cli('pubsub', 'numsub', CHANNEL);
        return Number(channels.split('\n')[1]) >= 2;
      });
      await server.cli('acl', 'setuser', 'default', 'resetchannels');
      try {
        await server.cli('client', 'kill', 'type', 'pubsub');
        await eventually(async () =>
          (await server.cli('pubsub', 'numsub', CHANNEL)).endsWith('\n0'),
        );
        await first.revoke({ subject: 'ray' }, { until: until() });
        expect(await heard(second, 'ray')).toBeLessThan(5_000);
      } finally {
        await server.cli('acl', 'setuser', 'default', 'allchannels');
      }
    });

    test('200 at the same time on four instances reach all', async () => {
      const all = await Promise.all([start(), start(), start(), start()]);
      await Promise.all(all.map((one) => one.ready()));
      await Promise.all(
        Array.from({ length: 200 }, async (_, index) =>
          all[index % 4]?.revoke({ subject: `user-${index}` }, { until: until() }),
        ),
      );
      for (const one of all) {
        for (let index = 0; index < 200; index++) await heard(one, `user-${index}`);
      }
      expect(await server.cli('zcard', KEY)).toBe('200');
      // An addition that was under way may have been counted twice.
      expect(Number(await server.cli('get', VERSION))).toBeGreaterThanOrEqual(200);
    });

    test('nothing in Redis can be read, and what ended is removed', async () => {
      const first = await start();
      await first.revoke({ jti: 'raw-jti', subject: 'ray' }, { until: until() });
      const now = Date.now() / 1000;
      await first.revoke({ jti: 'ended' }, { until: now - 30 });
      expect(await server.cli('zcard', KEY)).toBe('2');
      const dump = await server.cli('zrange', KEY, '0', '-1');
      for (const line of dump.split('\n')) {
        const text = `${line} ${Buffer.from(line, 'base64url').toString('latin1')}`;
        for (const raw of ['raw-jti', 'ray', 'ended']) expect(text).not.toContain(raw);
      }
      const [, ended] = (await server.cli('zrange', KEY, '0', '0', 'withscores')).split('\n');
      expect(Number(ended)).toBeCloseTo(now - 30, 0);
      await server.cli('zadd', KEY, String(now - 200), dump.split('\n')[0] ?? '');
      await (await start()).ready();
      expect(await server.cli('zcard', KEY)).toBe('1');
    });

    test('full: rejects, and nothing is forgotten', async () => {
      const first = await start({ maxEntries: 3 });
      await first.ready();
      for (const subject of ['a', 'b', 'c']) await first.revoke({ subject }, { until: until() });
      await expect(first.revoke({ subject: 'd' }, { until: until() })).rejects.toThrow(RangeError);
      for (const subject of ['a', 'b', 'c']) expect(first.isRevoked(token(subject))).toBe(true);
      expect(await server.cli('zcard', KEY)).toBe('3');
    });

    test('more in Redis than an instance can hold: it does not know what is revoked', async () => {
      const first = await start();
      for (let index = 0; index < 20; index++) {
        await first.revoke({ subject: `user-${index}` }, { until: until() });
      }
      const small = await start({ maxEntries: 5 });
      await eventually(() => cannotTell(small, 'nobody', /maxEntries/));
      // What is known to be revoked stays refused.
      await eventually(() => {
        const known = Array.from({ length: 20 }, (_, index) => refuses(small, `user-${index}`));
        return known.filter(Boolean).length === 5;
      });
    });

    test('a member of another secret: it does not know what is revoked [T90]', async () => {
      const first = await start();
      await first.revoke({ subject: 'ray' }, { until: until() });
      const foreign = await start({ secret: 'another secret of at least 32 bytes' });
      await eventually(() => cannotTell(foreign, 'ray', /not written with this secret/));
      const next = await start({ secret: ['the next secret of at least 32 bytes', secret] });
      await next.ready();
      expect(next.isRevoked(token('ray'))).toBe(true);
    });

    test.each<readonly [what: string, (first: RedisRevocations) => Promise<unknown>]>([
      ['a forged member', () => server.cli('zadd', KEY, '9999999999', 'forged')],
      ['another type', () => server.cli('set', KEY, 'x')],
      ['a version that is none', () => server.cli('set', VERSION, 'x')],
      ['a version of another type', () => server.cli('eval', LIST_INSTEAD, '1', VERSION)],
    ])('%s: after a moment nothing is known, then all again [T90]', async (_what, spoil) => {
      const first = await start({ maxStaleness: 600 });
      await first.revoke({ subject: 'ray' }, { until: until() });
      await first.ready();
      await server.cli('flushall');
      await spoil(first);
      await server.cli('incr', VERSION).catch(() => '');
      await eventually(() => cannotTell(first, 'eve'));
      expect(first.isRevoked(token('ray'))).toBe(true);
      await server.cli('flushall');
      await eventually(() => !cannotTell(first, 'eve'));
      expect(first.isRevoked(token('eve'))).toBe(false);
    });

    test('messages that no instance sent change nothing', async () => {
      const first = await start();
      await first.ready();
      await eventually(async () => {
        const channels = await server.cli('pubsub', 'numsub', CHANNEL);
        return Number(channels.split('\n')[1]) >= 1;
      });
      const forged = JSON.stringify({ version: 1, members: [] });
      for (const message of ['', 'x', forged, 'A'.repeat(100_000)]) {
        await server.cli('publish', CHANNEL, message);
      }
      const second = await start();
      await second.revoke({ subject: 'ray' }, { until: until() });
      await heard(first, 'ray');
    });

    test('Redis that lost its data gets the revocations back', async () => {
      const [first, second] = [await start(), await start()];
      await Promise.all([first.ready(), second.ready()]);
      for (let index = 0; index < 30; index++) {
        await first.revoke({ subject: `user-${index}` }, { until: until() });
      }
      await heard(second, 'user-29');
      await server.cli('flushall');
      await eventually(async () => (await server.cli('zcard', KEY)) === '30');
      const third = await start();
      await third.ready();
      expect(third.isRevoked(token('user-17'))).toBe(true);
    });

    test('`revoke` rejects what is none', async () => {
      const first = await start();
      await expect(first.revoke({}, { until: until() })).rejects.toThrow(TypeError);
      await expect(first.revoke({ jti: 'j' }, {} as never)).rejects.toThrow('revoke.until');
      await expect(first.revoke({ jti: 'j' }, undefined as never)).rejects.toThrow('revoke.until');
      expect(await server.cli('zcard', KEY)).toBe('0');
    });

    test('after the process stood still, nothing is known until Redis has answered', async () => {
      const first = await start({ maxStaleness: 500 });
      await first.ready();
      const end = performance.now() + 700;
      while (performance.now() < end);
      // No timer has run yet.
      expect(() => first.isRevoked(token('eve'))).toThrow(/has not answered for 500 ms/);
      await eventually(() => !cannotTell(first, 'eve'));
    });

    test('an instance that is closed does not know what is revoked', async () => {
      const first = await start({ maxStaleness: 500 });
      await first.ready();
      first.close();
      await eventually(() => cannotTell(first, 'ray'));
    });
  });

  describe.each(CLIENTS)('a lost connection, over %s', (name) => {
    test('a gate refuses after a second with 503, and goes on when Redis is back [T90]', async () => {
      const server = await startServer(command);
      try {
        const revocations = await instance(name, server.port, {
          timeout: 250,
          maxStaleness: 1_000,
        });
        await revocations.ready();
        const errors: unknown[] = [];
        const gate = createGate({
          resource: 'https://notes.example.com/mcp',
          verifier: (text) => ({ scopes: ['a'], subject: text, clientId: 'c' }),
          ...{ scopes: ['a'], revocations, onError: (error) => errors.push(error) },
        });
        const check = async (text: string): Promise<number> => {
          const headers = { authorization: `Bearer ${text}` };
          const decision = await gate.check(new Request(gate.resource, { headers }), 'a');
          return decision.allowed ? 200 : decision.status;
        };
        await revocations.revoke({ subject: 'ray' }, { until: until() });
        expect([await check('ray'), await check('eve')]).toEqual([401, 200]);

        const killed = performance.now();
        await server.kill();
        await eventually(async () => (await check('eve')) === 503, 5_000);
        expect(performance.now() - killed).toBeLessThan(1_500);
        expect([await check('ray'), await check('eve')]).toEqual([401, 503]);
        expect(String(errors[0])).toMatch(/Redis has not answered for 1000 ms/);
        // Taken here, written later.
        const revoked = revocations.revoke({ subject: 'zoe' }, { until: until() });
        await expect(revoked).rejects.toBeInstanceOf(Error);
        expect(await check('zoe')).toBe(401);

        // Without its data.
        await server.restart();
        await eventually(async () => (await check('eve')) === 200);
        expect([await check('ray'), await check('zoe')]).toEqual([401, 401]);
        await eventually(async () => (await server.cli('zcard', KEY)) === '2');
        const other = await instance(name, server.port);
        await other.ready();
        expect(['ray', 'zoe', 'eve'].map((text) => other.isRevoked(token(text)))).toEqual([
          true,
          true,
          false,
        ]);
        await other.revoke({ subject: 'eve' }, { until: until() });
        await eventually(async () => (await check('eve')) === 401);
      } finally {
        await server.close();
      }
    });

    test('a server that stands still, and one whose answers are cut off [T90]', async () => {
      const server = await startServer(command);
      const proxy = await startAnsweringProxy(server.port, 'GET');
      try {
        const still = await instance(name, server.port, { timeout: 250, maxStaleness: 600 });
        const cut = await instance(name, proxy.port, { timeout: 250, maxStaleness: 600 });
        await Promise.all([still.ready(), cut.ready()]);
        proxy.answerWith('');
        await eventually(() => cannotTell(cut, 'eve'), 5_000);
        proxy.answerWith(undefined);
        server.pause();
        await eventually(() => cannotTell(still, 'eve'), 5_000);
        server.resume();
        await eventually(() => !cannotTell(still, 'eve'));
      } finally {
        server.resume();
        await proxy.close();
        await server.close();
      }
    });

    test("with `onStoreFailure: 'allow'` tokens pass, with a warning", async () => {
      const server = await startServer(command);
      try {
        const warnings: RedisWarning[] = [];
        const revocations = await instance(name, server.port, {
          ...{ timeout: 250, maxStaleness: 500, onStoreFailure: 'allow' },
          onWarning: (warning) => {
            warnings.push(warning);
            throw new Error('a hook changes nothing');
          },
        });
        expect(warnings.map(({ code }) => code)).toEqual(['failures_allowed']);
        await revocations.ready();
        await revocations.revoke({ subject: 'ray' }, { until: until() });
        await server.kill();
        await eventually(() => {
          expect(revocations.isRevoked(token('eve'))).toBe(false);
          return warnings.length === 2;
        });
        expect(revocations.isRevoked(token('eve'))).toBe(false);
        expect(revocations.isRevoked(token('ray'))).toBe(true);
        expect(warnings.map(({ code }) => code)).toEqual(['failures_allowed', 'connection_lost']);
      } finally {
        await server.close();
      }
    });
  });
});

const KEY = '{scopegate:revocations}';
const VERSION = `${KEY}:version`;
/** In one step: the instance writes the version again when it is missing. */
const LIST_INSTEAD = "redis.call('del', KEYS[1]) return redis.call('lpush', KEYS[1], 'x')";
const CHANNEL = `${KEY}:added`;

/** `ready` is not awaited: the server stands still. */
async function startPaused(name: ClientName, server: TestServer): Promise<RedisRevocations> {
  const started = instance(name, server.port);
  server.resume();
  const revocations = await started;
  server.pause();
  return revocations;
}

/** @param why - what the error must say */
function cannotTell(revocations: RedisRevocations, subject: string, why = /./): boolean {
  try {
    revocations.isRevoked(token(subject));
    return false;
  } catch (error) {
    return why.test(String(error));
  }
}

function refuses(revocations: RedisRevocations, subject: string): boolean {
  try {
    return revocations.isRevoked(token(subject));
  } catch {
    return false;
  }
}

test.each<readonly [message: string, options: unknown]>([
  ['redisRevocations.secret: expected', {}],
  ['redisRevocations.maxEntries: expected', { secret, maxEntries: 0 }],
  ['redisRevocations.maxStaleness: expected', { secret, maxStaleness: 100 }],
  ['redisRevocations.onStoreFailure: expected', { secret, onStoreFailure: true }],
  ['redisRevocations.onWarning: expected', { secret, onWarning: 'x' }],
  [
    'redisRevocations.timeout: expected a number of milliseconds from 1 to 60000',
    { secret, timeout: 60_001 },
  ],
  ['redisRevocations.poll: unknown option', { secret, poll: 5 }],
])('%s: %o', (message, options) => {
  const make = (): unknown => redisRevocations({ call: () => {} } as never, options as never);
  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});
