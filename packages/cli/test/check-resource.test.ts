/**
 * The command against running servers, as an operator runs it: with tokens, and without the issuer's key.
 * Each server of `FAULTS` has one fault; the servers of the adapters have none.
 */
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { serveFetch } from '../../adapter-testkit/src/index.js';
import type { TestGate } from '../../adapter-testkit/src/index.js';
import { ALL_HARNESSES } from '../../adapter-testkit/test/support/harnesses.js';
import type { ResourceReport } from '@scopegate/testing';
import {
  FAULTS,
  call,
  challengeOf,
  changed,
  gateWith,
  guarded,
  issuer,
  resource,
  withHeader,
} from '../../testing/test/support/faulty-handlers.js';
import { scopegate } from './support.js';
import type { Ran } from './support.js';

const asOperator = [
  ...['--resource', resource, '--scope', 'notes:write', '--body', JSON.stringify(call), '--json'],
];

async function check(origin: string, ...more: readonly string[]): Promise<Ran> {
  return scopegate(['check', `${origin}/mcp`, ...asOperator, ...more], {
    env: {
      SCOPEGATE_TOKEN: await issuer.mintToken({ scopes: ['notes:write'] }),
      SCOPEGATE_INSUFFICIENT_TOKEN: await issuer.mintToken(),
    },
  });
}

const reportOf = ({ out }: Ran): ResourceReport => JSON.parse(out) as ResourceReport;
const namesOf = (ran: Ran): readonly string[] => reportOf(ran).findings.map((one) => one.check);

/** What only the issuer's key shows: tokens that it signed, and that are not for this resource. */
const WITH_THE_KEY = new Set([
  'any audience',
  'ID tokens',
  'another issuer',
  'expired tokens are evaluated by scope first',
]);
/** The server does not answer at all: the command says so and ends with 2. */
const SILENT = new Map([
  ['a crash', 'closed the connection'],
  ['no answer', 'no answer within'],
  ['no response', 'closed the connection'],
]);

const seenFromOutside = FAULTS.filter(([what]) => !WITH_THE_KEY.has(what) && !SILENT.has(what));

describe('a server with one fault', () => {
  test('there are more than the 25 that are asked for', () => {
    expect(seenFromOutside.length).toBeGreaterThanOrEqual(25);
  });

  test.each(seenFromOutside)('%s', async (_what, handler, finds) => {
    const server = await serveFetch(handler);
    try {
      const ran = await check(server.url, '--timeout', '1000');
      expect(ran).toMatchObject({ status: 1, err: '' });
      // An expired token cannot be made without the issuer's key.
      const expected = finds.filter((name) => !name.includes('expired'));
      expect(expected).not.toEqual([]);
      expect(namesOf(ran)).toEqual(expect.arrayContaining(expected));
      expect(ran.out).not.toMatch(/eyJ/);
    } finally {
      await server.close();
    }
  });

  test.each(FAULTS.filter(([what]) => SILENT.has(what)))('%s', async (what, handler) => {
    const server = await serveFetch(handler);
    try {
      const { status, out, err } = await check(server.url, '--timeout', '3000');
      expect({ status, out }).toEqual({ status: 2, out: '' });
      expect(err).toContain(SILENT.get(what));
    } finally {
      await server.close();
    }
  });
});

describe('a server without a fault', () => {
  test.each(ALL_HARNESSES)('$name', async ({ start }) => {
    const gate = gateWith() as unknown as TestGate;
    const server = await start([gate], {
      routes: [{ path: '/mcp', gate }],
      ...{ parser: 'absent', prefix: '', headers: [] },
      application: async () => ({ status: 200, headers: [], body: '{}' }),
      onError: () => ({ status: 500, headers: [], body: '' }),
    });
    try {
      const ran = await check(server.url);
      expect(namesOf(ran), ran.out).toEqual([]);
      expect(ran).toMatchObject({ status: 0, err: '' });
      expect(reportOf(ran).passed.length).toBeGreaterThan(90);
    } finally {
      await server.close();
    }
  });
});

