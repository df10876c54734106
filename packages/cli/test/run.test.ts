/** Usage: help, mistakes on the command line, and servers that cannot be checked. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer as createHttp } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { wantsColor } from '../src/terminal.js';
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

test('diff shows invisible characters in JSON, and a parser reads the same names', async () => {
  const name = 'a\u202eb\u200bc\u{e0041}\u007f\u2028';
  const row = {
    ...{ kind: 'operation', operation: `tools/call ${name}`, method: 'tools/call', name },
    ...{ requires: 'a', scopes: ['a'], access: [{ grant: 'a', passes: 'yes' }] },
  };
  const grants = [{ name: 'a', scopes: ['a'] }];
  const folder = await mkdtemp(join(tmpdir(), 'scopegate-'));
  const [before, after] = [join(folder, 'before.json'), join(folder, 'after.json')];
  await writeFile(before, JSON.stringify({ resource: 'https://a.test', grants, rows: [] }));
  await writeFile(after, JSON.stringify({ resource: 'https://a.test', grants, rows: [row] }));
  const { out } = await scopegate(['diff', before, after, '--format', 'json']);
  expect(out).toContain(String.raw`a\u202eb\u200bc\udb40\udc41\u007f\u2028`);
  expect(out.replaceAll('\n', '')).not.toMatch(/\p{C}|\p{Zl}/u);
  expect(JSON.parse(out)).toMatchObject({ operations: [{ name }] });
});

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ CI: 'true' }, false, false],
  [{ TERM: 'dumb' }, true, false],
  [{ FORCE_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '0' }, true, false],
  [{ FORCE_COLOR: '0' }, false, false],
  [{ FORCE_COLOR: 'false' }, true, false],
  [{ FORCE_COLOR: '' }, true, true],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
])('with %j, on a terminal: %j, colours are %j', (env, isTerminal, expected) => {
  expect(wantsColor(env, isTerminal)).toBe(expected);
});

interface Sent {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly accept: string | undefined;
}

/** Checks a server that answers 401, and returns what it got first, and every URL that it got. */
async function sentBy(
  path: string,
  ...args: string[]
): Promise<{ first: Sent | undefined; urls: (string | undefined)[]; out: string }> {
  const sent: Sent[] = [];
  const server = createHttp(({ method, url, headers: { accept } }, response) => {
    sent.push({ method, url, accept });
    response.writeHead(401).end();
  });
  const { origin } = new URL(await listening(server));
  const { out } = await scopegate(['check', origin + path, ...args]);
  return { first: sent[0], urls: sent.map(({ url }) => url), out };
}

test.each(['/notes/list', '/notes/list?all=1', '//other.test/list'])(
  'with --resource the operation at the given URL is checked: %s',
  async (path) => {
    const { urls } = await sentBy(path, '--resource', 'https://api.example.com');
    expect(urls.filter((url) => url === path).length).toBeGreaterThan(5);
    expect(urls).not.toContain('/');
  },
);

test.each([
  ['/notes', ['--body', ''], 'POST', '*/*'],
  ['/notes', ['--as', 'mcp', '--body', '{}'], 'POST', 'application/json, text/event-stream'],
  ['/notes', ['--as', 'mcp', '--method', 'GET'], 'GET', 'application/json, text/event-stream'],
  ['/mcp', ['--method', 'DELETE'], 'DELETE', 'application/json, text/event-stream'],
  ['/mcp', ['--as', 'http', '--method', 'DELETE'], 'DELETE', '*/*'],
  ['/mcp', ['--header', 'Accept: a/b', '--body', 'x'], 'POST', 'a/b'],
])('%s with %j sends what it says', async (path, args, method, accept) => {
  const { first, out } = await sentBy(path, ...args);
  expect(first).toEqual({ method, url: path, accept });
  expect(out).toContain(`${method} ${path}`);
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
