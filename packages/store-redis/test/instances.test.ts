/** Four processes over one server, and over a Cluster of three: what they must agree on. */
import { spawn } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { redisReplayStore, redisRevocations, redisTokenCache } from '../src/index.js';
import { CLIENTS, connectTo } from './support/clients.js';
import { startInstance } from './support/processes.js';
import type { Instance } from './support/processes.js';
import { SERVERS, eventually, pause, startCluster, startServer } from './support/redis-server.js';
import type { TestServer } from './support/redis-server.js';

/** The processes and connections of one test. */
const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Servers {
  readonly nodes: readonly TestServer[];
  readonly close: () => Promise<void>;
}

async function oneServer(command: string): Promise<Servers> {
  // What survives a kill must be on the disk: proofs that Redis forgot could be used again.
  const server = await startServer(command, ['--appendonly', 'yes', '--appendfsync', 'always']);
  return { nodes: [server], close: () => server.close() };
}

const proofs = (count: number, round: string): string[] =>
  Array.from({ length: count }, (_, index) => `proof-${round}-${index}`);

describe.each(SERVERS)('%s', (command) => {
  describe.each([
    ['one server', oneServer],
    ['a Cluster of three', startCluster],
  ] as const)('%s', (_what, start) => {
    let servers: Servers;
    beforeAll(async () => {
      servers = await start(command);
    });
    afterAll(() => servers.close());

    describe.each(CLIENTS)('over %s', (name) => {
      /** The same processes for all tests: what happened to the servers before must not matter. */
      let all: readonly Instance[] = [];
      beforeAll(async () => {
        const ports = servers.nodes.map(({ port }) => port);
        all = await Promise.all(Array.from({ length: 4 }, () => startInstance(name, ports)));
      });
      afterAll(() => {
        for (const one of all) one.close();
      });

      test('4 processes, 10,000 replays of 100 proofs at once: each stored once [DP-8, T100]', async () => {
        const results = await Promise.all(all.map((one) => one.insert(proofs(100, name), 25)));
        const stored = results.flatMap((result) => result.stored);
        expect(stored).toHaveLength(100);
        expect(new Set(stored).size).toBe(100);
        expect(results.map(({ failed }) => failed)).toEqual([0, 0, 0, 0]);
        expect(results.reduce((sum, { seen }) => sum + seen, 0)).toBe(9_900);
      });

      test('killed in the middle: no proof is stored twice, and it goes on [DP-8, T90, T100]', async () => {
        const { nodes } = servers;
        const seen = new Map<string, number>();
        const run = { isRunning: true };
        let failed = 0;
        const loop = async (one: Instance): Promise<void> => {
          // Rounds of proofs that all processes try, with some of earlier rounds.
          for (let round = 0; run.isRunning; round++) {
            const ids = [round, round >> 1].flatMap((number) => proofs(20, `${name}-${number}`));
            const result = await one.insert(ids, 2, true);
            failed += result.failed;
            for (const id of result.stored) seen.set(id, (seen.get(id) ?? 0) + 1);
          }
        };
        const loops = all.map((one) => loop(one));
        await pause(300);
        const [first] = nodes as [TestServer];
        await first.kill();
        await pause(1_500);
        await first.restart();
        await pause(500);
        run.isRunning = false;
        await Promise.all(loops);
        expect(failed).toBeGreaterThan(0);
        expect([...seen].filter(([, times]) => times > 1)).toEqual([]);

        // The same processes, with the server back.
        await eventually(async () => {
          const ids = (): string[] => proofs(30, `${Math.random()}`);
          const results = await Promise.all(all.map((one) => one.insert(ids(), 1, true)));
          return results.every(({ stored }) => stored.length === 30);
        });
        const expected = proofs(100, `${name}-after`);
        const after = await Promise.all(all.map((one) => one.insert(expected, 5)));
        const stored = after.flatMap((result) => result.stored);
        expect(stored.toSorted()).toEqual(expected.toSorted());
      });

      test('a revocation on one of 4 processes is refused on all within a second', async () => {
        const rounds: number[] = [];
        // A machine under load may need a second for nothing: the quickest of some rounds counts.
        for (let round = 0; round < 5 && !(Math.min(...rounds) < 1_000); round++) {
          const subject = `${name}-${round}`;
          await eventually(async () => {
            const statuses = await Promise.all(all.map((one) => one.check(subject)));
            return statuses.every((status) => status === 200);
          });
          const started = performance.now();
          await all[0]?.revoke(subject);
          const times = await Promise.all(
            all.map(async (one) => {
              await eventually(async () => (await one.check(subject)) === 401);
              return performance.now() - started;
            }),
          );
          rounds.push(Math.max(...times));
        }
        expect(Math.min(...rounds)).toBeLessThan(1_000);
        await eventually(async () => (await all[3]?.check('eve')) === 200);
      });
    });
  });

  test('a process that stood still does not use what it knew before', async () => {
    const server = await startServer(command);
    closing.push(() => server.close());
    const [first, second] = await Promise.all([
      startInstance('redis', [server.port]),
      startInstance('redis', [server.port]),
    ]);
    closing.push(first.close, second.close);
    await eventually(async () => (await second.check('ray')) === 200);
    second.pause();
    await first.revoke('ray');
    await pause(1_500);
    // These wait for the process before its timers do.
    const answers = Array.from({ length: 5 }, () => second.check('ray'));
    second.resume();
    expect(await Promise.all(answers)).not.toContain(200);
    await eventually(async () => (await second.check('ray')) === 401);
    await eventually(async () => (await second.check('eve')) === 200);
  });

  test('`monitor` shows no token, proof, jti or user [T86, T100]', async () => {
    const server = await startServer(command);
    closing.push(() => server.close());
    const monitor = spawn('redis-cli', ['-p', `${server.port}`, 'monitor']);
    closing.push(() => monitor.kill());
    let seen = '';
    monitor.stdout.on('data', (data) => (seen += String(data)));
    await eventually(() => seen.includes('OK'));
    const secret = 'a secret of at least 32 bytes, for tests';
    for (const name of CLIENTS) {
      const { client, close } = await connectTo(name, server.port);
      closing.push(close);
      const times = { expiresAt: Date.now() / 1000 + 60, owner: 'RAW-owner' };
      await redisReplayStore(client).insert('RAW-proof RAW-jti', times);
      const cache = redisTokenCache(client, { secret });
      await cache.set('RAW-token', { jti: 'RAW-jti', sub: 'RAW-user' }, times);
      await cache.get('RAW-token');
      const revocations = redisRevocations(client, { secret });
      closing.push(() => revocations.close());
      await revocations.ready();
      const raw = { jti: 'RAW-jti', subject: 'RAW-user', bindingKey: 'RAW-key' };
      await revocations.revoke(raw, { until: times.expiresAt });
      await revocations.revoke({ subject: 'RAW-second' }, { until: times.expiresAt });
    }
    await eventually(() => seen.split('"publish"').length + seen.split('"PUBLISH"').length >= 6);
    for (const verb of ['set', 'get', 'zadd', 'incr', 'publish', 'zscan']) {
      expect(seen.toLowerCase()).toContain(`"${verb}"`);
    }
    // Each long text is a hash or sealed; none of them contains a word that went in.
    for (const text of [seen, ...seen.split(/[^\w-]+/).map((one) => decode(one))]) {
      expect(text).not.toMatch(/RAW-/);
    }
    const keys = seen.match(/scopegate[^"]*/g) ?? [];
    for (const key of keys) {
      expect(key).toMatch(/^scopegate:(?:(?:proof|token):[\w-]{43}|revocations\}(?::\w+)?)$/);
    }
  });
});

function decode(text: string): string {
  return Buffer.from(text, 'base64url').toString('latin1');
}

test.skipIf(SERVERS.length === 0)(
  'a server is installed, so that nothing above was skipped',
  () => {
    expect(SERVERS).toContain('redis-server');
  },
);