describe('a server that is something else', () => {
  const TOOLS = '{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}';
  const other =
    (status: number, headers: Record<string, string>, body: string): RequestListener =>
    (_request, response) =>
      void response.writeHead(status, headers).end(body);

  test.each<[what: string, listener: RequestListener, says: string]>([
    ['a web page', other(200, { 'content-type': 'text/html' }, '<!doctype html>'), 'a web page'],
    [
      'a missing page',
      other(404, { 'content-type': 'text/html' }, '<h1>404'),
      'nothing is at this path (404)',
    ],
    [
      'a JSON API',
      other(200, { 'content-type': 'application/json' }, '{"notes":[]}'),
      'no MCP server',
    ],
    ['an API for GET', other(405, { allow: 'GET' }, ''), 'does not take this method (405)'],
    [
      'a JSON-RPC server without a guard',
      other(200, { 'content-type': 'application/json' }, TOOLS),
      'without a token: nothing guards it',
    ],
    [
      'an MCP stream without a guard',
      other(200, { 'content-type': 'text/event-stream' }, `event: message\ndata: ${TOOLS}\n\n`),
      'without a token: nothing guards it',
    ],
    [
      'an MCP server that waits for initialize',
      other(
        400,
        { 'content-type': 'application/json' },
        '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Server not initialized"},"id":null}',
      ),
      'without a token: nothing guards it',
    ],
    [
      'the former SSE transport',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('event: endpoint\ndata: /messages?sessionId=1\n\n');
      },
      'HTTP+SSE transport (MCP 2024-11-05)',
    ],
    [
      'another stream',
      (_request, response) =>
        void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n'),
      'an event stream opens here',
    ],
    [
      'a redirect',
      other(308, { location: 'https://www.example.com/mcp' }, ''),
      'redirects to https://www.example.com/mcp',
    ],
    ['a proxy without its server', other(502, {}, 'Bad Gateway'), 'fails (502)'],
    ['a server for another host', other(421, {}, ''), 'other host names (421)'],
    [
      'a path that API Gateway does not have',
      other(
        403,
        { 'x-amzn-errortype': 'MissingAuthenticationTokenException' },
        '{"message":"Missing Authentication Token"}',
      ),
      'with its stage',
    ],
    [
      'an MCP server that refuses the host name before any token',
      other(
        403,
        { 'content-type': 'application/json' },
        '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Invalid Host: x.test"},"id":null}',
      ),
      'refuses this request before it asks for a token (403)',
    ],
  ])('%s: the first line says what it is', async (_what, listener, says) => {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
    try {
      const shown = await scopegate(['check', url, '--timeout', '1000']);
      expect(shown.status).toBe(1);
      expect(shown.out.split('\n')[1]).toMatch(/^look first {2}/);
      expect(shown.out.split('\n')[1]).toContain(says);
      const { out } = await scopegate(['check', url, '--timeout', '1000', '--json']);
      expect((JSON.parse(out) as { hint?: string }).hint).toContain(says);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('a guarded server needs no such line', async () => {
    const server = await serveFetch(guarded);
    try {
      const { out } = await scopegate(['check', `${server.url}/mcp`, '--resource', resource]);
      expect(out).not.toContain('look first');
    } finally {
      await server.close();
    }
  });

  test('behind AWS API Gateway each refusal has one finding, which names it [CH-1, T43]', async () => {
    const handler = changed((response) => {
      const value = challengeOf(response);
      if (value === '') return response;
      const renamed = withHeader(response, 'x-amzn-remapped-www-authenticate', value);
      return withHeader(renamed, 'www-authenticate', null);
    });
    const server = await serveFetch(handler);
    try {
      const ran = await check(server.url);
      const { findings } = reportOf(ran);
      expect(namesOf(ran)).toEqual([
        'too few scopes: the challenge is in WWW-Authenticate',
        'no token: the challenge is in WWW-Authenticate',
      ]);
      for (const { howToMend } of findings) expect(howToMend).toContain('AWS API Gateway');
    } finally {
      await server.close();
    }
  });
});
