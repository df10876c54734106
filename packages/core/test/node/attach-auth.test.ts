/** What code behind a gate finds of the body that was evaluated, and of `auth`. */
import { IncomingMessage, createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { exchange } from '../../../adapter-testkit/src/wire/raw-http.js';
import type { HeaderList } from '../../src/index.js';
import {
  attachAuth,
  createNodeGuard,
  createStagedNodeGuard,
  fromNodeRequest,
} from '../../src/node/index.js';
import type { GuardedRequest, NodeContext, NodePlace } from '../../src/node/index.js';
import { close, listen } from '../support/issuer.js';
import { callTool, notesGate } from '../support/mcp.js';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map(close));
});

type Handle = (req: GuardedRequest, res: ServerResponse) => Promise<unknown>;

const HEAD: HeaderList = [
  ['Authorization', 'Bearer notes.read'],
  ['Content-Type', 'application/json'],
];
/** Not as `JSON.stringify` writes it. */
const SENT = JSON.stringify(callTool('read_notes', { id: 1 }), undefined, 2);
const CHUNKED: HeaderList = [...HEAD, ['Transfer-Encoding', 'chunked']];
const CHUNKS = `${SENT.length.toString(16)}\r\n${SENT}\r\n0\r\n\r\n`;

/** Sends the body to a server, and returns what its handler found, as JSON. */
async function found(handle: Handle, headers = HEAD, body = SENT): Promise<unknown> {
  const server = createServer((req, res) => {
    handle(req, res).then(
      (value) => res.writableEnded || res.end(JSON.stringify(value)),
      (error: Error) => res.destroy(error),
    );
  });
  servers.push(server);
  const target = '/mcp';
  const answer = await exchange(await listen(server), { method: 'POST', target, headers, body });
  return answer.status === 200 ? JSON.parse(answer.body) : answer.status;
}

/** How the code behind the gates gets the body. */
async function readings(req: GuardedRequest): Promise<object> {
  const lengths = req.rawHeaders.filter((_, i, all) => all[i - 1]?.toLowerCase() === LENGTH);
  return {
    piped: await text(req.pipe(new PassThrough())),
    rawBody: String(req.rawBody),
    length: req.headers[LENGTH] ?? null,
    lengths,
  };
}

const LENGTH = 'content-length';

function expected(body: string, length: string | null = String(Buffer.byteLength(body))): object {
  return { piped: body, rawBody: body, length, lengths: length === null ? [] : [length] };
}

type Change = (req: GuardedRequest) => void;

const CHANGED = callTool('read_notes', { id: 'жж' });
const leave: Change = () => {};
const replace: Change = (req) => void (req.body = CHANGED);
const changeInPlace: Change = ({ body }) => void Object.assign(body as object, CHANGED);

describe('behind two gates, a body that middleware between them', () => {
  const guard = createNodeGuard(notesGate());
  const between =
    (change: Change): Handle =>
    async (req, res) => {
      if ((await guard({ req, res })) === undefined) return undefined;
      change(req);
      return (await guard({ req, res })) && readings(req);
    };

  test.each<[what: string, change: Change, body: string]>([
    ['left is read as it came', leave, SENT],
    ['replaced is read as it is now', replace, JSON.stringify(CHANGED)],
    ['changed is read as it is now', changeInPlace, JSON.stringify(CHANGED)],
  ])('%s, with its length, if it has one [T25, T28]', async (_what, change, body) => {
    expect(await found(between(change))).toEqual(expected(body));
    expect(await found(between(change), CHUNKED, CHUNKS)).toEqual(expected(body, null));
  });

  test('made another operation of is evaluated as that [T25]', async () => {
    const change: Change = (req) => void (req.body = callTool('add_note'));
    expect(await found(between(change))).toBe(403);
  });
});

