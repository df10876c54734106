import type Koa from 'koa';
import type { Middleware } from 'koa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InsufficientScopeError } from '@scopegate/core';
import { notesGate, startNotesGates, toWire, verify } from '../../core/test/support/notes-gates.js';
import type { Opened, NotesGates } from '../../core/test/support/notes-gates.js';
import {
  FOREIGN_ERRORS,
  SCOPE_ERRORS,
  THROWN_IN_MCP,
  ask,
} from '../../adapter-testkit/src/cases/index.js';
import { protect } from '../src/index.js';
import { FRAMEWORKS } from './support/harness.js';
import { serve } from './support/serve.js';
import type { Framework, Served } from './support/serve.js';

let notes: NotesGates;
beforeAll(async () => {
  notes = await startNotesGates();
});
afterAll(() => notes.close());

const WAYS: Readonly<Record<string, (make: () => unknown) => Middleware>> = {
  'thrown at once': (make) => () => {
    throw make();
  },
  'thrown later': (make) => async () => {
    await Promise.resolve();
    throw make();
  },
};

type Mount = (app: Koa, rule: 'notes:read' | undefined, handler: Middleware) => void;

const FORMS: Readonly<Record<string, Mount>> = {
  'in protect': (app, rule, handler) => app.use(protect(notes.gate, rule, handler)),
  'behind protect': (app, rule, handler) => app.use(protect(notes.gate, rule)).use(handler),
};

const columns = FRAMEWORKS.flatMap(([name, Koa]) =>
  Object.entries(FORMS).flatMap(([form, mount]) =>
    Object.entries(WAYS).map(([way, raise]) => ({ name, Koa, form, mount, way, raise })),
  ),
);

describe.each(columns)('$name, $form, $way', ({ Koa, mount, raise }) => {
  /** Middleware in front of the gate that answers errors for the application. */
  const caught: unknown[] = [];
  const mine: Middleware = async (ctx, next) => {
    caught.length = 0;
    try {
      await next();
    } catch (error) {
      caught.push(error);
      ctx.status = 418;
      ctx.body = 'mine';
    }
  };

  test.each(SCOPE_ERRORS)('$what becomes the 403 of the gate [C403-1, C403-2]', async (thrown) => {
    const served = await serve(Koa, (app) => {
      app.use(mine);
      mount(app, 'notes:read', raise(thrown.make));
    });
    await verify(ask(thrown.expected), { opened: opened(served), tokens: notes.tokens, runs: [] });
    expect([...caught, ...served.errors]).toEqual([]);
  });

  test('in an MCP call, it is a JSON-RPC error with the id of the call [C403-1, C403-4]', async () => {
    const served = await serve(Koa, (app) =>
      mount(
        app,
        undefined,
        raise(() => new InsufficientScopeError('admin:notes')),
      ),
    );
    await verify(THROWN_IN_MCP, { opened: opened(served), tokens: notes.tokens, runs: [] });
  });

  test.each(FOREIGN_ERRORS)('%s goes to the application, as it is [T49]', async (_what, make) => {
    const error = Object.freeze(make());
    const { send } = await serve(Koa, (app) => {
      app.use(mine);
      mount(
        app,
        'notes:read',
        raise(() => error),
      );
    });
    const answer = await send(request());
    expect(answer).toMatchObject({ status: 418, body: 'mine' });
    expect(caught).toEqual([error]);
    expect(caught[0]).toBe(error);
    expect(answer.headers.get('vary')).toBe('Authorization');
  });

  test('without a handler for errors, they are Koa’s', async () => {
    const error = Object.assign(new Error('gone'), { status: 410, expose: true });
    const { send, errors } = await serve(Koa, (app) =>
      mount(
        app,
        'notes:read',
        raise(() => error),
      ),
    );
    expect(await send(request())).toMatchObject({ status: 410, body: 'gone' });
    expect(errors).toEqual([error]);
  });

  test('once headers are out, nothing is refused', async () => {
    const error = new InsufficientScopeError('notes:write');
    const { send, errors } = await serve(Koa, (app) => {
      app.use(async (ctx, next) => {
        await next().finally(() => ctx.res.end());
      });
      mount(app, 'notes:read', (ctx, next) => {
        ctx.respond = false;
        ctx.res.writeHead(200);
        ctx.res.write('begun');
        return raise(() => error)(ctx, next) as unknown;
      });
    });
    expect(await send(request())).toMatchObject({ status: 200, body: 'begun' });
    expect(errors).toEqual([error]);
  });

  test('headers that the handler set for its content are not on the refusal', async () => {
    const { send } = await serve(Koa, (app) =>
      mount(app, 'notes:read', (ctx, next) => {
        ctx.set({ 'X-Request-Id': '7', 'Set-Cookie': 'a=b' });
        ctx.set({ 'Content-Encoding': 'gzip', ETag: '"x"' });
        ctx.body = 'begun';
        ctx.status = 206;
        ctx.set({ 'Content-Type': 'text/csv', 'Content-Disposition': 'attachment' });
        return raise(() => new InsufficientScopeError('notes:write'))(ctx, next) as unknown;
      }),
    );
    const answer = await send(request());
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toMatchObject({ error: 'insufficient_scope' });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-request-id': '7',
      'set-cookie': 'a=b',
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(answer.body)),
      connection: 'keep-alive',
    });
    for (const name of ['content-encoding', 'etag', 'content-disposition']) {
      expect(answer.headers.has(name), name).toBe(false);
    }
  });

  test('a handler that meant to write for itself is refused all the same [C403-1]', async () => {
    const served = await serve(Koa, (app) =>
      mount(app, 'notes:read', (ctx, next) => {
        ctx.respond = false;
        return raise(() => new InsufficientScopeError('notes:write'))(ctx, next) as unknown;
      }),
    );
    const expected = SCOPE_ERRORS[0]?.expected as never;
    await verify(ask(expected), { opened: opened(served), tokens: notes.tokens, runs: [] });
  });

  test('of two gates, the inner one has the word [C403-1, T43]', async () => {
    const outer = notesGate(notes.issuer.issuer, { challengeScopes: 'union', realm: 'outer' });
    const served = await serve(Koa, (app) => {
      app.use(protect(outer, 'notes:read'));
      mount(
        app,
        'notes:read',
        raise(() => new InsufficientScopeError('notes:write')),
      );
    });
    const expected = SCOPE_ERRORS[0]?.expected as never;
    await verify(ask(expected), { opened: opened(served), tokens: notes.tokens, runs: [] });
  });
});

test.each(FRAMEWORKS)(
  '%s: a handler in protect may leave the request to the next one',
  async (_name, Koa) => {
    const { send } = await serve(Koa as Framework, (app) => {
      app.use(protect(notes.gate, 'notes:read', (_ctx, next) => next()));
      app.use((ctx) => {
        ctx.body = 'next';
      });
    });
    expect(await send(request())).toMatchObject({ status: 200, body: 'next' });
  },
);

function request() {
  return toWire(ask({ runs: [] }), notes.tokens);
}

function opened({ origin, send }: Served): Opened {
  return { origin, send, close: async () => {} };
}
