/**
 * A gate with ownership whose tokens say who calls: `ann/app/notes:read+notes:write/1`. The last part
 * makes another token of the same caller.
 *
 * @module
 */
import { createGate } from '../../../src/index.js';
import type { Auth, Decision, Gate, GateOptions, Verifier } from '../../../src/index.js';
import { mcpPolicy } from '../../../src/mcp/index.js';
import type { McpPolicyOptions } from '../../../src/mcp/index.js';
import { ownership } from '../../../src/token/ownership/index.js';
import type { OwnershipOptions } from '../../../src/token/ownership/index.js';
import { RESOURCE, request, scopes } from '../../support/mcp.js';
import type { Call } from '../../support/mcp.js';
import type { NotesScope } from '../../support/mcp.js';

export const KEY = 'the first secret, 32 bytes or more';
export const OTHER_KEY = 'another secret, 32 bytes or more!';

/** `-` in the place of the user is a token without a subject. */
export const callersAsTokens: Verifier = (token) => {
  const [subject = '', clientId = '', granted = ''] = token.split('/');
  if (clientId === '') return undefined;
  return {
    scopes: granted.split('+').filter((scope) => scope !== ''),
    clientId,
    ...(subject !== '-' && { subject }),
  };
};

export interface OwnGate {
  readonly policy?: McpPolicyOptions<NotesScope>;
  readonly ownership?: Partial<OwnershipOptions>;
  readonly gate?: Partial<GateOptions<NotesScope>>;
}

export function ownGate(given: OwnGate = {}): Gate<NotesScope> {
  return createGate({
    resource: RESOURCE,
    authorizationServers: ['https://idp.example.com'],
    verifier: callersAsTokens,
    tokenSyntax: 'opaque',
    scopes,
    policy: mcpPolicy(scopes, {
      tools: { read_notes: 'notes:read', add_note: 'notes:write', admin_purge: 'admin:notes' },
      tasks: 'admin:notes',
      ...given.policy,
    }),
    ownership: ownership({ keys: [KEY], ...given.ownership }),
    ...given.gate,
  });
}

export type Sent = Call;
export { request as toRequest } from '../../support/mcp.js';

export function send(gate: Gate<NotesScope>, sent: Sent): Promise<Decision> {
  return gate.check(request(sent));
}

/** The `auth` that the gate makes for a token. */
export async function authOf(gate: Gate<NotesScope>, token: string, body?: unknown): Promise<Auth> {
  const decision = await send(gate, {
    token,
    body: body ?? { jsonrpc: '2.0', id: 1, method: 'ping' },
  });
  if (!decision.allowed || decision.auth === undefined) throw new Error(JSON.stringify(decision));
  return decision.auth;
}

export const ANN = 'ann/app/notes:read+notes:write/1';
export const ANN_LATER = 'ann/app/admin:notes/2';
export const ANN_ELSEWHERE = 'ann/other-app/notes:read+notes:write/1';
export const BOB = 'bob/app/notes:read+notes:write/1';
export const NOBODY = '-/app/notes:read+notes:write/1';

export const NOT_FOUND = {
  status: 404,
  reason: 'unknown_id',
  body: '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}',
};
