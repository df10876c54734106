import { createGate, defineScopes } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import { mcpPolicy } from '@scopegate/core/mcp';
import { exportNotes, mcp } from '@scopegate/example-notes'; // yours

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

// Each answers the metadata, too.
const guardedMcp = gate.fetch(mcp.fetch); // by tool; tools find authInfo
const guardedExport = gate.fetch(
  (_request, { auth }) => Response.json(exportNotes(auth?.subject)),
  'notes:read', // by route
);
/** @param {Request} request */
const serve = (request) =>
  new URL(request.url).pathname === '/export' ? guardedExport(request) : guardedMcp(request);

Bun.serve({ port: Number(PORT), hostname: 'localhost', fetch: serve });
console.log(`http://localhost:${PORT}/mcp`);
