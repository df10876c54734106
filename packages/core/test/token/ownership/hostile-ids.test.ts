/** Ids that are not the caller's own, in each place that a gate reads. `WHOLE=1` sends 10,000 to each. */
import { describe, expect, test } from 'vitest';
import type { Auth, Decision } from '../../../src/index.js';
import { isOwned, openState, ownedId, sealState } from '../../../src/token/ownership/index.js';
import { rpc } from '../../support/mcp.js';
import { hostileIds } from './mutants.js';
import type { Seeds } from './mutants.js';
import { ANN, ANN_ELSEWHERE, BOB, OTHER_KEY, authOf, ownGate, send } from './support.js';
import type { Sent } from './support.js';

const COUNT = process.env['WHOLE'] === undefined ? 1500 : 10_000;

const gate = ownGate();
const operation = { method: 'tools/call', name: 'read_notes' };

async function seedsOf(kind: string): Promise<Seeds> {
  const [ann, bob, elsewhere] = await Promise.all([
    authOf(gate, ANN),
    authOf(gate, BOB),
    authOf(gate, ANN_ELSEWHERE),
  ]);
  const mint = (auth: Auth, as = kind): string =>
    ownedId(gate, auth, { kind: as, ...(as === 'task' && { operation }) });
  const times = <T>(make: () => T): T[] => Array.from({ length: 30 }, make);
  const otherKey = ownGate({ ownership: { keys: [OTHER_KEY] } });
  const otherResource = ownGate({ gate: { resource: 'https://notes.example.com/other' } });
  const old = ownGate({ gate: { clock: () => Date.now() - 31 * 86_400_000 } });
  const stale = await Promise.all(
    [otherKey, otherResource, old].map(async (one) =>
      ownedId(one, await authOf(one, ANN), { kind }),
    ),
  );
  return {
    own: times(() => mint(ann)),
    foreign: [...times(() => mint(bob)), ...times(() => mint(elsewhere))],
    stale: [...stale, mint(ann, 'session-of-another-kind'), mint(ann, 'handle')],
  };
}

/** Where an id can stand, and the request that carries it. */
const PLACES: readonly (readonly [place: string, kind: string, sent: (id: string) => Sent])[] = [
  ['POST of a session', 'session', (id) => ({ headers: session(id), body: rpc('ping') })],
  [
    'POST of a tool that the token has no scope for',
    'session',
    (id) => ({ headers: session(id), body: rpc('tools/call', { name: 'admin_purge' }) }),
  ],
  ['GET of a session', 'session', (id) => ({ method: 'GET', headers: session(id) })],
  ['DELETE of a session', 'session', (id) => ({ method: 'DELETE', headers: session(id) })],
  [
    'a session, by a client of 2026-07-28',
    'session',
    (id) => ({
      headers: { ...session(id), 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'ping' },
      body: rpc('ping'),
    }),
  ],
  [
    'a response',
    'session',
    (id) => ({
      headers: session(id),
      body: { jsonrpc: '2.0', id: 1, result: { action: 'accept' } },
    }),
  ],
  ['Last-Event-ID', 'event', (id) => ({ method: 'GET', headers: { 'last-event-id': id } })],
  ['tasks/get', 'task', (id) => ({ body: rpc('tasks/get', { taskId: id }) })],
  ['tasks/result', 'task', (id) => ({ body: rpc('tasks/result', { taskId: id }) })],
  ['tasks/cancel', 'task', (id) => ({ body: rpc('tasks/cancel', { taskId: id }) })],
  ['tasks/update', 'task', (id) => ({ body: rpc('tasks/update', { taskId: id }) })],
  [
    'the related task of a call',
    'task',
    (id) => ({
      body: rpc('tools/call', {
        name: 'read_notes',
        _meta: { 'io.modelcontextprotocol/related-task': { taskId: id } },
      }),
    }),
  ],
  [
    'a subscription',
    'task',
    (id) => ({ body: rpc('subscriptions/listen', { notifications: { taskIds: [id] } }) }),
  ],
];

function session(id: string): Record<string, string> {
  return { 'mcp-session-id': id };
}

describe.each(PLACES)('%s', (_place, kind, sent) => {
  test(`of ${COUNT} hostile ids none is admitted, and all answers are equal [OP-17, HO-1, HO-10, HO-11, HO-12, HO-15, T153, T154, T155, T156, T157, T158]`, async () => {
    const seeds = await seedsOf(kind);
    const answers = new Set<string>();
    for (const id of hostileIds(seeds, COUNT)) {
      const decision = await send(gate, { token: ANN, ...sent(id) });
      answers.add(textOf(decision));
    }
    expect(answers.size).toBe(1);
    expect([...answers][0]).toContain('404');
    // The owner goes on, so it is not the request that is refused.
    const own = await send(gate, { token: ANN, ...sent(seeds.own[0] as string) });
    expect(own.allowed || own.status === 403).toBe(true);
    expect(textOf(own)).not.toContain('404');
  });
});

test(`of ${COUNT} hostile handles none is the caller's [HO-8, T156]`, async () => {
  const auth = await authOf(gate, ANN);
  const seeds = await seedsOf('basket');
  const admitted = hostileIds(seeds, COUNT).filter((id) =>
    isOwned(gate, auth, id, { kind: 'basket' }),
  );
  expect(admitted).toEqual([]);
  expect(seeds.own.every((id) => isOwned(gate, auth, id, { kind: 'basket' }))).toBe(true);
});

test(`of ${COUNT} hostile sealed values none opens [HO-5, T156, T157]`, async () => {
  const [ann, bob] = await Promise.all([authOf(gate, ANN), authOf(gate, BOB)]);
  const options = { kind: 'step', maxAge: 600 };
  const seal = (auth: Auth): Promise<string> => sealState(gate, auth, { step: 1 }, options);
  const seeds = {
    own: await Promise.all(Array.from({ length: 20 }, () => seal(ann))),
    foreign: await Promise.all(Array.from({ length: 20 }, () => seal(bob))),
    stale: [await sealState(gate, ann, { step: 1 }, { ...options, kind: 'other' })],
  };
  for (const text of hostileIds(seeds, COUNT)) {
    expect(await openState(gate, ann, text, { kind: 'step' }), text).toBeUndefined();
  }
  for (const text of seeds.own) {
    expect(await openState(gate, ann, text, { kind: 'step' })).toEqual({ step: 1 });
  }
});

function textOf(decision: Decision): string {
  return decision.allowed
    ? 'allowed'
    : JSON.stringify([decision.status, decision.headers, decision.body, decision.reason]);
}
