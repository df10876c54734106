/**
 * One instance of the service. All that instances share is in the options.
 *
 * @module
 */
import { createGate, httpPolicy } from '@scopegate/core';
import type { GateOptions, Revocations, Verifier } from '@scopegate/core';

export interface NotesServiceOptions {
  /** The URL that clients know, the same on all instances. */
  readonly resource: string;
  readonly verifier: Verifier;
  readonly revocations: Revocations;
  /** Lets clients bind their tokens to a key: the result of `dpop()`, over a store that instances share. */
  readonly dpop?: NonNullable<GateOptions['dpop']>;
}

/** Seconds after which every token that was issued before has expired. */
const LONGEST_LIFETIME = 3600;

export function createNotesService(
  options: NotesServiceOptions,
): (request: Request) => Promise<Response> {
  const { revocations } = options;
  const gate = createGate({
    ...options,
    scopes: ['notes:read', 'users:revoke'],
    initialScopes: ['notes:read'],
    policy: httpPolicy([
      { method: 'GET', path: '/notes', rule: 'notes:read' },
      { method: 'POST', path: '/revocations', rule: 'users:revoke' },
    ]),
  });
  return gate.fetch(async (request, { auth }) => {
    const url = new URL(request.url);
    if (url.pathname === '/notes') return Response.json({ notes: ['Milk'], for: auth?.subject });
    const subject = url.searchParams.get('subject');
    if (subject === null || subject === '') return new Response('Whose?', { status: 400 });
    const now = Math.floor(Date.now() / 1000);
    // Later logins are not affected. A token without `iat` may have been issued before.
    await revocations.revoke({ subject, issuedBefore: now + 1 }, { until: now + LONGEST_LIFETIME });
    return new Response(null, { status: 204 });
  });
}
