/** Which path and method a request is about: those that Hono chose the route by, or none. */
import { createGate, http } from '@scopegate/core';
import { Hono } from 'hono';
import type { MiddlewareHandler } from 'hono';
import { expect, test } from 'vitest';
import { protect } from '../src/index.js';

const gate = createGate({
  resource: 'https://notes.example.com/mcp',
  // Every token is the name of its scope.
  verifier: (token) => ({ subject: token, scopes: [token] }),
  scopes: ['read', 'admin'],
  policy: http([
    { method: 'GET', path: '/notes', rule: 'read' },
    { method: 'GET', path: '/notes/caf%C3%A9', rule: 'read' },
    { method: 'POST', path: '/notes', rule: 'admin' },
    { method: '*', path: '/admin', rule: 'admin' },
  ]),
});

const ran: string[] = [];

/** An app with `front` in front of the gate. */
function appWith(front: MiddlewareHandler, options = {}): Hono {
  ran.length = 0;
  const app = new Hono(options);
  app.use(front).use(protect(gate));
  for (const path of ['/notes', '/notes/:id', '/admin']) {
    app.get(path, (c) => c.text(`${ran.push(`GET ${path}`)}`));
  }
  app.post('/notes', (c) => c.text(`${ran.push('POST /notes')}`));
  return app;
}

const headers = { authorization: 'Bearer read' };
const pass: MiddlewareHandler = (_c, next) => next();

/** What a rewriting or method-overriding middleware does. */
const become =
  (target: string, method: string): MiddlewareHandler =>
  (c, next) => {
    const { headers: kept } = c.req.raw;
    c.req.raw = new Request(new URL(target, c.req.url), { method, headers: kept });
    return next();
  };

test.each([
  ['/admin', 'GET', become('/notes', 'GET')],
  ['/notes', 'POST', become('/notes', 'GET')],
  ['/notes', 'POST', become('/notes', 'HEAD')],
  ['/notes', 'GET', become('/admin', 'GET')],
])('%s by %s is not judged as another that took its place [T31, T32]', async (...row) => {
  const [target, method, front] = row;
  const answer = await appWith(front).request(target, { method, headers });
  expect(answer.status).toBe(403);
  expect(ran).toEqual([]);
});

test.each([
  ['/notes?x=/admin#y', 'GET', pass, {}],
  ['/notes', 'HEAD', pass, {}],
  ['/notes/caf%C3%A9', 'GET', pass, {}],
  ['/notes', 'GET', become('/notes?y', 'GET'), {}],
  ['http://localhost/notes', 'GET', pass, { strict: false }],
])('%s by %s is judged as it came [T31, T32]', async (target, method, front, options) => {
  const answer = await appWith(front, options).request(target, { method, headers });
  expect(answer.status).toBe(200);
  expect(ran).toHaveLength(1);
});
