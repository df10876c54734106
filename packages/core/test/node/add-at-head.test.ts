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

type Write = (res: ServerResponse) => unknown;

/** The headers of an answer that is written so. */
async function headersOf(write: Write): Promise<Headers> {
  const server = createServer((_req, res) => {
    try {
      write(res);
      res.end('ok');
    } catch (error) {
      res.destroy(error as Error);
    }
  });
  servers.push(server);
  return (await fetch(await listen(server))).headers;
}

/** The same, if the headers are added first, by two hooks of one gate. */
function headersAfter(write: Write): Promise<Headers> {
  return headersOf((res) => {
    addAtHead(res, VARY);
    addAtHead(res, VARY);
    write(res);
  });
}

test.each<[string, Write, string]>([
  ['by its end alone', () => {}, 'Authorization'],
  ['by its first bytes', (res) => res.write('o'), 'Authorization'],
  ['by its head', (res) => res.writeHead(200, { 'X-Other': '1' }), 'Authorization'],
  ['by a head without headers', (res) => res.writeHead(200, undefined), 'Authorization'],
  ['by a head with `null`', (res) => res.writeHead(200, null as never), 'Authorization'],
  ['by a flushed head', (res) => res.flushHeaders(), 'Authorization'],
  ['by what inherits from it', (res) => inherit(res).writeHead(200), 'Authorization'],
  ['beside another', (res) => res.setHeader('vary', 'Origin'), 'Origin, Authorization'],
  [
    'by who brings it',
    (res) => res.writeHead(200, { vary: 'A, Authorization' }),
    'A, Authorization',
  ],
])('an answer that is written %s carries them once [T49]', async (_how, write, expected) => {
  expect((await headersAfter(write)).get('vary')).toBe(expected);
});

const inherit = (res: ServerResponse): ServerResponse => Object.create(res) as ServerResponse;

const BROUGHT = { vary: 'A, Authorization', 'x-other': '1' };

test.each<[string, Write]>([
  ['before the head is written', () => {}],
  ['if the head brings them', (res) => res.writeHead(200, BROUGHT)],
  ['if the head brings them, with a reason', (res) => res.writeHead(200, 'Fine', BROUGHT)],
])('the response does not store them %s', async (_when, write) => {
  const stored: string[][] = [];
  await headersAfter((res) => {
    write(res);
    stored.push(res.getHeaderNames());
  });
  expect(stored).toEqual([[]]);
});

test('headers of another gate are set at once', async () => {
  const stored: string[][] = [];
  const headers = await headersAfter((res) => {
    addAtHead(res, [['Access-Control-Expose-Headers', 'WWW-Authenticate']]);
    stored.push(res.getHeaderNames());
  });
  expect(stored).toEqual([['access-control-expose-headers']]);
  expect(headers.get('vary')).toBe('Authorization');
});

test('a head that other middleware watches is written by its method', async () => {
  const headers = await headersOf((res) => {
    const writeHead = res.writeHead.bind(res) as (status: number) => ServerResponse;
    res.writeHead = (status: number): ServerResponse => {
      res.setHeader('x-time', '7');
      return writeHead(status);
    };
    addAtHead(res, VARY);
  });
  expect(Object.fromEntries(headers)).toMatchObject({ vary: 'Authorization', 'x-time': '7' });
});
