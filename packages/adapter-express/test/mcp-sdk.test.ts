import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { RequestHandler } from 'express';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
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
import type { Run, NotesGates } from '../../core/test/support/notes-gates.js';
import { exchange } from '../../adapter-testkit/src/wire/raw-http.js';
import { protect } from '../src/index.js';
import { FRAMEWORKS } from './support/harness.js';
import { notesMcp, notesServerV1, toNodeHandler } from './support/notes-mcp.js';

const runs: Run[] = [];
const servers: Server[] = [];
let notes: NotesGates;
beforeAll(async () => {
  notes = await startNotesGates();
});
afterAll(() => notes.close());
afterEach(async () => {
  runs.length = 0;
  await Promise.all(servers.splice(0).map(close));
});

const node = toNodeHandler(notesMcp(runs));

/** v1 without sessions: a server and a transport for each request. */
async function stateless(...args: Parameters<StreamableHTTPServerTransport['handleRequest']>) {
  const transport = new StreamableHTTPServerTransport({});
  await notesServerV1(runs).connect(transport as never);
  await transport.handleRequest(...args);
}

/** How users write the last argument of `app.all('/mcp', protect(gate), ...)`. */
const HANDLERS: Readonly<Record<string, RequestHandler>> = {
  'v2, toNodeHandler as it is': node,
  'v2, with req.body': (req, res) => node(req, res, req.body),
  'v2, from the stream': (req, res) => node(req, res),
  'v1, with req.body': (req, res) => stateless(req, res, req.body),
  'v1, from the stream': (req, res) => stateless(req, res),
};

const columns = FRAMEWORKS.flatMap(([name, express]) =>
  (['before', 'behind', 'absent'] as const).flatMap((parser) =>
    Object.entries(HANDLERS).map(([style, handler]) => ({ name, express, parser, style, handler })),
  ),
);

describe.each(columns)('$name, JSON parser $parser the gate, $style', (column) => {
  const { express, parser, style, handler } = column;
  const wires = ['2025-11-25', ...(style.startsWith('v2') ? ['2026-07-28'] : [])] as const;

  test.each(wires)(
    '%s: the tool finds auth and the evaluated body [T16, T25, T72]',
    async (wire) => {
      const app = express();
      if (parser === 'before') app.use(express.json());
      const behind = parser === 'behind' ? [express.json()] : [];
      app.all('/mcp', protect(notes.gate), ...behind, handler);
      const answer = await exchange(await serve(app), addNote(wire as never, notes.tokens));
      expect(answer.status).toBe(200);
      expect(answer.body).toContain('"done"');
      expectHanded(runs, notes.tokens);
    },
  );

  test('as third argument of protect, too [T16, T25, T72]', async () => {
    const app = express();
    if (parser === 'before') app.use(express.json());
    app.all('/mcp', protect(notes.gate, undefined, handler));
    const answer = await exchange(await serve(app), addNote('2025-11-25', notes.tokens));
    expect(answer.status).toBe(200);
    expectHanded(runs, notes.tokens);
  });
});

test.each(FRAMEWORKS)('%s: calls at the same time do not mix [T15]', async (_name, express) => {
  const app = express();
  app.all('/mcp', protect(notes.gate), node);
  const origin = await serve(app);
  await expectNoMixing((request) => exchange(origin, request), runs, notes.tokens);
});

describe.each(FRAMEWORKS)('%s, v1 with sessions', (_name, express) => {
  test('every request of a session is evaluated, the session id is not a credential [AH-3, OP-14, OP-18]', async () => {
    const sessions = new Map<string, StreamableHTTPServerTransport>();
    const app = express();
    app.all('/mcp', protect(notes.gate), async (req, res) => {
      const known = sessions.get(String(req.headers['mcp-session-id']));
      const transport = known ?? (await openSession(sessions));
      await transport.handleRequest(req, res, req.body);
    });
    const origin = await serve(app);
    const { tokens } = notes;
    const opened = await exchange(origin, rpc(tokens, INITIALIZE));
    expect(opened.status).toBe(200);
    const session = [
      ['Mcp-Session-Id', String(opened.headers.get('mcp-session-id'))],
      ['MCP-Protocol-Version', '2025-11-25'],
    ] as const;
    const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
    expect(await exchange(origin, rpc(tokens, initialized, session))).toMatchObject({
      status: 202,
    });

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
    stop.abort();
    const { body: _, ...end } = { ...rpc(tokens, {}, session), method: 'DELETE' };
    expect(await exchange(origin, end)).toMatchObject({ status: 200 });
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

async function serve(app: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(app as never);
  servers.push(server);
  return listen(server);
}
