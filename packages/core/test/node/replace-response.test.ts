/**
 * An answer without a refusal is sent as if it were not watched: the same bytes, the same events.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { authenticated } from '../../src/index.js';
import type { Rule } from '../../src/index.js';
import { guardTool } from '../../src/mcp/index.js';
import { fromNodeRequest, replaceResponse } from '../../src/node/index.js';
import { close, listen } from '../support/issuer.js';
import { callTool, notesGate, rpc } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

const openGate = (): ReturnType<typeof notesGate> =>
  notesGate({ tools: {}, otherTools: authenticated() });
const guardOf = (of: ReturnType<typeof notesGate>) =>
  guardTool(of, 'notes:write', (_context: object) => ({ content: [] }));

function guardedGate(): ReturnType<typeof notesGate> {
  const made = openGate();
  guardOf(made);
  return made;
}

const gate = guardedGate();

/** `seen` resolves when the client has got the first bytes of the answer. */
type App = (res: ServerResponse, refuse: () => Promise<object>, seen: Promise<void>) => unknown;

interface Serving {
  /** The innermost one is the last, and its tool is called. */
  readonly gates?: readonly ReturnType<typeof notesGate>[];
  readonly rule?: Rule<NotesScope>;
  readonly call?: object;
  /** Middleware in front of the gates. */
  readonly before?: (res: ServerResponse) => void;
}

interface Served {
  readonly bytes: string;
  readonly log: readonly string[];
}

