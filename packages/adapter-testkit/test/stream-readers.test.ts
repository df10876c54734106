/** Libraries and servers behind the gate that read the stream of Node's request. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import fastifyExpress from '@fastify/express';
import express from 'express';
import type { RequestHandler } from 'express';
import fastify from 'fastify';
import { createProxyMiddleware } from 'http-proxy-middleware';
import Koa from 'koa';
import type { Context } from 'koa';
import { createNodeGuard } from '@scopegate/core/node';
import type { GuardedRequest } from '@scopegate/core/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { protect as protectExpress } from '../../adapter-express/src/index.js';
import { protect as protectFastify } from '../../adapter-fastify/src/index.js';
import { leaveBodies } from '../../adapter-fastify/test/support/harness.js';
import { protect as protectKoa } from '../../adapter-koa/src/index.js';
import { call } from '../src/cases/index.js';
import { notesGate } from '../src/gates.js';
import { before } from '../src/suites/wait.js';
import { verifier } from '../src/tokens.js';

const gate = notesGate(verifier);
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listen(server: Server | Http2Server): Promise<string> {
  closing.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const SMALL = JSON.stringify(call('read_notes', { text: 'ж' }), null, 2);
const LARGE = JSON.stringify(call('read_notes', { pad: 'x'.repeat(300_000) }), null, 2);
const BODIES = [
  ['small, of known length', SMALL, false],
  ['large, of known length', LARGE, false],
  ['small, in chunks', SMALL, true],
  ['large, in chunks', LARGE, true],
] as const;

/** Posts a body; no answer within a few seconds is an error. */
async function post(origin: string, body: string, isChunked = false): Promise<Response> {
  const sent = isChunked ? new Blob([body]).stream() : body;
  const request = fetch(`${origin}/mcp`, {
    method: 'POST',
    headers: { Authorization: 'Bearer reader', 'Content-Type': 'application/json' },
    body: sent,
    ...(isChunked && { duplex: 'half' }),
  } as RequestInit);
  return before(request, 'the answer');
}

