/**
 * One instance of a service that calls another API, in a process of its own.
 *
 * @module
 */
import { createGate } from '@scopegate/core';
import { upstreamTokens } from '@scopegate/core/exchange';
import { redisUpstreamTokens } from '../../src/index.js';
import { connectTo } from './clients.js';
import type { ClientName } from './clients.js';

const [name, port, issuer] = process.argv.slice(2) as [ClientName, string, string];

const { client } = await connectTo(name, Number(port));
const gate = createGate({
  resource: 'https://notes.example.com/mcp',
  authorizationServers: ['https://idp.example.com'],
  verifier: (token) => ({ scopes: ['a'], subject: token.split('.')[0] ?? '', clientId: 'c' }),
  scopes: ['a'],
  issuersDiffer: true,
});
const shared = redisUpstreamTokens(client, {
  keys: ['a secret of at least 32 bytes, for tests'],
});
const upstream = upstreamTokens(gate, {
  issuer,
  tokenEndpoint: `${issuer}/token`,
  subjectIssuers: ['https://idp.example.com'],
  clientId: 'notes-api',
  clientAuthentication: { method: 'client_secret_post', secret: 'secret-of-the-server' },
  audience: 'orders',
  scopes: { a: 'api.a' },
  allowInsecureLoopback: true,
  timeout: 30_000,
  cache: { shared },
});

process.on('message', (token: string) => {
  void (async () => {
    const headers = { authorization: `Bearer ${token}` };
    const decision = await gate.check(new Request(gate.resource, { headers }), 'a');
    if (!decision.allowed) return `status ${decision.status}`;
    return upstream.token(decision.auth);
  })().then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.(String(error)),
  );
});
process.send?.('ready');
