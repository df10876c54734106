/** Both directions stream, and end together. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { createProxy } from '../src/index.js';
import { TOKENS, ask, callTool, deferred, gateFor, startFront, startUpstream } from './support.js';

const SSE = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };

/** Opens a stream and hands out its two ends. */
async function open(how: 'GET' | 'POST', options = {}) {
  const opened = deferred<{ req: IncomingMessage; res: ServerResponse }>();
  const upstream = await startUpstream((req, res) => {
    res.writeHead(200, SSE);
    if (how === 'GET') res.flushHeaders();
    else res.write('event: message\ndata: {"jsonrpc":"2.0","method":"notifications/progress"}\n\n');
    opened.resolve({ req, res });
  });
  const front = await startFront(upstream.url, options);
  const stop = new AbortController();
  const call = { token: 'reader', signal: stop.signal } as const;
  const answer = await (how === 'GET'
    ? ask(front.url, call)
    : callTool(front.url, 'read_notes', call));
  return { ...(await opened.promise), front, answer, stop };
}

async function next(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const { value } = await reader.read();
  return new TextDecoder().decode(value);
}

describe('server-sent events', () => {
  test.each(['GET', 'POST'] as const)(
    '%s: each event is seen before the next one is written',
    async (how) => {
      const { res, answer } = await open(how);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('text/event-stream');
      const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
      if (how === 'POST') expect(await next(reader)).toContain('notifications/progress');
      for (const event of ['data: 1\n\n', ': ping\n\n', 'data: 2\n\n']) {
        res.write(event);
        expect(await next(reader)).toBe(event);
      }
      res.end();
      expect((await reader.read()).done).toBe(true);
    },
  );

  test.each([
    ['text/event-stream', undefined, 'no'],
    ['Text/Event-Stream; charset=utf-8', 'yes', 'no'],
    ['application/json', undefined, null],
    ['text/event-streams', 'yes', 'yes'],
  ])(
    '%s, X-Accel-Buffering: %s: nginx in front must not collect a stream',
    async (type, given, sent) => {
      const upstream = await startUpstream((_req, res) => {
        if (given !== undefined) res.setHeader('x-accel-buffering', given);
        res.writeHead(200, { 'content-type': type }).end('data: 1\n\n');
      });
      const { url } = await startFront(upstream.url);
      for (const answer of [
        await ask(url, { token: 'reader' }),
        await callTool(url, 'read_notes'),
      ]) {
        expect(answer.headers.get('x-accel-buffering')).toBe(sent);
        await answer.text();
      }
    },
  );

  test('a comment or a priming event opens a stream at once', async () => {
    for (const first of [': ping\n\n', 'id: 1\r\ndata:\r\n\r\n', 'id: 1\rdata:\r\r']) {
      const upstream = await startUpstream((_req, res) => res.writeHead(200, SSE).write(first));
      const { url } = await startFront(upstream.url);
      const answer = await callTool(url, 'read_notes');
      expect(await next((answer.body as ReadableStream<Uint8Array>).getReader())).toBe(first);
      await answer.body?.cancel().catch(() => undefined);
    }
  });

  test.each(['GET', 'POST'] as const)(
    '%s: the upstream sees that a client closed the connection',
    async (how) => {
      const { res, stop, front } = await open(how);
      const closed = new Promise((resolve) => res.on('close', resolve));
      stop.abort();
      await closed;
      expect(front.told).toEqual([]);
    },
  );

  test('the upstream sees that a client closed the connection before the answer', async () => {
    const came = deferred<ServerResponse>();
    const upstream = await startUpstream((_req, res) => came.resolve(res));
    const front = await startFront(upstream.url);
    const stop = new AbortController();
    const asked = callTool(front.url, 'read_notes', { signal: stop.signal }).catch(() => 'aborted');
    const res = await came.promise;
    const closed = new Promise((resolve) => res.on('close', resolve));
    stop.abort();
    expect(await asked).toBe('aborted');
    await closed;
    expect(front.told).toEqual([]);
  });

  test('the client sees that an upstream broke off, and the fault is reported', async () => {
    const { res, answer, front } = await open('GET');
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    res.write('data: 1\n\n');
    await next(reader);
    res.destroy();
    await expect(reader.read()).rejects.toThrow('terminated');
    expect(front.told).toMatchObject([{ reason: 'upstream_broken' }]);
  });

  test('a stream that pauses too long is cut off at both ends', async () => {
    const { res, answer, front } = await open('GET', { idleTimeout: 40 });
    const closed = new Promise((resolve) => res.on('close', resolve));
    await expect(answer.text()).rejects.toThrow('terminated');
    await closed;
    expect(front.told).toMatchObject([{ reason: 'upstream_timeout' }]);
  });
});

