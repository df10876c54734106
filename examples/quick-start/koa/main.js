import { createGate, defineScopes } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import { mcpPolicy } from '@scopegate/core/mcp';
import { authOf, protect, resourceMetadata } from '@scopegate/koa';
import { Router } from '@koa/router';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { exportNotes, mcp } from '@scopegate/example-notes'; // yours
import Koa from 'koa';

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
const router = new Router();
router.all('/mcp', protect(gate), (ctx) => {
  ctx.respond = false; // the SDK writes; tools find authInfo
  return node(ctx.req, ctx.res, ctx.request.body);
});
router.get('/export', protect(gate, 'notes:read'), (ctx) => {
  ctx.body = exportNotes(authOf(gate, ctx).subject);
});

const app = new Koa();
app.use(resourceMetadata(gate)); // /.well-known/..., never guarded
app.use(router.routes());
app.listen(Number(PORT), () => console.log(`http://localhost:${PORT}/mcp`));
