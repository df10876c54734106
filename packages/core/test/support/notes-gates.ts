/**
 * The gates of the testkit with JWTs of a real issuer, for what its own suite does not reach: the MCP
 * SDK, and ways of one framework only.
 *
 * @module
 */
import { expect } from 'vitest';
import { checkRefusal, toWire as wireOf } from '../../../adapter-testkit/src/verify.js';
import { RESOURCE, createRoutes, notesGate as gateOf } from '../../../adapter-testkit/src/gates.js';
import type { TestGate, TestScope } from '../../../adapter-testkit/src/gates.js';
import type { GuardedRoute } from '../../../adapter-testkit/src/index.js';
import type { GateOptions } from '../../src/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import type { Case } from '../../../adapter-testkit/src/cases/index.js';
import type { Received, WireRequest } from '../../../adapter-testkit/src/wire/raw-http.js';
import type { TestIssuer } from './issuer.js';
import { startIssuer } from './issuer.js';
import { mintTokens } from './tokens.js';
import type { Tokens } from './tokens.js';

export { scopes } from '../../../adapter-testkit/src/gates.js';
export { RESOURCE };

export type NotesScope = TestScope;
export type NotesGate = TestGate;

/** A tool's body that ran: what it was called with, and who called. */
export interface Run {
  readonly tool: string;
  readonly args?: unknown;
  readonly auth?: unknown;
}

/** An application, ready to be asked. */
export interface Opened {
  /** Where it listens, if it does. */
  readonly origin?: string;
  send(request: WireRequest): Promise<Received>;
  close(): Promise<void>;
}

/** The gates and tokens that the table needs. */
export interface NotesGates {
  readonly issuer: TestIssuer;
  readonly tokens: Tokens;
  readonly gate: NotesGate;
  readonly routes: readonly GuardedRoute[];
  close(): Promise<void>;
}

export async function startNotesGates(): Promise<NotesGates> {
  const issuer = await startIssuer(RESOURCE);
  const other = await startIssuer(RESOURCE);
  const dead = await startIssuer(RESOURCE);
  dead.answerWith((_req, res) => res.writeHead(500).end());
  const routes = createRoutes({
    verifier: jwtVerifier({ issuer: issuer.issuer, allowInsecureLoopback: true }),
    down: jwtVerifier({ issuer: dead.issuer, allowInsecureLoopback: true }),
  });
  return {
    issuer,
    tokens: await mintTokens({ issuer, other, dead }),
    gate: routes[0]?.gate as NotesGate,
    routes,
    async close() {
      await Promise.all([issuer.close(), other.close(), dead.close()]);
    },
  };
}

export function notesGate(
  issuer: string,
  options: Partial<GateOptions<NotesScope>> = {},
): NotesGate {
  return gateOf(jwtVerifier({ issuer, allowInsecureLoopback: true }), options);
}

/** The request of a case, with its token. */
export function toWire(one: Case, tokens: Tokens): WireRequest {
  return wireOf(one, (name) => tokens[name as keyof Tokens]);
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
  checkRefusal({ ...one, expected }, answer);
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