describe('without a server around it', () => {
  test('a reader that stops stops the upstream', async () => {
    const closed = deferred();
    const upstream = await startUpstream((_req, res) => {
      res.on('close', () => closed.resolve());
      res.writeHead(200, SSE).write('data: 1\n\n');
    });
    const handler = createProxy(gateFor(), upstream.url);
    const headers = { authorization: `Bearer ${TOKENS.reader}` };
    const answer = await handler(new Request('https://notes.example.com/mcp', { headers }));
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    await next(reader);
    await reader.cancel();
    await closed.promise;
  });

  test('chunks that are not read are not collected', async () => {
    let asked = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          asked++;
          controller.enqueue(new Uint8Array(1024));
        },
      },
      { highWaterMark: 0 },
    );
    const handler = createProxy(gateFor(), 'http://127.0.0.1:1/mcp', {
      fetch: async () => new Response(body),
    });
    const headers = { authorization: `Bearer ${TOKENS.reader}` };
    const answer = await handler(new Request('https://notes.example.com/mcp', { headers }));
    expect(asked).toBe(0);
    await (answer.body as ReadableStream<Uint8Array>).getReader().read();
    expect(asked).toBe(1);
  });

  test('the connection to an upstream that is too slow is closed', async () => {
    let signal: AbortSignal | null | undefined;
    const handler = createProxy(gateFor(), 'http://127.0.0.1:1/mcp', {
      headersTimeout: 20,
      fetch(_url, init) {
        signal = init.signal;
        return new Promise(() => undefined);
      },
    });
    const headers = { authorization: `Bearer ${TOKENS.reader}` };
    const answer = await handler(new Request('https://notes.example.com/mcp', { headers }));
    expect([answer.status, signal?.aborted]).toEqual([504, true]);
  });

  test('an aborted request never leaves', async () => {
    let sent = 0;
    const handler = createProxy(gateFor(), 'http://127.0.0.1:1/mcp', {
      fetch: async (_url, { signal }) => {
        sent += signal?.aborted === true ? 0 : 1;
        throw new Error('aborted');
      },
    });
    const headers = { authorization: `Bearer ${TOKENS.reader}` };
    const signal = AbortSignal.abort();
    const request = new Request('https://notes.example.com/mcp', { headers, signal });
    expect((await handler(request)).status).toBe(502);
    expect(sent).toBe(0);
  });

  test('a request streams, too: the upstream gets the first chunk before the second is sent', async () => {
    const heard = deferred<string>();
    const handler = createProxy(gateFor(), 'http://127.0.0.1:1/mcp', {
      rule: 'notes:read',
      async fetch(_url, { body }) {
        const reader = (body as ReadableStream<Uint8Array>).getReader();
        heard.resolve(await next(reader));
        return new Response(await next(reader));
      },
    });
    const upload = new TransformStream<Uint8Array, Uint8Array>();
    const writer = upload.writable.getWriter();
    const encoder = new TextEncoder();
    const asked = handler(
      new Request('https://notes.example.com/mcp', {
        ...{ method: 'PUT', body: upload.readable, duplex: 'half' },
        headers: { authorization: `Bearer ${TOKENS.reader}` },
      } as RequestInit),
    );
    void writer.write(encoder.encode('one'));
    expect(await heard.promise).toBe('one');
    void writer.write(encoder.encode('two'));
    expect(await (await asked).text()).toBe('two');
  });
});
