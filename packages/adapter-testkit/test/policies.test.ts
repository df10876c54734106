/** The gates of the suite are written with care: whoever lints them finds nothing. */
import { lintPolicy } from '@scopegate/audit';
import { expect, test } from 'vitest';
import { createRoutes } from '../src/gates.js';

const nobody = (): undefined => undefined;
const routes = createRoutes({ verifier: nobody, down: nobody });

// Except the gate with the fewest options: no operation needs its scopes.
test.each(routes.filter(({ path }) => path !== '/root'))(
  'the policy at $path has no finding',
  ({ gate }) => {
    const tools = ['read_notes', 'add_note', 'admin_purge'];
    expect(lintPolicy(gate, { tools, prompts: [] })).toEqual([]);
  },
);
