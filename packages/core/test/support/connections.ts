/**
 * What a gate's answers do to the connection they travel on.
 *
 * @module
 */
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { expect } from 'vitest';
import { call } from './cases/index.js';
import type { Opened, Run } from './parity.js';
import { Connection } from './raw-http.js';
import type { WireRequest } from './raw-http.js';
import type { Tokens } from './tokens.js';

export interface Listening {
  readonly opened: Opened;
  readonly tokens: Tokens;
  readonly runs: Run[];
}

type Check = (connection: Connection, tokens: Tokens) => Promise<void>;

/** The answer arrives, whatever becomes of the connection. */
export async function andIsAnswered(check: Check, { opened, tokens }: Listening): Promise<void> {
  const connection = new Connection(opened.origin as string);
  await check(connection, tokens).finally(() => connection.close());
}

/** The next request on the same connection is answered as if nothing had been before it. */
export async function andStaysUsable(
  check: Check,
  { opened, tokens, runs }: Listening,
): Promise<void> {
  runs.length = 0;
  const connection = new Connection(opened.origin as string);
  try {
    await check(connection, tokens);
    expect(runs).toEqual([]);
    expect(await connection.exchange(read(tokens))).toMatchObject({ status: 200 });
    expect(runs).toHaveLength(1);
  } finally {
    connection.close();
  }
}

export const unreadBody: Check = async (connection) => {
  const body = JSON.stringify(call('read_notes', { pad: 'x'.repeat(300_000) }));
  const answer = await connection.exchange({ ...post('/mcp'), body });
  expect(answer.status).toBe(401);
};

export const tooLargeByLength: Check = async (connection, tokens) => {
  const { method, target, headers } = post('/tight', tokens.reader);
  connection.send({ method, target, headers: [...headers, ['Content-Length', '300000']] });
  // Nothing of the body has come yet, and the time for it is not over.
  expect(await connection.answer()).toMatchObject({ status: 413 });
  connection.write('x'.repeat(300_000));
};

export const tooLargeOnTheWay: Check = async (connection, tokens) => {
  const { method, target, headers } = post('/tight', tokens.reader);
  connection.send({ method, target, headers: [...headers, ['Transfer-Encoding', 'chunked']] });
  connection.write(`7d0\r\n${'x'.repeat(2000)}\r\n`);
  expect(await connection.answer()).toMatchObject({ status: 413 });
  // More than buffers on the way can hold: somebody must read it.
  connection.write(`493e0\r\n${'x'.repeat(300_000)}\r\n0\r\n\r\n`);
};

export const tooLargeAtOnce: Check = async (connection, tokens) => {
  const { method, target, headers } = post('/tight', tokens.reader);
  connection.send({
    method,
    target,
    headers: [...headers, ['Transfer-Encoding', 'chunked']],
    body: `493e0\r\n${'x'.repeat(300_000)}\r\n0\r\n\r\n`,
  });
  expect(await connection.answer()).toMatchObject({ status: 413 });
};

export const tooSlow: Check = async (connection, tokens) => {
  const { method, target, headers } = post('/tight', tokens.reader);
  connection.send({ method, target, headers: [...headers, ['Content-Length', '10']] });
  connection.write('{');
  expect(await connection.answer()).toMatchObject({
    status: 408,
    body: expect.stringContaining('The body did not arrive in time') as string,
  });
  connection.write(' '.repeat(9));
};

/** The client goes away; the server goes on. */
export async function goesAway(after: string, { opened, tokens, runs }: Listening): Promise<void> {
  runs.length = 0;
  const connection = new Connection(opened.origin as string);
  const { method, target, headers } = post('/mcp', tokens.reader);
  const arrived = once(opened.server as Server, 'request') as Promise<[IncomingMessage]>;
  connection.send({ method, target, headers: [...headers, ['Content-Length', '1000']] });
  connection.write(after);
  const [req] = await arrived;
  const closed = new Promise((resolve) => req.once('close', resolve));
  connection.close();
  await closed;
  expect(runs).toEqual([]);
  expect(await opened.send(read(tokens))).toMatchObject({ status: 200 });
}

function read(tokens: Tokens): WireRequest {
  return { ...post('/mcp', tokens.reader), body: JSON.stringify(call('read_notes')) };
}

function post(
  target: string,
  token?: string,
): Required<Pick<WireRequest, 'method' | 'target' | 'headers'>> {
  return {
    method: 'POST',
    target,
    headers: [
      ['Content-Type', 'application/json'],
      ['Accept', 'application/json, text/event-stream'],
      ...(token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const]),
    ],
  };
}
