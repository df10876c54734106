import { createGate, defineScopes } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import { mcpPolicy } from '@scopegate/core/mcp';
import { authOf, protect, resourceMetadata } from '@scopegate/hono';
import { serve } from '@hono/node-server';
import { exportNotes, mcp } from '@scopegate/example-notes'; // yours
import { Hono } from 'hono';

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

const app = new Hono();
app.use(resourceMetadata(gate)); // /.well-known/..., never guarded
app.all('/mcp', protect(gate), (c) => mcp.fetch(c.req.raw, { authInfo: authOf(gate, c) }));
app.get('/export', protect(gate, 'notes:read'), (c) =>
  c.json(exportNotes(authOf(gate, c).subject)),
);
serve({ fetch: app.fetch, port: Number(PORT) }, () => console.log(`http://localhost:${PORT}/mcp`));
