/** What comes back: the upstream's content, and nothing that it says in this server's name. */
import { gzipSync } from 'node:zlib';
import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { close, listen } from '../../core/test/support/issuer.js';
import {
  DONE,
  ask,
  callTool,
  deferred,
  gateFor,
  json,
  startFront,
  startUpstream,
} from './support.js';

describe('headers', () => {
  test('content headers are returned; challenges, cookies and CORS of the upstream are not [T43, T48]', async () => {
    const upstream = await startUpstream((_req, res) => {
      res.writeHead(418, {
        'content-type': 'text/plain',
        'mcp-session-id': 's1',
        etag: '"1"',
        'x-custom': 'kept',
        'cache-control': 'no-cache',
        'www-authenticate': 'Bearer resource_metadata="https://evil.example.com/"',
        'set-cookie': ['a=1', 'b=2'],
        'access-control-allow-origin': 'https://evil.example.com',
        'access-control-allow-credentials': 'true',
        'strict-transport-security': 'max-age=1',
        'clear-site-data': '"*"',
        'alt-svc': 'h3=":1"',
        'dpop-nonce': 'n',
        connection: 'x-named',
        'x-named': 'dropped',
        vary: 'Accept',
      });
      res.end('short and stout');
    });
    const { url } = await startFront(upstream.url, {}, gateFor({ cors: true }));
    const answer = await ask(url, {
      token: 'reader',
      headers: { origin: 'https://a.example.com' },
    });
    expect([answer.status, await answer.text()]).toEqual([418, 'short and stout']);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      ...{ 'content-type': 'text/plain', 'mcp-session-id': 's1', etag: '"1"', 'x-custom': 'kept' },
      ...{ 'access-control-allow-origin': '*', vary: 'Accept, Authorization' },
    });
    for (const name of [
      'www-authenticate',
      'set-cookie',
      'access-control-allow-credentials',
      'x-named',
      'alt-svc',
      'strict-transport-security',
      'clear-site-data',
      'dpop-nonce',
    ]) {
      expect(answer.headers.has(name), name).toBe(false);
    }
  });

  test('the proxy answers a preflight, and echoes what it asks for [PR-14, T48]', async () => {
    const upstream = await startUpstream((_req, res) => json(res, DONE));
    const { url } = await startFront(upstream.url, {}, gateFor({ cors: true }));
    const asked = 'authorization,mcp-param-region,traceparent';
    const headers = {
      origin: 'https://a.example.com',
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': asked,
    };
    const wellKnown = url.replace('/mcp', '/.well-known/oauth-protected-resource/mcp');
    for (const path of [url, `${url}/deeper`, wellKnown, `${wellKnown}/`]) {
      const answer = await ask(path, { method: 'OPTIONS', headers });
      expect(answer.status, path).toBe(204);
      expect(answer.headers.get('access-control-allow-headers')).toBe(asked);
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    }
    expect(upstream.received).toEqual([]);
  });

  test('an unrequested coding is decoded, and the headers that described it are removed', async () => {
    const text = JSON.stringify(DONE);
    const upstream = await startUpstream((_req, res) => {
      const body = gzipSync(text);
      res.writeHead(200, {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        'content-length': body.length,
        etag: '"z"',
      });
      res.end(body);
    });
    const { url } = await startFront(upstream.url);
    const answer = await callTool(url, 'read_notes');
    expect(await answer.text()).toBe(text);
    for (const name of ['content-encoding', 'content-length', 'etag']) {
      expect(answer.headers.has(name), name).toBe(false);
    }
  });

  test('a coding that may not have been decoded: 502', async () => {
    const upstream = await startUpstream((_req, res) => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'compress' });
      res.end('{}');
    });
    const front = await startFront(upstream.url);
    expect((await callTool(front.url, 'read_notes')).status).toBe(502);
    expect(front.told).toMatchObject([{ reason: 'upstream_invalid' }]);
  });
});

test.each([204, 304])('%i has no body', async (status) => {
  const upstream = await startUpstream((_req, res) => res.writeHead(status).end());
  const { url } = await startFront(upstream.url);
  const answer = await ask(url, { token: 'reader' });
  expect([answer.status, await answer.text()]).toEqual([status, '']);
});

test.each([202, 400, 403, 404, 500])('%i is passed on with its body', async (status) => {
  const upstream = await startUpstream((_req, res) => json(res, { said: 'upstream' }, status));
  const { url, told } = await startFront(upstream.url);
  const answer = await callTool(url, 'read_notes');
  expect([answer.status, await answer.json()]).toEqual([status, { said: 'upstream' }]);
  expect(told).toEqual([]);
});

