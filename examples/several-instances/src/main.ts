/**
 * Starts one instance.
 *
 * @module
 */
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { staticTokens } from '@scopegate/core';
import { dpop } from '@scopegate/core/dpop';
import { redisReplayStore, redisRevocations } from '@scopegate/redis';
import { createClient } from 'redis';
import { createNotesService } from './notes-service.js';

const { PORT = '3000', RESOURCE = '', REDIS_URL = '', STORE_SECRET = '' } = process.env;

const client = createClient({ url: REDIS_URL });
// Without a listener, a lost connection would end the process.
client.on('error', (error) => console.error('redis:', error));
await client.connect();

const revocations = redisRevocations(client, { secret: STORE_SECRET });
const service = createNotesService({
  resource: RESOURCE,
  revocations,
  // A proof that one instance accepted is refused by all of them.
  dpop: dpop({ replay: redisReplayStore(client) }),
  // For a first look: users sign in at an authorization server, and `jwtVerifier` takes its place.
  verifier: staticTokens({
    'token-of-ray': { scopes: ['notes:read'], subject: 'ray' },
    'token-of-an-admin': { scopes: ['users:revoke'], subject: 'kim' },
  }),
});

// Before that, every token is answered with 503.
await revocations.ready();
const listener = getRequestListener(service);
createServer((req, res) => void listener(req, res)).listen(Number(PORT));
