import { randomUUID } from 'node:crypto';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import fastify from 'fastify';
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
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
import { exchange } from '../../adapter-testkit/src/wire/raw-http.js';
import { authOf, protect } from '../src/index.js';
import { FORMS, leaveBodies } from './support/harness.js';
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

const mcp = notesMcp(runs);
const node = toNodeHandler(mcp);

/** v1 without sessions: a server and a transport for each request. */
async function stateless({ raw }: FastifyRequest, reply: FastifyReply, body?: unknown) {
  reply.hijack();
  const transport = new StreamableHTTPServerTransport({});
  await notesServerV1(runs).connect(transport as never);
  await transport.handleRequest(raw, reply.raw, body);
}

/** How users write the handler of a guarded route. */
const HANDLERS: Readonly<Record<string, RouteHandlerMethod>> = {
  'v2, with request.body': (request, reply) => {
    reply.hijack();
    return node(request.raw as never, reply.raw, request.body);
  },
  'v2, from the stream': (request, reply) => {
    reply.hijack();
    return node(request.raw as never, reply.raw);
  },
  'v2, over fetch': (request) =>
    mcp.fetch(
      new Request('https://notes.example.com/mcp', {
        method: request.method,
        headers: new Headers(request.headers as Record<string, string>),
      }),
      { authInfo: authOf(notes.gate, request), parsedBody: request.body },
    ),
  'v1, with request.body': (request, reply) => stateless(request, reply, request.body),
  'v1, from the stream': (request, reply) => stateless(request, reply),
};

const columns = Object.entries(FORMS).flatMap(([form, mount]) =>
  (['before', 'absent'] as const).flatMap((parser) =>
    Object.entries(HANDLERS).map(([style, handler]) => ({ form, mount, parser, style, handler })),
  ),
);

describe.each(columns)('$form, body parser $parser, $style', (column) => {
  const { mount, parser, style, handler } = column;
  const wires = ['2025-11-25', ...(style.startsWith('v2') ? ['2026-07-28'] : [])] as const;

  test.each(wires)(
    '%s: the tool finds auth and the evaluated body [T16, T25, T72]',
    async (wire) => {
      const send = await serve((app) => {
        if (parser === 'absent') leaveBodies(app);
        mount(app, { path: '/mcp', gate: notes.gate }, handler);
      });
      const answer = await send(addNote(wire as never, notes.tokens));
      expect(answer.status).toBe(200);
      expect(answer.body).toContain('"done"');
      expect(answer.headers.get('vary')).toContain('Authorization');
      expectHanded(runs, notes.tokens);
    },
  );
});

test('calls at the same time do not mix [T15]', async () => {
  const send = await serve((app) =>
    app.all('/mcp', protect(notes.gate), HANDLERS['v2, with request.body'] as RouteHandlerMethod),
  );
  await expectNoMixing(send, runs, notes.tokens);
});

describe('v1 with sessions', () => {
  test('every request of a session is evaluated, the session id is not a credential [AH-3, OP-14, OP-18]', async () => {
    const sessions = new Map<string, StreamableHTTPServerTransport>();
    const app = fastify();
    app.all('/mcp', protect(notes.gate), async (request, reply) => {
      reply.hijack();
      const known = sessions.get(String(request.headers['mcp-session-id']));
      const transport = known ?? (await openSession(sessions));
      await transport.handleRequest(request.raw, reply.raw, request.body);
    });
    const origin = await app.listen({ port: 0, host: '127.0.0.1' });
    const { tokens } = notes;
    const opened = await exchange(origin, rpc(tokens, INITIALIZE));
    expect(opened.status).toBe(200);
    const session = [
      ['Mcp-Session-Id', String(opened.headers.get('mcp-session-id'))],
      ['MCP-Protocol-Version', '2025-11-25'],
    ] as const;

    const { headers = [], ...add } = addNote('2025-11-25', tokens);
    expect(await exchange(origin, { ...add, headers: [...headers, session[0]] })).toMatchObject({
      status: 200,
    });
    expectHanded(runs, tokens);

    for (const method of ['GET', 'POST', 'DELETE']) {
      expect(await exchange(origin, { method, target: '/mcp', headers: session })).toMatchObject({
        status: 401,
      });
    }
    const purge = await exchange(origin, rpc(tokens, call('admin_purge'), session));
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
    expect(stream.headers.get('vary')).toBe('Authorization');
    stop.abort();
    const { body: _, ...end } = { ...rpc(tokens, {}, session), method: 'DELETE' };
    const bare = (end.headers ?? []).filter(([name]) => name !== 'Content-Type');
    expect(await exchange(origin, { ...end, headers: bare })).toMatchObject({ status: 200 });
    await app.close();
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
