import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
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

test('a client that resets the connection while its token is judged ends nothing [T33]', async () => {
  let reset: () => void = () => undefined;
  const wasReset = new Promise<void>((resolve) => (reset = resolve));
  const gate = notesGate({}, { verifier: () => wasReset.then(() => undefined) });
  const server = createServer();
  const { port } = new URL(await listen(server));
  const client = connect(Number(port), 'localhost');
  const judged = new Promise<number>((resolve) => {
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
  expect(await judged).toBe(401);
  await close(server);
});
