/**
 * Answers that are streams: each piece is sent when it is made, and the application stops when the client
 * goes away.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { App } from '../app.js';
import type { GuardedRoute } from '../harness.js';
import { Connection } from '../wire/raw-http.js';
import { GOOD } from './connections.js';
import type { Suite } from './suite.js';
import { before, deferred } from './wait.js';
import type { Deferred } from './wait.js';

const EVENTS = [['Content-Type', 'text/event-stream']] as const;

export function streamSuite(routes: readonly GuardedRoute[]): Suite {
  return {
    name: 'streams',
    setup: { routes },
    checks: [
      {
        title: 'the first event arrives before the last one is made [T49]',
        run: arrivesAtOnce,
      },
      {
        title: 'a client that goes away ends the iteration [T25]',
        run: (app) => endsIteration(app),
      },
      {
        title: 'a client that goes away aborts the signal, though the application waits [T25]',
        run: (app) => abortsSignal(app),
      },
    ],
  };
}

async function arrivesAtOnce(app: App): Promise<void> {
  const go = deferred();
  app.respond = () => ({ status: 200, headers: EVENTS, body: firstAndLast(go) });
  const connection = new Connection(app.origin);
  try {
    connection.send(GOOD);
    assert.doesNotMatch(await connection.received('data: first'), /data: last/);
    go.resolve();
    const answer = await connection.answer();
    assert.equal(answer.body, 'data: first\n\ndata: last\n\n');
    assert.match(answer.headers.get('content-type') ?? '', /^text\/event-stream/);
    assert.match(answer.headers.get('vary') ?? '', /Authorization/);
  } finally {
    go.resolve();
    connection.close();
  }
}

async function* firstAndLast(go: Deferred): AsyncGenerator<string> {
  yield 'data: first\n\n';
  await go.promise;
  yield 'data: last\n\n';
}

async function endsIteration(app: App): Promise<void> {
  const ended = deferred();
  app.respond = () => ({ status: 200, headers: EVENTS, body: ticks(ended) });
  await goAway(app);
  await before(ended.promise, 'the end of the iteration');
}

/** Never ends by itself, and never looks at a signal. */
async function* ticks(ended: Deferred): AsyncGenerator<string> {
  try {
    for (;;) {
      yield 'data: tick\n\n';
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  } finally {
    ended.resolve();
  }
}

/** The stream waits for something that never comes: only the signal can end it. */
export async function abortsSignal(app: App): Promise<void> {
  const aborted = deferred();
  const ended = deferred();
  app.respond = ({ signal }) => {
    signal.addEventListener('abort', aborted.resolve, { once: true });
    return { status: 200, headers: EVENTS, body: tickAndWait(aborted, ended) };
  };
  await goAway(app);
  await before(aborted.promise, "the application's signal");
  await before(ended.promise, 'the end of the iteration');
}

async function* tickAndWait(aborted: Deferred, ended: Deferred): AsyncGenerator<string> {
  try {
    yield 'data: tick\n\n';
    await aborted.promise;
  } finally {
    ended.resolve();
  }
}

/** Leaves in the middle of a stream. */
async function goAway(app: App): Promise<void> {
  const connection = new Connection(app.origin);
  try {
    connection.send(GOOD);
    await connection.received('data: tick');
  } finally {
    connection.close();
  }
}
