/**
 * The gates and routes of the suite's applications.
 *
 * @module
 */
import { allOf, anyOf, createGate, defineScopes } from '@scopegate/core';
import type { DecisionEvent, GateOptions, ScopeCatalogue, Verifier } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';
import type { GuardedRoute } from './harness.js';
import type { TestGate, TestScope } from './types.js';

export type { TestGate, TestRule, TestScope } from './types.js';

export const RESOURCE = 'https://notes.example.com/mcp';

export const scopes: ScopeCatalogue<TestScope> = defineScopes({
  'notes:read': { description: 'Read notes' },
  'notes:write': { description: 'Add and change notes', implies: ['notes:read'] },
  'admin:notes': { description: 'Purge notes', implies: ['notes:write'] },
});

export interface Verifiers {
  readonly verifier: Verifier;
  /** A verifier that always fails, as if its issuer could not be reached. */
  readonly down: Verifier;
}

/** The routes that the table of cases uses. */
export function createRoutes({ verifier, down }: Verifiers): readonly GuardedRoute[] {
  const gate = notesGate(verifier);
  return [
    { path: '/mcp', gate },
    { path: '/export', gate, rule: 'notes:write' },
    { path: '/both', gate, rule: allOf('notes:write', 'admin:notes') },
    {
      path: '/either',
      gate,
      rule: anyOf(allOf('admin:notes', 'notes:write'), allOf('notes:read', 'notes:write')),
    },
    { path: '/down', gate: notesGate(down) },
    { path: '/root', gate: rootGate(verifier) },
    { path: '/signed', gate: signedGate(verifier) },
    { path: '/other', gate: notesGate(verifier, { resource: 'https://notes.example.com/other' }) },
    { path: '/tight', gate: notesGate(verifier, { bodyLimit: 1000, bodyTimeout: 150 }) },
  ];
}

export function notesGate(
  verifier: Verifier,
  options: Partial<GateOptions<TestScope>> = {},
): TestGate {
  return watched({
    resource: RESOURCE,
    authorizationServers: ['https://idp.example.com'],
    verifier,
    scopes,
    initialScopes: ['notes:read'],
    policy: mcpPolicy(scopes, {
      tools: { read_notes: 'notes:read', add_note: 'notes:write', admin_purge: 'admin:notes' },
    }),
    ...options,
  });
}

const events = new WeakMap<TestGate, DecisionEvent[]>();

/** The decision events of a gate. The reader may empty the list. */
export function decisionsOf(gate: TestGate): DecisionEvent[] {
  return events.get(gate) ?? [];
}

function watched(options: GateOptions<TestScope>): TestGate {
  const recorded: DecisionEvent[] = [];
  const gate = createGate({
    onDecision: (event) => recorded.push(event),
    // Warnings are expected: suites request operations that no policy names, and some gates lack options.
    onWarning: () => undefined,
    ...options,
  });
  events.set(gate, recorded);
  return gate;
}

/** A gate that lists its tools without a token. */
export function openGate(verifier: Verifier): TestGate {
  return notesGate(verifier, { policy: mcpPolicy(scopes, { anonymous: true }) });
}

/** A gate with the fewest options: no authorization servers, no initial scopes. */
function rootGate(verifier: Verifier): TestGate {
  return watched({
    resource: 'https://notes.example.com',
    verifier,
    scopes,
    policy: mcpPolicy(scopes, {}),
  });
}

/** A gate whose metadata document is signed, which needs a promise. */
function signedGate(verifier: Verifier): TestGate {
  return notesGate(verifier, {
    resource: 'https://notes.example.com/signed?tenant=a',
    signedMetadata: async () => 'header.payload.signature',
  });
}
