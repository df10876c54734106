import { describe, expect, test } from 'vitest';
import { refusalBody } from '../../src/challenge/index.js';
import { defineScopes } from '../../src/index.js';

const catalogue = defineScopes({ 'notes:read': { description: 'Read notes' }, 'notes:write': {} });
const facts = {
  error: 'insufficient_scope',
  description: 'add_note needs both',
  scope: ['notes:read', 'notes:write'],
};

describe('refusal bodies', () => {
  test('plain HTTP: OAuth members, scopes with their labels [C401-6]', () => {
    expect(refusalBody(facts, catalogue)).toBe(
      JSON.stringify({
        error: 'insufficient_scope',
        error_description: 'add_note needs both',
        scope: 'notes:read notes:write',
        scopes: [{ name: 'notes:read', description: 'Read notes' }, { name: 'notes:write' }],
      }),
    );
  });

  test('without scopes, no member speaks of them', () => {
    expect(refusalBody({ ...facts, scope: [] }, catalogue)).toBe(
      '{"error":"insufficient_scope","error_description":"add_note needs both"}',
    );
  });

  test('a scope that the catalogue does not know is named all the same', () => {
    const body = refusalBody({ ...facts, scope: ['other'] }, catalogue);
    expect(JSON.parse(body)).toMatchObject({ scope: 'other', scopes: [{ name: 'other' }] });
  });

  test.each([[7], ['a'], [null]])('JSON-RPC with id %j: the same facts in data [C401-6]', (id) => {
    expect(JSON.parse(refusalBody(facts, catalogue, { id, code: 403 }))).toEqual({
      jsonrpc: '2.0',
      id,
      error: {
        code: 403,
        message: 'add_note needs both',
        data: JSON.parse(refusalBody(facts, catalogue)) as unknown,
      },
    });
  });
});
