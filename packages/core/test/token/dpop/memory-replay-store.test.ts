/** The store of proofs in memory: atomic, bounded, never forgetful. */
import { describe, expect, test } from 'vitest';
import { memoryReplayStore } from '../../../src/token/dpop/index.js';
import type { ReplayStore } from '../../../src/token/dpop/index.js';
import {
  NOW,
  challengeOf,
  createKey,
  proofOf,
  requestOf,
  sha256,
  startDpop,
} from '../../support/dpop.js';

interface TestStore {
  readonly store: ReplayStore;
  now: number;
  insert(id: string, owner?: string, expiresAt?: number): unknown;
}

function start(options: Parameters<typeof memoryReplayStore>[0] = {}): TestStore {
  const world: TestStore = {
    store: memoryReplayStore({ clock: () => world.now * 1000, ...options }),
    now: NOW,
    insert: (id, owner = 'a', expiresAt = world.now + 360) =>
      world.store.insert(id, { expiresAt, owner }),
  };
  return world;
}

test('a proof is stored once, whoever sends it and whenever it ends [DP-8, T100]', () => {
  const world = start();
  expect(world.insert('x')).toBe('stored');
  expect(world.insert('x')).toBe('seen');
  expect(world.insert('x', 'b')).toBe('seen');
  expect(world.insert('x', 'a', NOW + 600)).toBe('seen');
  expect(world.insert('y')).toBe('stored');
});

test('it is remembered to the last second, and then its room is free [DP-8, T101]', () => {
  const world = start({ maxEntries: 1, maxEntriesPerKey: 1 });
  expect(world.insert('x')).toBe('stored');
  world.now = NOW + 360;
  expect(world.insert('x', 'a', NOW + 360)).toBe('seen');
  expect(world.insert('y')).toBe('full');
  world.now = NOW + 361;
  expect(world.insert('y')).toBe('stored');
});

test('full means full: nothing is evicted [T101]', () => {
  const world = start({ maxEntries: 100, maxEntriesPerKey: 10 });
  const ids = Array.from({ length: 100 }, (_, i) => `id-${i}`);
  for (const [i, id] of ids.entries()) expect(world.insert(id, `owner-${i % 10}`)).toBe('stored');
  for (let i = 0; i < 200; i++) expect(world.insert(`more-${i}`, `new-${i}`)).toBe('full');
  for (const id of ids) expect(world.insert(id, 'any')).toBe('seen');
});

test('who floods fills a tenth, and is refused alone [DP-8, T101]', () => {
  const world = start({ maxEntries: 1000 });
  const answers = Array.from({ length: 5000 }, (_, i) => world.insert(`flood-${i}`, 'eve'));
  expect(answers.filter((answer) => answer === 'stored')).toHaveLength(100);
  expect(answers.filter((answer) => answer === 'full')).toHaveLength(4900);
  for (let i = 0; i < 100; i++) expect(world.insert(`honest-${i}`, 'ray')).toBe('stored');
  world.now = NOW + 361;
  expect(world.insert('later', 'eve')).toBe('stored');
});

test.each([
  ['back by an hour', -3600],
  ['on by an hour', 3600],
])('a clock that is set %s: no proof is accepted twice [T92]', (_, jump) => {
  const world = start();
  const expiresAt = NOW + 360;
  expect(world.insert('x', 'a', expiresAt)).toBe('stored');
  world.now = NOW + jump;
  expect(world.insert('other', 'a', world.now + 360)).toBe('stored');
  world.now = NOW + 1;
  expect(world.insert('x', 'a', expiresAt)).toBe('seen');
  expect(world.insert('new', 'a', world.now + 361)).toBe('stored');
});

