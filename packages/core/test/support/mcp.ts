/**
 * MCP requests, and a gate whose tokens are their own scopes: `Bearer notes.read+notes.write`.
 *
 * @module
 */
import { createGate, defineScopes } from '../../src/index.js';
import type { Decision, Gate, GateOptions, Verifier } from '../../src/index.js';
import { mcpPolicy } from '../../src/mcp/index.js';
import type { McpPolicyOptions } from '../../src/mcp/index.js';

export const RESOURCE = 'https://notes.example.com/mcp';

export const scopes = defineScopes({
  'notes:read': { description: 'Read notes' },
  'notes:write': { description: 'Add and change notes', implies: ['notes:read'] },
  'admin:notes': { description: 'Purge notes', implies: ['notes:write'] },
});

export type NotesScope = (typeof scopes.names)[number];

/** Scopes travel in the token itself, with `.` for `:` and `+` between; `bad` is no token. */
export const scopesAsToken: Verifier = (token) =>
  token === 'bad'
    ? undefined
    : {
        scopes: token === 'none' ? [] : token.replaceAll('.', ':').split('+'),
        subject: 'ray',
        clientId: 'notes-app',
      };

export function notesGate(
  policy: McpPolicyOptions<NotesScope> = {},
  options: Partial<GateOptions<NotesScope>> = {},
): Gate<NotesScope> {
  return createGate({
    resource: RESOURCE,
    authorizationServers: ['https://idp.example.com'],
    verifier: scopesAsToken,
    scopes,
    initialScopes: ['notes:read'],
    policy: mcpPolicy(scopes, {
      tools: { read_notes: 'notes:read', add_note: 'notes:write', admin_purge: 'admin:notes' },
      ...policy,
    }),
    ...options,
  });
}

export interface Call {
  /** Scopes such as `notes.read+notes.write`, `none`, `bad`, or nothing for no token. */
  readonly token?: string | undefined;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A JSON-RPC request, ready to be a body. */
export function rpc(method: string, params?: object, id: unknown = 1): object {
  return { jsonrpc: '2.0', id, method, ...(params !== undefined && { params }) };
}

export function callTool(name: unknown, args: object = {}): object {
  return rpc('tools/call', { name, arguments: args } as object);
}

export function request({ token, method = 'POST', headers = {}, body }: Call): Request {
  return new Request(RESOURCE, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && {
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  });
}

export function check(gate: Gate<NotesScope>, call: Call): Promise<Decision> {
  return gate.check(request(call));
}

export function header(decision: Decision, name: string): string | undefined {
  return decision.headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}
