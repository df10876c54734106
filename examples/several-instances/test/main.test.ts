/** The README's three requests, with the build's own processes and a real server. */
import { fork, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { dpop } from '@scopegate/core/dpop';
import { memoryRevocations } from '@scopegate/core/revocations';
import { redisReplayStore } from '@scopegate/redis';
import { createKey, proofOf } from '../../../packages/core/test/support/dpop.js';
import { connectTo } from '../../../packages/store-redis/test/support/clients.js';
import { createNotesService } from '../src/notes-service.js';
import { freePort, startServer } from '../../../packages/store-redis/test/support/redis-server.js';

const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
const root = fileURLToPath(new URL('..', import.meta.url));

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

describe.runIf(hasRedis)('two instances', () => {
  test('what is revoked on the first is refused on the second', async () => {
    const server = await startServer('redis-server');
    closing.push(() => server.close());
    const [first, second] = [await start(server.url), await start(server.url)];
    const ask = async (origin: string, path: string, token: string, method = 'GET') => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${origin}${path}`, { method, headers })).status;
    };
    expect(await ask(second, '/notes', 'token-of-ray')).toBe(200);
    const revoke = '/revocations?subject=ray';
    expect(await ask(first, revoke, 'token-of-ray', 'POST')).toBe(403);
    expect(await ask(first, revoke, 'token-of-an-admin', 'POST')).toBe(204);
    await expect.poll(() => ask(second, '/notes', 'token-of-ray'), { timeout: 5_000 }).toBe(401);
    expect(await ask(first, '/notes', 'token-of-ray')).toBe(401);
    expect(await ask(second, '/notes', 'token-of-an-admin')).toBe(403);
    await server.kill();
    await expect
      .poll(() => ask(second, '/notes', 'token-of-an-admin'), { timeout: 5_000 })
      .toBe(503);
    await server.restart();
    await expect
      .poll(() => ask(second, '/notes', 'token-of-an-admin'), { timeout: 9_000 })
      .toBe(403);
    expect(await ask(second, '/notes', 'token-of-ray')).toBe(401);
  });
});

describe.runIf(hasRedis)('two instances with DPoP', () => {
  test('a proof that the first accepted is refused by the second, and none while Redis is down', async () => {
    const server = await startServer('redis-server', ['--appendonly', 'yes']);
    closing.push(() => server.close());
    const resource = 'http://localhost:3000';
    const key = createKey();
    const instance = async () => {
      const { client, close } = await connectTo('redis', server.port);
      closing.unshift(close);
      return createNotesService({
        resource,
        revocations: memoryRevocations(),
        dpop: dpop({ replay: redisReplayStore(client) }),
        verifier: (token) => ({
          claims: {
            ...{ sub: 'ray', client_id: 'app', scope: 'notes:read' },
            ...(token === 'bound' && { cnf: { jkt: key.jkt } }),
          },
        }),
      });
    };
    const [first, second] = [await instance(), await instance()];
    const prove = (): string => {
      const iat = Math.floor(Date.now() / 1000);
      return proofOf(key, 'bound', { claims: { iat, htm: 'GET', htu: `${resource}/notes` } });
    };
    const ask = async (service: typeof first, proof?: string): Promise<number> => {
      const authorization = proof === undefined ? 'Bearer plain' : 'DPoP bound';
      const headers = { authorization, ...(proof !== undefined && { dpop: proof }) };
      return (await service(new Request(`${resource}/notes`, { headers }))).status;
    };
    let used = prove();
    await expect.poll(() => ask(first, (used = prove())), { timeout: 10_000 }).toBe(200);
    await expect.poll(() => ask(second, used), { timeout: 10_000 }).toBe(401);
    await server.kill();
    expect(await ask(first, prove())).toBe(503);
    expect(await ask(second, used)).toBe(503);
    expect(await ask(first)).toBe(200);
    await server.restart();
    await expect.poll(() => ask(second, prove()), { timeout: 10_000 }).toBe(200);
    await expect.poll(() => ask(second, used), { timeout: 10_000 }).toBe(401);
  });
});

/** Starts the program of the README on a free port. */
async function start(redisUrl: string): Promise<string> {
  const port = await freePort();
  const child: ChildProcess = fork(`${root}dist/main.js`, {
    execArgv: [],
    stdio: 'ignore',
    env: {
      ...{ PORT: `${port}`, RESOURCE: 'http://localhost:3000', REDIS_URL: redisUrl },
      STORE_SECRET: 'a secret of at least 32 bytes, for tests',
    },
  });
  closing.push(() => child.kill('SIGKILL'));
  const origin = `http://127.0.0.1:${port}`;
  await expect
    .poll(
      () =>
        fetch(origin).then(
          () => true,
          () => false,
        ),
      { timeout: 20_000 },
    )
    .toBe(true);
  return origin;
}

test('the compose file sets what the program reads, and what the store needs', async () => {
  const compose = await readFile(`${root}compose.yaml`, 'utf8');
  const program = await readFile(`${root}src/main.ts`, 'utf8');
  const read = new Set([...program.matchAll(/([A-Z_]+) = '/g)].map(([, name]) => name));
  const set = new Set([...compose.matchAll(/^ {6}([A-Z_]+):/gm)].map(([, name]) => name));
  expect(set).toEqual(read);
  expect(compose).toContain('--appendonly yes');
  expect(compose).toContain('--maxmemory-policy noeviction');
});
