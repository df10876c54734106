/** Other middleware of a Koa application: it changes answers, parses bodies, or is another gate. */
import { gzipSync } from 'node:zlib';
import { bodyParser } from '@koa/bodyparser';
import type Koa from 'koa';
import type { Context, Middleware } from 'koa';
import { publicAccess } from '@scopegate/core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { notesMcp, toNodeHandler } from '../../adapter-express/test/support/notes-mcp.js';
import { call } from '../../adapter-testkit/src/cases/index.js';
import { addNote, expectHanded } from '../../core/test/support/handed.js';
import { notesGate, startNotesGates } from '../../core/test/support/notes-gates.js';
import type { Run, NotesGates } from '../../core/test/support/notes-gates.js';
import { authOf, protect, resourceMetadata } from '../src/index.js';
import { FRAMEWORKS, serveMcp } from './support/harness.js';
import { serve } from './support/serve.js';

const METADATA = '/.well-known/oauth-protected-resource/mcp';

const runs: Run[] = [];
const mcp = serveMcp(toNodeHandler(notesMcp(runs)));
let notes: NotesGates;
beforeAll(async () => {
  notes = await startNotesGates();
});
afterAll(() => notes.close());
afterEach(() => {
  runs.length = 0;
});

const bearer = () => [['Authorization', `Bearer ${notes.tokens.writer}`] as const];

