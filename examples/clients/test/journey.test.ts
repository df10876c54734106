/**
 * Login, 200, 403, step-up, 200: every client over every adapter's server, with a real authorization
 * server. `npm run test:clients` prints it as a table.
 */
import { describe, expect, test } from 'vitest';
import type { Binding } from '../../notes-mcp/src/environment.js';
import { BINDINGS } from './bindings.js';
import { CLIENTS, MCP_REMOTE } from './clients.js';
import { FIRST, createUser, startNotes } from './support.js';

declare module 'vitest' {
  interface TaskMeta {
    /** For the table. */
    journey?: {
      readonly client: string;
      readonly adapter: string;
      readonly authorizations: number;
    };
  }
}

/** The same, noting what each request was answered with. */
function observed(binding: Binding): Binding & { readonly statuses: readonly number[] } {
  const statuses: number[] = [];
  const createApp: Binding['createApp'] = (gate, mcp) => {
    const app = binding.createApp(gate, mcp);
    return (req, res) => {
      res.once('finish', () => statuses.push(res.statusCode));
      return app(req, res);
    };
  };
  return { ...binding, createApp, statuses };
}

describe.each(Object.entries({ ...CLIENTS, ...MCP_REMOTE }))('%s', (client, connect) => {
  test.for(BINDINGS)(
    'on $label: login, refusal, step-up, and no scope lost: two authorizations [CS-1, CS-2, CS-3, CS-7, CS-11]',
    // `mcp-remote` is a process of its own.
    { timeout: 20_000 },
    async (binding, { task }) => {
      const framework = observed(binding);
      const { resource, notes } = await startNotes({ framework });
      const user = createUser();
      const { call } = await connect(resource, user);
      expect(await call('read_notes')).toBe(FIRST);
      expect(framework.statuses).not.toContain(403);
      expect(await call('add_note')).toBe('Added: milk');
      expect(await call('read_notes')).toBe(`${FIRST}\nmilk (ray)`);
      expect(await call('add_note')).toBe('Added: milk');
      expect(user.asked).toEqual(['notes:read', 'notes:read notes:write']);
      expect(framework.statuses.filter((status) => status === 403)).toHaveLength(1);
      expect(notes.runs).toEqual({ read_notes: 2, add_note: 2, admin_purge: 0 });
      task.meta.journey = { client, adapter: binding.label, authorizations: user.asked.length };
    },
  );
});
