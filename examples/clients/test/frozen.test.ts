/** An authorization server that keeps for good the scopes that a client registered with. */
import { expect, test } from 'vitest';
import { CLIENTS } from './clients.js';
import { FIRST, createUser, startNotes } from './support.js';

const ALL = Object.entries(CLIENTS);
const isSdk = ([name]: readonly [string, unknown]): boolean => name.startsWith('MCP SDK');

async function connected(connect: (typeof ALL)[number][1]) {
  const { resource } = await startNotes({ framework: 'hono', freezeScopes: true });
  const user = createUser();
  const { call } = await connect(resource, user);
  expect(await call('read_notes')).toBe(FIRST);
  return { call, user };
}

test.each(ALL.filter(isSdk))(
  '%s registers with the scopes of its login: one attempt, an error that names invalid_scope, and the rest still works [CS-6, CS-8]',
  async (_name, connect) => {
    const { call, user } = await connected(connect);
    await expect(call('add_note')).rejects.toThrow('add_note needs notes:write: invalid_scope');
    await expect(call('add_note')).rejects.toThrow('add_note needs notes:write: nothing_new');
    expect(user.asked).toEqual(['notes:read', 'notes:read notes:write']);
    expect(await call('read_notes')).toBe(FIRST);
  },
);

test.each(ALL.filter((client) => !isSdk(client)))(
  '%s registers without a scope, and can step up there too [CS-3]',
  async (_name, connect) => {
    const { call, user } = await connected(connect);
    expect(await call('add_note')).toBe('Added: milk');
    expect(user.asked).toEqual(['notes:read', 'notes:read notes:write']);
  },
);
