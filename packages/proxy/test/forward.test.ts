/** What goes upstream: the evaluated request, without the caller's credentials. */
import { describe, expect, test } from 'vitest';
import { exchange } from '../../adapter-testkit/src/wire/raw-http.js';
import { allOf, publicAccess } from '@scopegate/core';
import { createProxy } from '../src/index.js';
import {
  DONE,
  TOKENS,
  ask,
  callTool,
  gateFor,
  json,
  startFront,
  startUpstream,
} from './support.js';
import type { NotesOptions } from './support.js';

const done = (_req: unknown, res: Parameters<typeof json>[0]): void => json(res, DONE);

describe('which requests are forwarded', () => {
  test('no token: 401 with metadata, which the proxy serves; nothing is sent upstream [C401-1]', async () => {
    const upstream = await startUpstream(done);
    const { url } = await startFront(upstream.url);
    const refused = await ask(url);
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toContain(
      'resource_metadata="https://notes.example.com/.well-known/oauth-protected-resource/mcp"',
    );
    const metadata = await ask(url.replace('/mcp', '/.well-known/oauth-protected-resource/mcp'));
    expect(await metadata.json()).toMatchObject({ resource: 'https://notes.example.com/mcp' });
    expect(upstream.received).toEqual([]);
  });

  test('too few scopes: 403, and the tool does not run [C403-5]', async () => {
    const upstream = await startUpstream(done);
    const { url } = await startFront(upstream.url);
    const refused = await callTool(url, 'add_note');
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toContain('scope="notes:write notes:read"');
    expect(upstream.received).toEqual([]);
    const allowed = await callTool(url, 'add_note', { token: 'writer' });
    expect([allowed.status, await allowed.json()]).toEqual([200, DONE]);
    expect(upstream.received).toHaveLength(1);
  });

  test('the option rule guards a server that is not an MCP server', async () => {
    const upstream = await startUpstream(done);
    const { url } = await startFront(upstream.url, { rule: allOf('notes:write') });
    expect((await ask(url, { token: 'reader', method: 'PUT', body: 'x' })).status).toBe(403);
    expect((await ask(url, { token: 'writer', method: 'PUT', body: 'x' })).status).toBe(200);
    expect(upstream.received).toMatchObject([{ method: 'PUT', body: 'x' }]);
  });
});

