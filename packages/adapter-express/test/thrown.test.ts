import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import express5 from 'express';
import { authenticated, InsufficientScopeError } from '@scopegate/core';
import { close, listen } from '../../core/test/support/issuer.js';
import { notesGate } from '../../core/test/support/mcp.js';
import { startNotesGates, toWire, verify } from '../../core/test/support/notes-gates.js';
import type { Opened, NotesGates } from '../../core/test/support/notes-gates.js';
import { exchange } from '../../adapter-testkit/src/wire/raw-http.js';
import {
  FOREIGN_ERRORS,
  SCOPE_ERRORS,
  THROWN_IN_MCP,
  ask,
  missingForExport,
} from '../../adapter-testkit/src/cases/index.js';
import { protect, scopeErrors } from '../src/index.js';
import { FRAMEWORKS } from './support/harness.js';

let notes: NotesGates;
const servers: Server[] = [];
/** What reached the application's own error handler. */
const caught: { error: unknown; headersSent: boolean }[] = [];

beforeAll(async () => {
  notes = await startNotesGates();
});
afterAll(() => notes.close());
afterEach(async () => {
  caught.length = 0;
  await Promise.all(servers.splice(0).map(close));
});

/** The ways in which Express receives an error. */
const WAYS: Readonly<Record<string, (make: () => unknown) => RequestHandler>> = {
  'thrown at once': (make) => () => {
    throw make();
  },
  'thrown later': (make) => async () => {
    await Promise.resolve();
    throw make();
  },
  'passed to next': (make) => (_req, _res, next) => next(make()),
  'passed to next, later': (make) => (_req, _res, next) => void setImmediate(() => next(make())),
};

/** The place of the guarded handler. */
const PLACES: Readonly<Record<string, (handler: RequestHandler, rule?: 'notes:read') => Handlers>> =
  {
    'in protect': (handler, rule) => [protect(notes.gate, rule, handler)],
    'behind protect': (handler, rule) => [protect(notes.gate, rule), handler],
    'behind protect and a parser': (handler, rule) => [
      ...[protect(notes.gate, rule), express5.json(), handler],
    ],
  };

type Handlers = readonly RequestHandler[];

const columns = FRAMEWORKS.flatMap(([name, express]) =>
  Object.entries(WAYS).flatMap(([way, raise]) =>
    Object.entries(PLACES)
      // Express 4 does not see what a promise rejects with.
      .filter(([place]) => express === express5 || way !== 'thrown later' || place === 'in protect')
      .map(([place, guard]) => ({ name, express, way, raise, place, guard })),
  ),
);

describe.each(columns)('$name, $way, $place', ({ express, raise, guard }) => {
  test.each(SCOPE_ERRORS)('$what becomes the 403 of the gate [C403-1, C403-2]', async (thrown) => {
    const opened = await serve(express, (app) =>
      app.get('/export', ...guard(raise(thrown.make), 'notes:read')),
    );
    await verify(ask(thrown.expected), { opened, tokens: notes.tokens, runs: [] });
    expect(caught).toEqual([]);
  });

  test('in an MCP call, it is a JSON-RPC error with the id of the call [C403-1, C403-4]', async () => {
    const opened = await serve(express, (app) =>
      app.all('/mcp', ...guard(raise(() => new InsufficientScopeError('admin:notes')))),
    );
    await verify(THROWN_IN_MCP, { opened, tokens: notes.tokens, runs: [] });
  });

  test.each(FOREIGN_ERRORS)("%s goes to the application's error handler", async (_what, make) => {
    const error = make();
    const opened = await serve(express, (app) =>
      app.get(
        '/export',
        ...guard(
          raise(() => error),
          'notes:read',
        ),
      ),
    );
    expect(await opened.send(request())).toMatchObject({ status: 418, body: 'mine' });
    expect(caught).toEqual([{ error, headersSent: false }]);
  });

  test('once headers are out, nothing is refused', async () => {
    const error = new InsufficientScopeError('notes:write');
    const opened = await serve(express, (app) =>
      app.get(
        '/export',
        ...guard((req, res, next) => {
          res.write('begun');
          return raise(() => error)(req, res, next);
        }, 'notes:read'),
      ),
    );
    const answer = await opened.send(request());
    expect(answer).toMatchObject({ status: 200, body: 'begun' });
    expect(caught).toEqual([{ error, headersSent: true }]);
  });

  test('headers that the handler set for its content are not on the refusal', async () => {
    const opened = await serve(express, (app) =>
      app.get(
        '/export',
        ...guard((req, res, next) => {
          res.set({ 'X-Request-Id': '7', 'Set-Cookie': 'a=b' });
          res.set({ 'Content-Length': '5', 'Content-Encoding': 'gzip', ETag: '"x"' });
          res.set({ 'Content-Type': 'text/csv', 'Content-Disposition': 'attachment' });
          return raise(() => new InsufficientScopeError('notes:write'))(req, res, next);
        }, 'notes:read'),
      ),
    );
    const answer = await opened.send(request());
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toMatchObject({ error: 'insufficient_scope' });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-request-id': '7',
      'set-cookie': 'a=b',
      'content-type': 'application/json',
      connection: 'keep-alive',
    });
    for (const name of ['content-encoding', 'etag', 'content-disposition']) {
      expect(answer.headers.has(name), name).toBe(false);
    }
  });
});

