import { createGate, defineScopes } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import { mcpPolicy } from '@scopegate/core/mcp';
import { authOf, protect, resourceMetadata, scopeErrors } from '@scopegate/express';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { exportNotes, mcp } from '@scopegate/example-notes'; // yours
import express from 'express';

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

const app = express();
app.use(resourceMetadata(gate)); // /.well-known/..., never guarded
app.all('/mcp', protect(gate), toNodeHandler(mcp)); // by tool; tools find authInfo
app.get('/export', protect(gate, 'notes:read'), (req, res) => {
  res.json(exportNotes(authOf(gate, req).subject)); // by route
});
app.use(scopeErrors(gate)); // a handler's InsufficientScopeError is the same 403
app.listen(Number(PORT), () => console.log(`http://localhost:${PORT}/mcp`));
