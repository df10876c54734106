/**
 * The gate of the servers under test: every operation needs a valid token, and no scope.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { authenticated, createGate, defineScopes } from '@scopegate/core';
import type { Auth, Gate } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';
import { ownedEventStore, ownedId, ownership } from '@scopegate/core/ownership';
import type { Binding } from './endpoint.js';

export const TOKEN = randomUUID();

/** A token of another user. */
export const OTHER_TOKEN = randomUUID();

const scopes = defineScopes(['mcp']);

export interface CountingGate {
  readonly gate: Gate;
  /** How many requests came with the token. */
  readonly admitted: () => number;
}

/** With `isOwning`, ids open for the suite alone, and the server must mint them with {@link bindingOf}. */
export function createTransparentGate(resource: string, isOwning = false): CountingGate {
  let admitted = 0;
  const gate = createGate({
    resource,
    authorizationServers: ['https://idp.example.com'],
    verifier(token) {
      if (token === OTHER_TOKEN) return { scopes: [], subject: 'other', clientId: 'suite' };
      if (token !== TOKEN) return undefined;
      admitted += 1;
      return { scopes: [], subject: 'suite', clientId: 'suite' };
    },
    scopes,
    policy: mcpPolicy(scopes, {
      tasks: authenticated(),
      otherTools: authenticated(),
      otherPrompts: authenticated(),
      otherResources: authenticated(),
      otherMethods: authenticated(),
    }),
    ...(isOwning && {
      ownership: ownership({ keys: [randomUUID()] }),
      streams: 'end-with-access' as const,
    }),
  });
  return { gate, admitted: () => admitted };
}

/** Binds the sessions and events of an endpoint to their callers. */
export function bindingOf(gate: Gate): Binding {
  return {
    mintId: (auth) => ownedId(gate, auth as Auth, { kind: 'session' }),
    bindStore: (auth, store) => ownedEventStore(gate, auth as Auth, store),
  };
}
