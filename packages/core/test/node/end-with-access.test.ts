/** Answers of Node whose token is revoked: those that stream, have not begun, are over, or lost their client. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { ClientHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Connection } from '../../../adapter-testkit/src/wire/raw-http.js';
import type { Gate, Verifier } from '../../src/index.js';
import { createNodeGuard } from '../../src/node/index.js';
import type { NodeContext } from '../../src/node/index.js';
import { memoryRevocations } from '../../src/token/revocations/index.js';
import { close, listen } from '../support/issuer.js';
import type { NotesScope } from '../support/mcp.js';
import { callersAsTokens, ownGate } from '../token/ownership/support.js';

const [ANN, BOB] = ['ann/app/notes:read', 'bob/app/notes:read'];

const closers: (() => unknown)[] = [];
beforeEach(() => {
  // The gate looks at its streams by one interval, which is there as long as it watches any.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  closers.push(() => vi.useRealTimers());
});
afterEach(async () => {
  for (const one of closers.splice(0).toReversed()) await one();
});

const isWatching = (): boolean => vi.getTimerCount() > 0;
const look = (): unknown => vi.advanceTimersByTime(250);

interface Ending {
  readonly gate: Gate<NotesScope>;
  /** Revokes the tokens of Ann. */
  readonly revoke: () => unknown;
}

function endingGate(verifier: Verifier = callersAsTokens): Ending {
  const revocations = memoryRevocations();
  const gate = ownGate({
    gate: { initialScopes: ['notes:read'], streams: 'end-with-access', revocations, verifier },
  });
  const until = Date.now() / 1000 + 60;
  return { gate, revoke: () => revocations.revoke({ subject: 'ann' }, { until }) };
}

/** Opens a server, and returns its answer to Ann, which nothing has written yet. */
async function answer({ gate }: Ending): Promise<{ client: Connection; res: ServerResponse }> {
  const guard = createNodeGuard(gate, 'notes:read');
  let client: Connection | undefined;
  const allowed = new Promise<ServerResponse>((resolve, reject) => {
    const server = createServer((req, res) => {
      Promise.resolve(guard({ req, res })).then((passed) => passed && resolve(res), reject);
    });
    closers.push(() => close(server));
    void listen(server).then((origin) => {
      client = new Connection(origin);
      client.send({ headers: [['Authorization', `Bearer ${ANN}`]] });
    }, reject);
  });
  const res = await allowed;
  return { client: client as unknown as Connection, res };
}

test('an answer that streams breaks off [T162]', async () => {
  const ending = endingGate();
  const { client, res } = await answer(ending);
  res.write('data: x\n\n');
  await client.received('data: x');
  expect(isWatching()).toBe(true);
  ending.revoke();
  expect(isWatching()).toBe(false);
  // Nobody listens for the error that a write after a mere end would be.
  res.write('data: y\n\n');
  await client.ended();
  await expect(client.answer()).rejects.toThrow('without an answer');
});

test('an answer that has not begun is left to its handler', async () => {
  const ending = endingGate();
  const { client, res } = await answer(ending);
  ending.revoke();
  look();
  res.end('whole');
  expect(await client.answer()).toMatchObject({ status: 200, body: 'whole' });
});

test('an answer that has not begun breaks off when it begins to stream [T162]', async () => {
  const ending = endingGate();
  const { client, res } = await answer(ending);
  ending.revoke();
  expect(res.destroyed).toBe(false);
  res.write('data: x\n\n');
  look();
  await client.ended();
  await expect(client.answer()).rejects.toThrow('without an answer');
});

test('an answer that is over goes out whole, and is no longer watched', async () => {
  const ending = endingGate();
  const { client, res } = await answer(ending);
  client.socket.pause();
  const body = 'x'.repeat(4 * 1024 * 1024);
  res.end(body);
  expect(res.writableFinished).toBe(false);
  ending.revoke();
  expect(isWatching()).toBe(false);
  client.socket.resume();
  expect((await client.answer()).body === body).toBe(true);
});

test('an answer that went out is no longer watched', async () => {
  const { client, res } = await answer(endingGate());
  const closed = once(res, 'close');
  expect(isWatching()).toBe(true);
  res.end('whole');
  await client.answer();
  await closed;
  expect(isWatching()).toBe(false);
});

/** A verifier that waits until it is told to go on. */
function waiting(): { verifier: Verifier; goOn: () => void } {
  let goOn = (): void => {};
  const told = new Promise<void>((resolve) => (goOn = resolve));
  return {
    verifier: (token, ...rest) => told.then(() => callersAsTokens(token, ...rest)),
    goOn: () => goOn(),
  };
}

test('a client that leaves while its token is verified is not waited for', async () => {
  const { verifier, goOn } = waiting();
  const guard = createNodeGuard(endingGate(verifier).gate, 'notes:read');
  const server = createServer();
  closers.push(() => close(server));
  const client = new Connection(await listen(server));
  client.send({ headers: [['Authorization', `Bearer ${ANN}`]] });
  const [req, res] = (await once(server, 'request')) as [NodeContext['req'], ServerResponse];
  const passed = guard({ req, res });
  const gone = once(res, 'close');
  client.close();
  await gone;
  goOn();
  expect(await passed).toBeDefined();
  expect(isWatching()).toBe(false);
});

interface Stream extends NodeContext {
  readonly client: ClientHttp2Stream;
}

/** Opens a server. The result asks for an answer, and returns what the server has of it. */
async function serveHttp2(): Promise<(token: string) => Promise<Stream>> {
  const server = createHttp2Server();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  closers.push(
    () => new Promise((resolve) => server.close(resolve)),
    () => session.destroy(),
  );
  return async (token) => {
    const client = session.request({ ':path': '/', authorization: `Bearer ${token}` });
    client.on('error', () => undefined).resume();
    const [req, res] = (await once(server, 'request')) as [NodeContext['req'], ServerResponse];
    return { client, req, res };
  };
}

test('a stream of HTTP/2 breaks off, and the others of its connection go on [T162]', async () => {
  const ending = endingGate();
  const guard = createNodeGuard(ending.gate, 'notes:read');
  const ask = await serveHttp2();
  const streams: Stream[] = [];
  for (const token of [ANN, BOB]) {
    const stream = await ask(token);
    await guard(stream);
    stream.res.write('data: x\n\n');
    await once(stream.client, 'response');
    streams.push(stream);
  }
  const [ann, bob] = streams as [Stream, Stream];
  const closed = once(ann.client, 'close');
  ending.revoke();
  await closed;
  expect(isWatching()).toBe(true);
  const over = Promise.all([once(bob.client, 'end'), once(bob.res, 'close')]);
  bob.res.end('data: y\n\n');
  await over;
  expect(isWatching()).toBe(false);
});

test('a client of HTTP/2 that leaves while its token is verified is not waited for', async () => {
  const { verifier, goOn } = waiting();
  const guard = createNodeGuard(endingGate(verifier).gate, 'notes:read');
  const ask = await serveHttp2();
  const { client, req, res } = await ask(ANN);
  const passed = guard({ req, res });
  const gone = once(res, 'close');
  client.close();
  await gone;
  goOn();
  expect(await passed).toBeDefined();
  expect(isWatching()).toBe(false);
});
