import { createGate, defineScopes } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import { mcpPolicy } from '@scopegate/core/mcp';
import { authOf, protect, resourceMetadata } from '@scopegate/fastify';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { exportNotes, mcp } from '@scopegate/example-notes'; // yours
import Fastify from 'fastify';

const { PORT = '3000', ISSUER = 'https://idp.example.com' } = process.env;

const scopes = defineScopes({
  'notes:read': { description: 'Read notes' },
  'notes:write': { description: 'Add and change notes', implies: ['notes:read'] },
  'admin:notes': { description: 'Purge notes', implies: ['notes:write'] },
});

const gate = createGate({
  resource: `http://localhost:${PORT}/mcp`, // the URL that clients type: https once it is deployed
  authorizationServers: [ISSUER],
  verifier: jwtVerifier({ issuer: ISSUER, allowInsecureLoopback: true }),
  scopes,
  initialScopes: ['notes:read'], // what a first login should ask for
  policy: mcpPolicy(scopes, {
    tools: { read_notes: 'notes:read', add_note: 'notes:write', admin_purge: 'admin:notes' },
  }),
});

const node = toNodeHandler(mcp);
const app = Fastify();
app.register(resourceMetadata(gate)); // /.well-known/..., never guarded
app.all('/mcp', protect(gate), (request, reply) => {
  reply.hijack(); // the SDK writes; tools find authInfo
  return node(request.raw, reply.raw, request.body);
});
app.get('/export', protect(gate, 'notes:read'), (request) =>
  exportNotes(authOf(gate, request).subject),
);
await app.listen({ port: Number(PORT), host: 'localhost' });
console.log(`http://localhost:${PORT}/mcp`);
