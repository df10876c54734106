/** Other middleware of an application beside the gate: CORS, request ids, compression, hijacked replies. */
import { once } from 'node:events';
import { connect } from 'node:http2';
import type { IncomingHttpHeaders } from 'node:http2';
import { text } from 'node:stream/consumers';
import { createGunzip, gzipSync } from 'node:zlib';
import fastify from 'fastify';
import type { FastifyInstance, RouteHandlerMethod } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { READ, call } from '../../adapter-testkit/src/cases/index.js';
import { addNote, expectHanded } from '../../core/test/support/handed.js';
import { notesGate, startNotesGates } from '../../core/test/support/notes-gates.js';
import type { Run, NotesGates } from '../../core/test/support/notes-gates.js';
import { notesMcp, toNodeHandler } from '../../adapter-express/test/support/notes-mcp.js';
import { resourceMetadata } from '../src/index.js';
import { FORMS } from './support/harness.js';
import { serve } from './support/serve.js';

const runs: Run[] = [];
let notes: NotesGates;
beforeAll(async () => {
  notes = await startNotesGates();
});
afterAll(() => notes.close());
afterEach(() => {
  runs.length = 0;
});

const node = toNodeHandler(notesMcp(runs));
/** As the SDK is run on Fastify. */
const mcp: RouteHandlerMethod = (request, reply) => {
  reply.hijack();
  return node(request.raw as never, reply.raw, request.body);
};

const METADATA = '/.well-known/oauth-protected-resource/mcp';

