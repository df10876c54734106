/** Which scopes of the gate stand for another server's: all of them or none, and the reason for none. */
import { describe, expect, test } from 'vitest';
import { mapScopes } from '../../src/engine.js';
import type { Auth, Gate } from '../../src/index.js';
import { callTool, check, notesGate } from '../support/mcp.js';

const gate = notesGate();

async function authFor(token: string, of = gate): Promise<Auth> {
  const decision = await check(of, { token, body: callTool('read_notes') });
  if (!decision.allowed || decision.auth === undefined) throw new Error('expected auth');
  return decision.auth;
}

type Map = (scopes: readonly string[]) => readonly (string | undefined)[];

/** The scopes, and what was reported. */
function ask(theirs: readonly string[], auth?: Auth, map?: Map): readonly unknown[] {
  const reports: unknown[] = [];
  const onUnmapped = (...report: unknown[]): void => void reports.push(report);
  const settings = { gate: gate as unknown as Gate, mapScopes: map, onUnmapped };
  return [mapScopes(theirs, auth, settings), reports];
}

describe('the scopes to ask for', () => {
  test('have the same names without a mapping, each once', () => {
    const twice = ['notes:write', 'admin:notes', 'notes:write'];
    expect(ask(twice)).toEqual([['notes:write', 'admin:notes'], []]);
  });

  test('are those of the mapping, which gets them as the server wrote them', () => {
    const seen: unknown[] = [];
    const map: Map = (scopes) => {
      seen.push(scopes);
      return ['notes:write'];
    };
    expect(ask(['Files.ReadWrite'], undefined, map)).toEqual([['notes:write'], []]);
    expect(seen).toEqual([['Files.ReadWrite']]);
  });

  test('are all of them, for a caller who has some', async () => {
    const both = ['notes:read', 'notes:write'];
    expect(ask(both, await authFor('notes.read'))).toEqual([both, []]);
  });

  test('do not depend on what a caller of another gate has', async () => {
    const auth = await authFor('admin.notes', notesGate());
    expect(ask(['notes:write'], auth)).toEqual([['notes:write'], []]);
  });
});

describe('none', () => {
  const unknown = 'the upstream wants scopes that are not in the catalogue';
  test.each<[what: string, theirs: string[], map: Map | undefined, reason: string]>([
    ['none is named', [], undefined, 'the upstream wants scopes and does not say which'],
    ['none is mapped', ['a'], () => [], 'the upstream wants scopes and does not say which'],
    ['one is unknown', ['notes:read', 'other'], undefined, unknown],
    ['one has no mapping', ['a', 'b'], () => ['notes:read', undefined], unknown],
  ])('if %s', async (_what, theirs, map, reason) => {
    expect(ask(theirs, undefined, map)).toEqual([[], [[reason, undefined]]]);
    expect(ask(theirs, await authFor('notes.write'), map)).toEqual([[], [[reason, undefined]]]);
  });

  test('if the caller has all of them, by implication too', async () => {
    const auth = await authFor('notes.write');
    const reason = 'the upstream wants scopes that the caller has';
    expect(ask(['notes:read', 'notes:write'], auth)).toEqual([[], [[reason, undefined]]]);
  });

  test('if the mapping fails, with its error', () => {
    const error = new Error('mapping');
    const fails = (): never => {
      throw error;
    };
    expect(ask(['notes:read'], undefined, fails)).toEqual([[], [['mapScopes failed', error]]]);
  });
});
