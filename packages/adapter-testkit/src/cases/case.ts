/**
 * What every adapter must answer, byte for byte. Challenges and bodies are written out in full: nothing is
 * computed by the code under test.
 *
 * @module
 */
import type { HeaderList } from '@scopegate/core';
import type { Parser } from '../harness.js';

export interface Refused {
  readonly status: number;
  readonly reason: string;
  readonly challenge?: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Allowed {
  /** What ran: names of tools, or `plain`. */
  readonly runs: readonly string[];
  /** @default 200 */
  readonly status?: number;
}

export interface Case {
  readonly name: string;
  /** @default 'POST' */
  readonly method?: string;
  /** @default '/mcp' */
  readonly target?: string;
  /** Sent as `Bearer`. */
  readonly token?: string;
  /** `{reader}` in a value becomes that token. */
  readonly headers?: HeaderList;
  /** Text and bytes go as they are, anything else as JSON. */
  readonly body?: unknown;
  /**
   * The places of the JSON parser for which the case holds: one in front of the gate may answer malformed JSON
   * itself.
   *
   * @default every place
   */
  readonly parsers?: readonly Parser[];
  readonly expected: Refused | Allowed;
}

/** The ids of the requirements and threats that a row proves, in brackets as at the end of a title. */
export type Ids = `[${string}]`;

/** A row of a table. */
export interface ProvingCase extends Case {
  readonly ids: Ids;
}

export const AFTER: readonly Parser[] = ['absent', 'behind'];

export function call(name: unknown, args: object = {}, id: unknown = 1): object {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } };
}

export const READ: object = call('read_notes');
export const ADD: object = call('add_note', { text: 'x' });
export const PURGE: object = call('admin_purge');

export const READER_SCOPES: readonly object[] = [{ name: 'notes:read', description: 'Read notes' }];
export const WRITE: object = { name: 'notes:write', description: 'Add and change notes' };
export const ADMIN: object = { name: 'admin:notes', description: 'Purge notes' };

const NO_CREDENTIALS =
  'Bearer scope="notes:read", resource_metadata="https://notes.example.com/.well-known/oauth-protected-resource/mcp"';
const BAD_TOKEN =
  'Bearer error="invalid_token", scope="notes:read", resource_metadata="https://notes.example.com/.well-known/oauth-protected-resource/mcp", error_description="The access token is invalid or expired"';
const SEVERAL =
  'Bearer error="invalid_request", resource_metadata="https://notes.example.com/.well-known/oauth-protected-resource/mcp", error_description="The request carries more than one credential"';

export const unauthorized: Refused = {
  status: 401,
  reason: 'no_credentials',
  challenge: NO_CREDENTIALS,
  body: {
    error: 'unauthorized',
    error_description: 'This resource needs an access token',
    scope: 'notes:read',
    scopes: READER_SCOPES,
  },
};

export const invalidToken: Refused = {
  status: 401,
  reason: 'invalid_token',
  challenge: BAD_TOKEN,
  body: {
    error: 'invalid_token',
    error_description: 'The access token is invalid or expired',
    scope: 'notes:read',
    scopes: READER_SCOPES,
  },
};

export const several: Refused = {
  status: 400,
  reason: 'malformed_credentials',
  challenge: SEVERAL,
  body: {
    error: 'invalid_request',
    error_description: 'The request carries more than one credential',
  },
};

/** The answer to a JSON-RPC call whose token lacks scopes. */
export function missing(
  tool: string,
  needs: string,
  scope: string,
  scopes: readonly object[],
  id: unknown = 1,
): Refused {
  const text = `${tool} needs ${needs}`;
  const data = { error: 'insufficient_scope', error_description: text, scope, scopes };
  return {
    status: 403,
    reason: 'insufficient_scope',
    challenge: `Bearer error="insufficient_scope", scope="${scope}", resource_metadata="https://notes.example.com/.well-known/oauth-protected-resource/mcp", error_description="${text}"`,
    body: { jsonrpc: '2.0', id, error: { code: 403, message: text, data } },
  };
}

export function rpcError(
  status: number,
  reason: string,
  code: number,
  message: string,
  id: unknown = null,
): Refused {
  const data = { error: 'invalid_request', error_description: message };
  return { status, reason, body: { jsonrpc: '2.0', id, error: { code, message, data } } };
}

export function denied(message: string, id: unknown = 1): Refused {
  const data = { error: 'forbidden', error_description: message };
  return {
    status: 403,
    reason: 'denied',
    body: { jsonrpc: '2.0', id, error: { code: 403, message, data } },
  };
}

/** The answer to a reader who calls `add_note`, in revisions of MCP whose challenges repeat granted scopes. */
export const missingWrite: Refused = missing('add_note', 'notes:write', 'notes:write notes:read', [
  WRITE,
  ...READER_SCOPES,
]);
