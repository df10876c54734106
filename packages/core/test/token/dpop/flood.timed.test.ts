/**
 * Floods of distinct proofs: memory stays bounded, the flood is refused, honest clients are served. In short
 * form by default; `FLOOD=1` sends a million.
 */
import { expect, test } from 'vitest';
import { memoryReplayStore } from '../../../src/token/dpop/index.js';
import { NOW, challengeOf, createKey, requestOf, startDpop } from '../../support/dpop.js';

const COUNT = process.env['FLOOD'] === undefined ? 100_000 : 1_000_000;
const SIZE = COUNT / 4;
const collect = (globalThis as { gc?: () => void }).gc;

function used(): number {
  collect?.();
  return process.memoryUsage().heapUsed;
}

/** A text as the gate makes them, 43 characters. */
function idOf(i: number): string {
  return `${i}`.padStart(43, 'x');
}

test('distinct proofs of many keys: full is refused, and after the window all are served [T88, T101]', () => {
  let now = NOW;
  const store = memoryReplayStore({ maxEntries: SIZE, clock: () => now * 1000 });
  const before = used();
  const answers = { stored: 0, seen: 0, full: 0 };
  const started = performance.now();
  for (let i = 0; i < COUNT; i++) {
    const expiresAt = now + 60 + (i % 600);
    const answer = store.insert(idOf(i), { expiresAt, owner: `key-${i % 1000}` });
    answers[answer as 'stored'] += 1;
  }
  const took = performance.now() - started;
  const grown = used() - before;
  expect(answers).toEqual({ stored: SIZE, seen: 0, full: COUNT - SIZE });
  // An honest client is refused as long as the store is full, and no longer.
  expect(store.insert('honest', { expiresAt: now + 360, owner: 'honest' })).toBe('full');
  now += 61;
  expect(store.insert('honest', { expiresAt: now + 360, owner: 'honest' })).toBe('stored');
  now += 700;
  for (let i = 0; i < SIZE; i++) {
    const answer = store.insert(idOf(-i), { expiresAt: now + 360, owner: `key-${i % 1000}` });
    if (answer !== 'stored') throw new Error(`${i} was not stored`);
  }
  if (process.env['FLOOD'] !== undefined) {
    console.log(
      `${COUNT} proofs, ${SIZE} kept: ${Math.round(grown / SIZE)} bytes for each, ${(took / COUNT).toFixed(4)} ms`,
    );
  }
  if (collect !== undefined) expect(grown / SIZE).toBeLessThan(400);
});

test('of one key: it is refused alone, while others are served [T88, T101]', () => {
  const store = memoryReplayStore({ maxEntries: SIZE, clock: () => NOW * 1000 });
  let full = 0;
  for (let i = 0; i < COUNT; i++) {
    if (store.insert(idOf(i), { expiresAt: NOW + 360, owner: 'eve' }) === 'full') full += 1;
    if (i % 1000 === 0) {
      expect(store.insert(`ray-${i}`, { expiresAt: NOW + 360, owner: 'ray' })).toBe('stored');
    }
  }
  expect(full).toBe(COUNT - SIZE / 10);
});

test('proofs that fail a check before cost no signature and no room [T107, DP-8]', async () => {
  let inserted = 0;
  let verified = 0;
  const store = memoryReplayStore({ clock: () => NOW * 1000 });
  const service = startDpop(
    {
      replay: {
        insert(...args) {
          inserted += 1;
          return store.insert(...args);
        },
      },
    },
    {
      verifier: () => {
        verified += 1;
        return undefined;
      },
    },
  );
  const key = createKey();
  const wrong = [{ htm: 'GET' }, { htu: 'https://x.example/' }, { iat: NOW - 400 }, { ath: 'x' }];
  for (const claims of wrong) await service.send(key, 'token', { claims });
  for (const proofs of [[], ['x'], ['a.b.c']]) {
    const request = requestOf({ authorization: 'DPoP token', proofs });
    expect(challengeOf(await service.gate.check(request, 'notes:read'))).toContain(
      'invalid_dpop_proof',
    );
  }
  expect({ inserted, verified }).toEqual({ inserted: 0, verified: 0 });
  // The token is verified before the signature of the proof: a token that is none costs no signature.
  await service.send(key, 'token');
  expect({ inserted, verified }).toEqual({ inserted: 0, verified: 1 });
});
