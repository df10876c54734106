import { afterEach, describe, expect, test, vi } from 'vitest';
import { createGate } from '../../../src/index.js';
import {
  isOwned,
  openOwnedId,
  ownedId,
  ownedIdAsync,
  ownership,
} from '../../../src/token/ownership/index.js';
import { rpc } from '../../support/mcp.js';
import {
  ANN,
  ANN_ELSEWHERE,
  ANN_LATER,
  BOB,
  KEY,
  NOBODY,
  NOT_FOUND,
  OTHER_KEY,
  authOf,
  ownGate,
  send,
} from './support.js';

const ping = rpc('ping');

afterEach(() => vi.unstubAllGlobals());

describe('an id', () => {
  test('has the parts that the format names, and 128 random bits [HO-2]', async () => {
    const gate = ownGate();
    const auth = await authOf(gate, ANN);
    const ids = Array.from({ length: 100 }, () => ownedId(gate, auth, { kind: 'session' }));
    expect(ids[0]).toMatch(/^[\w-]{8}\.[\w-]{22}\.\d+\.[\w-]{43}$/);
    expect(new Set(ids.map((id) => id.split('.')[1])).size).toBe(100);
    const operation = { method: 'tools/call', name: 'add_note' };
    const task = ownedId(gate, auth, { kind: 'task', operation });
    expect(task).toMatch(/^[\w-]{8}\.[\w-]{22}\.\d+\.[\w-]+\.[\w-]{43}$/);
    expect(await openOwnedId(gate, auth, task, { kind: 'task' })).toEqual({
      operation,
      inner: undefined,
    });
  });

  test.each([
    ['the caller', ANN, true],
    ['a refreshed and stepped-up token of the caller', ANN_LATER, true],
    ['another client of the user', ANN_ELSEWHERE, false],
    ['another user of the client', BOB, false],
    ['a token without a subject', NOBODY, false],
  ])('of %s: %s opens it: %s [HO-13, T160, T161]', async (_who, token, opens) => {
    const gate = ownGate();
    const id = ownedId(gate, await authOf(gate, ANN), { kind: 'session' });
    const auth = await authOf(gate, token);
    expect(isOwned(gate, auth, id, { kind: 'session' })).toBe(opens);
    const answer = await send(gate, { token, headers: { 'mcp-session-id': id }, body: ping });
    expect(answer).toMatchObject(opens ? { allowed: true } : NOT_FOUND);
  });

  test.each([
    ['another kind', 'task', {}],
    ['another resource', 'session', { gate: { resource: 'https://notes.example.com/other' } }],
    ['other keys', 'session', { ownership: { keys: [OTHER_KEY] } }],
  ])('is unknown as %s [HO-15, T157]', async (_what, kind, options) => {
    const own = ownGate();
    const id = ownedId(own, await authOf(own, ANN), { kind: 'session' });
    const other = ownGate(options);
    expect(isOwned(other, await authOf(other, ANN), id, { kind })).toBe(false);
  });

  test('of a token without a subject cannot be minted [T160, HO-13]', async () => {
    const gate = ownGate();
    const auth = await authOf(gate, NOBODY);
    expect(() => ownedId(gate, auth, { kind: 'session' })).toThrow('names no subject');
  });

  test.each([
    [60, 0, true],
    [60, 59_000, true],
    [60, 180_000, false],
    [30 * 86_400, 30 * 86_400_000, true],
    [30 * 86_400, 30 * 86_400_000 + 120_000, false],
    // Minted by an instance whose clock is ahead.
    [3600, -240_000, true],
    [3600, -600_000, false],
  ])('of maxAge %d s is known after %d ms: %s [T159]', async (maxAge, after, known) => {
    let now = Date.UTC(2026, 0, 1);
    const gate = ownGate({ ownership: { maxAge }, gate: { clock: () => now } });
    const auth = await authOf(gate, ANN);
    const id = ownedId(gate, auth, { kind: 'session' });
    // Also from the cache.
    expect(isOwned(gate, auth, id, { kind: 'session' })).toBe(true);
    now += after;
    expect(isOwned(gate, auth, id, { kind: 'session' })).toBe(known);
  });

  test('is told from another whose parts join to the same text [T157]', async () => {
    // The client ends where the subject begins: only lengths or quotes keep them apart.
    const gate = ownGate();
    const first = await authOf(gate, 'ann/app/notes:read');
    const second = await authOf(gate, 'nn/appa/notes:read');
    const id = ownedId(gate, first, { kind: 'session' });
    expect(isOwned(gate, second, id, { kind: 'session' })).toBe(false);
  });
});