describe('what is sent', () => {
  test('the bytes that the gate checked, with their length for servers without chunking [T25]', async () => {
    const upstream = await startUpstream(done);
    const { url } = await startFront(upstream.url);
    const body = `{ "jsonrpc": "2.0", "id": 7,\n "method":"tools/call", "params":{"name":"read_notes","x":"ж🙂"} }`;
    for (const content of [body, new Blob([body]).stream()]) {
      expect((await callTool(url, '', { body: content })).status).toBe(200);
      const sent = upstream.received.pop();
      expect(sent?.body).toBe(body);
      expect(sent?.headers['content-length']).toBe(String(Buffer.byteLength(body)));
      expect(sent?.headers['transfer-encoding']).toBeUndefined();
    }
  });

  test('a body that no rule needs streams, with its Content-Length', async () => {
    const upstream = await startUpstream(done);
    const { url } = await startFront(upstream.url, { rule: 'notes:read' });
    const stream = new Blob(['one', 'two']).stream();
    await ask(url, { token: 'reader', method: 'PUT', body: stream });
    await ask(url, { token: 'reader', method: 'PUT', body: 'onetwo' });
    expect(upstream.received.map(({ body }) => body)).toEqual(['onetwo', 'onetwo']);
    expect(upstream.received.map(({ headers }) => headers['content-length'])).toEqual([
      undefined,
      '6',
    ]);
  });

  test('neither the token nor another credential of the caller, in any place [AH-13, AH-4, T117]', async () => {
    const upstream = await startUpstream(done);
    const { url } = await startFront(upstream.url, { credential: 'Bearer of-the-proxy' });
    const { reader } = TOKENS;
    const query = `?a=%20&access_token=${reader}&b&access%5Ftoken=${reader}&c=%2F`;
    const headers = {
      cookie: `session=${reader}`,
      dpop: 'proof',
      'proxy-authorization': `Basic ${reader}`,
    };
    expect((await callTool(url + query, 'read_notes', { headers })).status).toBe(200);
    expect((await ask(url + query, { token: 'reader', headers })).status).toBe(200);
    for (const { all, url: path, headers: sent } of upstream.received) {
      expect(all).not.toContain('inbound');
      expect(all).not.toMatch(/session|proof/);
      expect(sent.authorization).toBe('Bearer of-the-proxy');
      expect(path).toBe('/mcp?a=%20&b&c=%2F');
    }
    expect(upstream.received).toHaveLength(2);
  });

  test('headers of MCP and of the content are sent; those of the connection, of proxies and of identity are not [T42]', async () => {
    const upstream = await startUpstream(done);
    const { url } = await startFront(upstream.url, {
      dropHeaders: ['X-Tenant'],
      headers: { 'X-User': (auth) => auth?.subject, 'X-Nobody': () => undefined },
    });
    const headers = {
      'mcp-protocol-version': '2025-11-25',
      'mcp-session-id': 's1',
      'mcp-method': 'tools/call',
      'mcp-name': 'read_notes',
      'last-event-id': 'e1',
      origin: 'https://app.example.com',
      'x-custom': 'kept',
      connection: 'close, x-named',
      'x-named': 'dropped',
      te: 'trailers',
      forwarded: 'for=dropped',
      'x-forwarded-for': 'dropped',
      'x-forwarded-host': 'dropped',
      x_forwarded_user: 'dropped',
      'x-real-ip': 'dropped',
      via: '1.1 dropped',
      'x-tenant': 'dropped',
      x_tenant: 'dropped',
      'x-user': 'dropped',
      x_user: 'dropped',
      'x-nobody': 'dropped',
      'x-auth-request-email': 'dropped',
      'remote-user': 'dropped',
      'x-http-method-override': 'dropped',
      'x-original-url': '/dropped',
      'accept-encoding': 'gzip',
    };
    const { request } = await import('node:http');
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 7,
      method: 'tools/call',
      params: { name: 'read_notes' },
    });
    // Not `fetch`, which leaves out some of these by itself.
    const status = await new Promise((resolve, reject) => {
      const sent = request(
        url,
        {
          method: 'POST',
          headers: {
            ...headers,
            'content-type': 'application/json',
            authorization: `Bearer ${TOKENS.reader}`,
          },
        },
        (answer) => resolve(answer.resume().statusCode),
      );
      sent.on('error', reject).end(body);
    });
    expect(status).toBe(200);
    const [sent] = upstream.received;
    expect(sent?.all).not.toContain('dropped');
    expect(sent?.headers).toMatchObject({
      'mcp-protocol-version': '2025-11-25',
      'mcp-session-id': 's1',
      'mcp-method': 'tools/call',
      'mcp-name': 'read_notes',
      'last-event-id': 'e1',
      origin: 'https://app.example.com',
      'x-custom': 'kept',
      'x-user': 'ray',
      'accept-encoding': 'identity',
      host: new URL(upstream.url).host,
    });
    expect(sent?.headers).not.toHaveProperty('x-nobody');
  });

  test('headers of a proxy in front are sent with forwarded: pass', async () => {
    const upstream = await startUpstream(done);
    const { url } = await startFront(upstream.url, { forwarded: 'pass' });
    await callTool(url, 'read_notes', { headers: { 'x-forwarded-for': '192.0.2.1' } });
    expect(upstream.received[0]?.headers['x-forwarded-for']).toBe('192.0.2.1');
  });

  test.each(['GET', 'HEAD', 'DELETE'])(
    '%s is forwarded, without a body [OP-14]',
    async (method) => {
      const upstream = await startUpstream((_req, res) =>
        res.writeHead(200, { 'content-length': '5' }).end(method === 'HEAD' ? '' : 'hello'),
      );
      const { url } = await startFront(upstream.url);
      const answer = await ask(url, {
        token: 'reader',
        method,
        headers: { 'mcp-session-id': 's1' },
      });
      expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '5']);
      expect(await answer.text()).toBe(method === 'HEAD' ? '' : 'hello');
      expect(upstream.received).toMatchObject([
        { method, headers: { 'mcp-session-id': 's1' }, body: '' },
      ]);
      expect((await ask(url, { method })).status).toBe(401);
      expect(upstream.received).toHaveLength(1);
    },
  );
});

