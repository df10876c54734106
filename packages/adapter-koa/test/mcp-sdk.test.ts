import { randomUUID } from 'node:crypto';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Context, Middleware } from 'koa';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  notesMcp,
  notesServerV1,
  toNodeHandler,
} from '../../adapter-express/test/support/notes-mcp.js';
import { call } from '../../adapter-testkit/src/cases/index.js';
import {
  INITIALIZE,
  addNote,
  expectHanded,
  expectNoMixing,
  rpc,
} from '../../core/test/support/handed.js';
import { startNotesGates } from '../../core/test/support/notes-gates.js';
import type { Run, NotesGates } from '../../core/test/support/notes-gates.js';
import { protect } from '../src/index.js';
import { FRAMEWORKS, parser, serveMcp } from './support/harness.js';
import type { NodeRequest } from './support/harness.js';
import { serve } from './support/serve.js';

const runs: Run[] = [];
let notes: NotesGates;
beforeAll(async () => {
  notes = await startNotesGates();
});
afterAll(() => notes.close());
afterEach(() => {
  runs.length = 0;
});

const node = toNodeHandler(notesMcp(runs));

/** v1 without sessions: a server and a transport for each request. */
async function stateless(...args: Parameters<StreamableHTTPServerTransport['handleRequest']>) {
  const transport = new StreamableHTTPServerTransport({});
  await notesServerV1(runs).connect(transport as never);
  await transport.handleRequest(...args);
}

const taking =
  (handle: (ctx: Context) => Promise<void>): Middleware =>
  async (ctx) => {
    ctx.respond = false;
    await handle(ctx);
  };

/** How users write the handler behind `protect(gate)`. */
const HANDLERS: Readonly<Record<string, Middleware>> = {
  'v2, with ctx.request.body': serveMcp(node),
  'v2, from the stream': taking(({ req, res }) => node(req as NodeRequest, res)),
  'v2, not awaited': (ctx) => {
    ctx.respond = false;
    void node(ctx.req as NodeRequest, ctx.res, ctx.request.body);
  },
  'v1, with ctx.request.body': taking(({ req, res, request }) => stateless(req, res, request.body)),
  'v1, from the stream': taking(({ req, res }) => stateless(req, res)),
};

const columns = FRAMEWORKS.flatMap(([name, Koa]) =>
  (['before', 'behind', 'absent'] as const).flatMap((place) =>
    Object.entries(HANDLERS).map(([style, handler]) => ({ name, Koa, place, style, handler })),
  ),
);

describe.each(columns)('$name, body parser $place the gate, $style', (column) => {
  const { Koa, place, style, handler } = column;
  const wires = ['2025-11-25', ...(style.startsWith('v2') ? ['2026-07-28'] : [])] as const;

  test.each(wires)(
    '%s: the tool finds auth and the evaluated body [T16, T25, T72]',
    async (wire) => {
      const { send } = await serve(Koa, (app) => {
        if (place === 'before') app.use(parser());
        app.use(protect(notes.gate));
        if (place === 'behind') app.use(parser());
        app.use(handler);
      });
      const answer = await send(addNote(wire as never, notes.tokens));
      expect(answer.status).toBe(200);
      expect(answer.body).toContain('"done"');
      // What the SDK writes by itself has the header `Vary`, too.
      expect(answer.headers.get('vary')).toBe('Authorization');
      expectHanded(runs, notes.tokens);
    },
  );

  test('as third argument of protect, too [T16, T25, T72]', async () => {
    const { send } = await serve(Koa, (app) => {
      if (place === 'before') app.use(parser());
      app.use(protect(notes.gate, undefined, handler));
    });
    const answer = await send(addNote('2025-11-25', notes.tokens));
    expect(answer.status).toBe(200);
    expectHanded(runs, notes.tokens);
  });
});

test.each(FRAMEWORKS)('%s: calls at the same time do not mix [T15]', async (_name, Koa) => {
  const { send } = await serve(Koa, (app) => app.use(protect(notes.gate)).use(serveMcp(node)));
  await expectNoMixing(send, runs, notes.tokens);
});

describe.each(FRAMEWORKS)('%s, v1 with sessions', (_name, Koa) => {
  test('every request of a session is evaluated, the session id is not a credential [AH-3, OP-14, OP-18]', async () => {
    const sessions = new Map<string, StreamableHTTPServerTransport>();
    const handler: Middleware = async (ctx) => {
      const known = sessions.get(ctx.get('mcp-session-id'));
      const transport = known ?? (await openSession(sessions));
      ctx.respond = false;
      await transport.handleRequest(ctx.req, ctx.res, ctx.request.body);
    };
    const { origin, send } = await serve(Koa, (app) => app.use(protect(notes.gate)).use(handler));
    const { tokens } = notes;
    const opened = await send(rpc(tokens, INITIALIZE));
    expect(opened.status).toBe(200);
    const session = [
      ['Mcp-Session-Id', String(opened.headers.get('mcp-session-id'))],
      ['MCP-Protocol-Version', '2025-11-25'],
    ] as const;
    const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
    expect(await send(rpc(tokens, initialized, session))).toMatchObject({
      status: 202,
    });

    const { headers = [], ...add } = addNote('2025-11-25', tokens);
    expect(await send({ ...add, headers: [...headers, session[0]] })).toMatchObject({
      status: 200,
    });
    expectHanded(runs, tokens);

    for (const method of ['GET', 'POST', 'DELETE']) {
      expect(await send({ method, target: '/mcp', headers: session })).toMatchObject({
        status: 401,
      });
    }
    const purge = await send(rpc(tokens, call('admin_purge'), session));
    expect(purge.status).toBe(403);
    expect(runs).toHaveLength(1);

    const stop = new AbortController();
    const stream = await fetch(`${origin}/mcp`, {
      headers: [
        ...session,
        ['Authorization', `Bearer ${tokens.writer}`],
        ['Accept', 'text/event-stream'],
      ] as [string, string][],
      signal: stop.signal,
    });
    expect(stream.status).toBe(200);
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    stop.abort();
    const { body: _, ...end } = { ...rpc(tokens, {}, session), method: 'DELETE' };
    expect(await send(end)).toMatchObject({ status: 200 });
  });
});

async function openSession(
  sessions: Map<string, StreamableHTTPServerTransport>,
): Promise<StreamableHTTPServerTransport> {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => {
      sessions.set(id, transport);
    },
  });
  await notesServerV1(runs).connect(transport as never);
  return transport;
}
