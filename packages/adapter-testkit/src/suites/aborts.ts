/**
 * Clients that go away at every stage: the server goes on, and keeps nothing of them.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { App } from '../app.js';
import { READ, ask } from '../cases/index.js';
import type { Answer, GuardedRoute } from '../harness.js';
import { verifier } from '../tokens.js';
import { toWire } from '../verify.js';
import { Connection } from '../wire/raw-http.js';
import { arrival } from '../wire/server-side.js';
import { notesGate } from '../gates.js';
import { GOOD, post } from './connections.js';
import { abortsSignal } from './streams.js';
import type { Check, Suite } from './suite.js';
import { before, deferred } from './wait.js';
import type { Deferred } from './wait.js';

export function abortSuite(routes: readonly GuardedRoute[]): Suite {
  const slow = slowVerifier();
  return {
    name: 'clients that go away',
    setup: { routes: [...routes, { path: '/slow', gate: notesGate(slow.verify) }] },
    checks: [
      check('before the body', (app) => midBody(app, '')),
      check('in the middle of the body', (app) => midBody(app, '{"jsonrpc"')),
      check('before the decision', (app) => beforeDecision(app, slow.begun)),
      check('while the application works', (app) => whileWorking(app, answering)),
      check('while the application works, which fails then', (app) => whileWorking(app, failing)),
      check('in the middle of a stream', abortsSignal),
      {
        title: 'many requests on one connection leave no listener behind [T29]',
        run: keepsNoListener,
      },
    ],
  };
}

function check(when: string, leave: (app: App) => Promise<void>): Check {
  return {
    title: `${when}: nothing is thrown past the application, and the server goes on [T25, T29]`,
    run: (app) => unharmed(app, leave),
  };
}

async function unharmed(app: App, leave: (app: App) => Promise<void>): Promise<void> {
  const stray: unknown[] = [];
  const note = (error: unknown): number => stray.push(error);
  process.on('unhandledRejection', note).on('uncaughtException', note).on('warning', note);
  try {
    await leave(app);
    app.reset();
    assert.equal((await app.send(GOOD)).status, 200);
    // The application may still have been called for the client that left.
    assert.ok(app.calls.some(({ route }) => route === '/mcp'));
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('unhandledRejection', note).off('uncaughtException', note).off('warning', note);
  }
  assert.deepEqual(stray, []);
}

async function midBody(app: App, sent: string): Promise<void> {
  const request = post('/mcp', 'reader');
  const seen = arrival(app.origin);
  const connection = new Connection(app.origin);
  connection.send({ ...request, headers: [...request.headers, ['Content-Length', '1000']] });
  connection.write(sent);
  const { closed } = await seen;
  connection.close();
  await before(closed, 'the server to see that the client went away');
  assert.equal(app.calls.length, 0);
}

/** The verifier answers when the client is gone. */
async function beforeDecision(app: App, begun: () => Promise<Deferred>): Promise<void> {
  const seen = arrival(app.origin);
  const started = begun();
  const connection = new Connection(app.origin);
  connection.send({ ...post('/slow', 'reader'), body: JSON.stringify(READ) });
  const [{ closed }, answer] = await Promise.all([seen, before(started, 'the verifier')]);
  connection.close();
  await before(closed, 'the server to see that the client went away');
  answer.resolve();
}

/** The application sees that the client went away, and then answers or fails. */
async function whileWorking(app: App, outcome: () => Answer): Promise<void> {
  const working = deferred();
  const aborted = deferred();
  app.respond = async ({ signal }) => {
    signal.addEventListener('abort', aborted.resolve, { once: true });
    working.resolve();
    await aborted.promise;
    return outcome();
  };
  const connection = new Connection(app.origin);
  connection.send(GOOD);
  await before(working.promise, 'the application');
  connection.close();
  await before(aborted.promise, "the application's signal");
}

const answering = (): Answer => ({ status: 200, headers: [], body: 'no client reads this' });

const failing = (): Answer => {
  throw new Error('no client reads this error');
};

/** Refusals (401, 403) and answers in turn must remove the listeners that they add to the socket. */
async function keepsNoListener(app: App): Promise<void> {
  const seen = arrival(app.origin);
  const connection = new Connection(app.origin);
  const counts: number[] = [];
  try {
    for (let i = 0; i < 6; i++) {
      await connection.exchange({ ...post('/mcp'), body: JSON.stringify(READ) });
      await connection.exchange(GOOD);
      await connection.exchange(toWire(ask({ runs: [] })));
      counts.push((await seen).listeners());
    }
  } finally {
    connection.close();
  }
  assert.equal(counts.at(-1), counts[2], `listeners on the socket: ${counts.join(', ')}`);
}

/** A verifier that waits, at each call, until the check lets it answer. */
function slowVerifier(): {
  readonly verify: typeof verifier;
  readonly begun: () => Promise<Deferred>;
} {
  let onCall: ((answer: Deferred) => void) | undefined;
  return {
    verify: async (token, context) => {
      const answer = deferred();
      onCall?.(answer);
      await answer.promise;
      return verifier(token, context);
    },
    begun: () =>
      new Promise((resolve) => {
        onCall = resolve;
      }),
  };
}
