import { describe, expect, test } from 'vitest';
import { requireAuth } from '../../src/adapter.js';
import type { Auth } from '../../src/index.js';
import { callTool, check, notesGate } from '../support/mcp.js';

const gate = notesGate();

async function authFor(of: typeof gate): Promise<Auth> {
  const decision = await check(of, { token: 'notes.read', body: callTool('read_notes') });
  if (!decision.allowed || decision.auth === undefined) throw new Error('expected auth');
  return decision.auth;
}

describe('what an adapter found where its framework keeps auth', () => {
  test('is returned if this gate made it [T16]', async () => {
    const auth = await authFor(gate);
    expect(requireAuth(gate, auth)).toBe(auth);
  });

  test.each<readonly [what: string, found: () => unknown]>([
    ['nothing', () => undefined],
    ['null', () => null],
    ['what looks like one', () => ({ token: 'x', clientId: 'c', scopes: ['admin:notes'] })],
    ['another gate’s', () => authFor(notesGate())],
    ['a copy', async () => ({ ...(await authFor(gate)) })],
  ])('throws for %s, and says why [T16]', async (_what, found) => {
    const value = await found();
    expect(() => requireAuth(gate, value)).toThrow(
      new Error('no auth: this gate does not guard the route, or the caller is anonymous'),
    );
  });
});