test('after the clock was set back, room becomes free again [T92, T101]', () => {
  const world = start({ maxEntries: 10, maxEntriesPerKey: 10 });
  world.now = NOW + 3600;
  world.insert('ahead');
  world.now = NOW;
  for (let i = 0; i < 9; i++) expect(world.insert(`x-${i}`)).toBe('stored');
  expect(world.insert('full')).toBe('full');
  world.now = NOW + 361;
  expect(world.insert('free')).toBe('stored');
});

test.each([Number.NaN, Infinity, 'soon'])('an expiry of %s is an error', (expiresAt) => {
  const world = start({ maxEntries: 10, maxEntriesPerKey: 10 });
  const store = () => world.store.insert('x', { expiresAt: expiresAt as never, owner: 'a' });
  expect(store).toThrow('expiresAt: expected seconds');
});

describe('options', () => {
  test.each([
    [{ maxEntries: 0 }, 'memoryReplayStore.maxEntries: expected an integer of proofs from 1 to'],
    [{ maxEntries: 1.5 }, 'memoryReplayStore.maxEntries: expected an integer of proofs from 1 to'],
    [{ maxEntries: Infinity }, 'memoryReplayStore.maxEntries: expected an integer'],
    [
      { maxEntries: 5, maxEntriesPerKey: 6 },
      'maxEntriesPerKey: must not be greater than maxEntries',
    ],
    [{ size: 5 }, 'memoryReplayStore.size: unknown option'],
    [{ clock: 5 }, 'memoryReplayStore.clock: expected a function'],
  ])('%j', (options, message) => {
    expect(() => memoryReplayStore(options as never)).toThrow(message);
  });
});

describe('behind a gate', () => {
  const key = createKey();

  test('a hundred replays at once: one passes [DP-8, T100]', async () => {
    const world = startDpop();
    const token = world.token(key);
    const proofs = [proofOf(key, token)];
    const request = requestOf({ authorization: `DPoP ${token}`, proofs });
    const all = await Promise.all(
      Array.from({ length: 100 }, () => world.gate.check(request, 'notes:read')),
    );
    expect(all.filter(({ allowed }) => allowed)).toHaveLength(1);
  });

  test('the same jti of two keys are two proofs, of one key one [T100]', async () => {
    const world = startDpop();
    const other = createKey();
    const claims = { jti: 'the same' };
    expect(await world.send(key, world.token(key), { claims })).toMatchObject({ allowed: true });
    expect(await world.send(other, world.token(other), { claims })).toMatchObject({
      allowed: true,
    });
    const again = await world.send(key, world.token(key), { claims: { ...claims, iat: NOW + 1 } });
    expect(challengeOf(again)).toContain('jti');
  });

  test('the store gets hashes, an end after the window, and the key as the owner [T91, T100]', async () => {
    const calls: Parameters<ReplayStore['insert']>[] = [];
    const insert: ReplayStore['insert'] = (...args) => {
      calls.push(args);
      return 'stored';
    };
    const world = startDpop({ replay: { insert } });
    const jti = 'a jti that a client chose';
    await world.send(key, world.token(key), { claims: { jti, iat: NOW - 10.5 } });
    const id = sha256(`${key.jkt.length}:${key.jkt}${jti.length}:${jti}`);
    expect(calls).toEqual([[id, { expiresAt: NOW - 10 + 300 + 60, owner: key.jkt }]]);
  });

  test('a full share is a 503 for its key alone, and is told [T101]', async () => {
    const clock = (): number => NOW * 1000;
    const replay = memoryReplayStore({ maxEntries: 10, maxEntriesPerKey: 1, clock });
    const world = startDpop({ replay });
    const other = createKey();
    expect(await world.send(key, world.token(key))).toMatchObject({ allowed: true });
    const refusal = await world.send(key, world.token(key));
    expect(refusal).toMatchObject({ allowed: false, status: 503 });
    expect(challengeOf(refusal)).toBeUndefined();
    expect(world.errors).toMatchObject([{ message: 'the replay store is full' }]);
    expect(await world.send(other, world.token(other))).toMatchObject({ allowed: true });
  });
});
