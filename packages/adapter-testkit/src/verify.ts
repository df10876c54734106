/**
 * Sends a case and compares the whole answer, byte for byte, and what ran.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { DecisionEvent } from '@scopegate/core';
import type { App } from './app.js';
import type { Case, MetadataCase, Refused } from './cases/index.js';
import type { Received, WireRequest } from './wire/raw-http.js';

/** Turns the name of a token into the token. */
export type Tokens = (name: string) => string;

/** The suite's own tokens are their names. */
export const named: Tokens = (name) => name;

/** Sends the case; fails if the answer, what ran, or the decision event is not as expected. */
export async function verify(
  one: Case,
  app: App,
  { tokens = named, prefix = '' }: { readonly tokens?: Tokens; readonly prefix?: string } = {},
): Promise<void> {
  const wire = toWire(one, tokens);
  const answer = await app.send({ ...wire, target: prefix + String(wire.target) });
  const { expected } = one;
  if ('runs' in expected) {
    assert.equal(answer.status, expected.status ?? 200, answer.body);
    assert.deepEqual(app.ran, expected.runs);
    assert.match(answer.headers.get('vary') ?? '', /(^|, )Authorization(,|$)/);
    assert.ok(!answer.headers.has('www-authenticate'));
    checkDecisions(app.decisions, expected);
    return;
  }
  assert.deepEqual(app.ran, []);
  assert.equal(app.calls.length, 0, 'the application was called');
  checkRefusal({ ...one, expected }, answer);
  checkDecisions(app.decisions, expected);
}

/** Fails unless there is exactly one decision event, with this outcome. */
export function checkDecisions(events: readonly DecisionEvent[], expected: Case['expected']): void {
  const recorded = events.map(({ outcome, status, reason }) => ({ outcome, status, reason }));
  if ('runs' in expected) {
    assert.deepEqual(recorded, [{ outcome: 'allowed', status: undefined, reason: undefined }]);
    return;
  }
  const { status, reason } = expected;
  // A preflight asks about another request: it is answered, and nothing is decided.
  if (status === 204) return assert.deepEqual(recorded, []);
  const [only] = recorded.filter(({ outcome }) => outcome !== 'allowed');
  // What a handler refuses was allowed before, and its event says so.
  const wasAllowed = only?.outcome === 'withdrawn';
  assert.equal(recorded.length, wasAllowed ? 2 : 1, JSON.stringify(recorded));
  assert.deepEqual(only, { outcome: wasAllowed ? 'withdrawn' : 'refused', status, reason });
}

/** Fails unless the answer is the expected refusal. */
export function checkRefusal(one: Case & { readonly expected: Refused }, answer: Received): void {
  checkFraming(one, answer);
  const { expected } = one;
  const body = expected.body === undefined ? '' : JSON.stringify(expected.body);
  assert.deepEqual(withoutTransport(answer), {
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

/** Asks for metadata; fails if the answer is not as expected. */
export async function checkMetadata(one: MetadataCase, app: Pick<App, 'send'>): Promise<void> {
  const { name: _, status, expected, body, ...request } = one;
  const answer = await app.send(request);
  checkFraming(one, answer);
  const { headers, ...rest } = withoutTransport(answer);
  const { etag, ...others } = headers;
  assert.deepEqual({ ...rest, headers: others }, { status, headers: expected, body });
  if (status !== 200) return;
  assert.match(String(etag), /^"[^"]+"$/);
  const conditional = [['If-None-Match', String(etag)]] as const;
  const again = await app.send({ ...request, headers: conditional });
  assert.equal(again.status, 304);
  assert.equal(again.body, '');
  assert.ok(!again.headers.has('content-type'));
}

/** The request of a case, with its token. */
export function toWire(one: Case, tokens: Tokens = named): WireRequest {
  const headers = (one.headers ?? []).map(
    ([name, value]) =>
      [name, value.replace(/\{(\w+)\}/g, (_, kind: string) => tokens(kind))] as const,
  );
  const hasType = headers.some(([name]) => name.toLowerCase() === 'content-type');
  const { body } = one;
  return {
    method: one.method ?? 'POST',
    target: one.target ?? '/mcp',
    headers: [
      ...(one.token === undefined
        ? []
        : [['Authorization', `Bearer ${tokens(one.token)}`] as const]),
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

/** A message to `/mcp`. */
export function bearer(token: string, body: unknown): WireRequest {
  return toWire({ name: '', token, body, expected: { runs: [] } });
}

/** What transports add by themselves, and what therefore proves nothing. */
const TRANSPORT = new Set([
  ...['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding'],
]);

export function withoutTransport({ headers, ...answer }: Received): {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
} {
  const own = Object.fromEntries([...headers].filter(([name]) => !TRANSPORT.has(name)));
  return { ...answer, headers: own };
}

/** An answer that has no length closes the connection, or worse, joins the next one. */
function checkFraming(
  { method }: { readonly method?: string },
  { headers, status, body }: Received,
): void {
  if (method === 'HEAD' || status === 204 || status === 304) return;
  assert.notEqual(headers.get('connection'), 'close');
  if (headers.get('transfer-encoding') === 'chunked') return;
  assert.equal(headers.get('content-length'), String(Buffer.byteLength(body)));
}
