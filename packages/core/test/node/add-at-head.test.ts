/** Headers of the gate on answers that are written past the reply of a framework. */
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { addAtHead } from '../../src/node/add-at-head.js';
import { close, listen } from '../support/issuer.js';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map(close));
});

const VARY = [['Vary', 'Authorization']] as const;

/** What an answer varies by, if it is written so. */
async function varyOf(write: (res: ServerResponse) => void): Promise<string | null> {
  const server = createServer((_req, res) => {
    addAtHead(res, VARY);
    addAtHead(res, VARY);
    write(res);
    res.end('ok');
  });
  servers.push(server);
  const { headers } = await fetch(await listen(server));
  return headers.get('vary');
}

test.each<[string, (res: ServerResponse) => void, string]>([
  ['by its end alone', () => {}, 'Authorization'],
  ['by its first bytes', (res) => res.write('o'), 'Authorization'],
  ['by its head', (res) => res.writeHead(200, { 'X-Other': '1' }), 'Authorization'],
  ['by a flushed head', (res) => res.flushHeaders(), 'Authorization'],
  ['beside another', (res) => res.setHeader('vary', 'Origin'), 'Origin, Authorization'],
  [
    'by who brings it',
    (res) => res.writeHead(200, { vary: 'A, Authorization' }),
    'A, Authorization',
  ],
])('an answer that is written %s carries them once [T49]', async (_how, write, expected) => {
  expect(await varyOf(write)).toBe(expected);
});

test('headers of another gate are set at once', async () => {
  const write = (res: ServerResponse): void => {
    addAtHead(res, [['Access-Control-Expose-Headers', 'WWW-Authenticate']]);
    expect(res.hasHeader('access-control-expose-headers')).toBe(true);
  };
  expect(await varyOf(write)).toBe('Authorization');
});
