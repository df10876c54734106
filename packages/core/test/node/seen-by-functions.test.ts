/** What functions of an application read of a Node request: the sender's address, and fields in any spelling. */
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { createGate } from '../../src/index.js';
import type { GateRequest } from '../../src/index.js';
import { createNodeGuard, fromNodeRequest } from '../../src/node/index.js';
import { mtls } from '../../src/token/mtls/index.js';
import { close, listen } from '../support/issuer.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of closers.splice(0)) await one();
});

/** A gate whose only token is bound to a certificate, and that trusts the header of a proxy. */
function boundGate(from: readonly string[] | ((request: GateRequest) => boolean)) {
  const cnf = { 'x5t#S256': 'gmAJnLM9-Z1mj4j1D1b7HkrS2MUQBVKSb_LMlEhGpJg' };
  return createGate({
    resource: 'https://notes.example.com/mcp',
    scopes: ['notes:read'],
    verifier: () => ({ claims: { scope: 'notes:read', cnf } }),
    mtls: mtls({ clientCert: { from } }),
  });
}

test.each([
  ['without a socket', undefined],
  ['with a socket that shows no address', {}],
  ['with a socket of another address', { remoteAddress: '10.0.0.6' }],
])('a request %s came from no proxy: 401, not 503 [MT-2]', async (_what, socket) => {
  const headers = { authorization: 'Bearer token', 'client-cert': ':MAMBAgM=:' };
  const req = { method: 'GET', url: '/mcp', headers, socket } as unknown as IncomingMessage;
  const { gateRequest } = fromNodeRequest(req);
  expect(await boundGate(['10.0.0.5']).check(gateRequest, 'notes:read')).toMatchObject({
    status: 401,
    reason: 'invalid_token',
  });
});

test('a function finds a field in any spelling, as in a Web request [AH-18]', async () => {
  const names = ['X-Proxy-Secret', 'x-proxy-secret', 'X-PROXY-SECRET', 'X-None'];
  const seen: (string | null)[][] = [];
  const gate = boundGate(({ headers }) => {
    seen.push(names.map((name) => headers.get(name)));
    return false;
  });
  const guard = createNodeGuard(gate, 'notes:read');
  const server = createServer((req, res) => void guard({ req, res }));
  closers.push(() => close(server));
  const url = `${await listen(server)}/mcp`;
  const headers = { authorization: 'Bearer token', 'X-Proxy-Secret': 'secret' };
  const request = new Request(url, { headers });
  expect((await fetch(request.clone())).status).toBe(401);
  expect(await gate.check(request, 'notes:read')).toMatchObject({ status: 401 });
  const found = ['secret', 'secret', 'secret', null];
  expect(seen).toEqual([found, found]);
});
