import { describe, expect, test, vi } from 'vitest';
import {
  READ,
  createApp,
  guarded,
  json,
  notes,
  rejection,
  startServer,
  toolCall,
} from './support.js';
import type { TestApp } from './support.js';

describe('what is sent again', () => {
  const bodies: readonly (readonly [string, () => BodyInit])[] = [
    ['a string', () => 'add'],
    ['bytes', () => new TextEncoder().encode('add')],
    ['a buffer', () => new TextEncoder().encode('add').buffer],
    ['a Blob', () => new Blob(['add'])],
    ['form fields', () => new URLSearchParams({ add: '1' })],
  ];
  test.each(bodies)('%s [T115]', async (_name, body) => {
    const { app, server } = await notes(READ);
    const response = await app.fetch(server.resource, { method: 'POST', body: body() });
    expect(response.status).toBe(200);
    const [first, second] = server.calls();
    expect(second?.body).toBe(first?.body);
    expect(second?.body).toContain('add');
  });

  test('a Request with a body, and with init beside it [T115]', async () => {
    const { app, server } = await notes(READ);
    const request = new Request(server.resource, { ...toolCall('add_note') });
    expect((await app.fetch(request)).status).toBe(200);
    expect(app.authorizations[0]?.operation.label).toBe('add_note');
    const other = new Request(server.resource, { method: 'POST', body: 'x' });
    expect((await app.fetch(other, { body: 'admin' })).status).toBe(200);
    expect(server.calls().map(({ body }) => body.includes('admin'))).toEqual([
      ...[false, false, true, true],
    ]);
  });

  test('not a stream: the scope is granted, and the error says to send a new one [T115]', async () => {
    const { app, server } = await notes(READ);
    const stream = (): RequestInit => ({
      method: 'POST',
      body: new Blob(['add']).stream(),
      ...({ duplex: 'half' } as object),
    });
    expect(await rejection(app.fetch(server.resource, stream()))).toMatchObject({
      code: 'body_not_repeatable',
      operation: { label: 'POST /mcp' },
    });
    expect(server.calls()).toHaveLength(1);
    expect((await app.fetch(server.resource, stream())).status).toBe(200);
  });

  test('the caller’s own headers are kept, its Authorization is not [T117]', async () => {
    const { app, server } = await notes(READ);
    const headers = { authorization: 'Bearer mine', 'x-mine': '1' };
    const response = await app.fetch(server.resource, { headers });
    expect(response.status).toBe(200);
    expect(server.calls()[0]?.authorization).toBe('Bearer token-1');
  });
});

describe('where the token goes', () => {
  test('through a fetch that is called without a receiver, as browsers require', async () => {
    const server = await startServer((_request, response) => json(response, 200, {}));
    const owners: unknown[] = [];
    const app = createApp({
      resource: server.resource,
      fetch(this: unknown, input, init) {
        owners.push(this);
        return fetch(input, init);
      },
    });
    for (const url of [server.resource, server.origin]) await app.fetch(url);
    expect(owners).toEqual([undefined, undefined]);
  });

  test('to the resource and below it, nowhere else [T117]', async () => {
    const other = await startServer((_request, response) => json(response, 200, {}));
    const server = await startServer((_request, response) => json(response, 200, {}));
    const app = createApp({ resource: server.resource, scope: READ });
    const urls = [
      ...[
        server.resource,
        `${server.resource}/x`,
        `${server.resource}?a=1`,
        `${server.resource}#f`,
      ],
      ...[server.origin, `${server.origin}/mcpx`, `${server.resource}/../other`, other.resource],
      `${server.origin}/.well-known/oauth-protected-resource`,
    ];
    for (const url of urls) await (await app.fetch(url)).text();
    await app.fetch(new URL(other.resource));
    await app.fetch(new Request(other.resource));
    const sent = [...server.seen].map(({ url, authorization }) => [url, authorization]);
    expect(sent).toEqual([
      ['/mcp', 'Bearer token-1'],
      ['/mcp/x', 'Bearer token-1'],
      ['/mcp?a=1', 'Bearer token-1'],
      ['/mcp', 'Bearer token-1'],
      ['/', undefined],
      ['/mcpx', undefined],
      ['/other', undefined],
      ['/.well-known/oauth-protected-resource', undefined],
    ]);
    expect(other.seen.map(({ authorization }) => authorization)).toEqual([
      ...[undefined, undefined, undefined],
    ]);
  });

  test.each([301, 302, 303, 307, 308])('not on a redirect (%i) [T117]', async (status) => {
    const other = await startServer((_request, response) => json(response, 200, {}));
    const server = await startServer(({ url }, response) => {
      if (url !== '/mcp') return json(response, 200, {});
      response.writeHead(status, { location: other.resource }).end();
    });
    const app = createApp({ resource: server.resource, scope: READ });
    expect(await rejection(app.fetch(server.resource))).toMatchObject({ code: 'redirect_refused' });
    const answer = await app.fetch(server.resource, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([status, other.resource]);
    expect(other.seen).toEqual([]);
  });

  test('an answer that a fetch got by following a redirect is refused [T117]', async () => {
    const server = await startServer(({ url }, response) => {
      if (url === '/mcp/next') return json(response, 200, {});
      response.writeHead(302, { location: '/mcp/next' }).end();
    });
    const app = createApp({
      resource: server.resource,
      scope: READ,
      fetch: (input, init) => fetch(input, { ...init, redirect: 'follow' }),
    });
    for (const redirect of ['follow', 'manual', 'error'] as const) {
      expect(await rejection(app.fetch(server.resource, { redirect }))).toMatchObject({
        code: 'redirect_refused',
      });
    }
  });

  test('another authorization server is the application’s decision [CS-12, T112]', async () => {
    const issuers = ['https://a.example', 'https://a.example', 'https://evil.example'];
    const server = await startServer(
      guarded(
        ({ url }) => url.slice('/mcp/'.length),
        () => app.token?.scope ?? '',
      ),
      (_request, response, { resource }) =>
        json(response, 200, { resource, authorization_servers: [issuers.shift()] }),
    );
    const approveAuthorizationServer = vi.fn<() => boolean>(() => false);
    const app: TestApp = createApp({ resource: server.resource, approveAuthorizationServer });
    expect((await app.fetch(`${server.resource}/notes:read`)).status).toBe(200);
    expect((await app.fetch(`${server.resource}/b`)).status).toBe(200);
    issuers.push('https://evil.example', 'https://evil.example');
    expect(await rejection(app.fetch(`${server.resource}/c`))).toMatchObject({
      code: 'authorization_server_changed',
    });
    expect(approveAuthorizationServer).toHaveBeenLastCalledWith({
      from: 'https://a.example',
      to: ['https://evil.example'],
    });
    approveAuthorizationServer.mockReturnValueOnce(true);
    expect((await app.fetch(`${server.resource}/c`)).status).toBe(200);
    expect((await app.fetch(`${server.resource}/d`)).status).toBe(200);
    expect(app.authorizations).toHaveLength(4);
  });
});
