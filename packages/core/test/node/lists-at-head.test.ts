/** Lists that code gives to `writeHead` beside those of the gate. */
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { addAtHead } from '../../src/node/add-at-head.js';
import type { HeaderList } from '../../src/index.js';
import { close, listen } from '../support/issuer.js';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map(close));
});

const VARY: HeaderList = [['Vary', 'Authorization']];

/** The headers of an answer whose head is written with these arguments. */
async function headersOf(args: readonly unknown[], added = VARY): Promise<Headers> {
  const server = createServer((_req, res: ServerResponse) => {
    addAtHead(res, added);
    const headed = res as { writeHead(...all: readonly unknown[]): unknown };
    headed.writeHead(200, ...args);
    res.end('ok');
  });
  servers.push(server);
  return (await fetch(await listen(server))).headers;
}

test.each<[string, readonly unknown[], string]>([
  ['another list', [{ vary: 'Accept' }], 'Accept, Authorization'],
  ['a name in capitals', [{ VARY: 'Accept' }], 'Accept, Authorization'],
  ['its own value in capitals', [{ Vary: 'authorization' }], 'authorization'],
  ['several values', [{ Vary: ['Accept', 'Origin'] }], 'Accept,Origin, Authorization'],
  ['a star', [{ vary: '*' }], '*'],
  ['a reason before', ['Fine', { Vary: 'Accept' }], 'Accept, Authorization'],
  ['nothing behind', [{ Vary: 'Accept' }, undefined], 'Accept, Authorization'],
  ['a list of names and values', [['X-Other', '1', 'Vary', 'Accept']], 'Accept, Authorization'],
  ['a list with other headers', [['X-Other', 'Vary']], 'Authorization'],
])('a head with %s keeps the values of both [T49]', async (_what, args, expected) => {
  const before = structuredClone(args);
  expect((await headersOf(args)).get('vary')).toBe(expected);
  expect(args).toEqual(before);
});

test('a header that is no list stays as the head has it', async () => {
  const given = { 'cache-control': 'no-store', vary: 'Accept' };
  const headers = await headersOf([given], [['Cache-Control', 'private'], ...VARY]);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('vary')).toBe('Accept, Authorization');
});
