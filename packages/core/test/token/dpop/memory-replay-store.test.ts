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
  const service: TestStore = {
    store: memoryReplayStore({ clock: () => service.now * 1000, ...options }),
    now: NOW,
    insert: (id, owner = 'a', expiresAt = service.now + 360) =>
      service.store.insert(id, { expiresAt, owner }),
  };
  return service;
}

test('a proof is stored once, whoever sends it and whenever it ends [DP-8, T100]', () => {
  const service = start();
  expect(service.insert('x')).toBe('stored');
  expect(service.insert('x')).toBe('seen');
  expect(service.insert('x', 'b')).toBe('seen');
  expect(service.insert('x', 'a', NOW + 600)).toBe('seen');
  expect(service.insert('y')).toBe('stored');
});

test('it is remembered to the last second, and then its room is free [DP-8, T101]', () => {
  const service = start({ maxEntries: 1, maxEntriesPerKey: 1 });
  expect(service.insert('x')).toBe('stored');
  service.now = NOW + 360;
  expect(service.insert('x', 'a', NOW + 360)).toBe('seen');
  expect(service.insert('y')).toBe('full');
  service.now = NOW + 361;
  expect(service.insert('y')).toBe('stored');
});

test('full means full: nothing is evicted [T101]', () => {
  const service = start({ maxEntries: 100, maxEntriesPerKey: 10 });
  const ids = Array.from({ length: 100 }, (_, i) => `id-${i}`);
  for (const [i, id] of ids.entries()) expect(service.insert(id, `owner-${i % 10}`)).toBe('stored');
  for (let i = 0; i < 200; i++) expect(service.insert(`more-${i}`, `new-${i}`)).toBe('full');
  for (const id of ids) expect(service.insert(id, 'any')).toBe('seen');
});

test('who floods fills a tenth, and is refused alone [DP-8, T101]', () => {
  const service = start({ maxEntries: 1000 });
  const answers = Array.from({ length: 5000 }, (_, i) => service.insert(`flood-${i}`, 'eve'));
  expect(answers.filter((answer) => answer === 'stored')).toHaveLength(100);
  expect(answers.filter((answer) => answer === 'full')).toHaveLength(4900);
  for (let i = 0; i < 100; i++) expect(service.insert(`honest-${i}`, 'ray')).toBe('stored');
  service.now = NOW + 361;
  expect(service.insert('later', 'eve')).toBe('stored');
});

test.each([
  ['back by an hour', -3600],
  ['on by an hour', 3600],
])('a clock that is set %s: no proof is accepted twice [T92]', (_, jump) => {
  const service = start();
  const expiresAt = NOW + 360;
  expect(service.insert('x', 'a', expiresAt)).toBe('stored');
  service.now = NOW + jump;
  expect(service.insert('other', 'a', service.now + 360)).toBe('stored');
  service.now = NOW + 1;
  expect(service.insert('x', 'a', expiresAt)).toBe('seen');
  expect(service.insert('new', 'a', service.now + 361)).toBe('stored');
});

test('after the clock was set back, room becomes free again [T92, T101]', () => {
  const service = start({ maxEntries: 10, maxEntriesPerKey: 10 });
  service.now = NOW + 3600;
  service.insert('ahead');
  service.now = NOW;
  for (let i = 0; i < 9; i++) expect(service.insert(`x-${i}`)).toBe('stored');
  expect(service.insert('full')).toBe('full');
  service.now = NOW + 361;
  expect(service.insert('free')).toBe('stored');
});

test.each([Number.NaN, Infinity, 'soon'])('an expiry of %s is an error', (expiresAt) => {
  const service = start({ maxEntries: 10, maxEntriesPerKey: 10 });
  const store = () => service.store.insert('x', { expiresAt: expiresAt as never, owner: 'a' });
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
    const service = startDpop();
    const token = service.token(key);
    const proofs = [proofOf(key, token)];
    const request = requestOf({ authorization: `DPoP ${token}`, proofs });
    const all = await Promise.all(
      Array.from({ length: 100 }, () => service.gate.check(request, 'notes:read')),
    );
    expect(all.filter(({ allowed }) => allowed)).toHaveLength(1);
  });

  test('the same jti of two keys are two proofs, of one key one [T100]', async () => {
    const service = startDpop();
    const other = createKey();
    const claims = { jti: 'the same' };
    expect(await service.send(key, service.token(key), { claims })).toMatchObject({
      allowed: true,
    });
    expect(await service.send(other, service.token(other), { claims })).toMatchObject({
      allowed: true,
    });
    const again = await service.send(key, service.token(key), {
      claims: { ...claims, iat: NOW + 1 },
    });
    expect(challengeOf(again)).toContain('jti');
  });

  test('the store gets hashes, an end after the window, and the key as the owner [T91, T100]', async () => {
    const calls: Parameters<ReplayStore['insert']>[] = [];
    const insert: ReplayStore['insert'] = (...args) => {
      calls.push(args);
      return 'stored';
    };
    const service = startDpop({ replay: { insert } });
    const jti = 'a jti that a client chose';
    await service.send(key, service.token(key), { claims: { jti, iat: NOW - 10.5 } });
    const id = sha256(`${key.jkt.length}:${key.jkt}${jti.length}:${jti}`);
    expect(calls).toEqual([[id, { expiresAt: NOW - 10 + 300 + 60, owner: key.jkt }]]);
  });

  test('a full share is a 503 for its key alone, and is told [T101]', async () => {
    const clock = (): number => NOW * 1000;
    const replay = memoryReplayStore({ maxEntries: 10, maxEntriesPerKey: 1, clock });
    const service = startDpop({ replay });
    const other = createKey();
    expect(await service.send(key, service.token(key))).toMatchObject({ allowed: true });
    const refusal = await service.send(key, service.token(key));
    expect(refusal).toMatchObject({ allowed: false, status: 503 });
    expect(challengeOf(refusal)).toBeUndefined();
    expect(service.errors).toMatchObject([{ message: 'the replay store is full' }]);
    expect(await service.send(other, service.token(other))).toMatchObject({ allowed: true });
  });
});
