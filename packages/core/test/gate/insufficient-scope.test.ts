import { describe, expect, test } from 'vitest';
import { insufficientScope } from '../../src/index.js';
import type { Gate } from '../../src/index.js';
import { callTool, check, header, notesGate } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

const gate = notesGate();
const STATELESS = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call' };
const WIRES: Readonly<Record<string, (tool: string) => Record<string, string>>> = {
  '2025-11-25': () => ({}),
  '2026-07-28': (tool) => ({ ...STATELESS, 'mcp-name': tool }),
};

describe('a refusal for code that builds its own answers', () => {
  test.each(Object.entries(WIRES))(
    '%s: is the gate’s own, to the byte [C403-1, C403-3, T13]',
    async (_wire, headers) => {
      const call = (tool: string): Parameters<typeof check>[1] => ({
        token: 'notes.read',
        headers: headers(tool),
        body: callTool(tool),
      });
      const allowed = await check(gate, call('read_notes'));
      if (!allowed.allowed) throw new Error('expected auth');
      const byHand = insufficientScope(gate, 'notes:write', {
        description: 'add_note needs notes:write',
        auth: allowed.auth,
      });
      const own = await check(gate, call('add_note'));
      expect(own).toMatchObject({ allowed: false, status: 403 });
      expect(byHand).toEqual({ ...own, toResponse: expect.any(Function) as unknown });
    },
  );

  test('without options it names the scopes, for plain HTTP [C403-1]', async () => {
    const refusal = insufficientScope(gate, ['notes:write', 'admin:notes']);
    expect(refusal).toMatchObject({ status: 403, reason: 'insufficient_scope' });
    expect(header(refusal, 'www-authenticate')).toBe(
      `Bearer error="insufficient_scope", scope="notes:write admin:notes", resource_metadata="${gate.metadata.url}", error_description="This request needs all of notes:write, admin:notes"`,
    );
    expect(JSON.parse(refusal.body)).toMatchObject({ scope: 'notes:write admin:notes' });
    expect(refusal.toResponse().headers.get('cache-control')).toBe('no-store');
  });

  test('with an id it answers a JSON-RPC call', () => {
    const body = (id: string | number | null): unknown =>
      JSON.parse(insufficientScope(gate, 'notes:write', { id }).body);
    for (const id of ['a', 0, null]) expect(body(id)).toMatchObject({ id, error: { code: 403 } });
  });

  test('a description cannot look like another parameter, and an empty one is left out [T40]', () => {
    const said = (description: string): string | undefined =>
      header(insufficientScope(gate, 'notes:write', { description }), 'www-authenticate');
    expect(said('x", scope="admin:notes')).toContain('error_description="x , scope admin:notes"');
    expect(said('')).toContain('error_description="This request needs notes:write"');
  });

  test('unknown scopes are not named, and neither is a part of the list [C403-6, T40]', () => {
    for (const scopes of [[], ['other'], ['notes:read', 'other'], 'other']) {
      const refusal = insufficientScope(gate, scopes as NotesScope[]);
      expect(refusal).toMatchObject({ status: 403, reason: 'denied' });
      expect(header(refusal, 'www-authenticate')).toBeUndefined();
      expect(refusal.body).not.toContain('other');
    }
  });

  test('an auth of another gate is ignored', async () => {
    const other = await check(notesGate(), { token: 'admin.notes', body: callTool('read_notes') });
    if (!other.allowed) throw new Error('expected auth');
    const refusal = insufficientScope(gate, 'notes:write', { auth: other.auth });
    expect(header(refusal, 'www-authenticate')).toContain('scope="notes:write"');
    expect(JSON.parse(refusal.body)).not.toHaveProperty('jsonrpc');
  });

  test('anything but a gate is a TypeError', () => {
    for (const none of [{ ...gate }, Object.create(gate) as object, {}]) {
      expect(() => insufficientScope(none as Gate<NotesScope>, 'notes:read')).toThrow(
        new TypeError(
          'insufficientScope: expected what createGate() returns, of the same copy of the package',
        ),
      );
    }
  });
});