describe('faults', () => {
  test("the upstream's 401 is a 502, reported to the operator: a login of the caller would not help", async () => {
    const upstream = await startUpstream((_req, res) => {
      res.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end('who?');
    });
    const front = await startFront(upstream.url);
    const answer = await callTool(front.url, 'read_notes');
    expect(answer.status).toBe(502);
    expect(answer.headers.has('www-authenticate')).toBe(false);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toEqual({
      jsonrpc: '2.0',
      id: 7,
      error: {
        code: 502,
        message: 'The server behind this one gave no usable answer',
        data: {
          error: 'temporarily_unavailable',
          error_description: 'The server behind this one gave no usable answer',
        },
      },
    });
    expect(front.told).toMatchObject([{ reason: 'upstream_unauthorized' }]);
  });

  test('no server: 502', async () => {
    const server = createServer();
    const origin = await listen(server);
    await close(server);
    const front = await startFront(`${origin}/mcp`);
    const answer = await ask(front.url, { token: 'reader' });
    expect([answer.status, await answer.json()]).toMatchObject([
      502,
      { error: 'temporarily_unavailable' },
    ]);
    expect(front.told).toMatchObject([{ reason: 'upstream_unreachable' }]);
  });

  test('no answer in time: 504, and the upstream sees the end', async () => {
    const seen = deferred();
    const upstream = await startUpstream((_req, res) => res.on('close', () => seen.resolve()));
    const front = await startFront(upstream.url, { headersTimeout: 500 });
    expect((await callTool(front.url, 'read_notes')).status).toBe(504);
    expect(front.told).toMatchObject([{ reason: 'upstream_timeout' }]);
    await seen.promise;
  });

  test('a hook that throws or rejects does not change the answer', async () => {
    const upstream = await startUpstream((_req, res) => res.writeHead(401).end());
    const hooks: (() => never)[] = [
      () => {
        throw new Error('hook');
      },
      () => Promise.reject(new Error('hook')) as never,
    ];
    for (const onError of hooks) {
      const { url } = await startFront(upstream.url, { onError });
      expect((await ask(url, { token: 'reader' })).status).toBe(502);
    }
  });
});

describe('redirects', () => {
  test.each([
    ['/mcp/notes/2?x=1#y', '/mcp/notes/2?x=1#y'],
    ['notes/3', '/mcp/notes/3'],
    ['', '/mcp/notes'],
  ])(
    'inside the resource, %s becomes the path that the caller knows',
    async (location, expected) => {
      const upstream = await startUpstream((_req, res) => {
        res.writeHead(307, { location: location.replace('/mcp', '/inner') }).end();
      });
      const inner = upstream.url.replace('/mcp', '/inner');
      const front = await startFront(inner, { rule: 'notes:read' });
      const answer = await ask(`${front.url}/notes`, { token: 'reader' });
      expect([answer.status, answer.headers.get('location')]).toEqual([307, expected]);
      expect(upstream.received).toHaveLength(1);
    },
  );

  test('with the whole URL, too', async () => {
    const upstream = await startUpstream((_req, res) =>
      res.writeHead(308, { location: `${upstream.url}/x` }).end(),
    );
    const front = await startFront(upstream.url, { rule: 'notes:read' });
    expect((await ask(front.url, { token: 'reader' })).headers.get('location')).toBe('/mcp/x');
  });

  test.each([
    'https://evil.example.com/',
    '//evil.example.com/mcp',
    '/admin',
    '/mcp/..%2fadmin',
    'http://[',
    'javascript:alert(1)',
  ])('to %s is never followed nor passed on: 502 [T117]', async (location) => {
    const upstream = await startUpstream((_req, res) => res.writeHead(302, { location }).end());
    const front = await startFront(upstream.url);
    const answer = await callTool(front.url, 'read_notes');
    expect([answer.status, answer.headers.has('location')]).toEqual([502, false]);
    expect(front.told).toMatchObject([{ reason: 'upstream_redirect' }]);
    expect(upstream.received).toHaveLength(1);
  });

  test('a redirect that the fetch of the application followed: 502', async () => {
    const followed = { value: true };
    const options = {
      fetch: async () => Object.defineProperty(new Response('elsewhere'), 'redirected', followed),
    };
    const front = await startFront('http://127.0.0.1:1/mcp', options);
    expect((await ask(front.url, { token: 'reader' })).status).toBe(502);
    expect(front.told).toMatchObject([{ reason: 'upstream_redirect' }]);
  });

  test('a Content-Location outside of the resource is removed', async () => {
    const upstream = await startUpstream((_req, res) => {
      res
        .writeHead(201, { location: 'http://internal.example.com/1', 'content-location': '/mcp/1' })
        .end();
    });
    const front = await startFront(upstream.url, { rule: 'notes:read' });
    const answer = await ask(front.url, { token: 'reader', method: 'POST' });
    expect([answer.status, answer.headers.get('content-location')]).toEqual([201, '/mcp/1']);
    expect(answer.headers.has('location')).toBe(false);
  });
});
