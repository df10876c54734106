/**
 * Callers who know a session of another caller, and what they send.
 *
 * @module
 */

export const ADMIN = 'ann/app/admin:notes/1';
export const ADMIN_REFRESHED = 'ann/app/admin:notes/2';
export const ATTACKERS = {
  'another user of the client': 'bob/app/admin:notes/1',
  'another client of the user': 'ann/other-app/admin:notes/1',
  'a token without a scope': 'bob/app//1',
  'a token without a subject': '-/app/admin:notes/1',
};

const ACCEPT = { action: 'accept', content: { sure: true } };

/** "Yes" to the first requests that a server may have sent. */
export const ANSWERS: readonly object[] = Array.from({ length: 6 }, (_, id) => ({
  ...{ jsonrpc: '2.0', id, result: ACCEPT },
}));

export interface Seen {
  readonly status: number;
  readonly body: string;
  readonly headers: string;
}

export interface Attack {
  readonly token: string | undefined;
  /** The session that the request names; none if `undefined`. */
  readonly id?: string | undefined;
  readonly method?: string;
  readonly body?: object;
}

/** Sends one request, and returns all of its answer except the date. */
export async function attack(
  origin: string,
  { token, id, method = 'POST', body }: Attack,
): Promise<Seen> {
  const response = await fetch(`${origin}/mcp`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      accept: 'application/json, text/event-stream',
      ...(id !== undefined && { 'mcp-session-id': id }),
      'mcp-protocol-version': '2025-11-25',
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const headers = [...response.headers].filter(([name]) => name !== 'date');
  return { status: response.status, body: await response.text(), headers: JSON.stringify(headers) };
}
