/** Which target a rule is asked for: the one that Hono chose the route by. */
import { createGate, httpPolicy } from '@scopegate/core';
import type { Rule } from '@scopegate/core';
import { Hono } from 'hono';
import type { MiddlewareHandler } from 'hono';
import { expect, test } from 'vitest';
import { protect } from '../src/index.js';

const gate = createGate({
  resource: 'https://notes.example.com/mcp',
  // Every token is the name of its scope.
  verifier: (token) => ({ subject: token, scopes: [token] }),
  scopes: ['read', 'admin'],
  policy: httpPolicy([{ method: '*', path: '/notes', rule: 'read' }]),
});

const ran: string[] = [];
const asked: (string | undefined)[] = [];

/** A rule that goes by the path. */
const byName: Rule<'read' | 'admin'> = ({ operation: { name } }) => {
  asked.push(name);
  return name?.startsWith('/notes') ? 'read' : 'admin';
};

/** An app with `front` in front of the gate. */
function appWith(front: MiddlewareHandler, options = {}): Hono {
  ran.length = 0;
  asked.length = 0;
  const app = new Hono(options);
  app.use(front).use(protect(gate, byName));
  for (const path of ['/notes', '/notes/:id', '/admin']) {
    app.get(path, (c) => c.text(`${ran.push(`GET ${path}`)}`));
  }
  return app;
}

const headers = { authorization: 'Bearer read' };
const pass: MiddlewareHandler = (_c, next) => next();

/** What a rewriting middleware does. */
const become =
  (target: string): MiddlewareHandler =>
  (c, next) => {
    c.req.raw = new Request(new URL(target, c.req.url), { headers: c.req.raw.headers });
    return next();
  };

test('a path that replaced the routed one is not evaluated instead [T31, T32]', async () => {
  const answer = await appWith(become('/notes?x')).request('/admin', { headers });
  expect(answer.status).toBe(403);
  expect(ran).toEqual([]);
  expect(asked).toEqual(['/admin']);
});

test.each([
  ['/notes?x=/admin#y', 'GET', pass, {}, '/notes'],
  ['/notes', 'HEAD', pass, {}, '/notes'],
  ['/notes/caf%C3%A9', 'GET', pass, {}, '/notes/café'],
  ['/notes', 'GET', become('/notes?y'), {}, '/notes'],
  ['/notes', 'GET', become('/admin'), {}, '/notes'],
  ['http://localhost/notes/#?y', 'GET', pass, { strict: false }, '/notes'],
])('%s by %s is evaluated as it was routed [T31, T32]', async (...row) => {
  const [target, method, front, options, name] = row;
  const answer = await appWith(front, options).request(target, { method, headers });
  expect(answer.status).toBe(200);
  expect(ran).toHaveLength(1);
  expect(asked).toEqual([name]);
});

test('a policy over paths is refused at mount, and guards the whole app from outside [T136]', async () => {
  expect(() => protect(gate)).toThrow(TypeError);
  expect(() => protect(gate)).toThrow(/gate\.fetch\(handler\)/);
  expect(() => protect(gate, 'read')).not.toThrow();
  ran.length = 0;
  const app = new Hono();
  app.get('/notes', (c) => c.text(`${ran.push('/notes')}`));
  app.get('/admin', (c) => c.text(`${ran.push('/admin')}`));
  const guarded = gate.fetch((request) => app.fetch(request));
  const status = async (path: string): Promise<number> =>
    (await guarded(new Request(`https://notes.example.com${path}`, { headers }))).status;
  expect(await status('/notes')).toBe(200);
  expect(await status('/admin')).toBe(403);
  expect(ran).toEqual(['/notes']);
});
