/**
 * Clients that go away, many at once and at every stage; and what the server keeps of them.
 *
 * @module
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { App } from '../../src/app.js';
import { READ } from '../../src/cases/index.js';
import type { Harness } from '../../src/index.js';
import { GOOD, post } from '../../src/suites/connections.js';
import { before, deferred } from '../../src/suites/wait.js';
import { verifier } from '../../src/tokens.js';
import { Connection } from '../../src/wire/raw-http.js';
import { notesGate } from '../../src/gates.js';

/** What was left when all clients had gone. */
export interface Remains {
  /** Errors that nobody handled, and warnings. */
  readonly stray: readonly unknown[];
  /** Listeners on the server and the process that were not there before. */
  readonly listeners: number;
  /** Requests that the garbage collector may not take. */
  readonly requests: number;
  /** Streams that did not end, and decisions that did not come. */
  readonly pending: number;
  /** Requests that the server had begun to serve when their client went away. */
  readonly begun: number;
  /** How the next client is answered. */
  readonly status: number;
}

/** Kills this many clients: in the middle of a body, of a stream, and before the decision. */
export async function killClients(harness: Harness, rounds: number): Promise<Remains> {
  const stray: unknown[] = [];
  const note = (error: unknown): number => stray.push(error);
  const watched = watch();
  let pending = 0;
  // Answers when the client is long gone.
  const slow = notesGate(async (token, context) => {
    pending++;
    await new Promise((resolve) => setTimeout(resolve, 5));
    pending--;
    return verifier(token, context);
  });
  const routes = [
    { path: '/mcp', gate: notesGate(verifier) },
    { path: '/slow', gate: slow },
  ];
  const app = await new App().start(harness, { routes });
  app.respond = ({ signal }) => {
    pending++;
    const gone = deferred();
    if (signal.aborted) gone.resolve();
    signal.addEventListener('abort', gone.resolve, { once: true });
    const body = (async function* events(): AsyncGenerator<string> {
      try {
        yield 'data: tick\n\n';
        await gone.promise;
      } finally {
        pending--;
      }
    })();
    return { status: 200, headers: [['Content-Type', 'text/event-stream']], body };
  };
  process.on('unhandledRejection', note).on('uncaughtException', note).on('warning', note);
  try {
    await round(app, watched, 1);
    await settled(() => watched.open() === 0);
    const first = watched.listeners();
    for (let done = 0; done < rounds; done += BATCH) {
      await Promise.all(
        Array.from({ length: BATCH }, (_, index) => round(app, watched, done + index)),
      );
    }
    await settled(() => watched.open() === 0 && pending === 0).catch(() => undefined);
    const listeners = watched.listeners() - first;
    const begun = watched.begun();
    app.reset();
    const { status } = await app.send(GOOD);
    return { stray, listeners, requests: await watched.alive(), pending, begun, status };
  } finally {
    process.off('unhandledRejection', note).off('uncaughtException', note).off('warning', note);
    await app.close();
    watched.stop();
  }
}

const BATCH = 20;

type Stage = (connection: Connection, watched: Watch) => Promise<void>;

const STAGES: readonly Stage[] = [
  async (connection, watched) => {
    const request = post('/mcp', 'reader');
    connection.send({ ...request, headers: [...request.headers, ['Content-Length', '1000']] });
    connection.write('{"jsonrpc"');
    await watched.arrival(connection);
  },
  async (connection) => {
    connection.send(GOOD);
    await connection.received('data: tick');
  },
  async (connection, watched) => {
    connection.send({ ...post('/slow', 'reader'), body: JSON.stringify(READ) });
    await watched.arrival(connection);
  },
  // Whatever the server has come to by then.
  async ({ socket }) => {
    if (socket.connecting) await new Promise((resolve) => socket.once('connect', resolve));
  },
];

async function round(app: App, watched: Watch, number: number): Promise<void> {
  const connection = new Connection(app.origin);
  try {
    await STAGES[number % STAGES.length]?.(connection, watched);
    // Some end in order, some are cut.
    if (number % 3 === 0) connection.socket.resetAndDestroy();
  } finally {
    connection.close();
  }
}

async function settled(isSettled: () => boolean): Promise<void> {
  const until = async (): Promise<void> => {
    while (!isSettled()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await before(until(), 'the server to settle');
}

type Watch = ReturnType<typeof watch>;

/** Looks at the servers of this process from inside, as Node's diagnostics show them. */
function watch() {
  const requests: WeakRef<IncomingMessage>[] = [];
  const servers = new Set<Server>();
  const awaited = new Map<number | undefined, () => void>();
  let open = 0;
  const onStart = (message: unknown): void => {
    const { request, server } = message as { request: IncomingMessage; server: Server };
    servers.add(server);
    requests.push(new WeakRef(request));
    open++;
    request.socket.once('close', () => open--);
    awaited.get(request.socket.remotePort)?.();
  };
  subscribe('http.server.request.start', onStart);
  return {
    open: () => open,
    begun: () => requests.length,
    listeners: () => [process, ...servers].reduce((sum, one) => sum + count(one), 0),
    /** The server has begun to serve what this connection sent. */
    async arrival({ socket }: Connection): Promise<void> {
      if (socket.connecting) await new Promise((resolve) => socket.once('connect', resolve));
      const { localPort } = socket;
      const { promise, resolve } = deferred();
      awaited.set(localPort, resolve);
      await before(promise, 'the request to arrive');
      awaited.delete(localPort);
    },
    async alive(): Promise<number> {
      for (let i = 0; i < 5; i++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        collectGarbage();
      }
      return requests.filter((request) => request.deref() !== undefined).length;
    },
    stop: () => unsubscribe('http.server.request.start', onStart),
  };
}

function count(emitter: EventEmitter): number {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
}

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;
