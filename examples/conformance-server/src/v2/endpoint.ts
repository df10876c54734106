/**
 * SDK v2 over HTTP: 2026-07-28 request by request, 2025-11-25 in sessions.
 *
 * @module
 */
import {
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
  toWebRequest,
} from '@modelcontextprotocol/node';
import {
  InMemoryServerEventBus,
  WebStandardStreamableHTTPServerTransport,
  createMcpHandler,
  isLegacyRequest,
} from '@modelcontextprotocol/server';
import type {
  JSONRPCMessage,
  WebStandardStreamableHTTPServerTransportOptions,
} from '@modelcontextprotocol/server';
import { Sessions, sessionNotFound, writeSessionNotFound } from '../endpoint.js';
import type { Binding, McpEndpoint, SessionHooks } from '../endpoint.js';
import { createV2Server } from './create-server.js';

export function createV2Endpoint(binding?: Binding): McpEndpoint {
  const bus = new InMemoryServerEventBus();
  const modern = createMcpHandler(({ era }) => createV2Server(era, bus), { legacy: 'reject', bus });
  const modernNode = toNodeHandler(modern);
  const nodeSessions = new Sessions(async (hooks) => {
    const transport = new NodeStreamableHTTPServerTransport(options(hooks));
    await createV2Server('legacy', bus).connect(transport);
    return transport;
  }, binding);
  const webSessions = new Sessions(async (hooks) => {
    const transport = new WebStandardStreamableHTTPServerTransport(options(hooks));
    await createV2Server('legacy', bus).connect(transport);
    return transport;
  }, binding);
  return {
    async node(req, res, body) {
      if (!(await isLegacyRequest(await toWebRequest(req, body)))) {
        return modernNode(req, res, body);
      }
      const transport = await nodeSessions.find(
        req.headers['mcp-session-id']?.toString(),
        req.auth,
      );
      if (transport === undefined) return writeSessionNotFound(res);
      return transport.handleRequest(req, res, body);
    },
    async fetch(request, evaluated) {
      if (!(await isLegacyRequest(request, evaluated.parsedBody))) {
        return modern.fetch(request, evaluated);
      }
      const transport = await webSessions.find(
        request.headers.get('mcp-session-id'),
        evaluated.authInfo,
      );
      return transport === undefined
        ? sessionNotFound()
        : transport.handleRequest(request, evaluated);
    },
    async close() {
      await Promise.all([modern.close(), nodeSessions.close(), webSessions.close()]);
    },
  };
}

function options({
  createStore,
  ...hooks
}: SessionHooks): WebStandardStreamableHTTPServerTransportOptions {
  return { ...hooks, eventStore: createStore<JSONRPCMessage>(), retryInterval: 100 };
}
