/** Misspelt scopes and policies do not compile. */
import { createGate, httpPolicy } from '@scopegate/core';
import { describe, expectTypeOf, test } from 'vitest';
import { forwardAuth } from '../src/index.js';

const gate = createGate({
  resource: 'https://notes.example.com/notes',
  verifier: () => undefined,
  scopes: ['notes:read', 'notes:write'],
});

describe('forwardAuth', () => {
  test('takes a rule of the gate, and its identity knows the scopes', () => {
    const handler = forwardAuth(gate, {
      from: 'nginx',
      rule: 'notes:read',
      identity: { 'X-Scopes': (auth) => auth?.scopes.join(' ') },
    });
    expectTypeOf(handler).returns.resolves.toEqualTypeOf<Response>();
  });

  test('takes no unknown scope, no policy, no other proxy, and needs both', () => {
    // @ts-expect-error: a misspelt scope
    forwardAuth(gate, { from: 'nginx', rule: 'notes:raed' });
    // @ts-expect-error: a policy
    forwardAuth(gate, { from: 'nginx', rule: httpPolicy([]) });
    // @ts-expect-error: a proxy that is not known
    forwardAuth(gate, { from: 'apache', rule: 'notes:read' });
    // @ts-expect-error: no rule
    forwardAuth(gate, { from: 'nginx' });
    // @ts-expect-error: no proxy
    forwardAuth(gate, { rule: 'notes:read' });
  });
});
