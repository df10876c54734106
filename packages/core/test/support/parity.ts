/**
 * One table of cases, many bindings: a gate, tokens of a real issuer, and a runner that compares every
 * byte of an answer.
 *
 * @module
 */
import type { Server } from 'node:http';
import { expect } from 'vitest';
import { allOf, anyOf, createGate, defineScopes } from '../../src/index.js';
import type { Gate, GateOptions, Rule } from '../../src/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import { mcpPolicy } from '../../src/mcp/index.js';
import type { Case, MetadataCase, Parser } from './cases/index.js';
import type { Answer, WireRequest } from './raw-http.js';
import type { TestIssuer } from './issuer.js';
import { startIssuer } from './issuer.js';
import { mintTokens } from './tokens.js';
import type { Tokens } from './tokens.js';

export const RESOURCE = 'https://notes.example.com/mcp';

export const scopes = defineScopes({
  'notes:read': { description: 'Read notes' },
  'notes:write': { description: 'Add and change notes', implies: ['notes:read'] },
  'admin:notes': { description: 'Purge notes', implies: ['notes:write'] },
});

export type NotesScope = (typeof scopes.names)[number];
export type NotesGate = Gate<NotesScope>;

/** A tool's body that ran: what it was called with, and who called. */
export interface Run {
  readonly tool: string;
  readonly args?: unknown;
  readonly auth?: unknown;
}

/** What a fetch-style MCP handler looks like, whatever its SDK. */
export interface WebMcp {
  fetch(request: Request, options?: { authInfo?: never; parsedBody?: unknown }): Promise<Response>;
}

/** A guarded path. With a rule it is a plain HTTP route, else the gate's policy judges. */
export interface Guarded {
  readonly path: string;
  readonly gate: NotesGate;
  readonly rule?: Rule<NotesScope>;
}

export interface OpenOptions {
  readonly routes: readonly Guarded[];
  readonly parser: Parser;
  /** Every body that runs says so here. */
  readonly runs: Run[];
}

export interface Opened {
  /** Where it listens, if it does. */
  readonly origin?: string;
  readonly server?: Server;
  send(request: WireRequest): Promise<Answer>;
  close(): Promise<void>;
}

/** A framework with its adapter, ready to be asked. */
export interface Binding {
  readonly name: string;
  readonly wire: 'socket' | 'fetch';
  readonly parsers: readonly Parser[];
  open(options: OpenOptions): Promise<Opened>;
}

/** The gates and tokens that the table needs. */
export interface World {
  readonly issuer: TestIssuer;
  readonly tokens: Tokens;
  readonly gate: NotesGate;
  readonly routes: readonly Guarded[];
  close(): Promise<void>;
}

export async function startWorld(): Promise<World> {
  const issuer = await startIssuer(RESOURCE);
  const other = await startIssuer(RESOURCE);
  const dead = await startIssuer(RESOURCE);
  dead.answerWith((_req, res) => res.writeHead(500).end());
  const gate = notesGate(issuer.issuer);
  return {
    issuer,
    tokens: await mintTokens({ issuer, other, dead }),
    gate,
    routes: [
      { path: '/mcp', gate },
      { path: '/export', gate, rule: 'notes:write' },
      { path: '/both', gate, rule: allOf('notes:write', 'admin:notes') },
      {
        path: '/either',
        gate,
        rule: anyOf(allOf('admin:notes', 'notes:write'), allOf('notes:read', 'notes:write')),
      },
      { path: '/down', gate: notesGate(dead.issuer) },
      { path: '/root', gate: rootGate(issuer.issuer) },
      { path: '/signed', gate: signedGate(issuer.issuer) },
      { path: '/tight', gate: notesGate(issuer.issuer, { bodyLimit: 1000, bodyTimeout: 150 }) },
    ],
    async close() {
      await Promise.all([issuer.close(), other.close(), dead.close()]);
    },
  };
}

/** As little as a gate can be told: no issuer to name, no scopes to begin with. */
function rootGate(issuer: string): NotesGate {
  return createGate({
    resource: 'https://notes.example.com',
    verifier: jwtVerifier({ issuer }),
    scopes,
    policy: mcpPolicy(scopes, {}),
  });
}

/** One whose document is complete later. */
function signedGate(issuer: string): NotesGate {
  return notesGate(issuer, {
    resource: 'https://notes.example.com/signed?tenant=a',
    signedMetadata: async () => 'header.payload.signature',
  });
}

export function notesGate(
  issuer: string,
  options: Partial<GateOptions<NotesScope>> = {},
): NotesGate {
  return createGate({
    resource: RESOURCE,
    authorizationServers: ['https://idp.example.com'],
    verifier: jwtVerifier({ issuer }),
    scopes,
    initialScopes: ['notes:read'],
    policy: mcpPolicy(scopes, {
      tools: { read_notes: 'notes:read', add_note: 'notes:write', admin_purge: 'admin:notes' },
    }),
    ...options,
  });
}

