import { StepUpError } from '@scopegate/client';
import { describe, expect, test } from 'vitest';
import { staticTokenFetch } from '../src/static-token.js';
import { CLIENTS, v1 } from './clients.js';
import { FIRST, callTool, createUser, notesGate, startNotes } from './support.js';

describe.each(Object.entries(CLIENTS))('%s', (_name, connect) => {
  test('a scope that the user declines: one question, a clear error, and the rest still works [CS-6, CS-8]', async () => {
    const { resource } = await startNotes({ framework: 'hono' });
    const user = createUser();
    const { call } = await connect(resource, user);
    await call('read_notes');
    await expect(call('admin_purge')).rejects.toThrow(
      'admin_purge needs admin:notes: access_denied',
    );
    await expect(call('admin_purge')).rejects.toThrow('admin_purge needs admin:notes: nothing_new');
    expect(user.asked).toHaveLength(2);
    expect(await call('read_notes')).toBe(FIRST);
    expect(await call('add_note')).toBe('Added: milk');
    expect(user.asked).toEqual([
      'notes:read',
      expect.stringContaining('admin:notes'),
      'notes:read notes:write',
    ]);
  });
});

const MCP_CLIENTS = Object.entries(CLIENTS).filter(([name]) => name.startsWith('MCP'));

test.each(MCP_CLIENTS)(
  '%s: a token that ran out is renewed with all its scopes [CS-3, C401-7, T120]',
  async (_name, connect) => {
    const { resource } = await startNotes({ framework: 'hono' });
    const user = createUser();
    const { call, provider } = await connect(resource, user);
    await call('add_note');
    provider?.expire();
    expect(await call('add_note')).toBe('Added: milk');
    const isRefreshed = provider?.tokens()?.refresh_token !== undefined;
    const all = 'notes:read notes:write';
    expect(user.asked).toEqual(['notes:read', all, ...(isRefreshed ? [] : [all])]);
  },
);

test.each([true, false])(
  'MCP SDK 1 against challenges that name only what a tool needs, refresh token: %s [CS-3, CS-7]',
  async (hasRefreshToken) => {
    const { resource } = await startNotes({
      framework: 'hono',
      createGate: notesGate({
        challengeScopes: 'missing',
      }),
    });
    const user = createUser();
    const { call } = await v1(hasRefreshToken)(resource, user);
    for (const tool of ['read_notes', 'add_note', 'read_notes', 'add_note']) await call(tool);
    expect(user.asked).toEqual(['notes:read', 'notes:read notes:write']);
  },
);

test('a static token: the error says what it lacks [CS-4, CS-8]', async () => {
  const { resource } = await startNotes({ framework: 'hono' });
  const fetch = staticTokenFetch(resource, 'not-a-token');
  const failure: unknown = await callTool(fetch, resource, 'add_note').catch(
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(StepUpError);
  expect(failure).toMatchObject({ code: 'cannot_authorize', operation: { label: 'add_note' } });
});
