import { once } from 'node:events';
import { IncomingMessage, ServerResponse, createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect, createServer as createHttp2Server } from 'node:http2';
import type { ClientHttp2Session, Http2Server } from 'node:http2';
import { Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import {
  dropContent,
  fromNodeRequest,
  attachAuth,
  replaceHeaders,
  setHeaders,
  writeReply,
} from '../../src/node/index.js';
import type { GuardedRequest } from '../../src/node/index.js';
import { publicAccess } from '../../src/index.js';
import type { Decision } from '../../src/index.js';
import { close, listen } from '../support/issuer.js';
import { callTool, notesGate } from '../support/mcp.js';
import { Connection, exchange } from '../../../adapter-testkit/src/wire/raw-http.js';
import type { HeaderList } from '../../src/index.js';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map(close));
});

async function serve(
  listener: (req: GuardedRequest, res: ServerResponse) => void,
): Promise<{ server: Server; origin: string }> {
  const server = createServer(listener);
  servers.push(server);
  return { server, origin: await listen(server) };
}

const LIMITS = { maxBytes: 1000, signal: new AbortController().signal, onEnd: () => {} };
const JSON_BODY: HeaderList = [['Content-Type', 'application/json']];
const JSON_TYPE = { contentType: 'application/json', contentEncoding: null };

