/** A store of shared tokens may do anything: what comes out is a token for the key, or nothing. */
import { describe, expect, test } from 'vitest';
import { shareTokens } from '../../src/token/index.js';
import type { TokenCache } from '../../src/token/index.js';

const good = { key: 'k', token: 'up', since: 1000, until: 2000 };
const bounds = { revokedAt: -Infinity, except: [undefined, 'inbound'] };

async function found(get: TokenCache['get'], more: Partial<typeof bounds> = {}): Promise<unknown> {
  const errors: unknown[] = [];
  const shared = shareTokens({ get, set: () => undefined });
  const token = await shared.find('k', { ...bounds, ...more }, (error) => errors.push(error));
  return token ?? errors.length;
}

describe('a token is found', () => {
  test('as it was stored', async () => {
    const kept = new Map<string, unknown>();
    const shared = shareTokens({
      get: async (key) => kept.get(key),
      set: async (key, value) => void kept.set(key, value),
    });
    const token = { token: 'up', since: 1000, until: 2000 };
    await shared.store('k', token, () => expect.unreachable());
    expect(await shared.find('k', bounds, () => expect.unreachable())).toEqual(token);
    expect(await shared.find('l', bounds, () => expect.unreachable())).toBeUndefined();
  });

  test.each<[string, TokenCache['get'], number]>([
    ['nothing is there', () => undefined, 0],
    [
      'it throws',
      () => {
        throw new Error('down');
      },
      1,
    ],
    [
      'it rejects',
      async () => {
        throw new Error('down');
      },
      1,
    ],
    ['it never answers', () => new Promise(() => undefined), 1],
    ['null', () => null, 1],
    ['a text', () => 'up', 1],
    ['the token of another key', () => ({ ...good, key: 'other' }), 1],
    ['no key', () => ({ ...good, key: undefined }), 1],
    ['members of the prototype', () => Object.create(good) as unknown, 1],
    ['no token', () => ({ ...good, token: undefined }), 1],
    ['a list of tokens', () => ({ ...good, token: ['up'] }), 1],
    ['an empty token', () => ({ ...good, token: '' }), 1],
    ['a line break', () => ({ ...good, token: 'up\r\nx: 1' }), 1],
    ['20,000 characters', () => ({ ...good, token: 'x'.repeat(20_000) }), 1],
    ['no end', () => ({ ...good, until: null }), 1],
    ['an end in milliseconds', () => ({ ...good, until: Date.now() }), 1],
    ['no beginning', () => ({ ...good, since: 'x' }), 1],
    ["the caller's own token", () => ({ ...good, token: 'inbound' }), 0],
  ])('not if %s [T165, T166, T168]', async (_, get, errors) => {
    expect(await found(get)).toBe(errors);
  });

  test.each([
    [939, true],
    [940, false],
    [2000, false],
  ])('after a revocation at %i, if it is surely newer: %s [T167]', async (revokedAt, isFound) => {
    expect(await found(() => good, { revokedAt })).toEqual(
      isFound ? { token: 'up', since: 1000, until: 2000 } : 0,
    );
  });
});

test.each<[string, TokenCache['set']]>([
  [
    'throws',
    () => {
      throw new Error('down');
    },
  ],
  [
    'rejects',
    async () => {
      throw new Error('down');
    },
  ],
  ['never answers', () => new Promise(() => undefined)],
])('a store that %s is reported, and nothing rejects', async (_, set) => {
  const errors: unknown[] = [];
  const shared = shareTokens({ get: () => undefined, set });
  await shared.store('k', good, (error) => errors.push(error));
  expect(errors).toHaveLength(1);
});

test('the store learns when a token expires, and under which key it stands', async () => {
  const stored: unknown[] = [];
  const shared = shareTokens({
    get: () => undefined,
    set: (...args) => void stored.push(args),
  });
  await shared.store('k', { token: 'up', since: 1000, until: 2000 }, () => expect.unreachable());
  expect(stored).toEqual([['k', good, { expiresAt: 2000 }]]);
});

test('what was wrong is reported in these words', async () => {
  const messageOf = async (get: TokenCache['get']): Promise<string> => {
    const errors: unknown[] = [];
    const shared = shareTokens({ get, set: () => undefined });
    await shared.find('k', bounds, (error) => errors.push(error));
    return String(errors);
  };
  expect(await messageOf(() => ({ ...good, key: 'other' }))).toBe(
    'Error: the store of shared tokens has a value of another form',
  );
  expect(await messageOf(() => new Promise(() => undefined))).toMatch(
    /the store of shared tokens took longer than 250 ms/,
  );
});

test('a token of 16 KiB is one, and none is longer', async () => {
  const token = 'x'.repeat(16_384);
  expect(await found(() => ({ ...good, token }))).toMatchObject({ token });
  expect(await found(() => ({ ...good, token: `${token}x` }))).toBe(1);
});
