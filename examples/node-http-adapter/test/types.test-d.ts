import { createGate } from '@scopegate/core';
import { expectTypeOf, test } from 'vitest';
import type { Auth } from '@scopegate/core';
import type { IncomingMessage } from 'node:http';
import { authOf, protect } from '../src/adapter.js';

const gate = createGate({
  resource: 'https://notes.example.com',
  scopes: ['notes:read', 'notes:write'],
  verifier: async () => undefined,
});

test('a misspelt scope does not compile', () => {
  protect(gate, 'notes:read');
  // @ts-expect-error: no scope of this gate
  protect(gate, 'notes:raed');
});

test('authOf knows the scopes of its gate', () => {
  expectTypeOf(authOf(gate, {} as IncomingMessage)).toEqualTypeOf<
    Auth<'notes:read' | 'notes:write'>
  >();
});