const behind = columns.filter(({ place }) => place !== 'in protect');

// A control: the same requests, to an app from which `scopeErrors` was removed.
describe.each(behind)('$name, $way, $place, without `scopeErrors`', ({ express, raise, guard }) => {
  test.each(SCOPE_ERRORS)('$what is the error handler’s [C403-1]', async (thrown) => {
    const error = thrown.make();
    const opened = await serve(
      express,
      (app) =>
        app.get(
          '/export',
          ...guard(
            raise(() => error),
            'notes:read',
          ),
        ),
      [],
    );
    const checked = verify(ask(thrown.expected), { opened, tokens: notes.tokens, runs: [] });
    await expect(checked).rejects.toThrow('mine');
    expect(caught).toEqual([{ error, headersSent: false }]);
  });
});

describe.each(FRAMEWORKS)('%s', (_name, express) => {
  test('a handler may leave the request to the next one, or to the next route', async () => {
    const opened = await serve(express, (app) => {
      const skip = protect(notes.gate, 'notes:read', (_req, _res, next) => next('route'));
      app.get('/export', skip, (_req, res) => res.send('not this one'));
      app.get(
        '/export',
        protect(notes.gate, 'notes:read', (_req, _res, next) => next()),
        (_req, res) => res.send('this one'),
      );
    });
    expect(await opened.send(request())).toMatchObject({ status: 200, body: 'this one' });
  });

  test('a gate that did not evaluate the request does not answer [C403-6]', async () => {
    const error = new InsufficientScopeError('notes:write');
    const other = notesGate();
    const opened = await serve(
      express,
      (app) => {
        app.get('/open', () => {
          throw error;
        });
        app.use((req, _res, next) => (req.path === '/early' ? next(error) : next()));
        app.get('/export', protect(notes.gate, 'notes:read'), () => {
          throw error;
        });
      },
      [other, notes.gate, notes.gate],
    );
    for (const target of ['/open', '/early']) {
      expect(await opened.send({ ...request(), target })).toMatchObject({ status: 418 });
    }
    // Another gate does not answer, in any order of the error handlers.
    const { challenge } = missingForExport;
    const answer = await opened.send(request());
    expect(answer.status).toBe(403);
    expect(answer.headers.get('www-authenticate')).toBe(challenge);
    expect(caught).toHaveLength(2);
  });

  test('of two gates one behind the other, the inner one answers [C403-1]', async () => {
    const error = new InsufficientScopeError('notes:write');
    const outer = notesGate({}, { verifier: () => ({ scopes: [] }), realm: 'outer' });
    const opened = await serve(
      express,
      (app) =>
        app.get(
          '/export',
          protect(outer, authenticated()),
          protect(notes.gate, 'notes:read'),
          (_req, _res, next) => next(error),
        ),
      [outer, notes.gate],
    );
    const answer = await opened.send(request());
    expect(answer.headers.get('www-authenticate')).toBe(missingForExport.challenge);
  });

  test('in a router of its own, and in front of nothing else [C403-1]', async () => {
    const opened = await serve(
      express,
      (app) => {
        const router = express.Router();
        router.get('/export', protect(notes.gate, 'notes:read'), () => {
          throw new InsufficientScopeError('notes:write');
        });
        router.use(scopeErrors(notes.gate));
        app.use('/', router);
      },
      [],
    );
    expect(await opened.send(request())).toMatchObject({ status: 403 });
    expect(caught).toEqual([]);
  });

  test('the event says that what was allowed was withdrawn [C403-1]', async () => {
    const events: string[] = [];
    const gate = notesGate({}, { onDecision: ({ outcome }) => events.push(outcome) });
    const opened = await serve(
      express,
      (app) =>
        app.get('/export', protect(gate, 'notes:read'), () => {
          throw new InsufficientScopeError('notes:write');
        }),
      [gate],
    );
    const headers = [['Authorization', 'Bearer notes.read']] as const;
    expect(await opened.send({ method: 'GET', target: '/export', headers })).toMatchObject({
      status: 403,
    });
    expect(events).toEqual(['allowed', 'withdrawn']);
  });
});

function request() {
  return toWire(ask({ runs: [] }), notes.tokens);
}

type Express = (typeof FRAMEWORKS)[number][1];

async function serve(
  express: Express,
  mount: (app: ReturnType<Express>) => void,
  gates: readonly Parameters<typeof scopeErrors>[0][] = [notes.gate as never],
): Promise<Opened> {
  const app = express();
  app.disable('x-powered-by');
  mount(app);
  for (const gate of gates) app.use(scopeErrors(gate));
  const mine: ErrorRequestHandler = (error, _req, res, _next) => {
    caught.push({ error, headersSent: res.headersSent });
    if (res.headersSent) res.end();
    else res.status(418).send('mine');
  };
  app.use(mine);
  const server = createServer(app);
  servers.push(server);
  const origin = await listen(server);
  return { origin, send: (wire) => exchange(origin, wire), close: async () => {} };
}
