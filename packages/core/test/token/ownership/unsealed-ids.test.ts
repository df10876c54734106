/** `acceptUnsealedUntil` lets ids through that no gate minted, and no minted one in whatever dress. */
import { createServer } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { createNodeGuard } from '../../../src/node/index.js';
import { ownedId, ownership } from '../../../src/token/ownership/index.js';
import type { OwnershipWarning } from '../../../src/token/ownership/index.js';
import { exchange } from '../../../../adapter-testkit/src/wire/raw-http.js';
import { close, listen } from '../../support/issuer.js';
import { rpc } from '../../support/mcp.js';
import { ANN, BOB, KEY, OTHER_KEY, authOf, ownGate, send, toRequest } from './support.js';
import type { Sent } from './support.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of closers.splice(0)) await one();
});

const LENIENT = { acceptUnsealedUntil: new Date(Date.now() + 3_600_000), onWarning: () => {} };
const gate = ownGate({ ownership: LENIENT });

/** An id of Ann, of each form and key. */
async function idsOf(kind: string): Promise<string[]> {
  const auth = await authOf(gate, ANN);
  const other = ownGate({ ownership: { keys: [OTHER_KEY] } });
  return [
    ownedId(gate, auth, { kind }),
    ownedId(gate, auth, { kind, inner: 'x'.repeat(50) }),
    ownedId(other, await authOf(other, ANN), { kind }),
  ];
}

const DRESSES: readonly (readonly [string, (id: string) => string])[] = [
  ['once', (id) => id],
  ['twice', (id) => `${id}, ${id}`],
  ['twice, without a space', (id) => `${id},${id}`],
  ['behind an unsealed one', (id) => `${crypto.randomUUID()}, ${id}`],
  ['before an unsealed one', (id) => `${id}, ${crypto.randomUUID()}`],
  ['in quotes', (id) => `"${id}"`],
  ['behind a semicolon', (id) => `a;${id}`],
  ['with something behind', (id) => `${id}=`],
  ['with something before', (id) => `a${id}`],
  ['with a space', (id) => ` ${id}`],
  ['with another spelling of its MAC', (id) => respelled(id)],
];

/** Returns the id with unused bits of its MAC set, which decoders ignore. */
function respelled(id: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return `${id.slice(0, -1)}${alphabet[alphabet.indexOf(id.at(-1) as string) + 1]}`;
}

const PLACES: readonly (readonly [string, string, (id: string) => Sent])[] = [
  ['Mcp-Session-Id', 'session', (id) => ({ headers: { 'mcp-session-id': id }, method: 'GET' })],
  ['Last-Event-ID', 'event', (id) => ({ headers: { 'last-event-id': id }, method: 'GET' })],
  ['a task', 'task', (id) => ({ body: rpc('tasks/get', { taskId: id }) })],
];

describe.each(PLACES)('in %s', (_place, kind, sent) => {
  test.each(DRESSES)(
    'an id of another caller, %s, is unknown [T153, T155, T156]',
    async (_, dress) => {
      for (const id of await idsOf(kind)) {
        const decision = await send(gate, { token: BOB, ...sent(dress(id)) });
        expect(decision).toMatchObject({ status: 404, reason: 'unknown_id' });
      }
    },
  );

  test('an id that no gate minted is let through', async () => {
    const admin = 'bob/app/admin:notes';
    for (const id of [crypto.randomUUID(), '7', 'a.b', `${'h'.repeat(36)}.${'p'.repeat(80)}.s`]) {
      expect(await send(gate, { token: admin, ...sent(id) })).toMatchObject({ allowed: true });
    }
  });
});

test.each(DRESSES)('in a query, a session of another caller, %s, is unknown', async (_, dress) => {
  for (const id of await idsOf('session')) {
    const query = new URLSearchParams({ sessionId: dress(id) });
    const request = toRequest({ token: BOB, body: rpc('ping') });
    const decision = await gate.check(new Request(`${request.url}?${query}`, request));
    expect(decision).toMatchObject({ status: 404, reason: 'unknown_id' });
  }
});

test('a session of another caller on two header lines is unknown [T153, T155]', async () => {
  let reached = 0;
  const guard = createNodeGuard(gate);
  const server = createServer((req, res) => {
    void Promise.resolve(guard({ req, res })).then((passed) => {
      reached += Number(passed !== undefined);
      return passed && res.end('reached');
    });
  });
  closers.push(() => close(server));
  const origin = await listen(server);
  const [id = ''] = await idsOf('session');
  const ask = async (...ids: string[]): Promise<number> => {
    const lines = ids.map((one) => ['Mcp-Session-Id', one] as const);
    const headers = [['Authorization', `Bearer ${BOB}`] as const, ...lines];
    return (await exchange(`${origin}/mcp`, { method: 'GET', headers })).status;
  };
  expect(await ask(id)).toBe(404);
  expect(await ask(id, id)).toBe(404);
  expect(await ask(crypto.randomUUID(), crypto.randomUUID())).toBe(404);
  expect(reached).toBe(0);
  expect(await ask(crypto.randomUUID())).toBe(200);
});

test.each(['2020-01-01', new Date(Date.now() + 3_600_000)])(
  'the warning says until when, and what to do then: %s',
  (acceptUnsealedUntil) => {
    const warnings: OwnershipWarning[] = [];
    const onWarning = (warning: OwnershipWarning): void => void warnings.push(warning);
    ownership({ keys: [KEY], acceptUnsealedUntil, onWarning });
    const until = new Date(acceptUnsealedUntil).toISOString();
    const message = `ids that no gate minted open for anybody until ${until}: remove acceptUnsealedUntil then`;
    expect(warnings).toEqual([{ code: 'unsealed_ids', message }]);
  },
);
