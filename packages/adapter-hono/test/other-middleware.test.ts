/** Other middleware of an application beside the gate: CORS, request ids, parsers of all kinds, other gates. */
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { serveFetch } from '@scopegate/adapter-testkit';
import { publicAccess } from '@scopegate/core';
import { Hono } from 'hono';
import type { Handler, MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { notesMcp } from '../../adapter-express/test/support/notes-mcp.js';
import { call } from '../../adapter-testkit/src/cases/index.js';
import { addNote, expectHanded } from '../../core/test/support/handed.js';
import { close, listen } from '../../core/test/support/issuer.js';
import { notesGate, startNotesGates } from '../../core/test/support/notes-gates.js';
import type { NotesGate, Run, NotesGates } from '../../core/test/support/notes-gates.js';
import { exchange } from '../../adapter-testkit/src/wire/raw-http.js';
import type { Received, WireRequest } from '../../adapter-testkit/src/wire/raw-http.js';
import { authOf, protect, resourceMetadata } from '../src/index.js';

type Send = (request: WireRequest) => Promise<Received>;

const runs: Run[] = [];
const servers: Server[] = [];
const platforms: (() => Promise<void>)[] = [];
const mcp = notesMcp(runs);
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

const PLATFORMS: Readonly<Record<string, (app: Hono) => Promise<Send>>> = {
  'on Node': async (app) => {
    const server = createServer(getRequestListener(app.fetch) as RequestListener);
    servers.push(server);
    const origin = await listen(server);
    return (request) => exchange(origin, request);
  },
  'on fetch': async (app) => {
    const { url, close: stop } = await serveFetch(app.fetch);
    platforms.push(stop);
    return (request) => exchange(url, request);
  },
};

const serveMcp =
  (gate: NotesGate): Handler =>
  (c) =>
    mcp.fetch(c.req.raw, { authInfo: authOf(gate, c) });

const setting =
  (headers: Readonly<Record<string, string>>): MiddlewareHandler =>
  (c, next) => {
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
    return next();
  };

describe.each(Object.entries(PLATFORMS))('%s', (_platform, start) => {
  test('headers that others set stay on refusals and answers; Vary grows [T43, T49]', async () => {
    const app = new Hono();
    app.use(cors({ origin: 'https://app.example.com' }));
    app.use(setting({ 'X-Request-Id': '7', 'WWW-Authenticate': 'Basic realm="old"' }));
    app.use(resourceMetadata(notes.gate));
    app.all('/mcp', protect(notes.gate), serveMcp(notes.gate));
    const browser = ['Origin', 'https://app.example.com'] as const;
    const plain = await start(app);
    const send: Send = ({ headers = [], ...request }) =>
      plain({ ...request, headers: [...headers, browser] });
    const [purge, batch] = [call('admin_purge'), [call('read_notes')]].map((body) => ({
      ...addNote('2025-11-25', notes.tokens),
      body: JSON.stringify(body),
    }));
    const answers = [
      [401, await send({ method: 'POST', target: '/mcp' })],
      [403, await send(purge as WireRequest)],
      [400, await send(batch as WireRequest)],
      [200, await send(addNote('2025-11-25', notes.tokens))],
    ] as const;
    for (const [status, answer] of answers) {
      expect(answer.status).toBe(status);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'access-control-allow-origin': 'https://app.example.com',
        'x-request-id': '7',
      });
      expect(answer.headers.get('vary')?.split(', ').toSorted()).toEqual([
        'Authorization',
        'Origin',
      ]);
    }
    // The gate's challenge replaces the earlier one.
    expect(answers[0][1].headers.get('www-authenticate')).toMatch(/^Bearer /);
    expect(answers[1][1].headers.get('www-authenticate')).toMatch(/^Bearer /);
  });

  const READERS: Readonly<Record<string, MiddlewareHandler>> = {
    'text()': async (c, next) => {
      await c.req.text();
      await next();
    },
    'arrayBuffer()': async (c, next) => {
      await c.req.arrayBuffer();
      await next();
    },
    'json() twice': async (c, next) => {
      await c.req.json();
      await c.req.json();
      await next();
    },
    'a clone': async (c, next) => {
      await c.req.raw.clone().text();
      await next();
    },
  };

  test.each(Object.entries(READERS))(
    'the body read by %s, in front and behind: the evaluated one is passed on [T25]',
    async (_what, reader) => {
      const app = new Hono();
      app.use(reader);
      app.use('/mcp', protect(notes.gate));
      app.use(reader);
      app.all('/mcp', serveMcp(notes.gate));
      expect(await (await start(app))(addNote('2025-11-25', notes.tokens))).toMatchObject({
        status: 200,
      });
      expectHanded(runs, notes.tokens);
    },
  );

  test('two gates, one behind the other: the handler can read what the inner one evaluated [T25]', async () => {
    const app = new Hono();
    app.use('/mcp', protect(notes.gate));
    app.use('/mcp', protect(notes.gate));
    app.all('/mcp', serveMcp(notes.gate));
    app.use('/raw', protect(notes.gate), protect(notes.gate));
    app.all('/raw', async (c) => c.json(await c.req.raw.json()));
    const send = await start(app);
    const note = addNote('2025-11-25', notes.tokens);
    expect(await send(note)).toMatchObject({ status: 200 });
    expectHanded(runs, notes.tokens);
    expect(await send({ ...note, target: '/raw' })).toMatchObject({ status: 200, body: note.body });
  });

  test('a body that was taken from the raw request is refused, not guessed [T25]', async () => {
    const app = new Hono();
    app.use(async (c, next) => {
      await c.req.raw.text();
      await next();
    });
    app.all('/mcp', protect(notes.gate), serveMcp(notes.gate));
    expect(await (await start(app))(addNote('2025-11-25', notes.tokens))).toMatchObject({
      status: 400,
    });
    expect(runs).toEqual([]);
  });

  test('authOf returns what this gate allowed, and nothing else [T16]', async () => {
    const other = notesGate(notes.issuer.issuer);
    const app = new Hono<{ Variables: { auth: unknown } }>();
    const tell: Handler = (c) => {
      try {
        return c.json({ subject: authOf(notes.gate, c).subject });
      } catch (error) {
        return c.json({
          error: (error as Error).message,
          auth: (c.get('auth') as unknown) ?? null,
        });
      }
    };
    app.use((c, next) => {
      c.set('auth', { token: 't', clientId: '', scopes: ['admin:notes'] });
      return next();
    });
    app.get('/guarded', protect(notes.gate, 'notes:read'), tell);
    app.get('/public', protect(notes.gate, publicAccess()), tell);
    app.get('/other', protect(other, 'notes:read'), tell);
    app.get('/open', tell);
    const send = await start(app as never);
    const bearer = [['Authorization', `Bearer ${notes.tokens.writer}`] as const];
    const ask = async (target: string, headers = bearer) =>
      JSON.parse((await send({ target, headers })).body) as Record<string, unknown>;
    const error = 'no auth: this gate does not guard the route, or the caller is anonymous';
    expect(await ask('/guarded')).toEqual({ subject: 'ray' });
    expect(await ask('/public')).toEqual({ subject: 'ray' });
    // Nothing that somebody else put there survives the gate.
    expect(await ask('/public', [])).toEqual({ error, auth: null });
    expect(await ask('/other')).toMatchObject({ error, auth: { subject: 'ray' } });
    expect(await ask('/open')).toMatchObject({ error });
  });

  test('metadata is at the root, also if the guarded app has a base path [PR-1]', async () => {
    const app = new Hono();
    app.use(resourceMetadata(notes.gate));
    const api = new Hono().basePath('/mcp');
    api.all('/', protect(notes.gate), serveMcp(notes.gate));
    app.route('/', api);
    const send = await start(app);
    const target = '/.well-known/oauth-protected-resource/mcp';
    expect(await send({ target })).toMatchObject({ status: 200 });
    expect(await send(addNote('2025-11-25', notes.tokens))).toMatchObject({ status: 200 });
  });
});

test('what cannot guard does not mount', () => {
  const bare = notesGate(notes.issuer.issuer, { policy: undefined as never });
  expect(() => protect(bare)).toThrow(TypeError);
  expect(() => protect(bare)).toThrow('rule: the gate has no policy');
  expect(() => protect(notes.gate, 'notes:raed' as never)).toThrow(TypeError);
  expect(() => protect(notes.gate, 'notes:raed' as never)).toThrow('"notes:raed"');
  expect(() => resourceMetadata()).toThrow(TypeError);
});