describe('keys', () => {
  test('the first mints, all verify, one that is gone is unknown [HO-15, T159]', async () => {
    const before = ownGate({ ownership: { keys: [KEY] } });
    const during = ownGate({ ownership: { keys: [OTHER_KEY, KEY] } });
    const after = ownGate({ ownership: { keys: [OTHER_KEY] } });
    const old = ownedId(before, await authOf(before, ANN), { kind: 'session' });
    const fresh = ownedId(during, await authOf(during, ANN), { kind: 'session' });
    const opens = async (gate: typeof before, id: string): Promise<boolean> =>
      isOwned(gate, await authOf(gate, ANN), id, { kind: 'session' });
    expect(await opens(during, old)).toBe(true);
    expect(await opens(after, fresh)).toBe(true);
    expect(await opens(after, old)).toBe(false);
    expect(await opens(before, fresh)).toBe(false);
    expect(old.split('.')[0]).not.toBe(fresh.split('.')[0]);
    const headers = { 'mcp-session-id': old };
    expect(await send(after, { token: ANN, headers, body: ping })).toMatchObject(NOT_FOUND);
  });

  test.each([
    [{ keys: [] }, 'ownership.keys: expected at least one secret'],
    [{ keys: ['short'] }, 'ownership.keys[0]: has 5 bytes; use at least 32'],
    [{ keys: [KEY, new Uint8Array(31)] }, 'ownership.keys[1]: has 31 bytes'],
    [{ keys: [KEY, 7] }, 'ownership.keys[1]: expected a string or a Uint8Array'],
    [{ keys: [KEY, new TextEncoder().encode(KEY)] }, 'ownership.keys: two keys are the same'],
    [{ keys: KEY }, 'ownership.keys: expected a list'],
    [{}, 'ownership.keys: expected at least one secret'],
    [{ keys: [KEY], maxAge: 59 }, 'ownership.maxAge: expected a number of seconds'],
    [{ keys: [KEY], maxage: 60 }, 'ownership.maxage: unknown option'],
    [
      { keys: [KEY], acceptUnsealedUntil: 'soon' },
      'ownership.acceptUnsealedUntil: expected a Date',
    ],
  ])('%j is a TypeError [T159]', (options, message) => {
    expect(() => ownership(options as never)).toThrow(TypeError);
    expect(() => ownership(options as never)).toThrow(message);
  });

  test('a later change of the array changes no key [T159]', async () => {
    const secret = new TextEncoder().encode(KEY);
    const gate = ownGate({ ownership: { keys: [secret] } });
    const id = ownedId(gate, await authOf(gate, ANN), { kind: 'session' });
    secret.fill(0);
    const other = ownGate();
    expect(isOwned(other, await authOf(other, ANN), id, { kind: 'session' })).toBe(true);
  });
});

describe('mistakes', () => {
  test('a gate without ownership, an auth of another gate, a kind that is no word', async () => {
    const gate = ownGate();
    const auth = await authOf(gate, ANN);
    const bare = createGate({
      resource: 'https://a.example.com',
      verifier: () => null,
      scopes: ['a'],
    });
    expect(() => ownedId(bare, auth, { kind: 'session' })).toThrow('the gate has no ownership');
    expect(() => ownedId(gate, { ...auth }, { kind: 'session' })).toThrow(
      'that this gate let through',
    );
    expect(() => ownedId(ownGate(), auth, { kind: 'session' })).toThrow(
      'that this gate let through',
    );
    expect(() => ownedId(gate, auth, { kind: 'two words' })).toThrow(
      'ownedId.kind: expected a word',
    );
    expect(() => isOwned(gate, auth, 'x', {} as never)).toThrow('isOwned.kind: expected a word');
    expect(isOwned(gate, auth, 7, { kind: 'session' })).toBe(false);
  });
});

describe('a platform without node:crypto', () => {
  test('mints and opens the same ids, with promises [T156, T159]', async () => {
    const node = ownGate();
    const minted = ownedId(node, await authOf(node, ANN), { kind: 'session' });
    vi.stubGlobal('process', { ...process, getBuiltinModule: undefined });
    const web = ownGate();
    const auth = await authOf(web, ANN);
    expect(await openOwnedId(web, auth, minted, { kind: 'session' })).toBeDefined();
    const headers = { 'mcp-session-id': minted };
    // From the cache, and before it.
    for (const gate of [web, ownGate()]) {
      expect(await send(gate, { token: ANN, headers, body: ping })).toMatchObject({
        allowed: true,
      });
      expect(await send(gate, { token: BOB, headers, body: ping })).toMatchObject(NOT_FOUND);
    }
    const second = await ownedIdAsync(web, auth, { kind: 'session', inner: 'x' });
    expect(await openOwnedId(web, auth, second, { kind: 'session' })).toMatchObject({ inner: 'x' });
    const spliced = second.replace(/.{43}$/, minted.slice(-43));
    expect(await openOwnedId(web, auth, spliced, { kind: 'session' })).toBeUndefined();
    expect(() => ownedId(web, auth, { kind: 'session' })).toThrow('use ownedIdAsync');
    expect(() => isOwned(ownGate(), auth, minted, { kind: 'session' })).toThrow(TypeError);
    vi.unstubAllGlobals();
    const again = ownGate();
    expect(isOwned(again, await authOf(again, ANN), second, { kind: 'session' })).toBe(true);
  });
});
