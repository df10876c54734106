/**
 * One framework in a process of its own, so that its CPU time is its own: `node server.mjs FRAMEWORK`.
 * It is told of the issuer and asked for CPU time over the channel to its parent.
 */
import { createGate, defineScopes } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import { mcpPolicy } from '@scopegate/core/mcp';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { RESOURCE } from './issuer.mjs';

const { createApps } = await import(`./apps/${process.argv[2]}.mjs`);

process.on('message', (message) => {
  if (message === 'cpu') process.send(process.cpuUsage());
  else listen(message).then((ports) => process.send(ports), fail);
});

/** Each candidate on a port of its own; a server has no other name. */
async function listen(issuer) {
  const ports = {};
  for (const [name, server] of Object.entries(await createApps(await setting(issuer)))) {
    ports[name] = await new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(server.address().port));
    });
  }
  return ports;
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

/** Shared by all candidates, so that they serve the same resource with the same scope and answers. */
async function setting({ issuer, jwk, pem }) {
  const scopes = defineScopes(['notes:read', 'notes:write', 'notes:list']);
  const gate = createGate({
    resource: RESOURCE,
    authorizationServers: [issuer],
    verifier: jwtVerifier({ issuer, allowInsecureLoopback: true }),
    scopes,
    initialScopes: ['notes:read'],
    policy: mcpPolicy(scopes, { tools: { read_notes: 'notes:read', add_note: 'notes:write' } }),
  });
  // Most services run this today: jose on every request, with a cached key set.
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  const verify = async (token) => {
    const options = { issuer, audience: RESOURCE, algorithms: ['ES256'] };
    const { payload } = await jwtVerify(token, keys, options);
    return {
      token,
      clientId: String(payload.client_id),
      scopes: String(payload.scope).split(' '),
      expiresAt: payload.exp,
    };
  };
  return {
    gate,
    issuer,
    jwk,
    pem,
    verify,
    constant: await constantOf(gate),
    notes: { notes: ['Water the plants', 'Call Mina'], total: 2 },
    result: (id) => ({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: 'ok' }] } }),
  };
}

/** The gate's own 401, for a hook that checks nothing. */
async function constantOf(gate) {
  const request = { method: 'GET', url: '/notes', headers: { get: () => null } };
  const { status, headers, body } = await gate.check(request, 'notes:read');
  return { status, headers, body, record: Object.fromEntries(headers), bytes: Buffer.from(body) };
}
