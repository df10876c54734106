import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { redisReplayStore } from '../src/index.js';
import type { RedisReplayStore, StoreOptions } from '../src/index.js';
import { replayStore } from '../src/redis-replay-store.js';
import { CLIENTS, connectTo } from './support/clients.js';
import type { Connected } from './support/clients.js';
import { startAnsweringProxy } from './support/answering-proxy.js';
import type { AnsweringProxy } from './support/answering-proxy.js';
import { SERVERS, eventually, startServer } from './support/redis-server.js';
import type { TestServer } from './support/redis-server.js';

const seconds = (): number => Math.floor(Date.now() / 1000);
const times = (): { expiresAt: number; owner: string } => ({
  expiresAt: seconds() + 330,
  owner: 'key',
});

const open: Connected[] = [];
const closing = (connected: Connected): Connected => {
  open.push(connected);
  return connected;
};
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

describe.each(SERVERS)('%s', (command) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(command);
  });
  afterAll(() => server.close());

  describe.each(CLIENTS)('over %s', (name) => {
    // A machine under load is no broken server: the bound of 250 ms has tests of its own.
    const patient = { prefix: 'scopegate', maxPerOwner: 100_000, timeout: 10_000 };
    let store: RedisReplayStore;
    beforeEach(async () => {
      await server.cli('flushall');
      const { client } = closing(await connectTo(name, server.port));
      store = replayStore(client, patient);
    });

    test('a proof is stored once [DP-8, T100]', async () => {
      expect(await store.insert('a', times())).toBe('stored');
      expect(await store.insert('a', times())).toBe('seen');
      expect(await store.insert('b', times())).toBe('stored');
    });

    test('of 1,000 at once, one is stored [DP-8, T100]', async () => {
      const all = Array.from({ length: 1_000 }, () => store.insert('a', times()));
      const answers = await Promise.all(all);
      expect(answers.filter((answer) => answer === 'stored')).toHaveLength(1);
      expect(answers.filter((answer) => answer === 'seen')).toHaveLength(999);
    });

    test('keys are prefixed hashes [T100]', async () => {
      const id = 'an id with a jti';
      await store.insert(id, times());
      const hash = createHash('sha256').update(id).digest('base64url');
      expect(await server.cli('keys', '*')).toBe(`scopegate:proof:${hash}`);
      expect(await server.cli('get', `scopegate:proof:${hash}`)).toBe('1');
    });

    test('a proof is kept for a minute beyond its end: clocks differ [DP-8, T92]', async () => {
      await store.insert('a', times());
      await store.insert('b', { expiresAt: seconds() - 30, owner: 'key' });
      const lives = await Promise.all(
        ['a', 'b'].map(async (id) => {
          const hash = createHash('sha256').update(id).digest('base64url');
          return Number(await server.cli('pttl', `scopegate:proof:${hash}`));
        }),
      );
      expect(lives[0]).toBeGreaterThan(385_000);
      expect(lives[0]).toBeLessThanOrEqual(390_000);
      // By the clock of this instance it has ended; another one may be behind.
      expect(lives[1]).toBeGreaterThan(55_000);
    });

    test('a key that stored its share is refused alone, and replays do not fill it [DP-8]', async () => {
      const { client } = closing(await connectTo(name, server.port));
      const bounded = replayStore(client, { ...patient, maxPerOwner: 3 });
      const insert = (id: string, owner: string): Promise<string> =>
        bounded.insert(id, { ...times(), owner });
      for (let index = 0; index < 5; index++) await insert('a', 'victim');
      expect(await insert('b', 'victim')).toBe('stored');
      for (const id of ['c', 'd', 'e']) expect(await insert(id, 'flood')).toBe('stored');
      for (const id of ['c', 'f', 'g']) expect(await insert(id, 'flood')).toBe('full');
      expect(await insert('h', 'victim')).toBe('stored');
      expect(await insert('i', 'victim')).toBe('full');
      expect(await server.cli('dbsize')).toBe('6');
    });

    test('prefixes are apart', async () => {
      const { client } = closing(await connectTo(name, server.port));
      expect(await store.insert('a', times())).toBe('stored');
      const other = redisReplayStore(client, { prefix: 'other' });
      expect(await other.insert('a', times())).toBe('stored');
    });

    test.each([NaN, Infinity, Date.now() + 330_000, '5', undefined])(
      'expiresAt %o rejects',
      async (expiresAt) => {
        const insert = store.insert('a', { expiresAt, owner: 'key' } as never);
        await expect(insert).rejects.toThrow(TypeError);
      },
    );

    test('no memory left, without eviction: rejects [T90]', async () => {
      await server.cli('config', 'set', 'maxmemory', '1mb');
      try {
        await expect(store.insert('a', times())).rejects.toThrow(/OOM/);
      } finally {
        await server.cli('config', 'set', 'maxmemory', '0');
      }
      expect(await store.insert('a', times())).toBe('stored');
    });

    test('a key of another type is no proof that was stored here', async () => {
      const hash = createHash('sha256').update('a').digest('base64url');
      await server.cli('lpush', `scopegate:proof:${hash}`, 'x');
      expect(await store.insert('a', times())).toBe('seen');
    });
  });

  describe.each(CLIENTS)('that fails, over %s', (name) => {
    test('killed: rejects, and works again when it is back [T90]', async () => {
      const own = await startServer(command);
      try {
        const { client } = closing(await connectTo(name, own.port));
        const store = redisReplayStore(client);
        expect(await store.insert('a', times())).toBe('stored');
        await own.kill();
        for (let index = 0; index < 10; index++) {
          const started = performance.now();
          await expect(store.insert(`b${index}`, times())).rejects.toBeInstanceOf(Error);
          expect(performance.now() - started).toBeLessThan(1_000);
        }
        await own.restart();
        await eventually(() =>
          store.insert(`c${Math.random()}`, times()).then(
            (answer) => answer === 'stored',
            () => false,
          ),
        );
      } finally {
        await own.close();
      }
    });

    test('standing still: rejects after 250 ms, and memory is bounded [T90]', async () => {
      const own = await startServer(command);
      try {
        const { client } = closing(await connectTo(name, own.port));
        const store = redisReplayStore(client);
        await store.insert('a', times());
        own.pause();
        const started = performance.now();
        await expect(store.insert('b', times())).rejects.toThrow(/longer than 250 ms/);
        expect(performance.now() - started).toBeGreaterThan(240);
        expect(performance.now() - started).toBeLessThan(1_500);
        const flood = Array.from({ length: 17_000 }, (_, index) =>
          store.insert(`f${index}`, times()).catch((error: Error) => error.message),
        );
        const answers = await Promise.all(flood);
        expect(answers.filter((one) => /are without an answer: too many/.test(one))).toHaveLength(
          17_000 - 16_384 + 1,
        );
        own.resume();
        await eventually(() =>
          store.insert(`c${Math.random()}`, times()).then(
            (answer) => answer === 'stored',
            () => false,
          ),
        );
      } finally {
        await own.close();
      }
    });
  });
});

