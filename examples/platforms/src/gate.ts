/**
 * The gate of both servers, for first steps: a list of tokens in place of an identity provider.
 *
 * @module
 */
import { createGate, defineScopes, staticTokens } from '@scopegate/core';
import type { Gate } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';

const scopes = defineScopes({
  'notes:read': { description: 'Read notes' },
  'notes:write': { description: 'Add and change notes', implies: ['notes:read'] },
});

export const gate: Gate<'notes:read' | 'notes:write'> = createGate({
  resource: 'https://notes.example.com/mcp',
  authorizationServers: ['https://idp.example.com'],
  verifier: staticTokens({
    'reader-token-of-this-example': { scopes: ['notes:read'], subject: 'ray' },
    'writer-token-of-this-example': { scopes: ['notes:write'], subject: 'wen' },
  }),
  scopes,
  initialScopes: ['notes:read'],
  policy: mcpPolicy(scopes, { tools: { read_notes: 'notes:read', add_note: 'notes:write' } }),
});
