/**
 * One framework in a process of its own, so that its CPU time is its own: `node server.mjs FRAMEWORK`.
 * It is told of the issuer and asked for CPU time over the channel to its parent.
 */
import { createGate, defineScopes } from '@scopegate/core';
import { dpop, memoryReplayStore } from '@scopegate/core/dpop';
import { jwtVerifier } from '@scopegate/core/jwt';
import { mcpPolicy } from '@scopegate/core/mcp';
import { EmbeddedJWK, createRemoteJWKSet, jwtVerify } from 'jose';
import { BOUND, RAW_JOSE } from './cases.mjs';
import { RESOURCE } from './issuer.mjs';

const [, , framework] = process.argv;
const { createApps } = await import(`./apps/${framework === 'bun' ? 'fetch' : framework}.mjs`);

process.on('message', (message) => {
  if (message === 'cpu') process.send(process.cpuUsage());
  else if (message === 'heap') process.send(heapUsed());
  else listen(message).then((ports) => process.send(ports), fail);
});

/** In bytes, after a collection; for a process with `--expose-gc`. */
function heapUsed() {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/** Each candidate on a port of its own; a server has no other name. */
async function listen(issuer) {
  const ports = {};
  const shared = await setting(issuer);
  const apps = { ...(await createApps(shared)), ...(await boundApps(shared)) };
  for (const [name, server] of Object.entries(apps)) {
    // Its connections stay while all others have their turns.
    server.keepAliveTimeout = 60_000;
    ports[name] = await new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(server.address().port));
    });
  }
  return ports;
}

/** The gate with DPoP and what it is compared with; for servers of Node. */
async function boundApps(shared) {
  const { bare } = await createApps(shared);
  if (bare.listeners === undefined) return {};
  const { scopegate: bound } = await createApps({ ...shared, gate: shared.boundGate });
  return { [BOUND]: bound, [RAW_JOSE]: verifyingFirst(bare, shared.verify) };
}

/** The framework's own answer behind jose's verification of the token and of the proof, and nothing else. */
function verifyingFirst(server, verify) {
  const [answer] = server.listeners('request');
  server.removeAllListeners('request');
  const typ = 'dpop+jwt';
  server.on('request', async (req, res) => {
    try {
      await verify(req.headers.authorization.slice('DPoP '.length));
      await jwtVerify(req.headers.dpop, EmbeddedJWK, { typ, algorithms: ['ES256'] });
      res.setHeader('Vary', 'Authorization');
      answer.call(server, req, res);
    } catch {
      res.writeHead(401).end();
    }
  });
  return server;
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

/** Shared by all candidates, so that they serve the same resource with the same scope and answers. */
async function setting({ issuer, jwk, pem }) {
  const scopes = defineScopes(['notes:read', 'notes:write', 'notes:list']);
  const options = {
    resource: RESOURCE,
    authorizationServers: [issuer],
    verifier: jwtVerifier({ issuer, allowInsecureLoopback: true }),
    scopes,
    initialScopes: ['notes:read'],
    policy: mcpPolicy(scopes, { tools: { read_notes: 'notes:read', add_note: 'notes:write' } }),
  };
  const gate = createGate(options);
  // One client sends all requests, so its share is everything.
  const replay = memoryReplayStore({ maxEntries: 1_000_000, maxEntriesPerKey: 1_000_000 });
  const boundGate = createGate({ ...options, dpop: dpop({ replay }) });
  // Most services run this today: jose on every request, with a cached key set.
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  const verify = async (token) => {
    const expected = { issuer, audience: RESOURCE, algorithms: ['ES256'] };
    const { payload } = await jwtVerify(token, keys, expected);
    return {
      token,
      clientId: String(payload.client_id),
      scopes: String(payload.scope).split(' '),
      expiresAt: payload.exp,
    };
  };
  return {
    gate,
    boundGate,
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
