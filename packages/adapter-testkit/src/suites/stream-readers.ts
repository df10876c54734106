/**
 * Code behind the gate that reads the stream of Node's request: it must end, and find the very bytes that
 * the gate evaluated, under a length that is true.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough, Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { App } from '../app.js';
import { call } from '../cases/index.js';
import type { Call, GuardedRoute } from '../harness.js';
import { Connection } from '../wire/raw-http.js';
import type { Received } from '../wire/raw-http.js';
import { GOOD, post } from './connections.js';
import type { Check, Suite } from './suite.js';
import { before } from './wait.js';

type NodeRequest = NonNullable<Call['stream']>;
type ReadAll = (request: NodeRequest) => Promise<Buffer>;

export function streamReaderSuite(routes: readonly GuardedRoute[]): Suite {
  const bodies = Object.entries(BODIES).flatMap(([size, body]) =>
    FRAMINGS.map(([framing, send]) => ({ what: `${size}, ${framing}`, body, send })),
  );
  return {
    name: 'stream readers',
    setup: { routes },
    checks: [
      ...Object.entries(READERS).flatMap(([reader, read]) =>
        bodies.map(({ what, body, send }): Check => ({
          title: `${reader}: finds the evaluated bytes of a body, ${what} [T142, T25]`,
          run: (app) => finds(app, read, { body, send }),
        })),
      ),
      {
        title: 'nobody: the connection stays usable [T142, T29]',
        run: staysUsable,
      },
      {
        title: 'nobody: the request closes when it is answered [T142, T29]',
        run: closes,
      },
    ],
  };
}

/** Line breaks and spaces, which a body that was written anew would not have. */
const BODIES = {
  small: JSON.stringify(call('read_notes', { text: 'ж' }), null, 2),
  large: JSON.stringify(call('read_notes', { pad: 'x'.repeat(300_000) }), null, 2),
};

type Send = (connection: Connection, body: string) => Promise<void>;

const FRAMINGS: readonly (readonly [string, Send])[] = [
  [
    'of known length',
    async (connection, body) => connection.send({ ...post('/mcp', 'reader'), body }),
  ],
  [
    'of known length, in two parts',
    async (connection, body) => {
      begin(connection, ['Content-Length', String(Buffer.byteLength(body))]);
      connection.write(body.slice(0, 20));
      await new Promise((resolve) => setTimeout(resolve, 10));
      connection.write(body.slice(20));
    },
  ],
  [
    'in chunks',
    async (connection, body) => {
      begin(connection, ['Transfer-Encoding', 'chunked']);
      connection.write(chunk(body.slice(0, 20)));
      await new Promise((resolve) => setTimeout(resolve, 10));
      connection.write(`${chunk(body.slice(20))}0\r\n\r\n`);
    },
  ],
];

function begin(connection: Connection, framing: readonly [string, string]): void {
  const request = post('/mcp', 'reader');
  connection.send({ ...request, headers: [...request.headers, framing] });
}

function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

/** The ways to read a stream, each as applications and libraries have it. */
const READERS: Readonly<Record<string, ReadAll>> = {
  pipe: async (request) => buffer(request.pipe(new PassThrough())),
  'data events': (request) =>
    new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      request.on('data', (part: Buffer) => void chunks.push(part));
      request.on('end', () => resolve(Buffer.concat(chunks))).on('error', reject);
    }),
  'readable events': async (request) => {
    const chunks: Buffer[] = [];
    request.on('readable', () => {
      for (let part; (part = request.read() as Buffer | null) !== null;) chunks.push(part);
    });
    await once(request, 'end');
    return Buffer.concat(chunks);
  },
  iteration: async (request) => {
    const chunks: Buffer[] = [];
    for await (const part of request) chunks.push(part as Buffer);
    return Buffer.concat(chunks);
  },
  pipeline: async (request) => {
    const chunks: Buffer[] = [];
    await pipeline(
      request,
      new Writable({
        // Slowly, so that the stream has to wait.
        write(part: Buffer, _encoding, done) {
          chunks.push(part);
          setTimeout(done, 1);
        },
      }),
    );
    return Buffer.concat(chunks);
  },
  'a Web stream': async (request) => {
    const body = Readable.toWeb(request) as ReadableStream<Uint8Array>;
    return Buffer.from(await new Response(body).arrayBuffer());
  },
  'a reader that begins later': async (request) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return buffer(request.pipe(new PassThrough()));
  },
  'a paused reader': async (request) => {
    request.pause();
    await new Promise((resolve) => setTimeout(resolve, 5));
    return buffer(request.pipe(new PassThrough()));
  },
};

async function finds(
  app: App,
  read: ReadAll,
  { body, send }: { readonly body: string; readonly send: Send },
): Promise<void> {
  app.respond = async ({ stream }) => {
    assert.ok(stream, 'the harness gives no stream');
    const found = await before(read(stream), 'the end of the stream');
    const announced = String(stream.headers['content-length'] ?? found.length);
    return { status: 200, headers: [['X-Announced', announced]], body: found.toString() };
  };
  const connection = new Connection(app.origin);
  try {
    await send(connection, body);
    const answer = await connection.answer();
    assert.equal(answer.status, 200, answer.body);
    assert.equal(answer.body, body);
    assert.equal(answer.headers.get('x-announced'), String(Buffer.byteLength(body)));
    assert.deepEqual(app.errors, []);
    // What was put back for the reader is not a part of the next request.
    assert.equal((await answerOf(app, connection)).status, 200);
  } finally {
    connection.close();
  }
}

function answerOf(app: App, connection: Connection): Promise<Received> {
  app.respond = () => ({ status: 200, headers: [['Content-Type', 'text/plain']], body: 'next' });
  return connection.exchange(GOOD);
}

async function staysUsable(app: App): Promise<void> {
  const connection = new Connection(app.origin);
  try {
    for (const body of [BODIES.large, BODIES.small, BODIES.large]) {
      const { status } = await connection.exchange({ ...post('/mcp', 'reader'), body });
      assert.equal(status, 200);
    }
    assert.equal(app.calls.length, 3);
  } finally {
    connection.close();
  }
}

async function closes(app: App): Promise<void> {
  let closed: Promise<unknown> = Promise.reject(new Error('the application was not called'));
  closed.catch(() => undefined);
  app.respond = ({ stream }) => {
    assert.ok(stream, 'the harness gives no stream');
    closed = once(stream, 'close');
    return { status: 200, headers: [['Content-Type', 'text/plain']], body: 'done' };
  };
  const connection = new Connection(app.origin);
  try {
    await connection.exchange(GOOD);
    await before(closed, 'the end of the request');
  } finally {
    connection.close();
  }
}