/** What a server may answer to `SET` instead of `OK` or null. */
const NONSENSE: Readonly<Record<string, string>> = {
  'another text': '+QUEUED\r\n',
  'a bulk text': '$5\r\nhello\r\n',
  'an empty text': '$0\r\n\r\n',
  'a number': ':1\r\n',
  zero: ':0\r\n',
  'an error': '-ERR no\r\n',
  'a redirection': '-MOVED 1 127.0.0.1:1\r\n',
  'an empty list': '*0\r\n',
  'a list with OK': '*1\r\n+OK\r\n',
  'an old value': '$1\r\n1\r\n',
  nothing: '',
  'what is no RESP': 'HTTP/1.1 200 OK\r\n\r\n',
};

describe.runIf(SERVERS.length > 0).each(CLIENTS)('answers to SET, over %s', (name) => {
  let server: TestServer;
  let proxy: AnsweringProxy;
  beforeAll(async () => {
    server = await startServer(SERVERS[0] as string);
    proxy = await startAnsweringProxy(server.port);
  });
  afterAll(async () => {
    await proxy.close();
    await server.close();
  });

  test.each([
    ['stored', '+OK\r\n'],
    ['stored', '$2\r\nOK\r\n'],
    ['seen', '$-1\r\n'],
  ])('%s: %o', async (expected, answer) => {
    proxy.answerWith(answer);
    const { client } = closing(await connectTo(name, proxy.port));
    expect(await redisReplayStore(client).insert('a', times())).toBe(expected);
  });

  test.each(Object.entries(NONSENSE))('%s: rejects [T90]', async (_what, answer) => {
    proxy.answerWith(answer);
    const { client } = closing(await connectTo(name, proxy.port));
    const before = proxy.answered;
    await expect(redisReplayStore(client).insert('a', times())).rejects.toBeInstanceOf(Error);
    expect(proxy.answered).toBeGreaterThan(before);
  });
});

test.each<readonly [message: string, client: unknown, options?: StoreOptions]>([
  ['redisReplayStore: expected a client', undefined],
  ['redisReplayStore: expected a client', {}],
  ['redisReplayStore: expected a client', 'redis://localhost'],
  ['redisReplayStore.prefix: expected', { call: () => {} }, { prefix: '' }],
  ['redisReplayStore.prefix: expected', { call: () => {} }, { prefix: 'a{b}' }],
  ['redisReplayStore.prefix: expected', { call: () => {} }, { prefix: 'a b' }],
  ['redisReplayStore.timeout: expected', { call: () => {} }, { timeout: 0 }],
  [
    'redisReplayStore.timeout: expected a number of milliseconds (a gate waits no longer) from 1 to 250',
    { call: () => {} },
    { timeout: 251 },
  ],
  ['redisReplayStore.timeout: expected', { call: () => {} }, { timeout: Infinity }],
  ['redisReplayStore.ttl: unknown option', { call: () => {} }, { ttl: 5 } as never],
])('%s', (message, client, options = {}) => {
  const make = (): unknown => redisReplayStore(client as never, options as StoreOptions);
  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});
