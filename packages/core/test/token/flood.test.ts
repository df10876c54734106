/** Floods of bad tokens: what they cost in memory, and that they do not reach the signature. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGate } from '../../src/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import { startIssuer } from '../support/issuer.js';
import type { TestIssuer } from '../support/issuer.js';

const RESOURCE = 'https://notes.example.com/mcp';
const MEGABYTE = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

let idp: TestIssuer;
beforeAll(async () => {
  idp = await startIssuer(RESOURCE);
});
afterAll(() => idp.close());

function heap(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

test('a million distinct bad tokens leave nothing behind, and reach no key [T88, T60, T63, T64, T65, T66, T67, T68]', async () => {
  const script = fileURLToPath(new URL('../support/flood.mjs', import.meta.url));
  const run = await promisify(execFile)(process.execPath, ['--expose-gc', script]);
  const { statuses, growth, keysAskedFor, last } = JSON.parse(run.stdout) as Record<
    string,
    unknown
  >;
  expect(statuses).toEqual({ 401: 1_010_000 });
  expect(Number(growth) / MEGABYTE).toBeLessThan(20);
  // The keys were asked for once, for the one token with nothing else wrong.
  expect({ keysAskedFor, last }).toEqual({ keysAskedFor: 1, last: 503 });
}, 120_000);

test('forged signatures and unknown keys leave nothing behind either [T88, T80]', async () => {
  const verifier = jwtVerifier({ issuer: idp.issuer, allowInsecureLoopback: true });
  const gate = createGate({ resource: RESOURCE, verifier, scopes: ['notes:read'] });
  const good = await idp.token();
  const [head = '', body = ''] = good.split('.');
  const statusOf = async (token: string): Promise<number> => {
    const headers = {
      get: (name: string) => (name === 'authorization' ? `Bearer ${token}` : null),
    };
    const decision = await gate.decide({ method: 'GET', url: '/', headers }, 'notes:read');
    return decision.allowed ? 200 : decision.status;
  };
  expect(await statusOf(good)).toBe(200);
  const flood = async (from: number, to: number): Promise<void> => {
    for (let i = from; i < to; i += 10) {
      const statuses = await Promise.all(
        Array.from({ length: 10 }, (_, offset) => {
          const tail = `${(i + offset).toString(36).padStart(85, 'A')}A`;
          const kid = encode({ alg: 'ES256', typ: 'at+jwt', kid: tail });
          return statusOf(`${offset === 0 ? head : kid}.${body}.${tail}`);
        }),
      );
      if (statuses.some((status) => status !== 401 && status !== 503))
        throw new Error(`${i}: ${statuses.join()}`);
    }
  };
  await flood(0, 1_000);
  const before = heap();
  await flood(1_000, 21_000);
  expect((heap() - before) / MEGABYTE).toBeLessThan(5);
  // Metadata, keys, and one look for the unknown ids for each half minute that this takes.
  expect(idp.requests.length).toBeLessThanOrEqual(5);
  expect(await statusOf(good)).toBe(200);
}, 60_000);

test('a full cache is within its bounds [T88]', async () => {
  const verifier = jwtVerifier({
    ...{ issuer: idp.issuer, jwks: { keys: [idp.publicJwk] } },
    cache: { maxBytes: 2 * MEGABYTE },
  });
  const context = { resource: RESOURCE, signal: new AbortController().signal };
  const fill = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      if ((await verifier(await idp.token(), context)) === undefined) throw new Error('refused');
    }
  };
  await fill(10);
  const before = heap();
  await fill(2_000);
  expect((heap() - before) / MEGABYTE).toBeLessThan(2);
}, 60_000);
