#!/usr/bin/env node
/**
 * `npm run bench:stores`: what the shared stores add to the bare command of the client, and what a list of
 * revocations adds to a check of a token that was verified before. Needs `redis-server` on the PATH.
 */
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createGate } from '@scopegate/core';
import { memoryRevocations } from '@scopegate/core/revocations';
import { jwtVerifier } from '@scopegate/core/jwt';
import { redisReplayStore, redisRevocations } from '@scopegate/redis';
import { Redis } from 'ioredis';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { createClient } from 'redis';
import { row } from '../measure.mjs';

const port = await freePort();
const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', ''];
const server = spawn('redis-server', options, { stdio: 'ignore' });
const clients = {
  redis: createClient({ socket: { host: '127.0.0.1', port } }),
  ioredis: new Redis({ host: '127.0.0.1', port }),
};
clients.redis.on('error', () => {});
clients.ioredis.on('error', () => {});
await clients.redis.connect();

console.log(`Node ${process.version}; the first line of each row is 1.00 x, larger is slower.`);
const bare = {
  redis: (key) => clients.redis.set(key, '1', { PX: 390_000, NX: true }),
  ioredis: (key) => clients.ioredis.set(key, '1', 'PX', 390_000, 'NX'),
};
const HUNDRED = Array.from({ length: 100 });
const times = { expiresAt: Date.now() / 1000 + 330, owner: 'key' };
for (const [name, client] of Object.entries(clients)) {
  const store = redisReplayStore(client);
  await awaited(`A proof, one after another, over ${name}`, 2_000, {
    'a bare SET NX PX': () => bare[name](newKey()),
    redisReplayStore: () => store.insert(randomUUID(), times),
  });
  await awaited(`100 proofs at once, over ${name}`, 100, {
    'bare SET NX PX': () => Promise.all(HUNDRED.map(() => bare[name](newKey()))),
    redisReplayStore: () => Promise.all(HUNDRED.map(() => store.insert(randomUUID(), times))),
  });
}

await warmChecks();
clients.ioredis.disconnect();
clients.redis.destroy();
server.kill();

/** A key as long as the store's. */
function newKey() {
  return `scopegate:proof:${createHash('sha256').update(randomUUID()).digest('base64url')}`;
}

/** Runs each candidate `count` times in each of 9 interleaved rounds, and prints the median round. */
async function awaited(title, count, candidates) {
  const samples = new Map(Object.keys(candidates).map((name) => [name, []]));
  for (let round = 0; round < 10; round++) {
    for (const [name, run] of Object.entries(candidates)) {
      const started = performance.now();
      for (let index = 0; index < count; index++) await run();
      // The first round warms up.
      if (round > 0) samples.get(name).push((performance.now() - started) / count);
    }
  }
  console.log(`\n${title}`);
  const medians = [...samples].map(([name, all]) => [name, all.toSorted((a, b) => a - b)[4]]);
  for (const [name, ms] of medians) {
    const ratio = (ms / medians[0][1]).toFixed(2).padStart(8);
    console.log(`  ${name.padEnd(38)} ${ratio} x  ${(ms * 1000).toFixed(0)} µs`);
  }
}

async function warmChecks() {
  const RESOURCE = 'https://notes.example.com/mcp';
  const issuer = 'https://idp.example.com';
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' };
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, aud: RESOURCE, sub: 'ray', client_id: 'c', scope: 'a', iat: now };
  const token = await new SignJWT({ ...claims, exp: now + 3600, jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k1' })
    .sign(privateKey);
  const headers = new Headers({ authorization: `Bearer ${token}` });
  const request = { method: 'GET', url: '/mcp', headers };
  const checking = async (revocations) => {
    const verifier = jwtVerifier({ issuer, jwks: { keys: [jwk] } });
    const gate = createGate({ resource: RESOURCE, verifier, scopes: ['a'], revocations });
    const route = gate.route('a');
    if (!(await route.check(request)).allowed) throw new Error('the token is refused');
    return () => route.decide(request);
  };
  const filled = memoryRevocations();
  for (let index = 0; index < 10_000; index++) {
    void filled.revoke({ subject: `user-${index}`, issuedBefore: now }, { until: now + 3600 });
  }
  const secret = randomUUID();
  // The loops that are measured let no answer of Redis in.
  const shared = redisRevocations(clients.redis, { secret, maxStaleness: 60_000 });
  await shared.ready();
  for (let index = 0; index < 1_000; index++) {
    await shared.revoke({ subject: `user-${index}`, issuedBefore: now }, { until: now + 3600 });
  }
  await row('A check of a token that was verified before', {
    'without revocations': await checking(undefined),
    'memoryRevocations, empty': await checking(memoryRevocations()),
    'memoryRevocations, 10,000 entries': await checking(filled),
    'redisRevocations, 1,000 entries': await checking(shared),
  });
  shared.close();
}

async function freePort() {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port: free } = probe.address();
  probe.close();
  await once(probe, 'close');
  return free;
}