describe('a body that is evaluated again after a change in place', () => {
  const gate = notesGate();
  const guard = createStagedNodeGuard(gate, undefined, {
    place: (context: NodeContext) => context,
  });
  const late = (context: NodeContext): Promise<void> =>
    new Promise((resolve, reject) => {
      guard.late(context, (error) => (error === undefined ? resolve() : reject(error)));
    });

  test.each([
    ['the gate', (): Promise<void> => Promise.resolve()],
    [
      'a parser',
      async (req: GuardedRequest): Promise<void> => {
        req.body = JSON.parse(await text(req)) as unknown;
      },
    ],
  ])('is read anew, if %s has read it [T25, T28]', async (who, parse) => {
    const bodies = await found(async (req, res) => {
      await parse(req);
      await late({ req, res });
      const first = String(req.rawBody);
      changeInPlace(req);
      await late({ req, res });
      return [first, String(req.rawBody), await text(req)];
    });
    const now = JSON.stringify(CHANGED);
    const came = who === 'the gate' ? SENT : JSON.stringify(JSON.parse(SENT));
    expect(bodies).toEqual([came, now, now]);
  });

  test('replaces the text that a framework keeps of it, too [T25, T28]', async () => {
    const rawBody = { rawBody: '' };
    const place = (context: NodeContext): NodePlace => ({ ...context, rawBody });
    const staged = createStagedNodeGuard(gate, undefined, { place });
    const texts = await found(async (req, res) => {
      const run = (): unknown => staged.run({ req, res }, () => rawBody.rawBody);
      const first = await run();
      changeInPlace(req);
      return [first, await run()];
    });
    expect(texts).toEqual([SENT, JSON.stringify(CHANGED)]);
  });
});

test('the length of a body that a parser has read stays as it came', async () => {
  const guard = createNodeGuard(notesGate());
  const length = await found(async (req, res) => {
    req.body = JSON.parse(await text(req)) as unknown;
    return (await guard({ req, res })) && req.headers[LENGTH];
  });
  expect(length).toBe(String(SENT.length));
});

test.each<[what: string, rawBody: object, body: unknown]>([
  ['replaces a text of the body there', { rawBody: '{}' }, SENT],
  ['adds none', {}, undefined],
])('a framework that keeps the body elsewhere finds it there; it %s [T25]', async (...row) => {
  const [, rawBody, kept] = row;
  const holder: { body?: unknown } = {};
  const guard = createNodeGuard(notesGate(), undefined, {
    place: (context: NodeContext): NodePlace => ({ ...context, body: holder, rawBody }),
  });
  const passed = await found(async (req, res) => (await guard({ req, res }))?.body === holder.body);
  expect(passed).toBe(true);
  expect(holder.body).toEqual(JSON.parse(SENT));
  expect(rawBody).toEqual(kept === undefined ? {} : { rawBody: kept });
});

describe('a member of the request', () => {
  const body = callTool('read_notes');

  /** The request, with `body` attached. */
  function attach(req: GuardedRequest): GuardedRequest {
    attachAuth(req, fromNodeRequest(req), { auth: undefined, body });
    return req;
  }

  test.each<[how: string, PropertyDescriptor]>([
    ['read-only', { value: 'other', configurable: true }],
    ['with a getter', { get: () => 'other', configurable: true }],
    ['fixed, but writable', { value: 'other', writable: true }],
    ['fixed, with what was evaluated', { value: body }],
  ])('that other code declared %s holds what was evaluated [T16]', (_how, descriptor) => {
    const req: GuardedRequest = new IncomingMessage(new Socket());
    Object.defineProperty(req, 'body', descriptor);
    expect(attach(req).body).toBe(body);
  });

  test('that its prototype has, too, is one like any other [T16]', () => {
    const req: GuardedRequest = new IncomingMessage(new Socket());
    const prototype: object = Object.create(IncomingMessage.prototype, {
      body: { get: () => 'forged', configurable: true },
    }) as object;
    Object.setPrototypeOf(req, prototype);
    expect(Object.getOwnPropertyDescriptor(attach(req), 'body')).toEqual({
      ...{ value: body, configurable: true, enumerable: true, writable: true },
    });
  });

  test.each(['rawBody', Symbol.asyncIterator])('%s may be defined anew by other code', (name) => {
    const req = attach(new IncomingMessage(new Socket()));
    const value = (): void => {};
    Object.defineProperty(req, name, { value });
    expect(Reflect.get(req, name)).toBe(value);
  });
});
