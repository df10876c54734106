import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signIn } from '../src/sign-in.js';
import { LEGACY, MODERN } from '../src/wires.js';
import type { Wire } from '../src/wires.js';
import { startEnvironment } from '../src/environment.js';
import type { Environment } from '../src/environment.js';

const WIRES = [LEGACY, MODERN];
/** The account that consents to everything. */
const MINA = 'mina';

describe.each(['express', 'hono'] as const)('the notes server on %s', (framework) => {
  let environment: Environment;

  beforeAll(async () => {
    environment = await startEnvironment({ framework });
  });

  afterAll(() => environment.close());

  async function call(wire: Wire, tool: string, token?: string): Promise<Response> {
    const { headers, body } = wire.request(tool, { text: 'Hello' });
    return fetch(environment.resource, {
      method: 'POST',
      headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      body,
    });
  }

  test('a broader scope alone is enough for what it implies [SC-2]', async () => {
    const writer = await signIn(environment, 'notes:write', MINA);
    const admin = await signIn(environment, 'admin:notes', MINA);
    expect([writer.scope, admin.scope]).toEqual(['notes:write', 'admin:notes']);
    for (const wire of WIRES) {
      expect((await call(wire, 'read_notes', writer.accessToken)).status).toBe(200);
      expect((await call(wire, 'admin_purge', writer.accessToken)).status).toBe(403);
      expect((await call(wire, 'read_notes', admin.accessToken)).status).toBe(200);
      expect((await call(wire, 'add_note', admin.accessToken)).status).toBe(200);
    }
  });

  test('admin_purge, allowed, purges', async () => {
    const admin = await signIn(environment, 'admin:notes', MINA);
    const response = await call(LEGACY, 'admin_purge', admin.accessToken);
    expect(await response.text()).toMatch(/Removed [1-9]\d* notes/);
    expect(environment.notes.size).toBe(0);
  });

  test('a tool knows who called it', async () => {
    const writer = await signIn(environment, 'notes:write', MINA);
    for (const wire of WIRES) await (await call(wire, 'add_note', writer.accessToken)).text();
    expect(environment.notes.read()).toEqual([
      { text: 'Hello', by: 'mina' },
      { text: 'Hello', by: 'mina' },
    ]);
  });

  test('a tool that nobody gave a rule is refused, and no scope cures it', async () => {
    const admin = await signIn(environment, 'admin:notes', MINA);
    for (const wire of WIRES) {
      const response = await call(wire, 'burn_notes', admin.accessToken);
      expect(response.status).toBe(403);
      expect(response.headers.get('www-authenticate') ?? '').not.toContain('insufficient_scope');
    }
  });
});
