import { describe, expect, test } from 'vitest';
import { authenticated } from '../../src/index.js';
import { check, notesGate, rpc } from '../support/mcp.js';

const STATELESS = '2026-07-28';

/** What the gate says to a method that 2026-07-28 removed, as a client of a revision sends it. */
async function answer(
  gate: ReturnType<typeof notesGate>,
  method: string,
  { revision = STATELESS, ...params }: { revision?: string; uri?: unknown },
  token?: string,
): Promise<string> {
  const _meta = { 'io.modelcontextprotocol/protocolVersion': revision };
  const decision = await check(gate, {
    token,
    headers: {
      'mcp-protocol-version': revision,
      ...(revision === STATELESS && { 'mcp-method': method }),
    },
    body: rpc(method, revision === STATELESS ? { ...params, _meta } : params),
  });
  return decision.allowed ? 'allowed' : `${decision.status} ${decision.reason}`;
}

describe.each(['resources/subscribe', 'resources/unsubscribe'])('%s', (method) => {
  const open = notesGate({
    otherMethods: authenticated(),
    resources: { 'notes://secret': 'admin:notes' },
  });

  test('is an unknown method from 2026-07-28 on: the server says so [OP-13]', async () => {
    expect(await answer(open, method, {}, 'none')).toBe('allowed');
  });

  test('is denied without a URI unless other methods are allowed [OP-13, OP-14]', async () => {
    expect(await answer(notesGate(), method, {}, 'admin.notes')).toBe('403 denied');
    expect(await answer(open, method, {})).toBe('401 no_credentials');
  });

  test('follows the rule of a resource that it names all the same [OP-14]', async () => {
    const secret = { uri: 'notes://secret' };
    expect(await answer(open, method, secret, 'notes.read')).toBe('403 insufficient_scope');
    expect(await answer(open, method, secret, 'admin.notes')).toBe('allowed');
    expect(await answer(open, method, { uri: 'notes://x' }, 'admin.notes')).toBe('403 denied');
  });

  test.each([null, 1, {}, ['notes://secret']])('refuses the URI %j [OP-12]', async (uri) => {
    expect(await answer(open, method, { uri }, 'admin.notes')).toBe('400 invalid_body');
  });

  test('needs a URI on the session wire [OP-12]', async () => {
    const legacy = { revision: '2025-11-25' };
    expect(await answer(open, method, legacy, 'admin.notes')).toBe('400 invalid_body');
  });
});
