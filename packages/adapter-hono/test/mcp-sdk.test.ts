import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { serveFetch } from '@scopegate/adapter-testkit';
import { Hono } from 'hono';
import type { Handler } from 'hono';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { notesMcp, notesServerV1 } from '../../adapter-express/test/support/notes-mcp.js';
import { call } from '../../adapter-testkit/src/cases/index.js';
import {
  INITIALIZE,
  addNote,
  expectHanded,
  expectNoMixing,
  rpc,
} from '../../core/test/support/handed.js';
import { close, listen } from '../../core/test/support/issuer.js';
import { startNotesGates } from '../../core/test/support/notes-gates.js';
import type { NotesScope, Run, NotesGates } from '../../core/test/support/notes-gates.js';
import { exchange } from '../../adapter-testkit/src/wire/raw-http.js';
import type { Received, WireRequest } from '../../adapter-testkit/src/wire/raw-http.js';
import { authOf, protect } from '../src/index.js';
import type { GateVariables } from '../src/index.js';
import { parseJson } from './support/harness.js';

interface Env {
  Variables: GateVariables<NotesScope>;
  Bindings: { incoming: IncomingMessage; outgoing: ServerResponse };
}
type Send = (request: WireRequest) => Promise<Received>;

const runs: Run[] = [];
const servers: Server[] = [];
const platforms: (() => Promise<void>)[] = [];
let notes: NotesGates;
beforeAll(async () => {
  notes = await startNotesGates();
});
afterAll(() => notes.close());
afterEach(async () => {
  runs.length = 0;
  await Promise.all(servers.splice(0).map(close));
  await Promise.all(platforms.splice(0).map((stop) => stop()));
});

const mcp = notesMcp(runs);

/** v1 without sessions: a server and a transport for each request. */
async function stateless(
  ...args: Parameters<WebStandardStreamableHTTPServerTransport['handleRequest']>
): Promise<Response> {
  const transport = new WebStandardStreamableHTTPServerTransport({});
  await notesServerV1(runs).connect(transport as never);
  return transport.handleRequest(...args);
}

/** How users write the handler behind `protect(gate)`. */
const HANDLERS: Readonly<Record<string, Handler<Env>>> = {
  'v2, with parsedBody': (c) =>
    mcp.fetch(c.req.raw, { authInfo: authOf(notes.gate, c), parsedBody: c.get('parsedBody') }),
  'v2, from the request': (c) => mcp.fetch(c.req.raw, { authInfo: authOf(notes.gate, c) }),
  'v2, with Hono reading': async (c) =>
    mcp.fetch(c.req.raw, { authInfo: authOf(notes.gate, c), parsedBody: await c.req.json() }),
  'v1, with parsedBody': (c) =>
    stateless(c.req.raw, { authInfo: authOf(notes.gate, c), parsedBody: c.var.parsedBody }),
  'v1, from the request': (c) => stateless(c.req.raw, { authInfo: authOf(notes.gate, c) }),
};

const PLATFORMS: Readonly<Record<string, (app: Hono<Env>) => Promise<Send>>> = {
  'on Node': (app) => serve(getRequestListener(app.fetch)),
  'on fetch': async (app) => {
    const { url, close: stop } = await serveFetch(app.fetch);
    platforms.push(stop);
    return (request) => exchange(url, request);
  },
};

const columns = Object.entries(PLATFORMS).flatMap(([platform, start]) =>
  (['before', 'behind', 'absent'] as const).flatMap((parser) =>
    Object.entries(HANDLERS).map(([style, handler]) => ({
      platform,
      start,
      parser,
      style,
      handler,
    })),
  ),
);