describe('the credential', () => {
  const secret = 'Bearer exchanged-for-ray';

  test('may be a function of the caller, and in another header', async () => {
    const upstream = await startUpstream(done);
    const credential: NotesOptions['credential'] = async (auth) => `key-of-${auth?.subject}`;
    const { url } = await startFront(upstream.url, { credential, credentialHeader: 'X-Api-Key' });
    await callTool(url, 'read_notes', { headers: { 'x-api-key': 'forged', x_api_key: 'forged' } });
    const [sent] = upstream.received;
    expect(sent?.headers).toMatchObject({ 'x-api-key': 'key-of-ray' });
    expect(sent?.headers).not.toHaveProperty('authorization');
    expect(sent?.all).not.toContain('forged');
  });

  test.each<[string, NotesOptions]>([
    [
      'throws',
      {
        credential: () => {
          throw new Error('the vault is closed');
        },
      },
    ],
    ['rejects', { credential: () => Promise.reject(new Error('the vault is closed')) }],
    ['hangs', { credential: () => new Promise(() => undefined), credentialTimeout: 20 }],
    ['is no header value', { credential: () => `${secret}\r\nx-injected: 1` }],
    ['is empty', { credential: () => '' }],
    ['is no text', { credential: () => ({ toString: () => secret }) as never }],
    ["is the caller's own token", { credential: (auth) => `Bearer ${auth?.token}` }],
    [
      'takes the token from the request',
      { credential: (_auth, request) => request.headers.get('authorization') ?? '' },
    ],
    [
      'hides the token in another header',
      { headers: { 'X-Assertion': (auth) => `jwt=${auth?.token};` } },
    ],
  ])(
    'that %s: 503, nothing goes upstream, and no secret is told [AH-13, T72]',
    async (_what, options) => {
      const upstream = await startUpstream(done);
      const front = await startFront(upstream.url, options);
      const answer = await callTool(front.url, 'read_notes');
      expect(answer.status).toBe(503);
      expect(answer.headers.has('www-authenticate')).toBe(false);
      expect(upstream.received).toEqual([]);
      expect(front.told).toMatchObject([{ reason: 'credential_unavailable' }]);
      const { inspect } = await import('node:util');
      const said = (await answer.text()) + inspect(front.told, { depth: 9 });
      expect(said).not.toContain('exchanged-for-ray');
      expect(said).not.toContain('inbound');
    },
  );

  test("a function that throws a scope error: the gate's 403", async () => {
    const upstream = await startUpstream(done);
    const { InsufficientScopeError } = await import('@scopegate/core');
    const { url } = await startFront(upstream.url, {
      credential: () => {
        throw new InsufficientScopeError('notes:write');
      },
    });
    const answer = await callTool(url, 'read_notes');
    expect(answer.status).toBe(403);
    expect(answer.headers.get('www-authenticate')).toContain('scope="notes:write notes:read"');
  });
});

describe('where it is sent', () => {
  test.each([
    ['/mcp', '/inner/mcp/'],
    ['/mcp?x=1&y=%2F..', '/inner/mcp/?x=1&y=%2F..'],
    ['/mcp/', '/inner/mcp/'],
    ['/mcp/notes/1', '/inner/mcp/notes/1'],
    ['/mcp/a%20b/%D0%B6', '/inner/mcp/a%20b/%D0%B6'],
    ['/mcp/x/../y', '/inner/mcp/y'],
  ])('%s goes to %s', async (path, expected) => {
    const upstream = await startUpstream(done);
    const origin = new URL(upstream.url).origin;
    const front = await startFront(`${origin}/inner/mcp/`, { rule: 'notes:read' });
    const answer = await ask(new URL(path, front.url).href, { token: 'reader' });
    expect(answer.status).toBe(200);
    expect(upstream.received.map(({ url }) => url)).toEqual([expected]);
  });

  test.each([
    '/',
    '/mcpx',
    '/other',
    '/MCP',
    '/mcp/..%2fadmin',
    '/mcp/%2e%2e%2fadmin',
    '/mcp/..%5cadmin',
    '/mcp/..;/admin',
    '/mcp/..;a=b/admin',
    '/mcp/.;/x',
    '/mcp//admin',
    '/mcp//evil.example.com/x',
    '/mcp/a//b',
    '/mcp/x%00',
    '/mcp/../admin',
    '/mcp%2fadmin',
    '/mcp;x=1',
  ])('%s is 404, with a token and without', async (path) => {
    const upstream = await startUpstream(done);
    const front = await startFront(upstream.url, { rule: 'notes:read' });
    const { origin } = new URL(front.url);
    const headers = [['Authorization', `Bearer ${TOKENS.writer}`]] as const;
    expect(await exchange(origin, { target: path, headers })).toMatchObject({ status: 404 });
    expect(await exchange(origin, { target: path })).toMatchObject({ status: 404 });
    expect(upstream.received).toEqual([]);
  });

  test('a path that a platform did not normalise is 404, because a policy may have read another one', async () => {
    const url = 'https://notes.example.com/mcp/open/../admin';
    const handler = createProxy(gateFor(), 'http://127.0.0.1:1/mcp', { rule: publicAccess() });
    const request = { url, method: 'GET', headers: new Headers(), body: null, bodyUsed: false };
    expect((await handler(request as Request)).status).toBe(404);
  });

  test('a resource without a path is mapped to the whole upstream, and no path names another host', async () => {
    const upstream = await startUpstream(done);
    const gate = gateFor({ resource: 'https://notes.example.com' });
    const front = await startFront(`${upstream.url}/`, { rule: 'notes:read' }, gate);
    const { origin } = new URL(front.url);
    for (const path of ['/', '/a/b']) await ask(origin + path, { token: 'reader' });
    expect(upstream.received.map(({ url }) => url)).toEqual(['/mcp/', '/mcp/a/b']);
    expect((await ask(`${origin}//evil.example.com/`, { token: 'reader' })).status).toBe(404);
  });
});
