/**
 * What a refusal does to the connection it travels on.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { App } from '../app.js';
import { READ, call } from '../cases/index.js';
import type { GuardedRoute } from '../harness.js';
import { Connection } from '../wire/raw-http.js';
import type { WireRequest } from '../wire/raw-http.js';
import type { Check, Suite } from './suite.js';

type Refused = (connection: Connection) => Promise<void>;

export function connectionSuite(routes: readonly GuardedRoute[]): Suite {
  return {
    name: 'connections',
    setup: { routes },
    checks: REFUSED.flatMap(([what, refused]): readonly Check[] => [
      {
        title: `${what}: the refusal arrives [T29]`,
        run: (app) => isAnswered(app, refused),
      },
      {
        title: `${what}: the connection stays usable [T29]`,
        run: (app) => staysUsable(app, refused),
      },
    ]),
  };
}

/** The head of a POST request; the check sends what is missing itself. */
export function post(target: string, token?: string): Required<Omit<WireRequest, 'body'>> {
  return {
    method: 'POST',
    target,
    headers: [
      ['Content-Type', 'application/json'],
      ['Accept', 'application/json, text/event-stream'],
      ...(token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const]),
    ],
  };
}

export const GOOD: WireRequest = { ...post('/mcp', 'reader'), body: JSON.stringify(READ) };

async function isAnswered(app: App, refused: Refused): Promise<void> {
  const connection = new Connection(app.origin);
  await refused(connection).finally(() => connection.close());
  assert.equal(app.calls.length, 0);
}

/** Fails unless the next request on the connection is answered as if it were the first. */
async function staysUsable(app: App, refused: Refused): Promise<void> {
  const connection = new Connection(app.origin);
  try {
    await refused(connection);
    assert.equal(app.calls.length, 0);
    const { status } = await connection.exchange(GOOD);
    assert.equal(status, 200);
    assert.deepEqual(app.ran, ['read_notes']);
  } finally {
    connection.close();
  }
}

const REFUSED: readonly (readonly [string, Refused])[] = [
  [
    'a body that was not read',
    async (connection) => {
      const body = JSON.stringify(call('read_notes', { pad: 'x'.repeat(300_000) }));
      const answer = await connection.exchange({ ...post('/mcp'), body });
      assert.equal(answer.status, 401);
    },
  ],
  [
    'a body whose length is too large',
    async (connection) => {
      send(connection, ['Content-Length', '300000']);
      // Nothing of the body has come yet, and the time for it is not over.
      assert.equal((await connection.answer()).status, 413);
      connection.write('x'.repeat(300_000));
    },
  ],
  [
    'a body that grows too large',
    async (connection) => {
      send(connection, ['Transfer-Encoding', 'chunked']);
      connection.write(`7d0\r\n${'x'.repeat(2000)}\r\n`);
      assert.equal((await connection.answer()).status, 413);
      // More than buffers on the way can hold: somebody must read it.
      connection.write(`493e0\r\n${'x'.repeat(300_000)}\r\n0\r\n\r\n`);
    },
  ],
  [
    'a large body at once',
    async (connection) => {
      send(connection, ['Transfer-Encoding', 'chunked']);
      connection.write(`493e0\r\n${'x'.repeat(300_000)}\r\n0\r\n\r\n`);
      assert.equal((await connection.answer()).status, 413);
    },
  ],
  [
    'a body that comes too slowly',
    async (connection) => {
      send(connection, ['Content-Length', '10']);
      connection.write('{');
      const answer = await connection.answer();
      assert.equal(answer.status, 408);
      assert.match(answer.body, /The body did not arrive in time/);
      connection.write(' '.repeat(9));
    },
  ],
];

/** The head of a request to a gate that is strict about size and time. */
function send(connection: Connection, framing: readonly [string, string]): void {
  const request = post('/tight', 'reader');
  connection.send({ ...request, headers: [...request.headers, framing] });
}