describe('fromNodeRequest', () => {
  test('shows every line of a field, in order, in any case of letters [AH-6, T71]', async () => {
    const { origin } = await serve((req, res) => {
      const { headers } = fromNodeRequest(req).gateRequest;
      res.end(JSON.stringify([headers.get('authorization'), headers.get('x-none')]));
    });
    const headers = [
      ['Authorization', 'a'],
      ['AUTHORIZATION', 'b'],
      ['x-authorization', 'c'],
    ] as const;
    expect((await exchange(origin, { headers })).body).toBe('["a, b",null]');
  });

  test.each([
    // Node counts every line twice.
    ['the default', null, 997, 200],
    ['the default', null, 998, 400],
    ['the default', null, 2100, 400],
    ['a small one', 40, 36, 200],
    ['a small one', 40, 38, 400],
    ['a large one', 3000, 2100, 200],
    ['none', 0, 2100, 200],
  ])('where Node’s limit of header lines is %s (%s), %i more are %i [T31, T71]', async (...row) => {
    const [, maxHeadersCount, count, status] = row;
    const found: unknown[] = [];
    let arrived = false;
    const gate = notesGate();
    const { server, origin } = await serve((req, res) => {
      arrived = true;
      const { gateRequest } = fromNodeRequest(req);
      void gate.check(gateRequest, publicAccess()).then((decision) => {
        if (!decision.allowed) return writeReply(res, decision);
        found.push(gateRequest.readBody !== undefined);
        res.end();
      });
    });
    server.maxHeadersCount = maxHeadersCount;
    const more = Array.from({ length: count }, () => ['a', ''] as const);
    // With the host and the length, two more.
    const answer = await exchange(origin, { headers: more, body: 'hidden' });
    // Newer versions of Node refuse far too many lines themselves.
    expect(answer.status).toBe(arrived || status === 200 ? status : 431);
    expect(found).toEqual(status === 200 ? [true] : []);
  });

  test.each<[string, HeaderList, string | undefined, boolean]>([
    ['no framing', [], undefined, false],
    ['a length of 0', [['Content-Length', '0']], undefined, false],
    ['a length', [], 'x', true],
    ['chunks', [['Transfer-Encoding', 'chunked']], '1\r\nx\r\n0\r\n\r\n', true],
  ])('with %s, says whether there is a body [T29, T31]', async (_what, headers, body, has) => {
    const { origin } = await serve((req, res) => {
      res.end(String(fromNodeRequest(req).gateRequest.readBody !== undefined));
    });
    const answer = await exchange(origin, { method: 'POST', headers, body });
    expect(answer.body).toBe(String(has));
  });

  test.each<[what: string, change: object, expected: string, target?: string]>([
    ['as nothing, where a mock has none', { url: undefined, originalUrl: undefined }, ''],
    ['as it came, where nothing is mounted', {}, '/a/b?c=%2f'],
    ['as it came, through a mount', { url: '/b?c=%2f', baseUrl: '/a' }, '/a/b?c=%2f'],
    [
      'as it came, with an origin, through a mount',
      { url: 'http://x/b', baseUrl: '/a' },
      'http://x/a/b',
      'http://x/a/b',
    ],
    ['as it came, where a mount is the whole target', { url: '/', baseUrl: '/a' }, '/a', '/a'],
    ['as it came, where a mount is the whole path', { url: '/?c', baseUrl: '/a' }, '/a?c', '/a?c'],
    ['as it was rewritten to a mount', { url: '/b', baseUrl: '/a' }, '/a/b', '/ab'],
    ['as it was rewritten to a folder of a mount', { url: '/b/', baseUrl: '/a' }, '/a/b/', '/ab/'],
    ['as it was rewritten to the root of a mount', { url: '/', baseUrl: '/a' }, '/a/'],
    ['as it was rewritten', { url: '/b?c=%2f', baseUrl: '' }, '/b?c=%2f'],
    ['as it was rewritten in a mount', { url: '/x', baseUrl: '/a' }, '/a/x'],
    ['as nothing, where a rewrite looks like a mount', { url: '/b?c=%2f' }, '*'],
  ])('shows the target %s [T32]', async (_what, change, expected, target = '/a/b?c=%2f') => {
    const { origin } = await serve((req, res) => {
      Object.assign(req, { originalUrl: req.url }, change);
      res.end(fromNodeRequest(req).gateRequest.url);
    });
    expect((await exchange(origin, { target })).body).toBe(expected);
  });

  test('a client that left during the verification does not hold the request [T25]', async () => {
    const { server, origin } = await serve(() => {});
    const connection = new Connection(origin);
    const arrived = once(server, 'request') as Promise<[IncomingMessage]>;
    connection.send({ method: 'POST', headers: [['Content-Length', '10']] });
    const [req] = await arrived;
    const { gateRequest } = fromNodeRequest(req);
    const gone = new Promise((resolve) => req.once('close', resolve));
    connection.close();
    await gone;
    await expect(gateRequest.readBody?.(LIMITS)).rejects.toThrow('the client went away');
  });

  test.each([
    ['', '{"a":'],
    ['of it', ''],
  ])(
    'a client that goes while the body %s is read rejects the reading [T25]',
    async (_what, begun) => {
      const { server, origin } = await serve(() => {});
      const connection = new Connection(origin);
      const arrived = once(server, 'request') as Promise<[IncomingMessage]>;
      connection.send({ method: 'POST', headers: [['Content-Length', '10']] });
      const [req] = await arrived;
      const reading = fromNodeRequest(req).gateRequest.readBody?.(LIMITS);
      connection.write(begun);
      connection.close();
      await expect(reading).rejects.toThrow(/aborted|went away/);
      expect(req.listenerCount('readable')).toBe(0);
    },
  );

  test('stops reading when the time is over [T29]', async () => {
    const { server, origin } = await serve(() => {});
    const connection = new Connection(origin);
    const arrived = once(server, 'request') as Promise<[IncomingMessage]>;
    connection.send({ method: 'POST', headers: [['Content-Length', '10']] });
    const [req] = await arrived;
    let stop = (): void => {};
    const onEnd = (listener: () => void): void => void (stop = listener);
    const reading = fromNodeRequest(req).gateRequest.readBody?.({ ...LIMITS, onEnd });
    expect(req.listenerCount('readable')).toBe(1);
    stop();
    expect(await reading).toEqual({ tooLarge: true });
    expect(req.listenerCount('readable')).toBe(0);
    connection.close();
  });

  test('leaves no listener behind [T29]', async () => {
    const events = ['readable', 'data', 'end', 'error', 'close', 'aborted'];
    const seen: unknown[] = [];
    const { origin } = await serve((req, res) => {
      const before = events.map((name) => req.listenerCount(name));
      void Promise.resolve(fromNodeRequest(req).gateRequest.readBody?.(LIMITS)).then(() => {
        seen.push([before, events.map((name) => req.listenerCount(name))]);
        res.end();
      });
    });
    await exchange(origin, { method: 'POST', body: '{}' });
    await exchange(origin, { method: 'POST', body: 'x'.repeat(2000) });
    const none = events.map(() => 0);
    expect(seen).toEqual([
      [none, none],
      [none, none],
    ]);
  });

  test('without TLS there is an address and no client certificate', async () => {
    const { origin } = await serve((req, res) => {
      const view = fromNodeRequest(req).gateRequest;
      res.end(`${typeof view.clientCertificate?.()} ${view.remoteAddress?.()}`);
    });
    expect((await exchange(origin, {})).body).toMatch(/^undefined (?:::1|127\.0\.0\.1)$/);
  });

  test('where the connection is gone there is no client certificate', () => {
    const socket = new TLSSocket(new Socket());
    socket.destroy();
    const view = fromNodeRequest(new IncomingMessage(socket)).gateRequest;
    expect(view.clientCertificate?.()).toBeUndefined();
  });

  test('all views of a request have one source, so that a proof counts once for it', () => {
    const [one, other] = [new IncomingMessage(new Socket()), new IncomingMessage(new Socket())];
    const [first, second, third] = [one, one, other].map(
      (req) => fromNodeRequest(req).gateRequest.source,
    );
    expect(first).toBeDefined();
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });
});

