/** The stream of a request, which other code reads before the gate, beside it and behind it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect, createServer as createHttp2Server } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { HeaderList, ReceivedBody } from '../../src/index.js';
import { attachAuth, fromNodeRequest } from '../../src/node/index.js';
import type { GuardedRequest } from '../../src/node/index.js';
import { close, listen } from '../support/issuer.js';
import { Connection } from '../../../adapter-testkit/src/wire/raw-http.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Arrived {
  readonly connection: Connection;
  readonly req: GuardedRequest;
  readonly res: ServerResponse;
}

const CHUNKED: HeaderList = [['Transfer-Encoding', 'chunked']];
const LIMITS = { maxBytes: 1000, signal: new AbortController().signal, onEnd: () => {} };

/** A request whose head has arrived, with or without its body. */
async function arrive(headers: HeaderList, body?: string): Promise<Arrived> {
  const server: Server = createServer();
  cleanups.push(() => close(server));
  const connection = new Connection(await listen(server));
  cleanups.push(() => connection.close());
  const request = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>;
  connection.send({ method: 'POST', headers, body });
  const [req, res] = await request;
  return { connection, req, res };
}

/** A request whose body has arrived as well, in the buffer of the stream. */
async function arriveWhole(body: string, headers: HeaderList = []): Promise<Arrived> {
  const arrived = await arrive(headers, body);
  while (!arrived.req.complete) await turn();
  return arrived;
}

/** The same over HTTP/2. The body comes when the test writes it to the client's stream. */
async function arriveOverHttp2() {
  const server = createHttp2Server();
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  const socket = connectSocket({ port, host: 'localhost' });
  cleanups.push(() => socket.destroy());
  const session = connect('http://localhost', { createConnection: () => socket });
  session.on('error', () => {});
  const request = once(server, 'request') as unknown as Promise<[GuardedRequest]>;
  const stream = session.request({ ':method': 'POST' }).on('error', () => {});
  const [req] = await request;
  return { req, socket, stream };
}

const chunk = (data: string): string => `${data.length.toString(16)}\r\n${data}\r\n`;

/** What a gate reads. What it throws at once rejects, too. */
async function read(req: IncomingMessage): Promise<ReceivedBody | undefined> {
  return fromNodeRequest(req).gateRequest.readBody?.(LIMITS);
}

async function readText(req: IncomingMessage): Promise<string> {
  const received = await read(req);
  return received !== undefined && 'bytes' in received ? String(received.bytes) : 'no bytes';
}

/** Gathers what other code reads, from now on. */
function listenWith(event: 'data' | 'readable', req: IncomingMessage): unknown[] {
  const found: unknown[] = [];
  if (event === 'data') req.on('data', (data) => found.push(data));
  else {
    req.on('readable', () => {
      for (let data: unknown; (data = req.read()) !== null;) found.push(data);
    });
  }
  return found;
}

const listeners = (req: IncomingMessage): number[] =>
  ['readable', 'data', 'end', 'error', 'close', 'aborted'].map((name) => req.listenerCount(name));

describe.each(['data', 'readable'] as const)('beside code that listens to `%s`', (event) => {
  test('both get a body that comes later, once, as it came [T25]', async () => {
    const { connection, req } = await arrive(CHUNKED);
    const found = listenWith(event, req);
    const before = listeners(req);
    const view = fromNodeRequest(req);
    const reading = view.gateRequest.readBody?.(LIMITS);
    connection.write(chunk('{ "a":'));
    while (found.length === 0) await turn();
    connection.write(`${chunk('1 }')}0\r\n\r\n`);
    expect(String(((await reading) as { bytes?: unknown }).bytes)).toBe('{ "a":1 }');
    expect(listeners(req)).toEqual(before);
    await turn();
    expect(found.join('')).toBe('{ "a":1 }');
    attachAuth(req, view, { auth: undefined, body: { a: 1 } });
    expect(String(req.rawBody)).toBe('{ "a":1 }');
  });

  test('both get a body that is there, once [T25]', async () => {
    const { req } = await arriveWhole('{"a":1}');
    const found = listenWith(event, req);
    expect(await readText(req)).toBe('{"a":1}');
    await turn();
    expect(found.join('')).toBe('{"a":1}');
  });

  test('a body that grows too large is given up before it ends [T29]', async () => {
    const { connection, req } = await arrive(CHUNKED);
    listenWith(event, req);
    const before = listeners(req);
    const reading = read(req);
    connection.write(chunk('x'.repeat(600)) + chunk('x'.repeat(600)));
    expect(await reading).toEqual({ tooLarge: true });
    expect(listeners(req)).toEqual(before);
  });
});

