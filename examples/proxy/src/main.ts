/**
 * Starts the server and the gate in front of it, and calls tools as a reader and as a writer.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { staticTokens } from '@scopegate/core';
import { createGuard } from './guard.js';
import { CREDENTIAL, createUpstream } from './upstream.js';

const upstream = createUpstream((tool, user) => {
  console.log(`      upstream: ${tool} runs for ${user}`);
});
const inner = await listen(upstream);

// The port must be known before the gate: clients are told the resource's URL.
const front = createServer();
const outer = await listen(front);
const guard = createGuard({
  resource: `${outer}/mcp`,
  issuer: 'https://idp.example.com',
  upstream: `${inner}/mcp`,
  credential: CREDENTIAL,
  // For a first look: users sign in at an authorization server, and `jwtVerifier` takes its place.
  verifier: staticTokens({
    'token-of-a-reader': { scopes: ['notes:read'], subject: 'ray' },
    'token-of-a-writer': { scopes: ['notes:write'], subject: 'kim' },
  }),
  onError: (error, { reason }) => console.log(`      ${reason}:`, error),
});
const listener = getRequestListener(guard);
front.on('request', (req, res) => void listener(req, res));

console.log(
  `A gate at ${outer}/mcp, before a server at ${inner}/mcp that knows nothing of OAuth.\n`,
);
await call('read_notes');
await call('read_notes', 'token-of-a-reader');
await call('add_note', 'token-of-a-reader');
await call('add_note', 'token-of-a-writer');
await call('count', 'token-of-a-reader');
await call('purge', 'token-of-a-writer');
front.close();
upstream.close();

async function call(name: string, token?: string): Promise<void> {
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } };
  const response = await fetch(`${outer}/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(message),
  });
  const challenge = response.headers.get('www-authenticate');
  console.log(`${response.status}   ${name}, ${token ?? 'no token'}`);
  if (challenge !== null) console.log(`      ${challenge}`);
  await response.text();
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port to listen on');
  return `http://localhost:${address.port}`;
}