/** What a client gets from an app over a bare socket, with or without somebody watching. */
async function serve(app: App, watched: boolean, serving: Serving = {}): Promise<Served> {
  const { gates = [gate], rule, call = callTool('add'), before } = serving;
  const log: string[] = [];
  let served: Promise<unknown> = Promise.resolve();
  let see = (): void => undefined;
  const seen = new Promise<void>((resolve) => (see = resolve));
  const server = createServer((req, res) => {
    const say = (text: string) => (): void => void log.push(text);
    res.on('finish', say('finish')).on('close', say('close')).on('error', say('error'));
    before?.(res);
    const passAll = async (): Promise<void> => {
      let refuse = (): Promise<object> => Promise.reject(new Error('expected a gate'));
      for (const of of gates) {
        const decision = await of.check(fromNodeRequest(req).gateRequest, rule);
        if (!decision.allowed) throw new Error('expected auth');
        if (watched) replaceResponse(res, of, decision);
        const write: unknown = Reflect.get(res, 'write');
        // Frameworks with hooks let the same request on several times.
        if (watched) replaceResponse(res, of, decision);
        expect(Reflect.get(res, 'write')).toBe(write);
        const context = { authInfo: decision.auth, requestId: 1 };
        refuse = async () => guardOf(of)(context);
      }
      await app(res, refuse, seen);
    };
    served = passAll();
  });
  await listen(server);
  const body = JSON.stringify(call);
  const bytes = await new Promise<string>((resolve, reject) => {
    const socket = connect((server.address() as AddressInfo).port, 'localhost');
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
    socket.once('data', () => see());
    socket.on('end', () => resolve(text)).on('error', reject);
    socket.write(
      `POST /mcp HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer notes.read\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  });
  // No callback is left out, or it would not come to its end.
  await served;
  await close(server);
  return { bytes: bytes.replace(/Date: .*\r\n/, ''), log };
}

const OTHER: Readonly<Record<string, App>> = {
  'end alone': (res) => res.end('done'),
  'end without content': (res) => res.end(),
  'a status set before': (res) => {
    res.statusCode = 201;
    res.setHeader('X-A', '1').end('made');
  },
  'a head, then the end': (res) => res.writeHead(200, { 'x-a': '1' }).end('done'),
  'a head with a reason': (res) => res.writeHead(200, 'Fine', { 'x-a': '1' }).end('done'),
  'a head as a list': (res) => res.writeHead(200, ['x-a', '1', 'x-a', '2']).end('done'),
  'another status': (res) => res.writeHead(404, { 'x-a': '1' }).end('gone'),
  'no content': (res) => res.writeHead(204).end(),
  'a head and no more': (res) => res.writeHead(200, { 'x-a': '1' }).end(),
  'a length': (res) => res.writeHead(200, { 'content-length': 4 }).end('done'),
  'pieces, with callbacks': async (res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.flushHeaders();
    for (const piece of ['data: 1\n\n', 'data: 2\n\n']) {
      await new Promise<void>((resolve) => res.write(piece, 'utf8', () => resolve()));
    }
    await new Promise<void>((resolve) => res.end('data: 3\n\n', () => resolve()));
  },
  'flushed headers, then pieces': (res) => {
    res.setHeader('x-a', '1').flushHeaders();
    res.write('one');
    res.end('two');
  },
  'another status, flushed before its content': async (res, _refuse, seen) => {
    res.writeHead(404, { 'x-a': '1' }).flushHeaders();
    await seen;
    res.end('gone');
  },
  'a second head, which Node refuses': async (res, _refuse, seen) => {
    res.writeHead(200, { 'x-a': '1' });
    expect(() => res.writeHead(200, { 'x-a': '2' })).toThrow(/ERR_HTTP_HEADERS_SENT|headers/i);
    res.flushHeaders();
    await seen;
    res.end('done');
  },
  'bytes, encodings and trailers': (res) => {
    res.writeHead(200, { trailer: 'x-t' });
    res.write(Buffer.from([0, 1, 255]));
    res.write('ff00', 'hex');
    res.addTrailers({ 'x-t': 'end' });
    res.end(new Uint8Array([2]));
  },
  'more than a buffer takes': async (res) => {
    const chunk = Buffer.alloc(100_000, 'x');
    for (let i = 0; i < 20; i++) {
      if (!res.write(chunk)) await new Promise((resolve) => res.once('drain', resolve));
    }
    res.end();
  },
  'a refusal that it made something else of': async (res, refuse) => {
    await refuse();
    res.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":"2.0","id":1}');
  },
  'a refusal, and no content': async (res, refuse) => {
    await refuse();
    res.end();
  },
  'a refusal with other content': async (res, refuse) => {
    const result = await refuse();
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    const event = `data: ${JSON.stringify({ id: 1, result })}\n\n`;
    res.write(`data: {}\n\n${event}`);
    res.end();
  },
  'a refusal under another status': async (res, refuse) => {
    const result = await refuse();
    res.writeHead(500).end(JSON.stringify({ id: 1, result }));
  },
  'a refusal under a status set before': async (res, refuse) => {
    const result = await refuse();
    res.statusCode = 500;
    res.end(JSON.stringify({ id: 1, result }));
  },
  'a refusal in pieces': async (res, refuse) => {
    const text = JSON.stringify({ id: 1, result: await refuse() });
    res.write(text.slice(0, 20));
    res.end(text.slice(20));
  },
};

describe.each(Object.entries(OTHER))('%s', (_what, app) => {
  test('is the same, watched or not, by one gate or by two', async () => {
    const bare = await serve(app, false);
    expect(bare.bytes).toMatch(/^HTTP\/1\.1 /);
    expect(await serve(app, true)).toEqual(bare);
    expect(await serve(app, true, { gates: [gate, guardedGate()] })).toEqual(bare);
  });
});

test.each<[what: string, app: App]>([
  [
    'a head',
    async (res, _refuse, seen) => {
      res.writeHead(200, { 'x-a': '1' }).flushHeaders();
      await seen;
      res.end('done');
    },
  ],
  [
    'headers alone',
    async (res, _refuse, seen) => {
      res.setHeader('x-a', '1').flushHeaders();
      await seen;
      res.end('done');
    },
  ],
])('where no refusal may come, %s can be flushed before the content', async (_what, app) => {
  const call = rpc('tools/list');
  const bare = await serve(app, false, { call });
  expect(bare.bytes).toContain('done');
  expect(await serve(app, true, { call })).toEqual(bare);
});

const document = async (refuse: () => Promise<object>): Promise<string> =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, result: await refuse() });
const event = async (refuse: () => Promise<object>): Promise<string> =>
  `event: message\nid: 1\ndata: ${await document(refuse)}\n\n`;

const REFUSED: Readonly<Record<string, App>> = {
  'end alone': async (res, refuse) => res.end(await document(refuse)),
  'a head, then the end': async (res, refuse) => {
    const text = await document(refuse);
    res.writeHead(200, { 'content-type': 'text/plain', etag: 'x', 'content-length': text.length });
    res.end(Buffer.from(text));
  },
  'a stream': async (res, refuse) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.flushHeaders();
    await new Promise((resolve) => setImmediate(resolve));
    const text = await event(refuse);
    await new Promise<void>((resolve) => res.write(text, () => resolve()));
    await new Promise<void>((resolve) => res.end(() => resolve()));
  },
  'a stream that waits for its reader': async (res, refuse) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    if (!res.write(await event(refuse))) await once(res, 'drain');
    res.end();
  },
  'a stream that says more later': async (res, refuse) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write(await event(refuse));
    await new Promise((resolve) => setImmediate(resolve));
    res.writeHead(200);
    res.write(': bye\n\n');
    res.flushHeaders();
    res.end('x');
  },
};

async function expectRefusal(app: App, serving: Serving = {}): Promise<void> {
  const { bytes, log } = await serve(app, true, serving);
  expect(bytes).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
  expect(bytes.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(bytes).not.toMatch(/event-stream|etag|isError|bye/i);
  const [head = '', body = ''] = bytes.split('\r\n\r\n');
  expect(Number(/Content-Length: (\d+)/i.exec(head)?.[1])).toBe(body.length);
  expect(JSON.parse(body)).toMatchObject({ id: 1, error: { code: 403 } });
  expect(log).toEqual(['finish', 'close']);
}

describe.each(Object.entries(REFUSED))('a refusal: %s', (_what, app) => {
  test('is the 403, whole and once [C403-1]', () => expectRefusal(app));

  test('behind two gates with guarded tools it is the same', () =>
    expectRefusal(app, { gates: [gate, guardedGate()] }));
});

const late: App = async (res, refuse) => {
  const text = await document(refuse);
  res.writeHead(200, { 'content-type': 'application/json' });
  res.end(text);
};

test.each<[what: string, serving: () => Serving]>([
  ['on a route with a rule of its own', () => ({ rule: authenticated() })],
  ['of a tool that is guarded while it is called', () => ({ gates: [openGate()] })],
])('a refusal %s is the 403, too [C403-1]', (_what, serving) => expectRefusal(late, serving()));

test('a refusal of a tool that is guarded while it is called stays on other routes', async () => {
  const serving = (): Serving => ({ gates: [openGate()], rule: authenticated() });
  const bare = await serve(late, false, serving());
  expect(bare.bytes).toMatch(/^HTTP\/1\.1 200 [^]*"isError":true/);
  expect(await serve(late, true, serving())).toEqual(bare);
});

test('to the application the head is out, though it waits', async () => {
  const states: unknown[] = [];
  await serve((res) => {
    states.push(res.headersSent);
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    states.push(res.headersSent);
    res.end('data: 1\n\n');
    states.push(res.headersSent);
  }, true);
  expect(states).toEqual([false, true, true]);
});

test('to middleware in front the head is not out yet when the refusal is written', async () => {
  const before = (res: ServerResponse): void => {
    const end = Reflect.get(res, 'end') as (...args: unknown[]) => unknown;
    // Sessions are saved like this, for example.
    Reflect.set(res, 'end', (...args: unknown[]) => {
      if (!res.headersSent) res.setHeader('x-late', '1');
      return Reflect.apply(end, res, args);
    });
  };
  const { bytes } = await serve(late, true, { before });
  expect(bytes).toMatch(/^HTTP\/1\.1 403 /);
  expect(bytes).toMatch(/x-late: 1/);
});
