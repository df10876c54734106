/**
 * A tool that needs a recent login of a strong class (RFC 9470), at an authorization server where the user has an
 * old session: every client asks for the login that the challenge names, and does not refresh.
 */
import { allOf, recentLogin } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';
import { describe, expect, test } from 'vitest';
import { scopes } from '../../notes-mcp/src/notes-server.js';
import { CLIENTS } from './clients.js';
import type { Connect } from './clients.js';
import { FIRST, createUser, notesGate, startNotes } from './support.js';

/** Connects to notes whose `add_note` needs such a login; `asked` are the logins that were asked for. */
async function connected(connect: Connect, acrValues: readonly string[]) {
  const { resource, notes } = await startNotes({
    framework: 'hono',
    loginAge: 1000,
    createGate: notesGate({
      policy: mcpPolicy(scopes, {
        tools: {
          read_notes: 'notes:read',
          add_note: allOf('notes:read', recentLogin({ maxAge: 60, acrValues })),
          admin_purge: allOf('notes:write', recentLogin({ maxAge: 60, acrValues })),
        },
      }),
    }),
  });
  const user = createUser();
  const asked: (readonly (string | null)[])[] = [];
  const openBrowser = (url: URL): Promise<URL> => {
    asked.push(['max_age', 'acr_values'].map((name) => url.searchParams.get(name)));
    return user.openBrowser(url);
  };
  const { call, provider } = await connect(resource, { ...user, openBrowser });
  return { call, provider, asked, user, notes };
}

describe.each(Object.entries(CLIENTS))('%s', (_name, connect) => {
  test('the login of the challenge, once, and not again while it is recent [SU-3]', async () => {
    const { call, asked, user } = await connected(connect, ['phrh', 'phr']);
    expect(await call('read_notes')).toBe(FIRST);
    expect(await call('add_note')).toBe('Added: milk');
    expect(await call('add_note')).toBe('Added: milk');
    expect(asked).toEqual([
      [null, null],
      ['60', 'phrh phr'],
    ]);
    expect(user.asked).toEqual(['notes:read', 'notes:read']);
  });

  test('a refresh leaves the login as it is, so that a recent one stays recent [SU-3]', async () => {
    const { call, asked, provider } = await connected(connect, ['phr']);
    await call('add_note');
    const before = asked.length;
    const isRefreshed = provider?.tokens()?.refresh_token !== undefined;
    provider?.expire();
    expect(await call('add_note')).toBe('Added: milk');
    expect(asked).toHaveLength(isRefreshed || provider === undefined ? before : before + 1);
  });

  test('a scope and a login: both are asked for, one after the other, within one call [SU-3]', async () => {
    const { call, asked, user } = await connected(connect, ['phr']);
    await call('read_notes');
    expect(await call('admin_purge')).toBe('Removed 1 notes');
    expect(asked).toEqual([
      [null, null],
      [null, null],
      ['60', 'phr'],
    ]);
    expect(user.asked).toEqual([
      'notes:read',
      ...['notes:read notes:write', 'notes:read notes:write'],
    ]);
  });

  test('a login that the authorization server does not have: one question, and an error [SU-3]', async () => {
    const { call, asked, notes } = await connected(connect, ['face-to-face']);
    await call('read_notes');
    await expect(call('add_note')).rejects.toThrow(
      /^add_note needs .*: unmet_authentication_requirements$/,
    );
    expect(asked).toEqual([
      [null, null],
      ['60', 'face-to-face'],
    ]);
    expect(notes.runs.add_note).toBe(0);
    expect(await call('read_notes')).toBe(FIRST);
  });
});