describe('a body without a length that is too large', () => {
  const body = `${chunk('x'.repeat(1001))}0\r\n\r\n`;

  test('is refused, whole or in parts, and the connection stays usable [T29]', async () => {
    const whole = await arriveWhole(body, CHUNKED);
    const parts = await arrive(CHUNKED);
    const reading = read(parts.req);
    parts.connection.write(body);
    expect(await Promise.all([read(whole.req), reading])).toEqual([
      { tooLarge: true },
      { tooLarge: true },
    ]);
    for (const { connection, res } of [whole, parts]) {
      res.end('first');
      expect(await connection.answer('POST')).toMatchObject({ body: 'first' });
      // The next request of the connection is answered by its own listener.
      const server = (res.req.socket as unknown as { server: Server }).server;
      server.once('request', (_req, next: ServerResponse) => next.end('second'));
      expect(await connection.exchange({})).toMatchObject({ body: 'second' });
    }
  });

  test('is read up to the limit itself [T29]', async () => {
    const { req } = await arriveWhole(`${chunk('x'.repeat(1000))}0\r\n\r\n`, CHUNKED);
    expect(await readText(req)).toBe('x'.repeat(1000));
  });
});

test.each(['utf8', 'latin1', 'hex'] as const)(
  'a stream of texts in %s is evaluated by its bytes, and stays one [T25]',
  async (encoding) => {
    const body = '{"a":"ж"}';
    const { req } = await arriveWhole(body);
    req.setEncoding(encoding);
    expect(await readText(req)).toBe(body);
    const behind: unknown[] = [];
    for await (const data of req) behind.push(data);
    expect(behind.map((data) => typeof data)).toEqual(['string']);
    expect(behind.join('')).toBe(Buffer.from(body).toString(encoding));
  },
);

describe('behind the gate', () => {
  test('a second gate gets the same bytes [T25]', async () => {
    const { req } = await arriveWhole('{"a":1}');
    expect([await readText(req), await readText(req), await text(req)]).toEqual([
      ...['{"a":1}', '{"a":1}', '{"a":1}'],
    ]);
  });

  test('what a parser made of the bytes counts for a second gate [T25]', async () => {
    const { req } = await arriveWhole('{"a":1}');
    await read(req);
    req.body = { ...(JSON.parse(await text(req)) as object), b: 2 };
    expect(await read(req)).toEqual({ parsed: { a: 1, b: 2 } });
  });

  test('what middleware made of the body counts for a second gate, and is in the stream [T25]', async () => {
    const { req } = await arriveWhole('{"a":1}');
    const view = fromNodeRequest(req);
    await view.gateRequest.readBody?.(LIMITS);
    const body = { a: 1 };
    attachAuth(req, view, { auth: undefined, body });
    body.a = 1000;
    expect(await read(req)).toEqual({ parsed: body });
    attachAuth(req, fromNodeRequest(req), { auth: undefined, body });
    const found = listenWith('data', req);
    await once(req, 'end');
    expect(found.join('')).toBe('{"a":1000}');
    const { rawHeaders } = req;
    expect(req.headers['content-length']).toBe('10');
    expect(rawHeaders[rawHeaders.indexOf('content-length') + 1]).toBe('10');
    expect(rawHeaders.filter((one) => one.toLowerCase() === 'content-length')).toHaveLength(1);
  });

  test('a stream that ended without a byte stays as it is, whatever the body became [T25]', async () => {
    const { req, stream } = await arriveOverHttp2();
    const errors: unknown[] = [];
    req.on('error', (error) => errors.push(error));
    stream.end();
    expect(await readText(req)).toBe('');
    while (!req.readableEnded) await turn();
    attachAuth(req, fromNodeRequest(req), { auth: undefined, body: { a: 1 } });
    await turn();
    expect(errors).toEqual([]);
    expect([await text(req), String(req.rawBody)]).toEqual(['{"a":1}', '{"a":1}']);
  });

  test('a body without a byte is none for a second gate, also when other code looked for it [T25]', async () => {
    const { req } = await arriveWhole('0\r\n\r\n', CHUNKED);
    expect(await readText(req)).toBe('');
    expect(await text(req)).toBe('');
    expect(await readText(req)).toBe('');
  });

  test('a `read` that other code put on the request stays', async () => {
    const { req } = await arriveWhole('{"a":1}');
    const own = req.read.bind(req);
    let count = 0;
    const counted = (size?: number): unknown => (count++, own(size) as unknown);
    req.read = counted;
    expect(await readText(req)).toBe('{"a":1}');
    expect(Object.getOwnPropertyDescriptor(req, 'read')?.value).toBe(counted);
    count = 0;
    expect(await text(req)).toBe('{"a":1}');
    expect(count).toBeGreaterThan(0);
  });

  test('a body that was read stays, also when the time for it ends later [T25]', async () => {
    const { connection, req } = await arrive([['Content-Length', '7']]);
    let stop = (): void => {};
    const onEnd = (listener: () => void): void => void (stop = listener);
    const reading = fromNodeRequest(req).gateRequest.readBody?.({ ...LIMITS, onEnd });
    connection.write('{"a":1}');
    expect(await reading).toMatchObject({ bytes: Buffer.from('{"a":1}') });
    stop();
    await turn();
    expect(await text(req)).toBe('{"a":1}');
  });

  test('a handler that reads on after its answer gets the rest', async () => {
    const { req, res } = await arriveWhole('{"a":1}');
    await read(req);
    const first = String(req.read(1));
    res.end();
    await once(res, 'finish');
    await turn();
    expect([first, String(req.read())]).toEqual(['{', '"a":1}']);
  });

  test('a body that nobody reads is discarded when the answer is out', async () => {
    const { req, res } = await arriveWhole('{"a":1}');
    await read(req);
    const ended = once(req, 'end').then(() => 'ended');
    res.end();
    await once(res, 'finish');
    expect(await Promise.race([ended, turn().then(() => turn('waits'))])).toBe('ended');
  });
});