describe.each(columns)('$platform, JSON parser $parser the gate, $style', (column) => {
  const { start, parser, style, handler } = column;
  const wires = ['2025-11-25', ...(style.startsWith('v2') ? ['2026-07-28'] : [])] as const;

  test.each(wires)(
    '%s: the tool finds auth and the evaluated body [T16, T25, T72]',
    async (wire) => {
      const app = new Hono<Env>();
      if (parser === 'before') app.use(parseJson);
      app.use('/mcp', protect(notes.gate));
      if (parser === 'behind') app.use(parseJson);
      app.all('/mcp', handler);
      const answer = await (await start(app))(addNote(wire as never, notes.tokens));
      expect(answer.status).toBe(200);
      expect(answer.body).toContain('"done"');
      expectHanded(runs, notes.tokens);
    },
  );

  test('as third argument of protect, too [T16, T25, T72]', async () => {
    const app = new Hono<Env>();
    if (parser === 'before') app.use(parseJson);
    app.all('/mcp', protect(notes.gate, undefined, handler as never));
    const answer = await (await start(app))(addNote('2025-11-25', notes.tokens));
    expect(answer.status).toBe(200);
    expectHanded(runs, notes.tokens);
  });
});

test('on Node, transports for Node find auth on the raw request [T16, T25]', async () => {
  const app = new Hono<Env>();
  app.all('/mcp', protect(notes.gate), async (c) => {
    const transport = new StreamableHTTPServerTransport({});
    await notesServerV1(runs).connect(transport as never);
    await transport.handleRequest(c.env.incoming, c.env.outgoing, c.var.parsedBody);
    return RESPONSE_ALREADY_SENT;
  });
  const send = await serve(getRequestListener(app.fetch));
  expect(await send(addNote('2025-11-25', notes.tokens))).toMatchObject({ status: 200 });
  expectHanded(runs, notes.tokens);
});

test.each(Object.entries(PLATFORMS))(
  '%s: calls at the same time do not mix [T15]',
  async (_p, start) => {
    const app = new Hono<Env>();
    app.all('/mcp', protect(notes.gate), HANDLERS['v2, from the request'] as Handler<Env>);
    await expectNoMixing(await start(app), runs, notes.tokens);
  },
);

describe.each(Object.entries(PLATFORMS))('v1 with sessions, %s', (_platform, start) => {
  test('every request of a session is evaluated, the session id is not a credential [AH-3, OP-14, OP-18]', async () => {
    const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
    const app = new Hono<Env>();
    app.all('/mcp', protect(notes.gate), async (c) => {
      const known = sessions.get(String(c.req.header('mcp-session-id')));
      const transport = known ?? (await openSession(sessions));
      return transport.handleRequest(c.req.raw, { authInfo: authOf(notes.gate, c) });
    });
    const send = await start(app);
    const { tokens } = notes;
    const opened = await send(rpc(tokens, INITIALIZE));
    expect(opened.status).toBe(200);
    const id = ['Mcp-Session-Id', String(opened.headers.get('mcp-session-id'))] as const;
    const { headers = [], ...add } = addNote('2025-11-25', tokens);
    expect(await send({ ...add, headers: [...headers, id] })).toMatchObject({ status: 200 });
    expectHanded(runs, tokens);

    for (const method of ['GET', 'POST', 'DELETE']) {
      const bare = { method, target: '/mcp', headers: [id] };
      expect(await send(bare)).toMatchObject({ status: 401 });
    }
    expect(await send(rpc(tokens, call('admin_purge'), [id]))).toMatchObject({ status: 403 });
    expect(runs).toHaveLength(1);
    const { body: _, ...end } = { ...rpc(tokens, {}, [id]), method: 'DELETE' };
    expect(await send(end)).toMatchObject({ status: 200 });
  });
});

async function openSession(
  sessions: Map<string, WebStandardStreamableHTTPServerTransport>,
): Promise<WebStandardStreamableHTTPServerTransport> {
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => {
      sessions.set(id, transport);
    },
  });
  await notesServerV1(runs).connect(transport as never);
  return transport;
}

async function serve(listener: unknown): Promise<Send> {
  const server = createServer(listener as RequestListener);
  servers.push(server);
  const origin = await listen(server);
  return (request) => exchange(origin, request);
}
