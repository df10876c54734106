/**
 * The gate of the servers under test: every operation needs a valid token, and no scope.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { authenticated, createGate, defineScopes } from '@scopegate/core';
import type { Gate } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';

export const TOKEN = randomUUID();

const scopes = defineScopes(['mcp']);

export interface CountingGate {
  readonly gate: Gate;
  /** How many requests came with the token. */
  readonly admitted: () => number;
}

export function createTransparentGate(resource: string): CountingGate {
  let admitted = 0;
  const gate = createGate({
    resource,
    authorizationServers: ['https://idp.example.com'],
    verifier(token) {
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
  });
  return { gate, admitted: () => admitted };
}
