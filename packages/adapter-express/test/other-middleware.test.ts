/** Other middleware of an application beside the gate: CORS, request ids, parsers of all kinds, other gates. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { text } from 'node:stream/consumers';
import type { RequestHandler } from 'express';
import { publicAccess } from '@scopegate/core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { call } from '../../adapter-testkit/src/cases/index.js';
import { addNote, expectHanded } from '../../core/test/support/handed.js';
import { close, listen } from '../../core/test/support/issuer.js';
import { notesGate, startNotesGates } from '../../core/test/support/notes-gates.js';
import type { Run, NotesGates } from '../../core/test/support/notes-gates.js';
import { exchange } from '../../adapter-testkit/src/wire/raw-http.js';
import type { Received, WireRequest } from '../../adapter-testkit/src/wire/raw-http.js';
import { authOf, protect, resourceMetadata } from '../src/index.js';
import { FRAMEWORKS } from './support/harness.js';
import { notesMcp, toNodeHandler } from './support/notes-mcp.js';

type App = ReturnType<(typeof FRAMEWORKS)[number][1]>;
type Send = (request: WireRequest) => Promise<Received>;

const runs: Run[] = [];
const servers: Server[] = [];
const mcp = toNodeHandler(notesMcp(runs));
let notes: NotesGates;
beforeAll(async () => {
  notes = await startNotesGates();
});
afterAll(() => notes.close());
afterEach(async () => {
  runs.length = 0;
  await Promise.all(servers.splice(0).map(close));
});

describe.each(FRAMEWORKS)('%s', (_name, express) => {
  async function serve(mount: (app: App) => void): Promise<Send> {
    const app = express();
    app.set('env', 'test');
    mount(app);
    const server = createServer(app);
    servers.push(server);
    const origin = await listen(server);
    return (request) => exchange(origin, request);
  }

  test.each([
    ['a text parser', express.text({ type: '*/*' })],
    ['a raw parser', express.raw({ type: '*/*' })],
    ['a parser that keeps the bytes', express.json({ verify: keepBytes })],
    ['a parser of another type', express.urlencoded({ extended: true })],
    ['a stream asked for text', asText],
  ])('%s in front: the evaluated body is passed on [T25, T28]', async (_what, parser) => {
    const send = await serve((app) => {
      app.use(parser);
      app.all('/mcp', protect(notes.gate), (req, res) => mcp(req, res, req.body));
    });
    expect(await send(addNote('2025-11-25', notes.tokens))).toMatchObject({ status: 200 });
    expectHanded(runs, notes.tokens);
  });

  test.each([
    ['that left nothing of the body', 400, swallow],
    ['that made an object of a form', 415, express.urlencoded({ extended: true })],
  ])('something in front %s: refused [T25, T28]', async (_what, status, parser) => {
    const send = await serve((app) => {
      app.use(parser);
      app.all('/mcp', protect(notes.gate), (req, res) => mcp(req, res, req.body));
    });
    const { headers = [], ...request } = addNote('2025-11-25', notes.tokens);
    const form = 'jsonrpc=2.0&id=1&method=tools/call&params[name]=add_note';
    const answer = await send(
      status === 400
        ? { ...request, headers }
        : {
            ...request,
            headers: [
              ...headers.filter(([name]) => name !== 'Content-Type'),
              ['Content-Type', 'application/x-www-form-urlencoded'],
            ],
            body: form,
          },
    );
    expect(answer.status).toBe(status);
    expect(runs).toEqual([]);
  });

  test.each([
    ['of another charset', '; charset=utf-7', 415, passOn],
    ['that was changed after it was parsed', '', 200, rename],
  ])('a body %s: no reader receives another document [T16, T25, T28]', async (...row) => {
    const [, charset, status, change] = row;
    const found: unknown[] = [];
    const send = await serve((app) => {
      app.use(express.json({ verify: keepBytes }), change);
      app.all('/mcp', protect(notes.gate), async (req, res) => {
        const { rawBody } = req as unknown as { rawBody: Buffer };
        found.push(JSON.parse(String(rawBody)), JSON.parse(await text(req)));
        res.end();
      });
    });
    // In UTF-7 the second name is "name".
    const body = JSON.stringify(call('add_note')).replace(
      '{"name"',
      '{"+AG4-ame":"read_notes","name"',
    );
    const answer = await send({
      ...{ method: 'POST', target: '/mcp', body },
      headers: [
        ['Authorization', `Bearer ${notes.tokens.reader}`],
        ['Content-Type', `application/json${charset}`],
      ],
    });
    expect(answer.status).toBe(status);
    const names = found.map((one) => (one as { params: { name: string } }).params.name);
    expect(names).toEqual(status === 200 ? ['read_notes', 'read_notes'] : []);
  });

  describe('authOf', () => {
    const forge: RequestHandler = (req, _res, next) => {
      Object.assign(req, { auth: { token: 't', clientId: '', scopes: ['admin:notes'] } });
      next();
    };
    const tell: RequestHandler = (req, res) => {
      try {
        res.json({ subject: authOf(notes.gate, req).subject });
      } catch (error) {
        res.json({
          error: (error as Error).message,
          auth: (req as { auth?: unknown }).auth ?? null,
        });
      }
    };
    const headers = () => [['Authorization', `Bearer ${notes.tokens.writer}`] as const];

    test('returns what this gate allowed, and nothing else [T16]', async () => {
      const other = notesGate(notes.issuer.issuer);
      const send = await serve((app) => {
        app.use(forge);
        app.get('/guarded', protect(notes.gate, 'notes:read'), tell);
        app.get('/public', protect(notes.gate, publicAccess()), tell);
        app.get('/other', protect(other, 'notes:read'), tell);
        app.get('/open', tell);
      });
      const ask = async (target: string, more = headers()) =>
        JSON.parse((await send({ target, headers: more })).body) as Record<string, unknown>;
      const error = 'no auth: this gate does not guard the route, or the caller is anonymous';
      expect(await ask('/guarded')).toEqual({ subject: 'ray' });
      expect(await ask('/public')).toEqual({ subject: 'ray' });
      // Nothing that somebody else put there survives the gate.
      expect(await ask('/public', [])).toEqual({ error, auth: null });
      expect(await ask('/other')).toMatchObject({ error, auth: { subject: 'ray' } });
      expect(await ask('/open')).toMatchObject({ error });
    });
  });

  describe('mounting', () => {
    test('metadata anywhere but at the root is an error that says so [PR-1]', async () => {
      for (const mount of [
        (app: App) => app.use('/api', resourceMetadata(notes.gate)),
        (app: App) => app.use('/api', express().use(resourceMetadata(notes.gate))),
        (app: App) => app.use('/api', express.Router().use(resourceMetadata(notes.gate))),
      ]) {
        const send = await serve(mount);
        const answer = await send({ target: '/api/anything' });
        expect(answer.status).toBe(500);
        expect(answer.body).toContain('resourceMetadata belongs at the root of the app, not /api');
      }
      const send = await serve((app) => app.use(express().use(resourceMetadata(notes.gate))));
      const target = '/.well-known/oauth-protected-resource/mcp';
      expect(await send({ target })).toMatchObject({ status: 200 });
    });

    test('what cannot guard does not mount', () => {
      const bare = notesGate(notes.issuer.issuer, { policy: undefined as never });
      expect(() => protect(bare)).toThrow(TypeError);
      expect(() => protect(bare)).toThrow('rule: the gate has no policy');
      expect(() => protect(notes.gate, 'notes:raed' as never)).toThrow(TypeError);
      expect(() => protect(notes.gate, 'notes:raed' as never)).toThrow('"notes:raed"');
      expect(() => resourceMetadata()).toThrow(TypeError);
    });
  });
});

function keepBytes(req: unknown, _res: unknown, bytes: Buffer): void {
  (req as { rawBody: Buffer }).rawBody = bytes;
}

const passOn: RequestHandler = (_req, _res, next) => next();

/** An alias, say. */
const rename: RequestHandler = (req, _res, next) => {
  (req.body as { params: { name: string } }).params.name = 'read_notes';
  next();
};

const asText: RequestHandler = (req, _res, next) => {
  req.setEncoding('utf8');
  next();
};

const swallow: RequestHandler = (req, _res, next) => {
  req.resume().once('end', next);
};
