/**
 * One instance of a service, in a process of its own. The tests bundle it and tell it what to do.
 *
 * @module
 */
import { createGate } from '@scopegate/core';
import { redisRevocations } from '../../src/index.js';
import type { RedisReplayStore } from '../../src/index.js';
import { replayStore } from '../../src/redis-replay-store.js';
import { connectTo, connectToCluster } from './clients.js';
import type { ClientName } from './clients.js';

/** The second argument: one port is a server, several are a Cluster. */
const [name, ports] = process.argv.slice(2) as [ClientName, string];

/** What an instance is told. */
export type Order =
  /** Inserts each proof as often as `times` says, all at the same time. */
  | {
      readonly kind: 'insert';
      readonly ids: readonly string[];
      readonly times: number;
      readonly isHasty: boolean;
    }
  /** Asks the gate about the token of a user. */
  | { readonly kind: 'check'; readonly subject: string }
  | { readonly kind: 'revoke'; readonly subject: string };

/** What came of the proofs: ids that were stored, and how many were seen or refused. */
export interface Inserted {
  readonly stored: readonly string[];
  readonly seen: number;
  readonly failed: number;
}

const numbers = ports.split(',').map(Number);
const { client } = await (numbers.length > 1
  ? connectToCluster(name, numbers)
  : connectTo(name, numbers[0] as number));
// A machine under load is no broken server: the bound of 250 ms has tests of its own.
const options = { prefix: 'scopegate', maxPerOwner: 100_000 };
const patient = replayStore(client, { ...options, timeout: 30_000 });
const hasty = replayStore(client, { ...options, timeout: 1_000 });
const revocations = redisRevocations(client, {
  ...{ secret: 'a secret of at least 32 bytes, for tests', timeout: 900 },
});
const gate = createGate({
  resource: 'https://notes.example.com/mcp',
  verifier: (token) => ({ scopes: ['a'], subject: token, clientId: 'c' }),
  scopes: ['a'],
  revocations,
});

async function insert(
  ids: readonly string[],
  times: number,
  store: RedisReplayStore,
): Promise<Inserted> {
  const stored: string[] = [];
  let seen = 0;
  let failed = 0;
  const expiresAt = Date.now() / 1000 + 330;
  const all = Array.from({ length: times }, () => ids)
    .flat()
    .map(async (id) => {
      try {
        const answer = await store.insert(id, { expiresAt, owner: 'key' });
        if (answer === 'stored') stored.push(id);
        else seen += 1;
      } catch {
        failed += 1;
      }
    });
  await Promise.all(all);
  return { stored, seen, failed };
}

async function check(subject: string): Promise<number> {
  const headers = { authorization: `Bearer ${subject}` };
  const decision = await gate.check(new Request(gate.resource, { headers }), 'a');
  return decision.allowed ? 200 : decision.status;
}

function follow(order: Order): Promise<unknown> {
  switch (order.kind) {
    case 'insert':
      return insert(order.ids, order.times, order.isHasty ? hasty : patient);
    case 'check':
      return check(order.subject);
    case 'revoke':
      return Promise.resolve(
        revocations.revoke({ subject: order.subject }, { until: Date.now() / 1000 + 3600 }),
      );
  }
}

process.on('message', ({ number, order }: { number: number; order: Order }) => {
  void follow(order).then(
    (result) => process.send?.({ number, result }),
    (error: unknown) => process.send?.({ number, error: String(error) }),
  );
});
await revocations.ready();
process.send?.({ number: 0 });
