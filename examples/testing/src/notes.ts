/** The service under test. Its verifier comes from outside: the real issuer's in production. */
import { createGate } from '@scopegate/core';
import type { Verifier } from '@scopegate/core';

export const RESOURCE = 'https://notes.example.com/notes';

export function notesService(verifier: Verifier): (request: Request) => Promise<Response> {
  const gate = createGate({
    resource: RESOURCE,
    authorizationServers: ['https://idp.test'],
    verifier,
    scopes: ['notes:read', 'notes:write'],
    initialScopes: ['notes:read'],
  });
  return gate.fetch((_request, { auth }) => Response.json({ of: auth?.subject }), 'notes:read');
}
