/**
 * What `authOf` and the body are for the application: behind one gate, and behind two.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { publicAccess } from '@scopegate/core';
import type { Auth } from '@scopegate/core';
import type { App } from '../app.js';
import { ADD, PURGE, READ, call } from '../cases/index.js';
import type { GuardedRoute } from '../harness.js';
import { verifier } from '../tokens.js';
import { bearer } from '../verify.js';
import { Connection } from '../wire/raw-http.js';
import { notesGate, openGate } from '../gates.js';
import type { Suite } from './suite.js';

export function callerSuites(routes: readonly GuardedRoute[]): readonly Suite[] {
  return [callers(routes), publicRoutes(), nestedGates()];
}

function publicRoutes(): Suite {
  const gate = notesGate(verifier);
  const target = '/public';
  /** Records the subject that `authOf` returns for each request. */
  const collectSubjects = (app: App): unknown[] => {
    const seen: unknown[] = [];
    app.respond = ({ authOf }) => {
      try {
        seen.push(authOf(gate).subject);
      } catch {
        seen.push('nobody');
      }
      return { status: 200, headers: [], body: 'ok' };
    };
    return seen;
  };
  return {
    name: 'a public route',
    setup: {
      routes: [
        { path: target, gate, rule: publicAccess() },
        { path: '/anyone', gate: openGate(verifier) },
      ],
    },
    checks: [
      {
        title: '`authOf` returns the caller, and never the caller of the request before [T15, T16]',
        run: async (app) => {
          const seen = collectSubjects(app);
          const connection = new Connection(app.origin);
          try {
            const { headers = [] } = bearer('reader', undefined);
            for (const some of [headers, [], headers, []]) {
              const { status } = await connection.exchange({ target, headers: some });
              assert.equal(status, 200);
            }
          } finally {
            connection.close();
          }
          assert.deepEqual(seen, ['ray', 'nobody', 'ray', 'nobody']);
        },
      },
      {
        title: 'the application receives the evaluated body, with a token and without [T25]',
        run: async (app) => {
          const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
          const request = bearer('reader', list);
          const { headers = [] } = request;
          const anonymous = headers.filter(([name]) => name !== 'Authorization');
          for (const some of [headers, anonymous]) {
            const answer = await app.send({ ...request, target: '/anyone', headers: some });
            assert.equal(answer.status, 200, answer.body);
          }
          const bodies = app.calls.map(({ body }) => body);
          assert.deepEqual(bodies, [list, list]);
        },
      },
      {
        title: 'a bad token is refused [AH-15]',
        run: async (app) => {
          const { headers = [] } = bearer('garbage', undefined);
          assert.equal((await app.send({ target, headers })).status, 401);
          assert.equal(app.calls.length, 0);
        },
      },
    ],
  };
}

function nestedGates(): Suite {
  const gate = notesGate(verifier);
  const outer = notesGate(verifier, { realm: 'outer' });
  return {
    name: 'a gate behind another',
    setup: {
      routes: [
        { path: '/both-gates', gate, outer: { gate: outer } },
        { path: '/writers-only', gate, outer: { gate: outer, rule: 'notes:write' } },
      ],
    },
    checks: [
      {
        title: 'both evaluate the same body, and `authOf` reads the inner one [T16, T43]',
        run: async (app) => {
          const seen: unknown[] = [];
          app.respond = ({ authOf, body }) => {
            seen.push(authOf(gate).subject, body);
            assert.throws(() => authOf(outer));
            return { status: 200, headers: [], body: 'ok' };
          };
          const answer = await app.send({ ...bearer('writer', ADD), target: '/both-gates' });
          assert.equal(answer.status, 200, answer.body);
          assert.deepEqual(seen, ['ray', ADD]);
        },
      },
      {
        title: 'what the outer one refuses, the inner one never sees [T43]',
        run: async (app) => {
          const answer = await app.send({ ...bearer('reader', READ), target: '/writers-only' });
          assert.equal(answer.status, 403);
          assert.match(answer.headers.get('www-authenticate') ?? '', /realm="outer"/);
          assert.equal(app.calls.length, 0);
        },
      },
      {
        title: 'what the outer one allows, the inner one may refuse [T43]',
        run: async (app) => {
          const answer = await app.send({ ...bearer('writer', PURGE), target: '/writers-only' });
          assert.equal(answer.status, 403);
          assert.match(answer.headers.get('www-authenticate') ?? '', /scope="admin:notes/);
          assert.doesNotMatch(answer.headers.get('www-authenticate') ?? '', /realm/);
          assert.equal(app.calls.length, 0);
        },
      },
    ],
  };
}

function callers(routes: readonly GuardedRoute[]): Suite {
  const gate = routes.find(({ path }) => path === '/mcp')?.gate as GuardedRoute['gate'];
  const note = { text: 'ж🙂 "quoted" \\ \u0000' };
  return {
    name: 'who calls',
    setup: { routes },
    checks: [
      {
        title: 'the application receives the evaluated body and the caller [T16, T25, T72]',
        run: async (app) => {
          const auths: Auth[] = [];
          app.respond = ({ authOf }) => {
            auths.push(authOf(gate));
            return { status: 200, headers: [], body: 'ok' };
          };
          await app.send(bearer('writer', call('add_note', note)));
          assert.deepEqual(
            app.calls.map(({ body }) => body),
            [call('add_note', note)],
          );
          const [auth] = auths;
          assert.ok(auth !== undefined);
          assert.equal(auth.subject, 'ray');
          assert.deepEqual(auth.scopes, ['notes:write']);
          assert.equal(auth.token, 'writer');
          assert.ok(Object.isFrozen(auth));
          for (const text of [JSON.stringify(auth), inspect(auth), inspect({ ...auth })]) {
            assert.doesNotMatch(text, /writer/);
          }
        },
      },
      {
        title: 'authOf of a gate that does not guard the route throws [T16]',
        run: async (app) => {
          const foreign = notesGate(verifier);
          app.respond = ({ authOf }) => {
            assert.throws(() => authOf(foreign));
            return { status: 200, headers: [], body: 'ok' };
          };
          assert.equal((await app.send(bearer('reader', READ))).status, 200);
          assert.deepEqual(app.errors, []);
        },
      },
      { title: 'calls at the same time do not mix [T15]', run: (app) => doNotMix(app, gate) },
    ],
  };
}

/** Each call carries its number, and every second one is an administrator's. */
async function doNotMix(app: App, gate: GuardedRoute['gate']): Promise<void> {
  const pairs: string[] = [];
  app.respond = ({ authOf, body }) => {
    const { id } = body as { id: number };
    const { token } = authOf(gate);
    pairs.push(`${id} ${token}`);
    return { status: 200, headers: [], body: `${id} ${token}` };
  };
  const expected = Array.from({ length: 40 }, (_, id) => `${id} ${id % 2 ? 'admin' : 'writer'}`);
  const answers = await Promise.all(
    expected.map((pair, id) =>
      app.send(bearer(pair.split(' ')[1] as string, call('add_note', { text: 'x' }, id))),
    ),
  );
  assert.deepEqual(
    answers.map(({ body }) => body),
    expected,
  );
  assert.deepEqual(pairs.toSorted(), expected.toSorted());
}
