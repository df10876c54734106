/**
 * An upstream on a real socket that remembers all it is told, and a proxy in front of it on another.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach } from 'vitest';
import { serveFetch } from '../../adapter-testkit/src/serve-fetch.js';
import type { Gate, GateOptions, Verifier } from '@scopegate/core';
import { createProxy } from '../src/index.js';
import type { ProxyErrorContext, ProxyOptions } from '../src/index.js';
import { close, listen } from '../../core/test/support/issuer.js';
import { notesGate } from '../../core/test/support/mcp.js';
import type { NotesScope } from '../../core/test/support/mcp.js';

/** Long and unlike anything else, so that a trace of it would be found. */
export const TOKENS = {
  reader: 'inbound-8f1d0c-token-of-the-reader',
  writer: 'inbound-5b7a3e-token-of-the-writer',
} as const;

const verifier: Verifier = (token) => {
  if (token === TOKENS.reader) return { scopes: ['notes:read'], subject: 'ray', clientId: 'c1' };
  if (token === TOKENS.writer) return { scopes: ['notes:write'], subject: 'ray', clientId: 'c1' };
  return undefined;
};

export type NotesOptions = ProxyOptions<NotesScope>;

export function gateFor(options: Partial<GateOptions<NotesScope>> = {}): Gate<NotesScope> {
  return notesGate({ otherTools: 'notes:read' }, { verifier, ...options });
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((one) => one()));
});

/** What came to the upstream: all of it, as text. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly all: string;
}

export interface Upstream {
  readonly url: string;
  readonly received: Received[];
}

export type Answer = (req: IncomingMessage, res: ServerResponse, body: string) => void;

/** An upstream that answers each complete request so. */
export async function startUpstream(answer: Answer): Promise<Upstream> {
  const received: Received[] = [];
  const server: Server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('error', () => undefined);
    req.on('end', () => {
      const { method = '', url = '', headers, rawHeaders } = req;
      const body = Buffer.concat(chunks).toString();
      const all = [method, url, ...rawHeaders, body].join('\n');
      received.push({ method, url, headers, body, all });
      answer(req, res, body);
    });
  });
  const origin = await listen(server);
  closing.push(() => close(server));
  return { url: `${origin}/mcp`, received };
}

/** An upstream that writes bytes of its own, once it was sent something. */
export async function startRawUpstream(answer: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createSocketServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://localhost:${(server.address() as AddressInfo).port}/mcp`;
}

export interface Front {
  readonly url: string;
  /** What the hook was told. */
  readonly told: (ProxyErrorContext & { readonly error: unknown })[];
}

/** The proxy on a socket of its own. */
export async function startFront(
  upstreamUrl: string,
  options: NotesOptions = {},
  gate: Gate<NotesScope> = gateFor(),
): Promise<Front> {
  const told: Front['told'] = [];
  const onError: NotesOptions['onError'] = (error, context) => told.push({ ...context, error });
  const started = await serveFetch(createProxy(gate, upstreamUrl, { onError, ...options }));
  closing.push(() => started.close());
  return { url: `${started.url}/mcp`, told };
}

export interface Call {
  readonly token?: keyof typeof TOKENS;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | ReadableStream<Uint8Array>;
  readonly signal?: AbortSignal;
}

/** A request of a client that follows nothing. */
export function ask(url: string, call: Call = {}): Promise<Response> {
  const { token, method = 'GET', headers = {}, body, signal } = call;
  const authorization = token === undefined ? {} : { authorization: `Bearer ${TOKENS[token]}` };
  return fetch(url, {
    ...{ method, redirect: 'manual', headers: { ...authorization, ...headers } },
    ...(signal !== undefined && { signal }),
    ...(body !== undefined && { body, duplex: 'half' }),
  });
}

/** A tool call over the older wire, which needs no more headers. */
export function callTool(
  url: string,
  name: string,
  call: Call = {},
  id: unknown = 7,
): Promise<Response> {
  const message = { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: {} } };
  return ask(url, {
    ...{ token: 'reader', method: 'POST', body: JSON.stringify(message) },
    ...call,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...call.headers,
    },
  });
}

/** An answer in JSON. */
export function json(res: ServerResponse, value: unknown, status = 200): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

export const DONE = {
  jsonrpc: '2.0',
  id: 7,
  result: { content: [{ type: 'text', text: 'done' }] },
};

export function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
