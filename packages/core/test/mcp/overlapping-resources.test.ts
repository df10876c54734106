/** Of several resource keys that fit a URI, the most specific decides, whatever their order. */
import { expect, test } from 'vitest';
import { mcpPolicy } from '../../src/mcp/index.js';
import { notesGate, request, rpc, scopes } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

type Rules = Readonly<Record<string, NotesScope>>;

const reversed = (rules: Rules): Rules => Object.fromEntries(Object.entries(rules).toReversed());

async function statusOf(resources: Rules, uri: string): Promise<number> {
  const body = rpc('resources/read', { uri });
  const decision = await notesGate({ resources }).check(request({ token: 'notes.read', body }));
  return decision.allowed ? 200 : decision.status;
}

test.each([
  [{ 'db://{table}/{id}': 'notes:read', 'db://secrets/{id}': 'admin:notes' }, 'db://secrets/1'],
  [
    {
      'db://{table}/{id}': 'notes:read',
      'db://{table}/1': 'notes:read',
      'db://secrets/{id}': 'notes:read',
      'db://secrets/1': 'admin:notes',
    },
    'db://secrets/1',
  ],
] as const)('%j: a reader does not get %s [T136]', async (resources, uri) => {
  for (const rules of [resources, reversed(resources)]) {
    expect(await statusOf(rules, uri)).toBe(403);
    expect(await statusOf(rules, 'db://notes/1')).toBe(200);
  }
});

test('keys that leave it open are refused, and the key to add is named [T136]', () => {
  const resources: Rules = { 'db://{table}/1': 'notes:read', 'db://secrets/{id}': 'admin:notes' };
  for (const rules of [resources, reversed(resources)]) {
    expect(() => mcpPolicy(scopes, { resources: rules })).toThrow(TypeError);
    expect(() => mcpPolicy(scopes, { resources: rules })).toThrow(
      "both match db://secrets/1, and neither is a part of the other: add a rule for 'db://secrets/1'",
    );
  }
  const added = { ...resources, 'db://secrets/1': 'admin:notes' } as const;
  expect(() => mcpPolicy(scopes, { resources: added })).not.toThrow();
});

test('a template is completed that reaches deeper than a key', async () => {
  const gate = notesGate({
    resources: { 'notes://a': 'notes:write' },
    otherResources: 'notes:read',
  });
  const complete = async (uri: string): Promise<number> => {
    const ref = { type: 'ref/resource', uri };
    const body = rpc('completion/complete', { ref, argument: { name: 'rest', value: '' } });
    const decision = await gate.check(request({ token: 'notes.read', body }));
    return decision.allowed ? 200 : decision.status;
  };
  expect(await complete('notes://a/{+rest}')).toBe(200);
  expect(await complete('notes://{+rest}')).toBe(403);
});
