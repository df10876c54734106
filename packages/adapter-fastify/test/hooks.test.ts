/** The hooks in which a Fastify guard checks, and guards whose hooks are replaced. */
import { createGate, defineScopes, rule } from '@scopegate/core';
import type { Gate, Rule } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';
import type { FastifyInstance, RouteShorthandOptions } from 'fastify';
import { describe, expect, test } from 'vitest';
import { callTool, notesGate, scopesAsToken } from '../../core/test/support/mcp.js';
import type { NotesScope } from '../../core/test/support/mcp.js';
import type { WireRequest } from '../../adapter-testkit/src/wire/raw-http.js';
import { protect, resourceMetadata } from '../src/index.js';
import { FORMS } from './support/harness.js';
import { serve } from './support/serve.js';
import type { Send } from './support/serve.js';

const gate = notesGate();
const pass = async (): Promise<void> => undefined;
const handler = async (): Promise<string> => 'ran';

function post(body: unknown, token?: string, type = 'application/json'): WireRequest {
  return {
    method: 'POST',
    target: '/mcp',
    headers: [
      ['Content-Type', type],
      ...(token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const]),
    ],
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
}

/** Statuses for no token, too small a token, and a sufficient one. */
async function statuses(send: Send, body: unknown = callTool('add_note')): Promise<unknown[]> {
  const answers = [
    await send(post(body)),
    await send(post(body, 'notes.read')),
    await send(post(body, 'notes.write')),
  ];
  return answers.map((answer) => (answer.body === 'ran' ? 'ran' : answer.status));
}

const HOOKS = ['onRequest', 'preValidation', 'preHandler'] as const;
const subsets = Array.from({ length: 8 }, (_, bits) =>
  HOOKS.filter((_hook, index) => (bits & (1 << index)) !== 0),
);

describe('hooks that are replaced on the route', () => {
  const replaced = (names: readonly string[]): RouteShorthandOptions =>
    Object.fromEntries(names.map((name) => [name, pass]));

  // Only the two later hooks see the body, so one of them must be left.
  const guarding = subsets.filter(
    (names) => names.filter((name) => name !== 'onRequest').length < 2,
  );

  test.each(guarding.map((names) => ({ names })))(
    'the guard still guards without $names [T25, T32]',
    async ({ names }) => {
      const send = await serve((app) => {
        app.post('/mcp', { ...protect(gate), ...replaced(names) }, handler);
        app.post('/rule', { ...protect(gate, 'notes:write'), ...replaced(names) }, handler);
      });
      expect(await statuses(send)).toEqual([401, 403, 'ran']);
      const ruled: Send = (request) => send({ ...request, target: '/rule' });
      expect(await statuses(ruled)).toEqual([401, 403, 'ran']);
    },
  );

  test('without both later hooks, a rule is still checked and a policy evaluates no body: documented', async () => {
    const send = await serve((app) => {
      app.post('/mcp', { ...protect(gate), ...replaced(['preValidation', 'preHandler']) }, handler);
      app.post(
        '/rule',
        { ...protect(gate, 'notes:write'), ...replaced(['preValidation', 'preHandler']) },
        handler,
      );
    });
    expect(await statuses(send)).toEqual([401, 'ran', 'ran']);
    const ruled: Send = (request) => send({ ...request, target: '/rule' });
    expect(await statuses(ruled)).toEqual([401, 403, 'ran']);
  });

  test.each(subsets.map((names) => ({ names })))(
    'a handler in protect is still guarded without $names [T25, T32]',
    async ({ names }) => {
      const send = await serve((app) => {
        app.post('/mcp', { ...protect(gate, undefined, handler), ...replaced(names) });
        app.post('/rule', { ...protect(gate, 'notes:write', handler), ...replaced(names) });
      });
      expect(await statuses(send)).toEqual([401, 403, 'ran']);
      const ruled: Send = (request) => send({ ...request, target: '/rule' });
      expect(await statuses(ruled)).toEqual([401, 403, 'ran']);
    },
  );

  test('a route in a guarded scope can remove nothing [T32]', async () => {
    const send = await serve((app) => {
      app.register(protect(gate));
      const nothing = { onRequest: [], preValidation: [], preHandler: [] };
      app.post('/mcp', nothing, handler);
      app.post('/replaced', replaced(HOOKS), handler);
    });
    expect(await statuses(send)).toEqual([401, 403, 'ran']);
    const other: Send = (request) => send({ ...request, target: '/replaced' });
    expect(await statuses(other)).toEqual([401, 403, 'ran']);
  });
});

