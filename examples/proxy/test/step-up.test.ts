/** The official client, a real authorization server, and a server behind that knows of neither. */
import type { Server } from 'node:http';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { getRequestListener } from '@hono/node-server';
import { jwtVerifier } from '@scopegate/core/jwt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startAuthorizationServer } from '../../notes-mcp/src/authorization-server.js';
import { createBrowser } from '../../notes-mcp/src/browser.js';
import { listenLocally } from '../../notes-mcp/src/listen.js';
import {
  createOAuthProvider,
  credentialsOf,
  withAuthorization,
} from '../../notes-mcp/src/oauth-client.js';
import type { OAuthProvider } from '../../notes-mcp/src/oauth-client.js';
import { LEGACY, MODERN } from '../../notes-mcp/src/wires.js';
import { createGuard, scopes } from '../src/guard.js';
import { CREDENTIAL, createUpstream } from '../src/upstream.js';

const closing: (() => Promise<void>)[] = [];
const runs: string[] = [];
/** All that reached the server behind, as text. */
const received: string[] = [];
const faults: unknown[] = [];
let resource: string;

beforeEach(async () => {
  const front = await listenLocally();
  resource = `${front.origin}/mcp`;
  const authorization = await startAuthorizationServer({
    resource,
    scopes: scopes.names,
    decline: {},
  });
  const upstream = await listenUpstream(
    createUpstream((tool, user) => runs.push(`${tool} ${user}`)),
  );
  const guard = createGuard({
    ...{ resource, issuer: authorization.issuer, upstream, credential: CREDENTIAL },
    verifier: jwtVerifier({ issuer: authorization.issuer, allowInsecureLoopback: true }),
    onError: (error) => faults.push(error),
  });
  const listener = getRequestListener(guard);
  front.server.on('request', (req, res) => void listener(req, res));
  closing.push(front.close, () => authorization.close());
});

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
  for (const list of [runs, received, faults]) list.length = 0;
});

async function listenUpstream(server: Server): Promise<string> {
  server.prependListener('request', (req) => {
    received.push(`${req.method} ${req.url} ${req.rawHeaders.join(' ')}`);
    req.on('data', (part: Buffer | string) => received.push(String(part)));
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://localhost:${(server.address() as { port: number }).port}/mcp`;
}

interface Connected {
  readonly provider: OAuthProvider;
  readonly asked: string[];
  readonly call: (name: string) => Promise<unknown>;
}

async function connect(wire: typeof LEGACY): Promise<Connected> {
  const asked: string[] = [];
  const provider = createOAuthProvider({
    browser: createBrowser({ account: 'ray' }),
    onEvent: (event) => {
      if (event.kind === 'authorize') asked.push(event.scope.split(' ').toSorted().join(' '));
    },
  });
  let transport = new StreamableHTTPClientTransport(new URL(resource), { authProvider: provider });
  let client = new Client({ name: 'test', version: '1' }, wire.clientOptions);
  const authorized = <T>(operation: () => Promise<T>): Promise<T> =>
    withAuthorization(provider, () => transport, operation);
  await authorized(() => {
    transport = new StreamableHTTPClientTransport(new URL(resource), { authProvider: provider });
    client = new Client({ name: 'test', version: '1' }, wire.clientOptions);
    return client.connect(transport);
  });
  expect(client.getNegotiatedProtocolVersion()).toBe(wire.revision);
  closing.unshift(() => client.close());
  return {
    provider,
    asked,
    call: async (name) =>
      (await authorized(() => client.callTool({ name, arguments: {} }))).content,
  };
}

describe.each([LEGACY, MODERN])('$revision', (wire) => {
  test('401, a login, 200; then a step-up for what the policy says [C401-1, C403-1]', async () => {
    const { asked, call } = await connect(wire);
    expect(await call('read_notes')).toEqual([{ type: 'text', text: 'read_notes: done' }]);
    expect(await call('count')).toEqual([{ type: 'text', text: 'count: done' }]);
    expect(asked).toHaveLength(1);
    expect(await call('add_note')).toEqual([{ type: 'text', text: 'add_note: done' }]);
    expect(asked).toHaveLength(2);
    expect(asked[1]).toContain('notes:write');
    expect(runs).toEqual(['read_notes ray', 'count ray', 'add_note ray']);
    expect(faults).toEqual([]);
  });

  test("the server's own error, as of mcp-proxy and FastMCP, is a step-up that succeeds [C403-1]", async () => {
    const { asked, call } = await connect(wire);
    expect(await call('purge')).toEqual([{ type: 'text', text: 'purge: done' }]);
    expect(asked).toHaveLength(2);
    expect(asked[1]).toContain('notes:purge');
    expect(runs).toEqual(['purge ray']);
    expect(faults).toEqual([]);
  });

  test('no token of the client reaches the server [AH-13]', async () => {
    const { provider, call } = await connect(wire);
    const first = await credentialsOf(provider);
    await call('purge');
    const secrets = [...first.secrets, ...(await credentialsOf(provider)).secrets];
    expect(secrets.length).toBeGreaterThanOrEqual(2);
    const all = received.join('\n');
    for (const secret of secrets) expect(all).not.toContain(secret);
    expect(all).toContain(CREDENTIAL);
  });
});
