/** What a misspelt scope does not pass, beside the gate: the mapping of upstream tokens, rules on actors. */
import { expectTypeOf, test } from 'vitest';
import { actedBy, allOf, createGate, notDelegated } from '../../src/index.js';
import type { Rule } from '../../src/index.js';
import { upstreamTokens } from '../../src/exchange/index.js';
import type { UpstreamTokens } from '../../src/exchange/index.js';

const gate = createGate({
  resource: 'https://notes.example.com/mcp',
  verifier: () => undefined,
  scopes: ['notes:read', 'notes:write'],
});
const common = {
  ...{ issuer: 'https://idp.example.com', clientId: 'notes', audience: 'orders' },
  clientAuthentication: { method: 'client_secret_basic', secret: 's' },
} as const;

test('the mapping knows the scopes of the gate', () => {
  const upstream = upstreamTokens(gate, { ...common, scopes: { 'notes:read': 'api.read' } });
  expectTypeOf(upstream).toEqualTypeOf<UpstreamTokens<'notes:read' | 'notes:write'>>();
  // @ts-expect-error: not in the catalogue
  upstreamTokens(gate, { ...common, scopes: { 'notes:raed': 'api.read' } });
});

test('rules on actors infer and check their scopes', () => {
  expectTypeOf(actedBy('agent', 'notes:read')).toExtend<Rule<'notes:read'>>();
  expectTypeOf(notDelegated(allOf('notes:read', 'notes:write'))).toExtend<
    Rule<'notes:read' | 'notes:write'>
  >();
  expectTypeOf(actedBy(['a', { subject: 'b', issuer: 'c' }])).toExtend<Rule<'notes:read'>>();
  gate.route(actedBy('agent', 'notes:write'));
  // @ts-expect-error: not in the catalogue
  gate.route(actedBy('agent', 'notes:wriet'));
  // @ts-expect-error: an actor has a subject
  actedBy({ issuer: 'c' });
});
