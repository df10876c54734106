import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Verifier } from '../../src/index.js';
import { authenticateUpgrade } from '../../src/node/index.js';
import { close, listen } from '../support/issuer.js';
import { notesGate } from '../support/mcp.js';

async function upgrade(token: string | undefined): Promise<{ answer: string; opened: number }> {
  const gate = notesGate();
  let opened = 0;
  const server = createServer((_req, res) => res.end('http'));
  server.on('upgrade', (req, socket) => {
    void authenticateUpgrade(gate, req, 'notes:read').then((decision) => {
      if (!decision.allowed) return;
      opened++;
      socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    });
  });
  const { port } = new URL(await listen(server));
  const socket = connect(Number(port), 'localhost');
  const authorization = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`;
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: x\r\nConnection: Upgrade\r\n${authorization}\r\n`,
  );
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  await once(socket, 'close');
  await close(server);
  return { answer, opened };
}

test.each([
  [undefined, 401, 0],
  ['bad', 401, 0],
  ['none', 403, 0],
  ['notes.read', 101, 1],
])('an upgrade with %s is answered %i [T33]', async (token, status, opens) => {
  const { answer, opened } = await upgrade(token);
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(opened).toBe(opens);
  if (status !== 101) expect(answer).toContain('resource_metadata="https://notes.example.com/');
});

test('a client that resets the connection during the verification does not end the process [T33]', async () => {
  let reset: () => void = () => undefined;
  const wasReset = new Promise<void>((resolve) => (reset = resolve));
  const gate = notesGate({}, { verifier: () => wasReset.then(() => undefined) });
  const server = createServer();
  const { port } = new URL(await listen(server));
  const client = connect(Number(port), 'localhost');
  const evaluated = new Promise<number>((resolve) => {
    server.on('upgrade', (req) => {
      req.socket.once('close', reset).resume();
      void authenticateUpgrade(gate, req).then((decision) =>
        resolve(decision.allowed ? 101 : decision.status),
      );
      client.resetAndDestroy();
    });
  });
  client.write('GET / HTTP/1.1\r\nHost: x\r\nUpgrade: x\r\nConnection: Upgrade\r\n');
  client.write('Authorization: Bearer t\r\n\r\n');
  expect(await evaluated).toBe(401);
  await close(server);
});

interface Held {
  readonly port: number;
  readonly server: Server;
  /** Sockets of the server that are open. */
  readonly open: () => Promise<number>;
}

async function guarded(verifier?: Verifier): Promise<Held> {
  const gate = notesGate({}, verifier && { verifier });
  const server = createServer();
  server.on('upgrade', (req) => void authenticateUpgrade(gate, req, 'notes:read'));
  const { port } = new URL(await listen(server));
  const open = promisify(server.getConnections.bind(server)) as () => Promise<number>;
  return { port: Number(port), server, open };
}

const HEAD = 'GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: x\r\nConnection: Upgrade\r\n';

/** Waits until the server holds no socket; the milliseconds that it took. */
async function released({ open }: Held): Promise<number> {
  const start = performance.now();
  while ((await open()) > 0 && performance.now() - start < 8_000) await setTimeout(20);
  expect(await open()).toBe(0);
  return performance.now() - start;
}

test('500 refused upgrades by clients that never close: none is held after 5 s [T181]', async () => {
  const held = await guarded();
  const clients = Array.from({ length: 500 }, () => {
    // The socket is half-open: the client does not end when the server does.
    const client = connect({ port: held.port, host: 'localhost', allowHalfOpen: true });
    client.on('error', () => undefined).resume();
    client.write(`${HEAD}\r\n`);
    return client;
  });
  await Promise.all(clients.map((client) => once(client, 'end')));
  expect(await released(held)).toBeLessThan(5_000);
  for (const client of clients) client.destroy();
  await close(held.server);
});

test('a client that reads nothing of its refusal is let go after a second [T181]', async () => {
  const held = await guarded();
  const client = connect({ port: held.port, host: 'localhost', allowHalfOpen: true });
  client.on('error', () => undefined).pause();
  // What the kernel takes for the client without its help is filled up first.
  held.server.prependListener('upgrade', ({ socket }) => {
    const piece = Buffer.alloc(1024 * 1024);
    while (socket.write(piece) || socket.writableLength < 32 * piece.length);
  });
  client.write(`${HEAD}\r\n`);
  await once(held.server, 'upgrade');
  expect(await held.open()).toBe(1);
  const taken = await released(held);
  expect(taken).toBeGreaterThan(500);
  expect(taken).toBeLessThan(5_000);
  client.destroy();
  await close(held.server);
});

test('a client that goes on sending gets all of its refusal [T181]', async () => {
  const held = await guarded();
  const client = connect(held.port, 'localhost');
  client.on('error', () => undefined);
  let answer = '';
  client.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  client.write(`${HEAD}\r\n${'x'.repeat(256 * 1024)}`);
  await once(client, 'close');
  expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  expect(answer).toContain('"error":"unauthorized"');
  await released(held);
  await close(held.server);
});

test('a reset while the refusal is written ends nothing, and holds nothing [T33, T181]', async () => {
  const held = await guarded(() => setTimeout(20));
  const clients = Array.from({ length: 50 }, (_, index) => {
    const client = connect(held.port, 'localhost');
    client.on('error', () => undefined);
    client.write(`${HEAD}Authorization: Bearer t\r\n\r\n`, () => {
      void setTimeout(index).then(() => client.resetAndDestroy());
    });
    return client;
  });
  await Promise.all(clients.map((client) => once(client, 'close')));
  await released(held);
  await close(held.server);
});