describe.each(FRAMEWORKS)('%s', (_name, Framework) => {
  test('a preflight’s answer has no content, and says nothing of one [T48]', async () => {
    const gate = notesGate(notes.issuer.issuer, { cors: { origins: ['https://app.example.com'] } });
    const { send } = await serve(Framework, (app) => app.use(protect(gate)));
    const preflight = await send({
      method: 'OPTIONS',
      target: '/mcp',
      headers: [
        ['Origin', 'https://app.example.com'],
        ['Access-Control-Request-Method', 'POST'],
      ],
    });
    expect(preflight).toMatchObject({ status: 204, body: '' });
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Mcp-Name');
    for (const name of ['content-length', 'content-type', 'transfer-encoding']) {
      expect(preflight.headers.has(name), name).toBe(false);
    }
  });

  test('bytes that a parser kept are replaced by the evaluated body [T25, T28]', async () => {
    const found: unknown[] = [];
    const { send } = await serve(Framework, (app) => {
      app.use(bodyParser()).use((ctx, next) => {
        (ctx.request.body as { params: { name: string } }).params.name = 'read_notes';
        return next();
      });
      app.use(protect(notes.gate)).use((ctx) => {
        const request = ctx.request as unknown as { rawBody: string; body: unknown };
        found.push(request.body, JSON.parse(request.rawBody));
        ctx.body = '';
      });
    });
    const { headers = [] } = addNote('2025-11-25', notes.tokens);
    const body = JSON.stringify(call('add_note'));
    const answer = await send({ method: 'POST', target: '/mcp', headers, body });
    expect(answer.status).toBe(200);
    expect(found).toEqual([call('read_notes'), call('read_notes')]);
  });

  /** Ways in which a handler answers, and says itself what its answer varies by. */
  const ANSWERS: Readonly<Record<string, Middleware>> = {
    'ctx.body': (ctx) => {
      ctx.set('Vary', 'Accept');
      ctx.body = 'done';
    },
    'ctx.res': (ctx) => {
      ctx.respond = false;
      ctx.vary('Accept');
      ctx.res.end('done');
    },
    'ctx.res, later': (ctx) => {
      ctx.respond = false;
      ctx.set('Vary', 'Accept');
      setImmediate(() => ctx.res.end('done'));
    },
  };

  test.each(Object.entries(ANSWERS))(
    'an answer through %s says that it is for this caller only [T49]',
    async (_what, handler) => {
      for (const mount of [
        (app: Koa) => app.use(protect(notes.gate, 'notes:read')).use(handler),
        (app: Koa) => app.use(protect(notes.gate, 'notes:read', handler)),
      ]) {
        const { send } = await serve(Framework, mount);
        const answer = await send({ target: '/', headers: bearer() });
        expect(answer.body).toBe('done');
        expect(answer.headers.get('vary')?.split(', ').toSorted()).toEqual([
          'Accept',
          'Authorization',
        ]);
      }
    },
  );

  test.each([
    ['null', 204, ''],
    ['undefined', 404, 'Not Found'],
  ])('a handler that answers %s answers as without the gate', async (what, status, body) => {
    const { send } = await serve(Framework, (app) => {
      app.use(protect(notes.gate, 'notes:read')).use((ctx) => {
        if (what === 'null') ctx.body = null;
      });
    });
    const answer = await send({ target: '/', headers: bearer() });
    expect(answer).toMatchObject({ status, body });
    expect(answer.headers.get('vary')).toBe('Authorization');
  });

  test('what works on answers on their way out works on refusals and metadata', async () => {
    const seen: unknown[] = [];
    const compress: Middleware = async (ctx, next) => {
      await next();
      seen.push([ctx.status, typeof ctx.body, ctx.length, ctx.type]);
      if (typeof ctx.body !== 'string' || ctx.body === '') return;
      ctx.body = gzipSync(ctx.body);
      ctx.set('Content-Encoding', 'gzip');
    };
    const { origin } = await serve(Framework, (app) => {
      app.use(compress).use(resourceMetadata(notes.gate)).use(protect(notes.gate));
    });
    const [refused, metadata] = await Promise.all([
      fetch(`${origin}/mcp`, { method: 'POST' }),
      fetch(`${origin}${METADATA}`),
    ]);
    expect(refused.status).toBe(401);
    const text = await refused.text();
    expect(JSON.parse(text)).toMatchObject({ error: 'unauthorized' });
    expect(await metadata.json()).toEqual(notes.gate.metadata.document);
    expect(seen).toContainEqual([401, 'string', Buffer.byteLength(text), 'application/json']);
  });

  test('a page for errors takes the place of a refusal only if it means to', async () => {
    const { send } = await serve(Framework, (app) => {
      app.use(async (ctx, next) => {
        await next();
        if (ctx.status === 404) ctx.body = 'my page';
      });
      app.use(resourceMetadata(notes.gate)).use(protect(notes.gate));
    });
    expect(await send({ target: '/x', headers: bearer() })).toMatchObject({ body: 'my page' });
    const refused = await send({ target: '/x' });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer /);
  });

  test('in front, somebody had switched Koa’s answers off: a refusal is written all the same [AH-1]', async () => {
    const { send } = await serve(Framework, (app) => {
      app.use((ctx, next) => {
        ctx.respond = false;
        ctx.body = null;
        return next();
      });
      app.use(resourceMetadata(notes.gate)).use(protect(notes.gate));
    });
    expect((await send({ target: '/mcp' })).headers.get('www-authenticate')).toMatch(/^Bearer /);
    expect(await send({ target: METADATA })).toMatchObject({ status: 200 });
  });

  const keepingText: Middleware = async (ctx, next) => {
    ctx.req.setEncoding('utf8');
    await next();
  };

  const PARSERS: Readonly<Record<string, Middleware>> = {
    'a parser of text': bodyParser({ enableTypes: ['text'], extendTypes: { text: ['*/*'] } }),
    'a parser that puts all on the request of Node, too': bodyParser({ patchNode: true }),
    'a parser of another type': bodyParser({ enableTypes: ['form'] }),
    'a stream asked for text': keepingText,
  };

  test.each(Object.entries(PARSERS))(
    '%s in front, and one behind: the evaluated body is passed on [T25, T28]',
    async (_what, inFront) => {
      const { send } = await serve(Framework, (app) => {
        app
          .use(inFront)
          .use(protect(notes.gate))
          .use(bodyParser({ enableRawChecking: true }));
        app.use((ctx, next) => {
          expect(ctx.req).toMatchObject({ body: ctx.request.body });
          return next();
        });
        app.use(mcp);
      });
      expect(await send(addNote('2025-11-25', notes.tokens))).toMatchObject({ status: 200 });
      expectHanded(runs, notes.tokens);
    },
  );

  test('what a parser left is evaluated, not a body in another place [T16, T25]', async () => {
    const { send } = await serve(Framework, (app) => {
      app.use(bodyParser());
      app.use((ctx, next) => {
        Object.assign(ctx.req, { body: call('read_notes') });
        ctx.request.body = call('admin_purge');
        return next();
      });
      app.use(protect(notes.gate)).use(mcp);
    });
    expect(await send(addNote('2025-11-25', notes.tokens))).toMatchObject({ status: 403 });
    expect(runs).toEqual([]);
  });

  const swallow: Middleware = async (ctx, next) => {
    await new Promise((resolve) => ctx.req.resume().once('end', resolve));
    await next();
  };

  test.each([
    ['that left nothing of the body', 400, swallow, 'application/json'],
    [
      'that made an object of a form',
      415,
      bodyParser({ enableTypes: ['form'] }),
      'application/x-www-form-urlencoded',
    ],
    ['that calls everything JSON', 415, bodyParser({ detectJSON: () => true }), 'text/plain'],
  ])('something in front %s: refused [T25, T28]', async (_what, status, inFront, type) => {
    const { send } = await serve(Framework, (app) => {
      app.use(inFront).use(protect(notes.gate)).use(mcp);
    });
    const { headers = [], ...request } = addNote('2025-11-25', notes.tokens);
    const others = headers.filter(([name]) => name !== 'Content-Type');
    const form = 'jsonrpc=2.0&id=1&method=tools/call&params[name]=add_note';
    const answer = await send({
      ...request,
      headers: [...others, ['Content-Type', type]],
      ...(type.includes('form') && { body: form }),
    });
    expect(answer.status).toBe(status);
    expect(runs).toEqual([]);
  });

  test('two gates, one behind the other: both evaluate the same body [T16, T43]', async () => {
    const outer = notesGate(notes.issuer.issuer);
    const { send } = await serve(Framework, (app) => {
      app.use(protect(outer)).use(protect(notes.gate));
      app.use((ctx, next) => {
        expect(() => authOf(outer, ctx)).toThrow('no auth');
        expect(authOf(notes.gate, ctx)).toBe(ctx.state['auth']);
        return next();
      });
      app.use(mcp);
    });
    const answer = await send(addNote('2025-11-25', notes.tokens));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('vary')).toBe('Authorization');
    expectHanded(runs, notes.tokens);
  });

  test('authOf returns what this gate allowed, and nothing else [T16]', async () => {
    const other = notesGate(notes.issuer.issuer);
    const tell = (ctx: Context): void => {
      try {
        ctx.body = { subject: authOf(notes.gate, ctx).subject };
      } catch (error) {
        const { auth = null } = ctx.req as { auth?: unknown };
        const state = (ctx.state as { auth?: unknown }).auth ?? null;
        ctx.body = { error: (error as Error).message, auth, state };
      }
    };
    const routes: Readonly<Record<string, Middleware>> = {
      '/guarded': protect(notes.gate, 'notes:read', tell),
      '/public': protect(notes.gate, publicAccess(), tell),
      '/other': protect(other, 'notes:read', tell),
      '/open': tell,
    };
    const { send } = await serve(Framework, (app) => {
      app.use((ctx, next) => {
        const forged = { token: 't', clientId: '', scopes: ['admin:notes'] };
        ctx.state['auth'] = forged;
        Object.assign(ctx.req, { auth: forged });
        return next();
      });
      app.use((ctx, next) => routes[ctx.path]?.(ctx, next) as unknown);
    });
    const ask = async (target: string, headers = bearer()) =>
      JSON.parse((await send({ target, headers })).body) as Record<string, unknown>;
    const error = 'no auth: this gate does not guard the route, or the caller is anonymous';
    expect(await ask('/guarded')).toEqual({ subject: 'ray' });
    expect(await ask('/public')).toEqual({ subject: 'ray' });
    // Nothing that somebody else put there survives the gate.
    expect(await ask('/public', [])).toEqual({ error, auth: null, state: null });
    const ray = { subject: 'ray' };
    expect(await ask('/other')).toMatchObject({ error, auth: ray, state: ray });
    expect(await ask('/open')).toMatchObject({ error });
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
