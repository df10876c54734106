/** Ids and sealed values that would never open are not made, and nothing is stored for callers who own nothing. */
import { InMemoryEventStore } from '@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js';
import { InMemoryTaskStore } from '@modelcontextprotocol/sdk/experimental/tasks/stores/in-memory.js';
import { describe, expect, test, vi } from 'vitest';
import {
  isOwned,
  openOwnedId,
  openState,
  ownedEventStore,
  ownedId,
  ownedIdAsync,
  ownedTaskStore,
  sealState,
} from '../../../src/token/ownership/index.js';
import { ANN, NOBODY, authOf, ownGate } from './support.js';

const gate = ownGate();

describe('an id', () => {
  test('of 4096 characters opens, and a longer one is an error that names the limit', async () => {
    const auth = await authOf(gate, ANN);
    const mint = (length: number): string =>
      ownedId(gate, auth, { kind: 'event', inner: 'x'.repeat(length) });
    let length = 2900;
    while (mint(length).length < 4095) length++;
    expect(mint(length).length).toBeLessThanOrEqual(4096);
    expect(isOwned(gate, auth, mint(length), { kind: 'event' })).toBe(true);
    expect(() => mint(length + 2)).toThrow(TypeError);
    expect(() => mint(3200)).toThrow('ownedId: the id has 4368 characters');
    expect(() => mint(3200)).toThrow('at most 4096 open');
    const long = { kind: 'task', operation: { method: 'tools/call', name: 'x'.repeat(4000) } };
    await expect(ownedIdAsync(gate, auth, long)).rejects.toThrow('ownedIdAsync: the id has');
  });

  test('the same on a platform without node:crypto', async () => {
    vi.stubGlobal('process', { ...process, getBuiltinModule: undefined });
    const web = ownGate();
    const auth = await authOf(web, ANN);
    const mint = async (length: number): Promise<string> =>
      ownedIdAsync(web, auth, { kind: 'event', inner: 'x'.repeat(length) });
    await expect(mint(3200)).rejects.toThrow('at most 4096 open');
    expect(await openOwnedId(web, auth, await mint(2900), { kind: 'event' })).toBeDefined();
    vi.unstubAllGlobals();
  });
});

test('a value that is longer than 256 KiB when sealed is an error that names the limit', async () => {
  const auth = await authOf(gate, ANN);
  const seal = async (length: number): Promise<string> =>
    sealState(gate, auth, 'x'.repeat(length), { kind: 'step', maxAge: 60 });
  const text = await seal(190_000);
  expect(await openState(gate, auth, text, { kind: 'step' })).toHaveLength(190_000);
  await expect(seal(200_000)).rejects.toThrow(TypeError);
  await expect(seal(200_000)).rejects.toThrow('at most 262144 open');
});

describe('for a token without a subject', () => {
  test('the store of tasks creates none [T160]', async () => {
    const store = new InMemoryTaskStore();
    const owned = ownedTaskStore(gate, await authOf(gate, NOBODY), store);
    const created = owned.createTask({}, 1, { method: 'tools/call' });
    await expect(created).rejects.toThrow('ownedTaskStore: the token names no subject');
    expect(await store.listTasks()).toMatchObject({ tasks: [] });
  });

  test('the store of events keeps none [T160]', async () => {
    const store = new InMemoryEventStore();
    const kept = vi.spyOn(store, 'storeEvent');
    const owned = ownedEventStore(gate, await authOf(gate, NOBODY), store);
    const stored = owned.storeEvent('stream', { jsonrpc: '2.0', method: 'ping', id: 1 });
    await expect(stored).rejects.toThrow('ownedEventStore: the token names no subject');
    expect(kept).not.toHaveBeenCalled();
  });
});

test('nothing is stored without an auth of this gate', async () => {
  const store = new InMemoryTaskStore();
  const owned = ownedTaskStore(gate, () => undefined, store);
  await expect(owned.createTask({}, 1, { method: 'tools/call' })).rejects.toThrow(
    'expected the auth of a request that this gate let through',
  );
  expect(await store.listTasks()).toMatchObject({ tasks: [] });
});