describe.each(Object.entries(FORMS))('%s', (_form, mount) => {
  const open = (
    guarded: { gate: Gate; rule?: string },
    set: (app: FastifyInstance) => void = () => {},
  ): Promise<Send> =>
    serve((app) => {
      set(app);
      mount(app, { path: '/mcp', ...(guarded as object) } as never, handler);
    });

  test('the token is checked before a byte of the body is read [C401-2, T46]', async () => {
    const send = await open({ gate: gate as Gate });
    expect(await send(post('{"half'))).toMatchObject({ status: 401 });
    expect(await send(post('{"half', 'bad'))).toMatchObject({ status: 401 });
    expect(await send(post('a=b', undefined, 'x/y'))).toMatchObject({ status: 401 });
    // With a valid token, Fastify's own answers.
    expect(await send(post('{"half', 'notes.read'))).toMatchObject({ status: 400 });
    expect(await send(post('a=b', 'notes.read', 'x/y'))).toMatchObject({ status: 415 });
    expect(await send(post('', 'notes.read'))).toMatchObject({ status: 400 });
  });

  test('a rule is evaluated before a byte of the body is read, and the body is not parsed for it [C403-1]', async () => {
    const send = await open({ gate: gate as Gate, rule: 'notes:write' });
    expect(await send(post('{"half', 'notes.read'))).toMatchObject({ status: 403 });
    expect(await send(post('any text', 'notes.write', 'text/plain'))).toMatchObject({
      status: 200,
      body: 'ran',
    });
  });

  test('with a verifier that fails, or that hangs, no request passes [T04]', async () => {
    const broken = notesGate({}, { verifier: () => Promise.reject(new Error('down')) });
    const hanging = notesGate({}, { verifier: () => new Promise(() => {}), verifierTimeout: 50 });
    for (const one of [broken, hanging]) {
      const send = await open({ gate: one as Gate });
      expect(await statuses(send)).toEqual([401, 503, 503]);
    }
  });

  test('text and bytes are evaluated by their content type [T25, T28]', async () => {
    for (const parseAs of ['string', 'buffer'] as const) {
      const send = await open({ gate: gate as Gate }, (app) => {
        app.removeAllContentTypeParsers();
        app.addContentTypeParser('*', { parseAs }, (_request, body, done) => done(null, body));
      });
      expect(await statuses(send)).toEqual([401, 403, 'ran']);
      expect(await send(post('{"half', 'notes.write'))).toMatchObject({ status: 400 });
      expect(await send(post(callTool('read_notes'), 'notes.write', 'text/plain'))).toMatchObject({
        status: 415,
      });
    }
  });

  test('a stream is read by the gate, and the handler receives the evaluated body [T25]', async () => {
    const send = await open({ gate: gate as Gate }, (app) => {
      app.removeAllContentTypeParsers();
      app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    });
    expect(await statuses(send)).toEqual([401, 403, 'ran']);
  });

  test.each([
    ['swallows the body', undefined],
    ['leaves null', null],
    ['leaves an object of a class', new Map([['method', 'tools/call']])],
    ['leaves a stream of it', new ReadableStream()],
  ])('a parser that %s: refused, nothing ran [T25, T28]', async (_what, left) => {
    const send = await open({ gate: gate as Gate }, (app) => {
      app.removeAllContentTypeParsers();
      app.addContentTypeParser('*', { parseAs: 'string' }, (_request, _body, done) =>
        done(null, left),
      );
    });
    expect(await statuses(send)).toEqual([401, 400, 400]);
  });

  test('a form that a parser made an object of is refused [T28]', async () => {
    const send = await open({ gate: gate as Gate }, (app) => {
      const type = 'application/x-www-form-urlencoded';
      app.addContentTypeParser(type, { parseAs: 'string' }, (_request, _body, done) =>
        done(null, callTool('read_notes')),
      );
    });
    const form = post('a=b', 'notes.write', 'application/x-www-form-urlencoded');
    expect(await send(form)).toMatchObject({ status: 415 });
  });
});

