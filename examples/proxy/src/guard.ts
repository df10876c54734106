/**
 * All that the server behind lacks: scopes, who needs which, metadata, refusals.
 *
 * @module
 */
import { createGate, defineScopes } from '@scopegate/core';
import type { Verifier } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';
import { createProxy } from '@scopegate/proxy';
import type { ProxyErrorContext } from '@scopegate/proxy';

export const scopes = defineScopes({
  'notes:read': { description: 'Read notes' },
  'notes:write': { description: 'Add and change notes', implies: ['notes:read'] },
  'notes:purge': { description: 'Remove notes', implies: ['notes:write'] },
});

export interface GuardOptions {
  /** The URL that clients type. */
  readonly resource: string;
  readonly issuer: string;
  readonly verifier: Verifier;
  /** The URL of the server behind the proxy. Only the proxy should be able to reach it. */
  readonly upstream: string;
  /** The credential by which the server behind recognizes the proxy. */
  readonly credential: string;
  readonly onError: (error: unknown, context: ProxyErrorContext) => void;
}

export function createGuard(options: GuardOptions): (request: Request) => Promise<Response> {
  const { resource, issuer, verifier, upstream, credential, onError } = options;
  const gate = createGate({
    resource,
    authorizationServers: [issuer],
    verifier,
    scopes,
    initialScopes: ['notes:read'],
    // `purge` is not named: the server behind says by itself what it needs.
    policy: mcpPolicy(scopes, {
      tools: { read_notes: 'notes:read', add_note: 'notes:write' },
      otherTools: 'notes:read',
    }),
  });
  return createProxy(gate, upstream, {
    credential,
    headers: {
      'X-User': (auth) => auth?.subject,
      'X-Scopes': (auth) => scopes.names.filter((scope) => auth?.has(scope)).join(' ') || undefined,
    },
    onError,
  });
}
