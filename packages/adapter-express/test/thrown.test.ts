import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { InsufficientScopeError } from '@scopegate/core';
import { close, listen } from '../../core/test/support/issuer.js';
import { startWorld, toWire, verify } from '../../core/test/support/world.js';
import type { Opened, World } from '../../core/test/support/world.js';
import { exchange } from '../../adapter-testkit/src/wire/raw-http.js';
import {
  FOREIGN_ERRORS,
  SCOPE_ERRORS,
  THROWN_IN_MCP,
  ask,
} from '../../adapter-testkit/src/cases/index.js';
import { protect } from '../src/index.js';
import { FRAMEWORKS } from './support/harness.js';

let world: World;
const servers: Server[] = [];
/** What reached the application's own error handler. */
const caught: { error: unknown; headersSent: boolean }[] = [];

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());
afterEach(async () => {
  caught.length = 0;
  await Promise.all(servers.splice(0).map(close));
});

/** The ways in which Express is told of an error. */
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

const columns = FRAMEWORKS.flatMap(([name, express]) =>
  Object.entries(WAYS).map(([way, raise]) => ({ name, express, way, raise })),
);

describe.each(columns)('$name, $way', ({ express, raise }) => {
  test.each(SCOPE_ERRORS)('$what becomes the 403 of the gate [C403-1, C403-2]', async (thrown) => {
    const opened = await serve(express, (app) =>
      app.get('/export', protect(world.gate, 'notes:read', raise(thrown.make))),
    );
    await verify(ask(thrown.expected), { opened, tokens: world.tokens, runs: [] });
    expect(caught).toEqual([]);
  });

  test('in an MCP call, it is a JSON-RPC error with the id of the call [C403-1, C403-4]', async () => {
    const opened = await serve(express, (app) =>
      app.all(
        '/mcp',
        protect(
          world.gate,
          undefined,
          raise(() => new InsufficientScopeError('admin:notes')),
        ),
      ),
    );
    await verify(THROWN_IN_MCP, { opened, tokens: world.tokens, runs: [] });
  });

  test.each(FOREIGN_ERRORS)("%s goes to the application's error handler", async (_what, make) => {
    const error = make();
    const opened = await serve(express, (app) =>
      app.get(
        '/export',
        protect(
          world.gate,
          'notes:read',
          raise(() => error),
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
        protect(world.gate, 'notes:read', (req, res, next) => {
          res.write('begun');
          return raise(() => error)(req, res, next);
        }),
      ),
    );
    const answer = await opened.send(request());
    expect(answer).toMatchObject({ status: 200, body: 'begun' });
    expect(caught).toEqual([{ error, headersSent: true }]);
  });

  test('what the handler began to say of its content is not said of the refusal', async () => {
    const opened = await serve(express, (app) =>
      app.get(
        '/export',
        protect(world.gate, 'notes:read', (req, res, next) => {
          res.set({ 'X-Request-Id': '7', 'Set-Cookie': 'a=b' });
          res.set({ 'Content-Length': '5', 'Content-Encoding': 'gzip', ETag: '"x"' });
          res.set({ 'Content-Type': 'text/csv', 'Content-Disposition': 'attachment' });
          return raise(() => new InsufficientScopeError('notes:write'))(req, res, next);
        }),
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

describe.each(FRAMEWORKS)('%s', (_name, express) => {
  test('a handler may leave the request to the next one, or to the next route', async () => {
    const opened = await serve(express, (app) => {
      const skip = protect(world.gate, 'notes:read', (_req, _res, next) => next('route'));
      app.get('/export', skip, (_req, res) => res.send('not this one'));
      app.get(
        '/export',
        protect(world.gate, 'notes:read', (_req, _res, next) => next()),
        (_req, res) => res.send('this one'),
      );
    });
    expect(await opened.send(request())).toMatchObject({ status: 200, body: 'this one' });
  });

  test('behind protect instead of in it, a scope error is the error handler’s', async () => {
    const error = new InsufficientScopeError('notes:write');
    const opened = await serve(express, (app) =>
      app.get('/export', protect(world.gate, 'notes:read'), (_req, _res, next) => next(error)),
    );
    expect(await opened.send(request())).toMatchObject({ status: 418 });
    expect(caught).toEqual([{ error, headersSent: false }]);
  });
});

function request() {
  return toWire(ask({ runs: [] }), world.tokens);
}

type Express = (typeof FRAMEWORKS)[number][1];

async function serve(express: Express, mount: (app: ReturnType<Express>) => void): Promise<Opened> {
  const app = express();
  app.disable('x-powered-by');
  mount(app);
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
