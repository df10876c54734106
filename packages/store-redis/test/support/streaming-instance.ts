/**
 * One instance of an MCP server, in a process of its own, whose streams end with access. The test bundles it.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
import { authenticated, createGate, defineScopes } from '@scopegate/core';
import type { Verifier } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';
import { createNodeGuard } from '@scopegate/core/node';
import { ownership } from '@scopegate/core/ownership';
import { redisRevocations } from '../../src/index.js';
import { connectTo } from './clients.js';
import type { ClientName } from './clients.js';

const [name, port] = process.argv.slice(2) as [ClientName, string];

/** A token is `<subject>/<seconds since the epoch at which it expires>`. */
const verify: Verifier = (token) => {
  const [subject = '', expiresAt] = token.split('/');
  return { scopes: [], subject, clientId: 'c', expiresAt: Number(expiresAt) };
};

const { client } = await connectTo(name, Number(port));
const secret = 'a secret of at least 32 bytes, for tests';
const revocations = redisRevocations(client, {
  ...{ secret, timeout: 2_000, maxStaleness: 4_000 },
});
const scopes = defineScopes(['notes:read']);
const gate = createGate({
  resource: 'https://notes.example.com/mcp',
  authorizationServers: ['https://idp.example.com'],
  verifier: Object.assign(verify, { clockTolerance: 0 }),
  tokenSyntax: 'opaque',
  scopes,
  policy: mcpPolicy(scopes, { tools: {}, otherMethods: authenticated() }),
  ownership: ownership({ keys: [secret] }),
  streams: 'end-with-access',
  revocations,
});
const guard = createNodeGuard(gate);
const mcp = toNodeHandler(
  createMcpHandler(() => {
    const server = new McpServer({ name: 'notes', version: '1.0.0' });
    server.registerTool('read_notes', {}, () => ({ content: [] }));
    return server;
  }),
);
const server = createServer((req, res) => {
  void Promise.resolve(guard({ req, res })).then((passed) => {
    if (passed === undefined) return undefined;
    if (req.method === 'DELETE') return void res.end();
    if (req.method === 'POST') return mcp(req as never, res, passed.body);
    // A stream without a session, as servers offered it until 2025-11-25.
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => res.write(': still here\n\n'), 50);
    res.once('close', () => clearInterval(timer));
    return undefined;
  });
});

process.on('message', (subject: string) => {
  const until = Date.now() / 1000 + 3600;
  void Promise.resolve(revocations.revoke({ subject }, { until })).then(() => process.send?.('ok'));
});
await revocations.ready();
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
