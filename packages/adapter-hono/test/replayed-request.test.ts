import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { close, listen } from '../../core/test/support/issuer.js';
import { callTool, notesGate } from '../../core/test/support/mcp.js';
import { protect } from '../src/index.js';

const gate = notesGate();

type Handle = (request: Request) => unknown;

const message = JSON.stringify(callTool('read_notes', { query: 'Käse' }));
const size = new TextEncoder().encode(message).length;

/** What a handler does with the request that it is given, and what it finds. */
const READINGS: Readonly<Record<string, readonly [read: Handle, expected: unknown]>> = {
  text: [(request) => request.text(), message],
  json: [(request) => request.json(), JSON.parse(message)],
  arrayBuffer: [async (request) => (await request.arrayBuffer()).byteLength, size],
  bytes: [async (request) => (await (request as Body & Bytes).bytes()).length, size],
  blob: [async (request) => (await request.blob()).text(), message],
  'the stream': [(request) => new Response(request.body).text(), message],
  'a clone, and itself': [
    async (request) => [await request.clone().text(), await request.text()],
    [message, message],
  ],
  'a request made of it': [(request) => new Request(request).text(), message],
  'a request made of it, as an option': [
    async (request) => {
      const made = new Request('http://upstream.example/x', request);
      return [made.url, made.method, await made.text()];
    },
    ['http://upstream.example/x', 'POST', message],
  ],
  'a request with further headers': [
    async (request) => {
      const made = new Request(request, { headers: { 'x-more': '1' } });
      return [made.headers.get('x-more'), new URL(made.url).pathname, await made.text()];
    },
    ['1', '/', message],
  ],
  'a second time': [
    async (request) => {
      const before = request.bodyUsed;
      await request.json();
      const again = ['text', 'json', 'arrayBuffer', 'blob', 'formData'] as const;
      const outcomes = await Promise.allSettled(
        again.map((name): Promise<unknown> => request[name]()),
      );
      return [before, request.bodyUsed, ...outcomes.map(({ status }) => status)];
    },
    [false, true, 'rejected', 'rejected', 'rejected', 'rejected', 'rejected'],
  ],
  'by text, after the stream was begun': [
    async (request) => {
      const reader = request.body?.getReader();
      await reader?.read();
      reader?.releaseLock();
      return [request.bodyUsed, await request.text().catch((error: Error) => error.name)];
    },
    [true, 'TypeError'],
  ],
  'a copy, after it was read': [
    async (request) => {
      await request.text();
      const copies = [() => request.clone(), () => new Request(request)];
      return copies.map((copy) => {
        try {
          return copy().method;
        } catch (error) {
          return (error as Error).name;
        }
      });
    },
    ['TypeError', 'TypeError'],
  ],
  'what is not the body': [
    ({ headers, method, url, cache, mode, constructor, ...rest }) => [
      headers.get('content-type'),
      method,
      new URL(url).pathname,
      cache,
      mode,
      constructor === Request,
      Object.keys(rest),
    ],
    ['application/json', 'POST', '/', 'default', 'cors', true, []],
  ],
  'what it is': [(request) => request instanceof Request, true],
};

interface Bytes {
  bytes(): Promise<Uint8Array>;
}

const HANDLERS: Readonly<Record<string, (handle: Handle) => (request: Request) => unknown>> = {
  'gate.fetch': (handle) => gate.fetch(async (request) => Response.json(await handle(request))),
  'two of them': (handle) => {
    const inner = gate.fetch(async (request) => Response.json(await handle(request)));
    return gate.fetch((request) => inner(request));
  },
  protect: (handle) => {
    const app = new Hono();
    app.post('/', protect(gate), async (c) => c.json((await handle(c.req.raw)) as object));
    return app.fetch;
  },
  'protect, twice': (handle) => {
    const app = new Hono();
    app.use(protect(gate));
    app.post('/', protect(gate), async (c) => c.json((await handle(c.req.raw)) as object));
    return app.fetch;
  },
};

describe.each(Object.entries(HANDLERS))('behind %s on Node', (_what, guarded) => {
  let handle: Handle = () => undefined;
  const fetchCallback = guarded((request) => handle(request)) as never;
  const server = createServer(getRequestListener(fetchCallback) as RequestListener);
  let origin = '';
  beforeAll(async () => {
    origin = await listen(server);
  });
  afterAll(() => close(server));

  test.each(Object.entries(READINGS))(
    'a handler reads %s [T25]',
    async (_how, [read, expected]) => {
      handle = read;
      const headers = { authorization: 'Bearer notes.read', 'content-type': 'application/json' };
      const response = await fetch(origin, { method: 'POST', headers, body: message });
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual(expected);
    },
  );

  test('the signal says that the caller went away', async () => {
    const caller = new AbortController();
    const wasAborted = new Promise((resolve) => {
      handle = async ({ signal }) => {
        signal.addEventListener('abort', () => resolve(signal.aborted));
        caller.abort();
        await new Promise((go) => setTimeout(go, 500));
        return {};
      };
    });
    const headers = { authorization: 'Bearer notes.read', 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: message, signal: caller.signal };
    await expect(fetch(origin, init)).rejects.toThrow('aborted');
    expect(await wasAborted).toBe(true);
  });
});