/** What an upstream received, and how it was framed. */
interface Upstream {
  readonly url: string;
  readonly received: { body: string; length: string | undefined; coding: string | undefined }[];
}
let upstream: Upstream;
let upstreamServer: Server;
beforeAll(async () => {
  const received: Upstream['received'] = [];
  upstreamServer = createServer((req, res) => {
    void text(req).then((body) => {
      const { 'content-length': length, 'transfer-encoding': coding } = req.headers;
      received.push({ body, length, coding });
      res.end('upstream');
    });
  });
  await new Promise<void>((resolve) => upstreamServer.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(upstreamServer.address() as AddressInfo).port}`;
  upstream = { url, received };
});
afterEach(() => void upstream.received.splice(0));
afterAll(() => {
  upstreamServer.closeAllConnections();
  upstreamServer.close();
});

/** Guards `listener` on a path, in each server. */
type Listener = (req: IncomingMessage, res: ServerResponse) => void;

const SERVERS: Readonly<Record<string, (listener: Listener) => Promise<string>>> = {
  'node:http': (listener) => {
    const guard = createNodeGuard(gate);
    return listen(
      createServer((req, res) => {
        void Promise.resolve(guard({ req, res })).then((passed) => passed && listener(req, res));
      }),
    );
  },
  Express: (listener) =>
    listen(createServer(express().all('/mcp', protectExpress(gate), listener as RequestHandler))),
  Koa: (listener) => {
    const app = new Koa();
    app.use(protectKoa(gate)).use((ctx: Context) => {
      ctx.respond = false;
      listener(ctx.req, ctx.res);
    });
    return listen(createServer((req, res) => void app.callback()(req, res)));
  },
  'Fastify without a parser': async (listener) => {
    const app = fastify({ forceCloseConnections: true });
    leaveBodies(app);
    app.all('/mcp', protectFastify(gate), (request, reply) => {
      reply.hijack();
      listener(request.raw, reply.raw);
    });
    closing.push(() => app.close());
    return app.listen({ port: 0, host: '127.0.0.1', listenTextResolver: () => '' });
  },
};

describe.each(Object.entries(SERVERS))('http-proxy-middleware behind %s', (_server, serve) => {
  test.each(BODIES)('sends a body, %s [T142]', async (_what, body, isChunked) => {
    const proxy = createProxyMiddleware({ target: upstream.url });
    const origin = await serve((req, res) => void proxy(req as never, res as never));
    for (let i = 1; i <= 2; i++) {
      const answer = await post(origin, body, isChunked);
      expect([answer.status, await answer.text()]).toEqual([200, 'upstream']);
      const framing = isChunked
        ? { length: undefined, coding: 'chunked' }
        : { length: String(Buffer.byteLength(body)), coding: undefined };
      expect(upstream.received).toHaveLength(i);
      expect(upstream.received.at(-1)).toEqual({ body, ...framing });
    }
  });
});

describe('Koa', () => {
  test.each(BODIES)('ctx.req.pipe finds a body, %s [T142]', async (_what, body, isChunked) => {
    const app = new Koa();
    app.use(protectKoa(gate)).use((ctx: Context) => {
      ctx.body = ctx.req.pipe(new PassThrough());
    });
    const origin = await listen(createServer((req, res) => void app.callback()(req, res)));
    expect(await (await post(origin, body, isChunked)).text()).toBe(body);
  });
});

describe('Fastify behind Express’s middleware', () => {
  test.each(BODIES)('parses a body, %s [T142]', async (_what, body, isChunked) => {
    const app = fastify({ forceCloseConnections: true });
    await app.register(fastifyExpress);
    app.use('/mcp', protectExpress(gate));
    app.post('/mcp', async (request) => ({ parsed: request.body }));
    closing.push(() => app.close());
    const origin = await app.listen({ port: 0, host: '127.0.0.1', listenTextResolver: () => '' });
    const answer = await post(origin, body, isChunked);
    expect(await answer.json()).toEqual({ parsed: JSON.parse(body) as unknown });
  });
});

describe('over HTTP/2', () => {
  test.each([
    ['small', SMALL],
    ['large', LARGE],
  ])('a pipe finds a %s body, with and without a length [T142]', async (_what, body) => {
    const guard = createNodeGuard(gate);
    const server = createHttp2Server((http2Req, http2Res) => {
      const [req, res] = [http2Req as unknown, http2Res as unknown];
      const context = { req: req as IncomingMessage, res: res as ServerResponse };
      void Promise.resolve(guard(context)).then((passed) => {
        if (passed) context.req.pipe(context.res);
      });
    });
    const session = connectHttp2(await listen(server));
    closing.unshift(() => session.destroy());
    for (const length of [{}, { 'content-length': Buffer.byteLength(body) }]) {
      const stream = session.request({
        ...{ ':method': 'POST', ':path': '/mcp', authorization: 'Bearer reader' },
        ...{ 'content-type': 'application/json', ...length },
      });
      stream.end(body);
      expect(String(await before(buffer(stream), 'the answer'))).toBe(body);
    }
  });
});

describe('what middleware changes between two gates', () => {
  const rename = (req: GuardedRequest): void => {
    (req.body as { params: { name: string } }).params.name = 'add_note';
  };

  /** Two gates with middleware between them, and a handler that tells what each reader finds. */
  async function nested(change: (req: GuardedRequest) => void): Promise<string> {
    const app = express();
    const tell: RequestHandler = (req, res) => {
      const { rawBody, body } = req as unknown as GuardedRequest;
      const length = req.headers['content-length'];
      void buffer(req.pipe(new PassThrough())).then((piped) =>
        res.json([
          piped.toString(),
          Buffer.from(rawBody).toString(),
          JSON.stringify(body),
          length,
          piped.length,
        ]),
      );
    };
    const between: RequestHandler = (req, _res, next) => (change(req), next());
    app.post('/mcp', protectExpress(gate), between, protectExpress(notesGate(verifier)), tell);
    return listen(createServer(app));
  }

  test('is what the second one evaluates: a change to another operation is refused [T142, T28]', async () => {
    const answer = await post(await nested(rename), SMALL);
    expect(answer.status).toBe(403);
  });

  test('is what every reader finds, with a true length [T142, T28]', async () => {
    const pad = (req: GuardedRequest): void => {
      (req.body as { params: object }).params = {
        name: 'read_notes',
        arguments: { text: 'other' },
      };
    };
    const found = (await (await post(await nested(pad), SMALL)).json()) as unknown[];
    const [piped, rawBody, body, length, bytes] = found;
    expect(JSON.parse(String(body))).toMatchObject({ params: { arguments: { text: 'other' } } });
    expect([piped, rawBody]).toEqual([body, body]);
    expect(length).toBe(String(bytes));
  });

  test('nothing: every reader finds the bytes as they came [T142, T28]', async () => {
    const found = (await (await post(await nested(() => {}), SMALL)).json()) as unknown[];
    expect(found.slice(0, 2)).toEqual([SMALL, SMALL]);
    expect(found[3]).toBe(String(found[4]));
  });
});

test('a body that a hook changes in place is what the stream gives, too [T142, T28]', async () => {
  const app = fastify({ forceCloseConnections: true });
  leaveBodies(app);
  app.register(async (scope) => {
    scope.register(protectFastify(gate));
    scope.addHook('preValidation', async ({ body }) => {
      (body as { params: { arguments: object } }).params.arguments = { text: 'changed' };
    });
    scope.post('/mcp', async (request) => {
      const piped = String(await buffer(request.raw.pipe(new PassThrough())));
      return [piped, JSON.stringify(request.body), request.headers['content-length']];
    });
  });
  closing.push(() => app.close());
  const origin = await app.listen({ port: 0, host: '127.0.0.1', listenTextResolver: () => '' });
  const [piped, body, length] = (await (await post(origin, SMALL)).json()) as string[];
  expect(piped).toContain('changed');
  expect(piped).toBe(body);
  expect(length).toBe(String(Buffer.byteLength(piped ?? '')));
});

test('code that listens in front of the gate gets the body once, and its end [T142]', async () => {
  const app = express();
  const heard: string[] = [];
  app.use((req, _res, next) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => void chunks.push(chunk));
    req.on('end', () => void heard.push(String(Buffer.concat(chunks))));
    next();
  });
  // The verifier answers at once, so that the gate reads from the first byte on.
  const prompt = notesGate(() => ({ scopes: ['notes:read'], subject: 'ray' }));
  app.post('/mcp', protectExpress(prompt), (req, res) => res.json(req.body));
  const answer = await post(await listen(createServer(app)), LARGE);
  expect(await answer.json()).toEqual(JSON.parse(LARGE));
  expect(heard).toEqual([LARGE]);
});
