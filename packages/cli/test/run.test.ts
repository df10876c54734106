/** Usage: help, mistakes on the command line, and servers that cannot be checked. */
import { createServer as createHttp } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { scopegate } from './support.js';

test.each(['check', 'explain', 'map', 'diff', 'lint', 'dev'])(
  '%s --help has examples',
  async (name) => {
    const { status, out } = await scopegate([name, '--help']);
    expect(status).toBe(0);
    expect(out).toMatch(new RegExp(`Examples:\\n(?:.*\\n)*.*scopegate ${name}`));
  },
);

test.each([
  [['chek', 'https://x.test'], 'Did you mean check?'],
  [['check'], "missing required argument 'url'"],
  [['check', 'https://x.test', '--tokn', 'a'], 'Did you mean --token?'],
  [['check', 'notes.example.com/mcp'], 'did you mean https://notes.example.com/mcp?'],
  [['check', 'http://127.0.0.1:9/mcp'], 'refuse this port'],
  [['check', 'https://x.test', '--method', 'GET', '--body', 'a'], 'GET sends none'],
  [['check', 'https://x.test', '--method', 'a b'], 'expected a method such as GET'],
  [['check', 'ftp://notes.example.com'], 'is not an http or https URL'],
  [['check', 'https://x.test', '--timeout', 'soon'], 'whole milliseconds from 1 to 600000'],
  [['check', 'https://x.test', '--as', 'soap'], 'Allowed choices are mcp, http'],
  [['check', 'https://x.test', '--header', 'nothing'], 'expected "Name: value"'],
  [
    ['check', 'https://x.test', '--header', 'Authorization: Bearer a'],
    'give the token with --token',
  ],
  [['check', 'https://x.test', '--token', '-'], 'standard input was empty'],
  [['dev'], '--resource <url> --scope <scope...>, or --gate <module>'],
  [['dev', '--resource', 'notes', '--scope', 'a'], '--resource "notes" is no URL'],
  [['dev', '--port', '70000'], 'Expected a port from 0 to 65535'],
])('%j says what to change', async (args, says) => {
  const { status, out, err } = await scopegate(args);
  expect({ status, out }).toEqual({ status: 2, out: '' });
  expect(err).toContain(says);
});

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listening(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

const answering = (answer: (socket: Socket) => void): Server =>
  createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });

test.each([
  ['no HTTP', answering((socket) => socket.end('220 mail.example.com ESMTP\r\n')), 'is not HTTP'],
  ['a closed connection', answering((socket) => socket.destroy()), 'closed the connection'],
  ['no answer', answering(() => undefined), 'no answer within 5000 ms'],
])('a server with %s is one clear sentence', async (_what, server, says) => {
  const url = await listening(server);
  const { status, err } = await scopegate(['check', url]);
  expect(status).toBe(2);
  expect(err).toContain(says);
  for (const socket of [server]) socket.close();
});

test('a port where nothing listens, and https where http is spoken', async () => {
  const server = createHttp((_request, response) => response.end());
  const url = await listening(server);
  const secure = await scopegate(['check', url.replace('http:', 'https:')]);
  expect(secure.err).toMatch(/does not speak TLS on this port|closed the connection/);
  server.close();
  await new Promise((resolve) => server.once('close', resolve));
  const { status, err } = await scopegate(['check', url]);
  expect(status).toBe(2);
  expect(err).toContain('nothing listens on this port');
});
