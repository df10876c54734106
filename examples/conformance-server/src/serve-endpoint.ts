/**
 * Serves an endpoint for as long as a function uses it.
 *
 * @module
 */
import type { Guarded, Place } from './apps.js';
import type { McpEndpoint } from './endpoint.js';
import { TOKEN, createTransparentGate } from './gate.js';
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

/** @throws {@link Error} if the guarded server answers without a token */
export async function withGate<T>(
  { guard }: Guarded,
  endpoint: McpEndpoint,
  use: (server: GuardedServer) => Promise<T>,
): Promise<T> {
  const server = await listenLocally();
  const proxy = await listenLocally();
  try {
    const url = `${proxy.origin}/mcp`;
    const { gate, admitted } = createTransparentGate(url);
    server.server.on('request', guard(endpoint, gate));
    proxy.server.on('request', addToken(server.origin, TOKEN));
    await expectGuarded(`${server.origin}/mcp`);
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
