import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import type { Context } from 'hono';
import { describe, expect, test } from 'vitest';
import { publicAccess } from '@scopegate/core';
import { close, listen } from '../../core/test/support/issuer.js';
import { notesGate } from '../../core/test/support/mcp.js';
import { exchange } from '../../adapter-testkit/src/wire/raw-http.js';
import type { Received } from '../../adapter-testkit/src/wire/raw-http.js';
import { protect } from '../src/index.js';

const gate = notesGate({}, { cors: { origins: ['https://app.example.com'] } });

type Handler = (c: Context<{ Bindings: HttpBindings }>) => Response;

/** The guarded route, the same handler without a guard, and the guarded one again. */
async function inTurn(handler: Handler): Promise<readonly Received[]> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.get('/guarded', protect(gate, 'notes:read'), handler as never);
  app.get('/inside', protect(gate, publicAccess(), handler as never));
  app.get('/open', handler);
  const server = createServer(getRequestListener(app.fetch) as RequestListener);
  const origin = await listen(server);
  const answers: Received[] = [];
  for (const target of ['/guarded', '/open', '/inside', '/open', '/guarded']) {
    const headers = [['Authorization', 'Bearer notes.read']] as const;
    answers.push(await exchange(origin, { method: 'GET', target, headers }));
  }
  await close(server);
  return answers;
}

describe('a response that handlers share', () => {
  test('an empty one: what the gate adds stays with the guarded route [T144]', async () => {
    const shared = new Response(null, { status: 202, headers: { 'x-shared': '1' } });
    const answers = await inTurn(() => shared);
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    const vary = answers.map(({ headers }) => headers.get('vary'));
    const added = 'Authorization, Origin';
    expect(vary).toEqual([added, undefined, added, undefined, added]);
    expect([...shared.headers]).toEqual([['x-shared', '1']]);
  });

  test('the one that says that the answer is out: it stays as it is [T144]', async () => {
    const before = [...RESPONSE_ALREADY_SENT.headers];
    const answers = await inTurn((c) => {
      c.env.outgoing.writeHead(200, { 'content-type': 'text/plain' }).end('mine');
      return RESPONSE_ALREADY_SENT;
    });
    expect(answers.map(({ body }) => body)).toEqual(['mine', 'mine', 'mine', 'mine', 'mine']);
    expect([...RESPONSE_ALREADY_SENT.headers]).toEqual(before);
  });

  test('what Hono makes for the request is not copied, and keeps its length [T144]', async () => {
    const answers = await inTurn((c) => c.text('hello'));
    for (const { headers } of answers) expect(headers.get('content-length')).toBe('5');
    expect(answers[0]?.headers.get('vary')).toBe('Authorization, Origin');
    expect(answers[1]?.headers.get('vary')).toBeUndefined();
  });

  test.each<readonly [what: string, body: BodyInit | null, length: string | undefined]>([
    ['a text', 'hello', '5'],
    ['bytes', new TextEncoder().encode('hello'), '5'],
    ['a blob', new Blob(['hello']), '5'],
    ['nothing', null, undefined],
  ])('%s from gate.fetch: kept as it is, with its length [T144]', async (_what, body, length) => {
    const answers: Received[] = [];
    let kept: Response | undefined;
    const guarded = gate.fetch(
      () => (kept ??= new Response(body, { headers: { vary: 'Accept' } })),
    );
    const listener = getRequestListener((request) => guarded(request)) as RequestListener;
    const server = createServer(listener);
    const origin = await listen(server);
    const headers = [['Authorization', 'Bearer notes.read']] as const;
    for (let times = 0; times < 2; times++) {
      answers.push(await exchange(origin, { method: 'GET', target: '/', headers }));
    }
    await close(server);
    expect(answers.map((answer) => answer.body)).toEqual(Array(2).fill(length ? 'hello' : ''));
    for (const answer of answers) {
      expect(answer.headers.get('vary')).toBe('Accept, Authorization, Origin');
      if (length) expect(answer.headers.get('content-length')).toBe(length);
    }
    expect([...(kept as Response).headers.keys()]).toContain('vary');
    expect(kept?.headers.get('vary')).toBe('Accept');
    expect(kept?.bodyUsed).toBe(false);
  });

  test.each<readonly [what: string, make: () => Response, type: string | undefined]>([
    ['JSON', () => Response.json('hello', { status: 203 }), 'application/json'],
    ['a text', () => new Response('hello', { status: 203 }), 'text/plain; charset=UTF-8'],
    [
      'a text with headers',
      () =>
        new Response('hello', { status: 203, headers: { 'Content-Type': 'text/x', 'X-A': '1' } }),
      'text/x',
    ],
    [
      'a text with a type',
      () => new Response('hello', { status: 203, headers: { 'Content-Type': 'text/x' } }),
      'text/x',
    ],
    [
      'a list of headers',
      () => new Response('hello', { status: 203, headers: [['content-type', 'text/x']] }),
      'text/x',
    ],
    [
      'a form',
      () => new Response(new URLSearchParams('a=1'), { status: 203 }),
      'application/x-www-form-urlencoded;charset=UTF-8',
    ],
  ])('%s from gate.fetch keeps status and type [T144]', async (_what, make, type) => {
    const guarded = gate.fetch(make);
    const listener = getRequestListener((request) => guarded(request)) as RequestListener;
    const server = createServer(listener);
    const origin = await listen(server);
    const headers = [['Authorization', 'Bearer notes.read']] as const;
    const answer = await exchange(origin, { method: 'GET', target: '/', headers });
    await close(server);
    expect(answer.status).toBe(203);
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('vary')).toBe('Authorization, Origin');
  });
});
