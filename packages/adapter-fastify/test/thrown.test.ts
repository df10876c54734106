import { InsufficientScopeError } from '@scopegate/core';
import type { FastifyInstance, FastifyReply, RouteHandlerMethod } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { notesGate, startNotesGates, toWire, verify } from '../../core/test/support/notes-gates.js';
import type { NotesGates } from '../../core/test/support/notes-gates.js';
import {
  FOREIGN_ERRORS,
  SCOPE_ERRORS,
  THROWN_IN_MCP,
  ask,
} from '../../adapter-testkit/src/cases/index.js';
import { protect } from '../src/index.js';
import { FORMS } from './support/harness.js';
import { serve } from './support/serve.js';

let notes: NotesGates;
/** What reached the application's own error handler. */
const caught: unknown[] = [];

beforeAll(async () => {
  notes = await startNotesGates();
});
afterAll(() => notes.close());
afterEach(() => {
  caught.length = 0;
});

/** The ways in which Fastify receives an error. */
const WAYS: Readonly<Record<string, (make: () => unknown) => RouteHandlerMethod>> = {
  'thrown at once': (make) => () => {
    throw make();
  },
  'thrown later': (make) => async () => {
    await Promise.resolve();
    throw make();
  },
  sent: (make) => (_request, reply) => void reply.send(asError(make())),
  'sent later': (make) => (_request, reply) =>
    void setImmediate(() => void reply.send(asError(make()))),
};

/** Only an `Error` can be sent as one. */
function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : Object.assign(new Error(), thrown);
}

const columns = Object.entries(FORMS).flatMap(([form, mount]) =>
  Object.entries(WAYS).map(([way, raise]) => ({ form, mount, way, raise })),
);

/** An app with an error handler of its own, unless `own` is false. */
async function open(mount: (app: FastifyInstance) => void, own = true) {
  const send = await serve((app) => {
    if (own) {
      app.setErrorHandler((error, _request, reply) => {
        caught.push(error);
        return reply.code(418).send('mine');
      });
    }
    mount(app);
  });
  return { opened: { send, close: async () => {} }, tokens: notes.tokens, runs: [] };
}

describe.each(columns)('$form, $way', ({ mount, raise }) => {
  const plain = (handler: RouteHandlerMethod) => (app: FastifyInstance) =>
    mount(app, { path: '/export', gate: notes.gate, rule: 'notes:read' }, handler);

  test.each(SCOPE_ERRORS)('$what becomes the 403 of the gate [C403-1, C403-2]', async (thrown) => {
    await verify(ask(thrown.expected), await open(plain(raise(thrown.make))));
    // The application's error handler saw it first, and its answer was replaced.
    expect(caught).toHaveLength(1);
  });

  test('in an MCP call, it is a JSON-RPC error with the id of the call [C403-1, C403-4]', async () => {
    const handler = raise(() => new InsufficientScopeError('admin:notes'));
    const app = await open((one) => mount(one, { path: '/mcp', gate: notes.gate }, handler));
    await verify(THROWN_IN_MCP, app);
  });

  test.each(FOREIGN_ERRORS)("%s goes to the application's error handler", async (_what, make) => {
    const error = make();
    const { opened } = await open(plain(raise(() => error)));
    expect(await opened.send(request())).toMatchObject({ status: 418, body: 'mine' });
    expect(caught).toEqual([error]);
  });

  test("without one, it is Fastify's to answer", async () => {
    const gone = Object.assign(new Error('gone'), { statusCode: 410 });
    const { opened } = await open(plain(raise(() => gone)), false);
    expect(await opened.send(request())).toMatchObject({ status: 410 });
  });

  test('of two gates, the inner one has the word [C403-1, T43]', async () => {
    const outer = notesGate(notes.issuer.issuer, { challengeScopes: 'union', realm: 'outer' });
    const app = await open((one) => {
      one.register(protect(outer, 'notes:read'));
      plain(raise(() => new InsufficientScopeError('notes:write')))(one);
    });
    await verify(ask(SCOPE_ERRORS[0]?.expected as never), app);
  });

  test('headers that the handler set for its content are not on the refusal', async () => {
    const { opened } = await open(
      plain(function begins(asked, reply) {
        reply.headers({ 'X-Request-Id': '7', 'Set-Cookie': 'a=b' });
        reply.headers({ 'Content-Encoding': 'gzip', ETag: '"x"', 'Content-Type': 'text/csv' });
        reply.raw.setHeader('Content-Disposition', 'attachment');
        const error = new InsufficientScopeError('notes:write');
        return raise(() => error).call(this, asked, reply);
      }),
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

describe('in a guarded scope', () => {
  const fail: RouteHandlerMethod = async () => {
    throw new InsufficientScopeError('notes:write');
  };

  test("the 403 replaces the answers of a scope's error handler and of a route's own [C403-1]", async () => {
    const other = new Error('other');
    const { opened } = await open((app) => {
      app.register(async (scope) => {
        scope.register(protect(notes.gate, 'notes:read'));
        scope.setErrorHandler((_error, _request, reply) => reply.code(419).send('scope'));
        const errorHandler = (_error: unknown, _request: unknown, reply: FastifyReply): void =>
          void reply.send('route');
        scope.get('/export', fail);
        scope.get('/own', { errorHandler }, fail);
        scope.get('/other', { errorHandler }, async () => {
          throw other;
        });
        scope.get('/scope', async () => {
          throw other;
        });
      });
    });
    const outcome = async (target: string) => {
      const { status, body } = await opened.send({ ...request(), target });
      return status === 403 ? status : body;
    };
    expect(await outcome('/export')).toBe(403);
    expect(await outcome('/own')).toBe(403);
    expect(await outcome('/other')).toBe('route');
    expect(await outcome('/scope')).toBe('scope');
    expect(caught).toEqual([]);
  });

  test('a hook behind the guard may throw, too; once headers are out, nothing is refused', async () => {
    const { opened } = await open((app) => {
      app.register(async (scope) => {
        scope.register(protect(notes.gate, 'notes:read'));
        scope.get('/export', { preHandler: fail as never }, async () => 'ran');
        scope.get('/begun', async (_request, reply) => {
          reply.raw.write('begun');
          setImmediate(() => reply.raw.destroy());
          throw new InsufficientScopeError('notes:write');
        });
      });
    });
    expect(await opened.send(request())).toMatchObject({ status: 403 });
    await expect(opened.send({ ...request(), target: '/begun' })).rejects.toThrow('ended');
    expect(await opened.send(request())).toMatchObject({ status: 403 });
  });
});

function request() {
  return toWire(ask({ runs: [] }), notes.tokens);
}