describe.each(Object.entries(FORMS))('%s', (_form, mount) => {
  const guard = (app: FastifyInstance, handler: RouteHandlerMethod, gate = notes.gate): void =>
    mount(app, { path: '/mcp', gate }, handler);

  test('headers that others set stay on refusals, answers and metadata; Vary grows [T43, T49]', async () => {
    const send = await serve((app) => {
      app.addHook('onRequest', async (_request, reply) => {
        reply.headers({
          'Access-Control-Allow-Origin': 'https://app.example.com',
          Vary: 'Origin',
          'WWW-Authenticate': 'Basic realm="old"',
        });
        reply.raw.setHeader('X-Request-Id', '7');
      });
      app.addHook('onSend', async (_request, reply) => void reply.header('X-Sent', '1'));
      app.register(resourceMetadata(notes.gate));
      guard(app, async () => ({ jsonrpc: '2.0', id: 1, result: {} }));
    });
    const [purge, batch] = [call('admin_purge'), [call('read_notes')]].map((body) => ({
      ...addNote('2025-11-25', notes.tokens),
      body: JSON.stringify(body),
    }));
    const answers = [
      [401, await send({ method: 'POST', target: '/mcp' })],
      [403, await send(purge as never)],
      [400, await send(batch as never)],
      [200, await send(addNote('2025-11-25', notes.tokens))],
    ] as const;
    for (const [status, answer] of answers) {
      expect(answer.status).toBe(status);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'access-control-allow-origin': 'https://app.example.com',
        vary: 'Origin, Authorization',
        'x-request-id': '7',
        'x-sent': '1',
      });
    }
    // The gate's challenge replaces the earlier one.
    expect(answers[0][1].headers.get('www-authenticate')).toMatch(/^Bearer /);
    expect(answers[1][1].headers.get('www-authenticate')).toMatch(/^Bearer /);
    expect(Object.fromEntries((await send({ target: METADATA })).headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'content-type': 'application/json',
      'x-request-id': '7',
      'x-sent': '1',
    });
  });

  test("the gate's own CORS: browsers may read the challenge, without credentials [T48]", async () => {
    const gate = notesGate(notes.issuer.issuer, { cors: { origins: ['https://app.example.com'] } });
    const send = await serve((app) => {
      app.addHook('onRequest', async (_request, reply) => {
        reply.header('Access-Control-Expose-Headers', 'X-Request-Id').header('Vary', 'Accept');
      });
      guard(app, mcp, gate);
    });
    const from = ['Origin', 'https://app.example.com'] as const;
    const refused = await send({ method: 'POST', target: '/mcp', headers: [from] });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    expect(refused.headers.get('access-control-expose-headers')).toBe(
      'X-Request-Id, WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id',
    );
    expect(refused.headers.get('vary')).toBe('Accept, Authorization, Origin');
    expect(refused.headers.has('access-control-allow-credentials')).toBe(false);
    const preflight = await send({
      method: 'OPTIONS',
      target: '/mcp',
      headers: [from, ['Access-Control-Request-Method', 'POST']],
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Mcp-Name');

    const note = addNote('2025-11-25', notes.tokens);
    // A hijacked reply has the headers of the gate, too; and so has Fastify's own refusal.
    const hijacked = await send({ ...note, headers: [...(note.headers ?? []), from] });
    const broken = await send({ ...note, headers: [...(note.headers ?? []), from], body: '{' });
    for (const [status, answer] of [
      [200, hijacked],
      [400, broken],
    ] as const) {
      expect(answer.status).toBe(status);
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
      expect(answer.headers.get('vary')).toContain('Authorization, Origin');
    }
  });

  test('an inflated body is evaluated by its content [T26]', async () => {
    const send = await serve((app) => {
      app.addHook('preParsing', async (request, _reply, payload) =>
        request.headers['content-encoding'] === 'gzip'
          ? Object.assign(payload.pipe(createGunzip()), {
              receivedEncodedLength: Number(request.headers['content-length']),
            })
          : payload,
      );
      guard(app, mcp);
    });
    const zipped = (body: unknown) => {
      const { headers = [], ...rest } = addNote('2025-11-25', notes.tokens);
      const bytes = gzipSync(typeof body === 'string' ? body : JSON.stringify(body));
      return { ...rest, headers: [...headers, ['Content-Encoding', 'gzip'] as const], body: bytes };
    };
    expect(await send(zipped(call('admin_purge')))).toMatchObject({ status: 403 });
    expect(runs).toEqual([]);
    expect(await send(zipped(addNote('2025-11-25', notes.tokens).body))).toMatchObject({
      status: 200,
    });
    expectHanded(runs, notes.tokens);
  });

  test('injected requests are evaluated like those of a socket [AH-6, T71]', async () => {
    const app = fastify();
    guard(app, async () => 'ran');
    const authorization = `Bearer ${notes.tokens.writer}`;
    const post = { method: 'POST', url: '/mcp', payload: READ } as const;
    expect(await app.inject(post)).toMatchObject({ statusCode: 401 });
    const allowed = await app.inject({ ...post, headers: { authorization } });
    expect(allowed).toMatchObject({ statusCode: 200, body: 'ran' });
    const twice = { authorization: [authorization, authorization] } as never;
    expect(await app.inject({ ...post, headers: twice })).toMatchObject({ statusCode: 400 });
    await app.close();
  });

  test('requests over HTTP/2 are evaluated like those over HTTP/1 [AH-1, C403-1]', async () => {
    const app = fastify({ http2: true });
    guard(app as never, async () => 'ran');
    const session = connect(await app.listen({ port: 0, host: '127.0.0.1' }));
    const post = async (body: object, headers: object = {}) => {
      const stream = session.request({
        ...{ ':method': 'POST', ':path': '/mcp', 'content-type': 'application/json' },
        ...headers,
      });
      const answered = once(stream, 'response') as Promise<[IncomingHttpHeaders]>;
      stream.end(JSON.stringify(body));
      const [{ ':status': status }] = await answered;
      return { status, body: await text(stream) };
    };
    const authorization = `Bearer ${notes.tokens.writer}`;
    expect(await post(READ)).toMatchObject({ status: 401 });
    expect(await post(call('admin_purge'), { authorization })).toMatchObject({ status: 403 });
    expect(await post(READ, { authorization })).toEqual({ status: 200, body: 'ran' });
    session.close();
    await app.close();
  });
});