describe('a body that is not all there', () => {
  test('is no body where other code has read a part of it [T25]', async () => {
    const { connection, req } = await arrive([['Content-Length', '7']]);
    connection.write('{"a"');
    const [part] = (await once(req, 'data')) as [Buffer];
    req.pause();
    await expect(read(req)).rejects.toThrow('something read the body and left nothing of it');
    expect(String(part)).toBe('{"a"');
  });

  test.each([
    ['without an error', undefined, 'the client went away'],
    ['with an error', new Error('cut'), 'cut'],
  ])('rejects where a bridge ends the stream %s [T25]', async (_how, error, message) => {
    const members = { method: 'POST', url: '/', httpVersionMajor: 1, complete: false };
    const headers = { 'content-length': '10' };
    const req = Object.assign(new Readable({ read() {} }), { ...members, headers });
    const reading = read(req as unknown as IncomingMessage);
    req.push('{"a":1}');
    await turn();
    req.destroy(error);
    await expect(reading).rejects.toThrow(message);
    expect(listeners(req as unknown as IncomingMessage)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('rejects where a bridge ended the stream before [T25]', async () => {
    const headers = { 'content-length': '10' };
    const req = Object.assign(new Readable({ read() {} }), { method: 'POST', url: '/', headers });
    req.destroy();
    await once(req, 'close');
    await expect(read(req as unknown as IncomingMessage)).rejects.toThrow('the client went away');
  });

  test.each(['while the gate reads', 'while the gate and other code read', 'before'])(
    'rejects where the client of HTTP/2 goes %s, although the stream ends there as a whole one does [T25]',
    async (when) => {
      const { req, socket, stream } = await arriveOverHttp2();
      stream.write('{"a":1}');
      if (when === 'while the gate and other code read') listenWith('data', req);
      const before = listeners(req);
      const reading =
        when === 'before'
          ? new Promise((resolve) => req.once('aborted', () => resolve(read(req))))
          : read(req);
      if (when !== 'before') while (!req.readableDidRead) await turn();
      socket.destroy();
      await expect(reading).rejects.toThrow('the client went away');
      expect(listeners(req)).toEqual(before);
    },
  );
});