/** The cases that make sense for a binding and a parser's place. */
export function casesFor(
  cases: readonly Case[],
  { wire }: Pick<Binding, 'wire'>,
  parser: Parser,
): readonly Case[] {
  return cases.filter(
    (one) =>
      (one.wire ?? wire) === wire &&
      (one.parsers ?? ['before', 'behind', 'absent']).includes(parser),
  );
}

/** The request of a case, with its token. */
export function toWire(one: Case, tokens: Tokens): WireRequest {
  const method = one.method ?? 'POST';
  const headers = (one.headers ?? []).map(
    ([name, value]) =>
      [name, value.replace(/\{(\w+)\}/, (_, kind) => tokens[kind as keyof Tokens])] as const,
  );
  const hasType = headers.some(([name]) => name.toLowerCase() === 'content-type');
  const { body } = one;
  return {
    method,
    target: one.target ?? '/mcp',
    headers: [
      ...(one.token === undefined
        ? []
        : [['Authorization', `Bearer ${tokens[one.token]}`] as const]),
      ...headers,
      ...(body === undefined || hasType ? [] : [['Content-Type', 'application/json'] as const]),
      ['Accept', 'application/json, text/event-stream'],
    ],
    body:
      body === undefined || typeof body === 'string' || body instanceof Uint8Array
        ? body
        : JSON.stringify(body),
  };
}

/** What transports and frameworks add by themselves, and what therefore proves nothing. */
const TRANSPORT = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'transfer-encoding',
]);

export function withoutTransport(headers: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => !TRANSPORT.has(name)));
}

/** Sends the case and compares the whole answer, and what ran. */
export async function verify(
  one: Case,
  { opened, tokens, runs }: { opened: Opened; tokens: Tokens; runs: Run[] },
): Promise<void> {
  runs.length = 0;
  const answer = await opened.send(toWire(one, tokens));
  const { expected } = one;
  if ('runs' in expected) {
    expect(answer, answer.body).toMatchObject({ status: expected.status ?? 200 });
    expect(runs.map(({ tool }) => tool)).toEqual(expected.runs);
    expect(answer.headers.get('vary')).toMatch(/(^|, )Authorization(,|$)/);
    expect(answer.headers.has('www-authenticate')).toBe(false);
    return;
  }
  expect(runs).toEqual([]);
  expectFraming(one, answer, opened);
  const body = expected.body === undefined ? '' : JSON.stringify(expected.body);
  expect({ ...answer, headers: withoutTransport(answer.headers) }).toEqual({
    status: expected.status,
    headers: {
      ...(expected.status !== 204 && {
        'cache-control': 'no-store',
        'content-type': 'application/json',
        vary: 'Authorization',
      }),
      ...(expected.challenge !== undefined && { 'www-authenticate': expected.challenge }),
      ...expected.headers,
    },
    body: one.method === 'HEAD' ? '' : body,
  });
}

/** An answer that has no length closes the connection, or worse, joins the next one. */
function expectFraming(
  { method }: { readonly method?: string },
  { headers, status, body }: Answer,
  { origin }: Opened,
): void {
  if (origin === undefined || method === 'HEAD' || status === 204 || status === 304) return;
  expect(headers.get('connection')).toBe('keep-alive');
  if (headers.get('transfer-encoding') === 'chunked') return;
  expect(headers.get('content-length')).toBe(String(Buffer.byteLength(body)));
}

/** Asks for metadata and compares the whole answer. */
export async function verifyMetadata(one: MetadataCase, opened: Opened): Promise<void> {
  const { name: _, status, expected, body, ...request } = one;
  const answer = await opened.send(request);
  expectFraming(one, answer, opened);
  const { etag, ...headers } = withoutTransport(answer.headers);
  expect({ ...answer, headers }).toEqual({ status, headers: expected, body });
  if (status === 200) {
    expect(etag).toMatch(/^"[^"]+"$/);
    const conditional = [['If-None-Match', String(etag)]] as const;
    const again = await opened.send({ ...request, headers: conditional });
    expect(again).toMatchObject({ status: 304, body: '' });
    expect(again.headers.has('content-type')).toBe(false);
  }
}

/** Sends a wire request to a fetch handler; what a platform would do for HEAD is done here. */
export async function sendAsFetch(
  fetch: (request: Request) => Response | Promise<Response>,
  wire: WireRequest,
): Promise<Answer> {
  const response = await fetch(toWebRequest(wire));
  const text = await response.text();
  return {
    status: response.status,
    headers: new Map(response.headers),
    body: wire.method === 'HEAD' ? '' : text,
  };
}

export function toWebRequest({
  method = 'GET',
  target = '/',
  headers,
  body,
}: WireRequest): Request {
  const joined = new Headers();
  for (const [name, value] of headers ?? []) joined.append(name, value);
  return new Request(new URL(target, RESOURCE), {
    method,
    headers: joined,
    ...(body !== undefined && { body: body as BodyInit }),
  });
}