describe('a body that changes after it was evaluated', () => {
  const read = callTool('read_notes', { admin: 'true' });
  const asking = (target: string): WireRequest => ({ ...post(read, 'notes.read'), target });

  test('is evaluated again, if it was replaced [T16, T25]', async () => {
    const replace: RouteShorthandOptions['preValidation'] = async (request) => {
      request.body = callTool('add_note');
    };
    const send = await serve((app) => {
      const guard = protect(gate);
      app.post('/route', { ...guard, preValidation: [guard.preValidation, replace] }, handler);
      app.register(async (scope) => {
        scope.register(protect(gate));
        scope.post('/scope', { preValidation: replace }, handler);
      });
    });
    expect(await send(asking('/route'))).toMatchObject({ status: 403 });
    expect(await send(asking('/scope'))).toMatchObject({ status: 403 });
  });

  test('is evaluated again, if a hook changed it in place [T16, T25]', async () => {
    const change: RouteShorthandOptions['preValidation'] = async ({ body }) => {
      Object.assign(body as object, callTool('add_note'));
    };
    const send = await serve((app) => {
      const guard = protect(gate);
      app.post('/route', { ...guard, preValidation: [guard.preValidation, change] }, handler);
      const around = protect(gate, undefined, handler);
      app.post('/handler', { ...around, preHandler: [guard.preHandler, change] });
      app.register(async (scope) => {
        scope.register(protect(gate));
        scope.post('/scope', { preValidation: change }, handler);
      });
    });
    for (const target of ['/route', '/handler', '/scope']) {
      expect(await send(asking(target)), target).toMatchObject({ status: 403 });
    }
  });

  test('is evaluated again, if a schema may have coerced it [T14, T16, T25]', async () => {
    const scopes = defineScopes({ 'notes:read': {}, 'admin:notes': { implies: ['notes:read'] } });
    const byArgs = createGate({
      resource: 'https://notes.example.com/mcp',
      verifier: scopesAsToken,
      scopes,
      policy: mcpPolicy(scopes, {
        tools: {
          read_notes: rule(({ args }) =>
            (args as { admin?: unknown }).admin === true ? 'admin:notes' : 'notes:read',
          ),
        },
      }),
    });
    const admin = { type: 'object', properties: { admin: { type: 'boolean' } } };
    const params = { type: 'object', properties: { arguments: admin } };
    const schema = { body: { type: 'object', properties: { params } } };
    const send = await serve((app) => {
      app.post('/plain', protect(byArgs), handler);
      app.post('/route', { ...protect(byArgs), schema }, handler);
      app.post('/handler', { ...protect(byArgs, undefined, handler), schema });
      app.register(async (scope) => {
        scope.register(protect(byArgs));
        scope.post('/scope', { schema }, handler);
      });
    });
    expect(await send(asking('/plain'))).toMatchObject({ status: 200 });
    for (const target of ['/route', '/handler', '/scope']) {
      expect(await send(asking(target)), target).toMatchObject({ status: 403 });
    }
  });

  test('scopes are checked before a schema reveals what it expects', async () => {
    const send = await serve((app) => {
      const schema = { body: { type: 'object', required: ['secret'] } };
      app.post('/mcp', { ...protect(gate), schema }, handler);
    });
    expect(await statuses(send)).toEqual([401, 403, 400]);
  });
});

describe('a target that the application rewrites', () => {
  const reader = [['Authorization', 'Bearer notes.read']] as const;

  test('is what a rule receives [T32]', async () => {
    const asked: unknown[] = [];
    const byName: Rule<NotesScope> = ({ operation }) => {
      asked.push(operation.name);
      return operation.name?.startsWith('/admin/') ? 'admin:notes' : 'notes:read';
    };
    const send = await serve(
      (app) => {
        app.register(protect(gate, byName));
        app.get('/admin/:id', handler);
      },
      { rewriteUrl: ({ url = '' }) => url.replace('/public/', '/admin/') },
    );
    expect(await send({ target: '/public/1?x', headers: reader })).toMatchObject({ status: 403 });
    expect(asked).toEqual(['/admin/1']);
  });

  test('is evaluated again, if a handler routes it again [T31, T32]', async () => {
    let ran = 0;
    const send = await serve((app) => {
      app.register(protect(gate, 'notes:read'));
      app.get('/public/:id', async ({ raw }, reply) => {
        reply.hijack();
        raw.url = '/admin/1';
        app.routing(raw, reply.raw);
      });
      app.get('/admin/:id', { config: { scopegate: 'notes:write' } }, async () => void ran++);
    });
    const answer = await send({ target: '/public/1', headers: reader });
    expect(answer).toMatchObject({ status: 403 });
    expect(ran).toBe(0);
  });

  test('is the metadata where the client asked for it [PR-1]', async () => {
    const target = '/.well-known/oauth-protected-resource/mcp';
    const rewriteUrl = ({ url = '' }: { url?: string | undefined }) => `/elsewhere${url}`;
    const send = await serve((app) => void app.register(resourceMetadata(gate)), { rewriteUrl });
    expect(await send({ target })).toMatchObject({ status: 200 });
  });
});
