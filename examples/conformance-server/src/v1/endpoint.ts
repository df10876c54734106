/**
 * SDK v1 over HTTP: 2025-11-25 in sessions.
 *
 * @module
 */
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { WebStandardStreamableHTTPServerTransportOptions } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { Sessions, sessionNotFound, writeSessionNotFound } from '../endpoint.js';
import type { Binding, McpEndpoint, SessionHooks } from '../endpoint.js';
import { createV1Server } from './create-server.js';

export function createV1Endpoint(binding?: Binding): McpEndpoint {
  const nodeSessions = new Sessions(
    (hooks) => connected(new StreamableHTTPServerTransport(options(hooks))),
    binding,
  );
  const webSessions = new Sessions(
    (hooks) => connected(new WebStandardStreamableHTTPServerTransport(options(hooks))),
    binding,
  );
  return {
    async node(req, res, body) {
      const transport = await nodeSessions.find(
        req.headers['mcp-session-id']?.toString(),
        req.auth,
      );
      if (transport === undefined) return writeSessionNotFound(res);
      return transport.handleRequest(req, res, body);
    },
    async fetch(request, evaluated) {
      const transport = await webSessions.find(
        request.headers.get('mcp-session-id'),
        evaluated.authInfo,
      );
      return transport === undefined
        ? sessionNotFound()
        : transport.handleRequest(request, evaluated);
    },
    async close() {
      await Promise.all([nodeSessions.close(), webSessions.close()]);
    },
  };
}

function options({
  createStore,
  ...hooks
}: SessionHooks): WebStandardStreamableHTTPServerTransportOptions {
  return { ...hooks, eventStore: createStore<JSONRPCMessage>(), retryInterval: 100 };
}

async function connected<T extends { close(): Promise<void> }>(transport: T): Promise<T> {
  // The SDK's own classes do not fit its interface under `exactOptionalPropertyTypes`.
  await createV1Server().connect(transport as unknown as Transport);
  return transport;
}
