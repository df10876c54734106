/** What a client gets that asks for another protocol, and what becomes of its connection. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Decision, Verifier } from '../../src/index.js';
import { authenticateUpgrade } from '../../src/node/index.js';
import { close, listen } from '../support/issuer.js';
import { notesGate } from '../support/mcp.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of closers.splice(0).toReversed()) await one();
});

interface Asked {
  readonly client: Socket;
  /** The server's end of the connection. */
  readonly socket: Socket;
  readonly decision: Promise<Decision>;
}

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\n\r\n';

interface Ask {
  readonly token?: string;
  readonly verifier?: Verifier;
  readonly before?: (req: IncomingMessage) => void;
}

/** Asks a server for an upgrade. The client keeps its half of the connection open. */
async function ask({ token, verifier, before }: Ask): Promise<Asked> {
  const gate = notesGate({}, verifier && { verifier });
  const server = createServer();
  const arrived = new Promise<Pick<Asked, 'socket' | 'decision'>>((resolve) => {
    server.on('upgrade', (req) => {
      before?.(req);
      const decision = authenticateUpgrade(gate, req, 'notes:read').then((made) => {
        if (made.allowed) req.socket.end(SWITCH);
        return made;
      });
      resolve({ socket: req.socket, decision });
    });
  });
  const { port } = new URL(await listen(server));
  const client = connect({ port: Number(port), host: 'localhost', allowHalfOpen: true });
  closers.push(
    () => close(server),
    () => client.destroy(),
  );
  client.on('error', () => undefined);
  const authorization = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`;
  client.write(
    `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: x\r\nConnection: Upgrade\r\n${authorization}\r\n`,
  );
  const found = await arrived;
  closers.push(() => found.socket.destroy());
  return { client, ...found };
}

test.each([
  [undefined, '401 Unauthorized'],
  ['bad', '401 Unauthorized'],
  ['none', '403 Forbidden'],
])('a refused upgrade with %s gets the whole answer %s', async (token, status) => {
  const { client, decision } = await ask(token === undefined ? {} : { token });
  const answer = await text(client);
  const made = await decision;
  if (made.allowed) throw new Error('expected a refusal');
  const { headers, body } = made;
  expect(body).toContain('"error"');
  const lines = [
    `HTTP/1.1 ${status}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${body.length}`,
    'Connection: close',
    '',
    body,
  ];
  expect(answer).toBe(lines.join('\r\n'));
});

test('an allowed upgrade gets what the application writes, and nothing else', async () => {
  const { client } = await ask({ token: 'notes.read' });
  expect(await text(client)).toBe(SWITCH);
});

test('a client that resets the connection during the verification does not end the process', async () => {
  let settle = (): void => {};
  const verified = new Promise<undefined>((resolve) => (settle = () => resolve(undefined)));
  const { client, socket, decision } = await ask({ token: 'x', verifier: () => verified });
  // No listener for errors is added here.
  const hadError = new Promise((resolve) => socket.resume().once('close', resolve));
  client.resetAndDestroy();
  expect(await hadError).toBe(true);
  settle();
  expect(await decision).toMatchObject({ status: 401 });
});

describe('the connection of a refused upgrade', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  test('is destroyed when the answer is out, though the client keeps its half open', async () => {
    const { client, socket } = await ask({});
    const gone = once(socket, 'close');
    await text(client);
    await gone;
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is destroyed after a second, if the client reads nothing', async () => {
    const piece = Buffer.alloc(1024 * 1024);
    const { client, socket, decision } = await ask({
      // What the kernel takes for the client without its help is filled up first.
      before: (req) => {
        while (req.socket.write(piece) || req.socket.writableLength < 32 * piece.length);
      },
    });
    client.pause();
    await decision;
    vi.advanceTimersByTime(999);
    expect(socket.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    expect(socket.destroyed).toBe(true);
  });
});