describe('a mock that is no stream', () => {
  const mock = (members: object): IncomingMessage =>
    ({ headers: {}, url: '/', ...members }) as unknown as IncomingMessage;

  test('has the method and the connection that it shows, or none', () => {
    const view = fromNodeRequest(mock({})).gateRequest;
    expect(view.method).toBe('');
    expect(view.clientCertificate?.()).toBeUndefined();
    expect(view.remoteAddress?.()).toBeUndefined();
  });

  test.each([
    ['undefined', undefined],
    ['null', null],
    ['an empty object', {}],
    ['an empty text', ''],
  ])('has no body where `body` is %s', (_what, body) => {
    expect(fromNodeRequest(mock({ body })).gateRequest.readBody).toBeUndefined();
  });

  test.each<[string, unknown, unknown]>([
    ['an object', { a: 1 }, { parsed: { a: 1 } }],
    ['a list', [1], { parsed: [1] }],
    ['a number', 7, { parsed: 7 }],
    ['a text', '{"a":1}', { ...JSON_TYPE, bytes: '{"a":1}' }],
    ['bytes', Buffer.from('{"a":1}'), { ...JSON_TYPE, bytes: Buffer.from('{"a":1}') }],
  ])('has the body that is %s in `body`, decoded', (_what, body, received) => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    expect(fromNodeRequest(mock({ headers, body })).gateRequest.readBody?.(LIMITS)).toEqual(
      received,
    );
  });
});

test('a body that a parser says it read counts, and the stream is left alone [T25]', async () => {
  const { origin } = await serve((req, res) => {
    Object.assign(req, { body: { a: 1 }, _body: true });
    const received = fromNodeRequest(req).gateRequest.readBody?.(LIMITS);
    void text(req).then((read) => res.end(JSON.stringify([received, read])));
  });
  const answer = await exchange(origin, { method: 'POST', headers: JSON_BODY, body: '{"a":2}' });
  expect(JSON.parse(answer.body)).toEqual([{ parsed: { a: 1 } }, '{"a":2}']);
});

describe('attachAuth', () => {
  test('a stream that is read again gives the evaluated body, any number of times [T25]', async () => {
    const { origin } = await serve((req, res) => {
      const view = fromNodeRequest(req);
      void (async () => {
        const received = await view.gateRequest.readBody?.(LIMITS);
        const body: unknown = JSON.parse(String((received as { bytes?: unknown }).bytes));
        attachAuth(req, view, { auth: undefined, body });
        const read = [await text(req), await text(req), String(req.rawBody)];
        res.end(JSON.stringify([...read, req.body === body, Object.keys(req).includes('rawBody')]));
      })();
    });
    const body = '{ "a": "ж" }';
    const answer = await exchange(origin, { method: 'POST', headers: JSON_BODY, body });
    expect(JSON.parse(answer.body)).toEqual([body, body, body, true, false]);
  });

  test('bytes that were kept of another document are replaced by the evaluated one [T25, T28]', async () => {
    const { origin } = await serve((req, res) => {
      // What `verify` of Express's parser keeps, before a middleware changes `body`.
      Object.assign(req, { rawBody: Buffer.from('{"a":2}'), body: { a: 1 }, _body: true });
      attachAuth(req, fromNodeRequest(req), { auth: undefined, body: req.body });
      void text(req).then((read) => res.end(JSON.stringify([read, String(req.rawBody)])));
    });
    const answer = await exchange(origin, { method: 'POST', headers: JSON_BODY, body: '{"a":2}' });
    expect(JSON.parse(answer.body)).toEqual(['{"a":1}', '{"a":1}']);
  });

  test.each(['auth', 'body'] as const)(
    'a member %s of a prototype does not replace what was evaluated [T16]',
    async (name) => {
      const { origin } = await serve((req, res) => {
        const forged = Object.create(Object.getPrototypeOf(req) as object, {
          [name]: { get: () => 'forged', set: () => {} },
        }) as object;
        Object.setPrototypeOf(req, forged);
        attachAuth(req, fromNodeRequest(req), { auth: undefined, body: {} });
        res.end(JSON.stringify([req.auth ?? null, req.body]));
      });
      expect((await exchange(origin, {})).body).toBe('[null,{}]');
    },
  );
});

