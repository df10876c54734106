/**
 * Sends a case and compares what ran, the decision events and the answer: a refusal byte for byte.
 *
 * @module
 */
import type { DecisionEvent } from '@scopegate/core';
import type { App } from './app.js';
import type { Case, MetadataCase, Refused } from './cases/index.js';
import { expectAnswer, expectSame, fail } from './fail.js';
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
    const duty = 'run an allowed request';
    expectSame(duty, 'status', answer.status, expected.status ?? 200);
    expectSame(duty, 'calls that ran', app.ran, expected.runs);
    const vary = answer.headers.get('vary') ?? 'none';
    const isVarying = /(^|, )Authorization(,|$)/.test(vary);
    if (!isVarying) {
      fail('add the headers of an allowed decision', [
        `header vary: expected Authorization in it, found ${vary}`,
      ]);
    }
    const challenge = answer.headers.get('www-authenticate');
    expectSame(duty, 'header www-authenticate', challenge, undefined);
    checkDecisions(app.decisions, expected);
    return;
  }
  const duty = 'keep a refused request from the application';
  expectSame(duty, 'calls that ran', app.ran, []);
  expectSame(duty, 'calls of the application', app.calls.length, 0);
  checkRefusal({ ...one, expected }, answer);
  checkDecisions(app.decisions, expected);
}

/**
 * Fails unless the decision events are as expected: one with this outcome, after an `allowed` one if a handler
 * refused; none for a preflight.
 */
export function checkDecisions(events: readonly DecisionEvent[], expected: Case['expected']): void {
  const recorded = events.map(({ outcome, status, reason }) => ({ outcome, status, reason }));
  if ('runs' in expected) {
    const allowed = { outcome: 'allowed', status: undefined, reason: undefined };
    return expectSame(ONCE, 'events', recorded, [allowed]);
  }
  const { status, reason } = expected;
  // A preflight asks about another request: it is answered, and nothing is decided.
  if (status === 204) return expectSame(ONCE, 'events', recorded, []);
  const [only] = recorded.filter(({ outcome }) => outcome !== 'allowed');
  // A request that a handler refuses was allowed first, so that it has two events.
  const wasAllowed = only?.outcome === 'withdrawn';
  expectSame(
    ONCE,
    `number of events in ${JSON.stringify(recorded)}`,
    recorded.length,
    wasAllowed ? 2 : 1,
  );
  const outcome = wasAllowed ? 'withdrawn' : 'refused';
  expectSame(ONCE, 'event', only, { outcome, status, reason });
}

const ONCE = 'let the gate decide each request once';

/** Fails unless the answer is the expected refusal. */
export function checkRefusal(one: Case & { readonly expected: Refused }, answer: Received): void {
  checkFraming(one, answer);
  const { expected } = one;
  const body = expected.body === undefined ? '' : JSON.stringify(expected.body);
  expectAnswer('write a refusal unchanged', withoutTransport(answer), {
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
  const { name: _name, ids: _ids, status, expected, body, ...request } = one;
  const answer = await app.send(request);
  checkFraming(one, answer);
  const { headers, ...rest } = withoutTransport(answer);
  const { etag, ...others } = headers;
  const found = { ...rest, headers: others };
  expectAnswer(METADATA, found, { status, headers: expected, body });
  if (status !== 200) return;
  if (!/^"[^"]+"$/.test(String(etag))) {
    fail(METADATA, [`header etag: expected a quoted tag, found ${etag ?? 'none'}`]);
  }
  const conditional = [['If-None-Match', String(etag)]] as const;
  const again = await app.send({ ...request, headers: conditional });
  expectSame(METADATA, 'status for If-None-Match', again.status, 304);
  expectSame(METADATA, 'body of the 304', again.body, '');
  expectSame(
    METADATA,
    'header content-type of the 304',
    again.headers.get('content-type'),
    undefined,
  );
}

const METADATA = 'answer requests for resource metadata';

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

/** Headers that the transport adds by itself, which are not compared. */
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

/** Fails unless the answer has its own length and keeps the connection, so that the next one can follow. */
function checkFraming(
  { method }: { readonly method?: string },
  { headers, status, body }: Received,
): void {
  if (method === 'HEAD' || status === 204 || status === 304) return;
  const duty = 'end each answer where its length says';
  if (headers.get('connection') === 'close') {
    fail(duty, ['header connection: expected keep-alive or none, found close']);
  }
  if (headers.get('transfer-encoding') === 'chunked') return;
  const length = String(Buffer.byteLength(body));
  expectSame(duty, 'header content-length', headers.get('content-length'), length);
}
