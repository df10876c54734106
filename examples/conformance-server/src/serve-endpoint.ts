/**
 * Serves an endpoint for as long as a function uses it.
 *
 * @module
 */
import type { Guarded, Place } from './apps.js';
import type { Binding, McpEndpoint } from './endpoint.js';
import { OTHER_TOKEN, TOKEN, bindingOf, createTransparentGate } from './gate.js';
import { listenLocally } from './listen.js';
import { addToken } from './proxy.js';

export async function withBare<T>(
  place: Place,
  endpoint: McpEndpoint,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const server = await listenLocally();
  server.server.on('request', place.bare(endpoint));
  try {
    return await use(`${server.origin}/mcp`);
  } finally {
    await server.close();
    await endpoint.close();
  }
}

export interface GuardedServer {
  /** The URL of the proxy that adds the token. */
  readonly url: string;
  /** How many requests the gate let in. */
  readonly admitted: () => number;
}

/**
 * With `isOwning`, what a caller began is that caller's alone.
 *
 * @throws {@link Error} if the guarded server answers without a token, or another caller's token
 */
export async function withGate<T>(
  { guard, isOwning = false }: Pick<Guarded, 'guard'> & { readonly isOwning?: boolean },
  create: (binding?: Binding) => McpEndpoint,
  use: (server: GuardedServer) => Promise<T>,
): Promise<T> {
  const server = await listenLocally();
  const proxy = await listenLocally();
  const url = `${proxy.origin}/mcp`;
  const { gate, admitted } = createTransparentGate(url, isOwning);
  const endpoint = create(isOwning ? bindingOf(gate) : undefined);
  try {
    server.server.on('request', guard(endpoint, gate));
    proxy.server.on('request', addToken(server.origin, TOKEN));
    await expectGuarded(`${server.origin}/mcp`);
    if (isOwning) await expectOwning(`${server.origin}/mcp`);
    return await use({ url, admitted });
  } finally {
    await proxy.close();
    await server.close();
    await endpoint.close();
  }
}

/** Without this check a server that forgot its gate would pass the comparison. */
async function expectGuarded(url: string): Promise<void> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const headers = { 'Content-Type': 'application/json' };
  for (const init of [{ method: 'POST', headers, body }, { method: 'GET' }, { method: 'DELETE' }]) {
    const { status } = await fetch(url, init);
    if (status !== 401) throw new Error(`${init.method} without a token was answered ${status}`);
  }
}

/** Without this check a server that mints ids of its own would pass, as a session of nobody. */
async function expectOwning(url: string): Promise<void> {
  const ask = (token: string, init: RequestInit, session?: string): Promise<Response> =>
    fetch(url, {
      ...init,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json, text/event-stream',
        ...(init.body !== undefined && { 'content-type': 'application/json' }),
        ...(session !== undefined && { 'mcp-session-id': session }),
      },
    });
  const clientInfo = { name: 'probe', version: '1' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
  const opened = await ask(TOKEN, { method: 'POST', body });
  await opened.body?.cancel();
  const session = opened.headers.get('mcp-session-id') ?? '';
  const statuses: number[] = [];
  for (const token of [OTHER_TOKEN, TOKEN]) {
    const { status } = await ask(token, { method: 'DELETE' }, session);
    statuses.push(status);
  }
  if (statuses.join() !== '404,200') throw new Error(`a session was ended with ${statuses.join()}`);
}
