import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { serveFetch } from '@scopegate/adapter-testkit';
import { InsufficientScopeError } from '@scopegate/core';
import { Hono } from 'hono';
import type { Handler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { close, listen } from '../../core/test/support/issuer.js';
import { notesGate, startNotesGates, toWire, verify } from '../../core/test/support/notes-gates.js';
import type { Opened, NotesGates } from '../../core/test/support/notes-gates.js';
import { exchange } from '../../adapter-testkit/src/wire/raw-http.js';
import {
  FOREIGN_ERRORS,
  SCOPE_ERRORS,
  THROWN_IN_MCP,
  ask,
} from '../../adapter-testkit/src/cases/index.js';
import { protect } from '../src/index.js';

let notes: NotesGates;
const servers: Server[] = [];
const platforms: (() => Promise<void>)[] = [];
/** What reached the application's own error handler. */
const caught: unknown[] = [];

beforeAll(async () => {
  notes = await startNotesGates();
  // Where Hono's default error handler writes to.
  vi.spyOn(console, 'error').mockReturnValue(undefined);
});
afterAll(() => {
  vi.restoreAllMocks();
  return notes.close();
});
afterEach(async () => {
  caught.length = 0;
  await Promise.all(servers.splice(0).map(close));
  await Promise.all(platforms.splice(0).map((stop) => stop()));
});

const WAYS: Readonly<Record<string, (make: () => unknown) => Handler>> = {
  'thrown at once': (make) => () => {
    throw make();
  },
  'thrown later': (make) => async () => {
    await Promise.resolve();
    throw make();
  },
};

type Mount = (app: Hono, rule: 'notes:read' | undefined, handler: Handler) => void;

const FORMS: Readonly<Record<string, Mount>> = {
  'in protect': (app, rule, handler) => app.all('*', protect(notes.gate, rule, handler as never)),
  'behind protect': (app, rule, handler) => app.all('*', protect(notes.gate, rule), handler),
};

const PLATFORMS: Readonly<Record<string, (app: Hono) => Promise<Opened>>> = {
  'Hono on Node': async (app) => {
    const server = createServer(getRequestListener(app.fetch) as RequestListener);
    servers.push(server);
    const origin = await listen(server);
    return { origin, send: (wire) => exchange(origin, wire), close: async () => {} };
  },
  'Hono on fetch': async (app) => {
    const { url, close: stop } = await serveFetch(app.fetch);
    platforms.push(stop);
    return { origin: url, send: (wire) => exchange(url, wire), close: async () => {} };
  },
};

const columns = Object.entries(PLATFORMS).flatMap(([platform, open]) =>
  Object.entries(FORMS).flatMap(([form, mount]) =>
    Object.entries(WAYS).map(([way, raise]) => ({ platform, open, form, mount, way, raise })),
  ),
);

describe.each(columns)('$platform, $form, $way', ({ open, form, mount, raise }) => {
  /** With an error handler of the application's own, or with Hono's. */
  function appWith(rule: 'notes:read' | undefined, handler: Handler, own = true): Hono {
    const app = new Hono();
    if (own) {
      app.onError((error, c) => {
        caught.push(error);
        return c.text('mine', 418, { 'X-Mine': '1', ETag: '"mine"' });
      });
    }
    mount(app, rule, handler);
    return app;
  }

  test.each(SCOPE_ERRORS)('$what becomes the 403 of the gate [C403-1, C403-2]', async (thrown) => {
    const opened = await open(appWith('notes:read', raise(thrown.make), false));
    await verify(ask(thrown.expected), { opened, tokens: notes.tokens, runs: [] });
  });

  test("the 403 replaces every answer of the application's error handler [C403-1]", async () => {
    const error = new InsufficientScopeError('notes:write');
    const opened = await open(
      appWith(
        'notes:read',
        raise(() => error),
      ),
    );
    const answer = await opened.send(request());
    expect(answer.status).toBe(403);
    expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.has('etag')).toBe(false);
    expect(caught).toEqual(form === 'in protect' ? [] : [error]);
  });

  test('in an MCP call, it is a JSON-RPC error with the id of the call [C403-1, C403-4]', async () => {
    const handler = raise(() => new InsufficientScopeError('admin:notes'));
    const opened = await open(appWith(undefined, handler, false));
    await verify(THROWN_IN_MCP, { opened, tokens: notes.tokens, runs: [] });
  });

  test("Hono's default error handler logs no scope error, and every other one [C403-1]", async () => {
    const logged = vi.mocked(console.error);
    logged.mockClear();
    const scope = raise(() => new InsufficientScopeError('notes:write'));
    const opened = await open(appWith('notes:read', scope, false));
    expect(await opened.send(request())).toMatchObject({ status: 403 });
    expect(logged.mock.calls).toEqual([]);
    const fault = new Error('a fault');
    const faulty = await open(
      appWith(
        'notes:read',
        raise(() => fault),
        false,
      ),
    );
    expect(await faulty.send(request())).toMatchObject({ status: 500 });
    expect(logged.mock.calls).toEqual([[fault]]);
  });

  test.each(FOREIGN_ERRORS)("%s goes to the application's error handler", async (_what, make) => {
    const error = make();
    const opened = await open(
      appWith(
        'notes:read',
        raise(() => error),
      ),
    );
    expect(await opened.send(request())).toMatchObject({ status: 418, body: 'mine' });
    expect(caught).toEqual([error]);
  });

  test("Hono's own exceptions keep their answer", async () => {
    const exception = new HTTPException(410, { message: 'gone' });
    const opened = await open(
      appWith(
        'notes:read',
        raise(() => exception),
        false,
      ),
    );
    expect(await opened.send(request())).toMatchObject({ status: 410, body: 'gone' });
  });

  test('of two gates, the inner one has the word [C403-1, T43]', async () => {
    const outer = notesGate(notes.issuer.issuer, {
      challengeScopes: 'union',
      realm: 'outer',
    });
    const app = new Hono();
    app.use(protect(outer, 'notes:read'));
    mount(
      app,
      'notes:read',
      raise(() => new InsufficientScopeError('notes:write')),
    );
    const opened = await open(app);
    await verify(ask(SCOPE_ERRORS[0]?.expected as never), {
      opened,
      tokens: notes.tokens,
      runs: [],
    });
  });
});

describe.each(Object.entries(PLATFORMS))('%s', (_platform, open) => {
  test('a handler in protect may leave the request to the next one', async () => {
    const app = new Hono();
    app.get(
      '/export',
      protect(notes.gate, 'notes:read', (_c, next) => next() as never),
    );
    app.get('/export', (c) => c.text('next', 200, { 'X-Next': '1' }));
    const answer = await (await open(app)).send(request());
    expect(answer).toMatchObject({ status: 200, body: 'next' });
    expect(answer.headers.get('vary')).toBe('Authorization');
  });

  test('an answer that cannot be changed has the headers of the gate, too [T49]', async () => {
    const elsewhere = createServer((_req, res) => {
      res.setHeader('Vary', 'Accept');
      res.end('from elsewhere');
    });
    servers.push(elsewhere);
    const url = await listen(elsewhere);
    const app = new Hono();
    app.get('/export', protect(notes.gate, 'notes:read'), () => fetch(url));
    const answer = await (await open(app)).send(request());
    expect(answer).toMatchObject({ status: 200, body: 'from elsewhere' });
    expect(answer.headers.get('vary')).toBe('Accept, Authorization');
  });
});

function request() {
  return toWire(ask({ runs: [] }), notes.tokens);
}