describe('writeReply', () => {
  const reply = { status: 403, headers: [['Vary', 'Authorization']], body: 'no' } as const;

  test('keeps what others set, and lists grow [T43, T49]', async () => {
    const { origin } = await serve((_req, res) => {
      res.setHeader('Vary', ['Origin', 'Accept']);
      res.setHeader('X-Request-Id', '7');
      writeReply(res, reply);
    });
    const answer = await exchange(origin, {});
    expect(answer).toMatchObject({ status: 403, body: 'no' });
    expect(answer.headers.get('vary')).toBe('Origin,Accept, Authorization');
    expect(answer.headers.get('x-request-id')).toBe('7');
  });

  test.each([
    ['nothing', {}],
    ['a length', { 'Content-Length': '5' }],
    ['chunks', { 'Transfer-Encoding': 'chunked' }],
    ['a coding', { 'Content-Encoding': 'gzip', ETag: '"x"', 'Content-Range': 'bytes 0-1/2' }],
  ])('after %s for another content, the framing is right', async (_what, headers) => {
    const { origin } = await serve((_req, res) => {
      for (const [name, value] of Object.entries(headers)) res.setHeader(name, value as string);
      writeReply(res, reply);
    });
    const connection = new Connection(origin);
    const answers = [await connection.exchange({}), await connection.exchange({})];
    connection.close();
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 403, body: 'no' });
      expect(answer.headers.get('connection')).toBe('keep-alive');
      expect(answer.headers.has('content-encoding')).toBe(false);
      expect(answer.headers.has('etag')).toBe(false);
    }
  });
});

test('a refusal on a framework’s reply replaces the content of both, and keeps the rest', () => {
  const [res, reply] = [0, 1].map((i) => {
    const holder = new ServerResponse(new IncomingMessage(new Socket()));
    return holder.setHeader('ETag', '"x"').setHeader('X-Id', i).setHeader('Vary', 'Origin');
  }) as [ServerResponse, ServerResponse];
  replaceHeaders({ res, reply }, [
    ['Vary', 'Authorization'],
    ['Content-Type', 'application/json'],
  ]);
  expect({ ...res.getHeaders() }).toEqual({ 'x-id': 0, vary: 'Origin' });
  expect({ ...reply.getHeaders() }).toEqual({
    ...{ 'x-id': 1, vary: 'Origin, Authorization', 'content-type': 'application/json' },
  });
});

test('dropContent removes the headers of a content, and nothing else', async () => {
  const { origin } = await serve((_req, res) => {
    res.setHeader('Content-Encoding', 'gzip').setHeader('ETag', '"x"').setHeader('X-Id', '7');
    dropContent(res);
    res.end(JSON.stringify(res.getHeaderNames()));
  });
  expect((await exchange(origin, {})).body).toBe('["x-id"]');
});

describe('over HTTP/2', () => {
  const gate = notesGate();
  let server: Http2Server;
  let session: ClientHttp2Session;
  afterEach(async () => {
    session.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  async function serveHttp2(): Promise<{ origin: string; ran: unknown[] }> {
    const ran: unknown[] = [];
    server = createHttp2Server((http2Req, http2Res) => {
      const req = http2Req as unknown as GuardedRequest;
      const res = http2Res as unknown as ServerResponse;
      const view = fromNodeRequest(req);
      const go = (decision: Decision): void => {
        if (!decision.allowed) return writeReply(res, decision);
        setHeaders(res, decision.headers);
        attachAuth(req, view, decision);
        ran.push(req.body);
        res.end('ran');
      };
      void Promise.resolve(gate.decide(view.gateRequest)).then(go);
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    return { origin: `http://localhost:${(server.address() as AddressInfo).port}`, ran };
  }

  test('reads, evaluates and refuses in the same way [AH-1, C403-1, T31]', async () => {
    const { origin, ran } = await serveHttp2();
    session = connect(origin);
    const ask = async (method: string, token: string | undefined, body?: object) => {
      const headers = {
        ':method': method,
        ':path': '/mcp',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        'content-type': 'application/json',
      };
      const stream = session.request(headers, { endStream: false });
      stream.end(body === undefined ? undefined : JSON.stringify(body));
      const [answer] = (await once(stream, 'response')) as [Record<string, unknown>];
      await text(stream);
      return [answer[':status'], answer['www-authenticate']];
    };
    const read = callTool('read_notes');
    expect(await ask('POST', undefined, read)).toEqual([401, expect.stringMatching(/^Bearer /)]);
    expect(await ask('POST', 'notes.read', callTool('add_note'))).toEqual([
      403,
      expect.stringContaining('insufficient_scope'),
    ]);
    expect(await ask('GET', 'notes.read', read)).toEqual([400, undefined]);
    expect(ran).toEqual([]);
    expect(await ask('POST', 'notes.read', read)).toEqual([200, undefined]);
    expect(await ask('GET', 'notes.read')).toEqual([200, undefined]);
    expect(ran).toEqual([read, undefined]);
  });
});
