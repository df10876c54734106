/**
 * Fastify with an MCP server behind the gate, for the exits' tests.
 *
 * @module
 */
import fastify from 'fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { McpApp, McpHost } from '../../../core/test/mcp/support/host.js';
import { authOf, protect, resourceMetadata } from '../../src/index.js';

type Serve = (
  app: Pick<McpApp, 'node' | 'fetch'>,
  request: FastifyRequest,
  reply: FastifyReply,
  authInfo: ReturnType<typeof authOf> | undefined,
) => unknown;

const FORMS: Readonly<Record<string, Serve>> = {
  'Fastify, hijacked': async ({ node }, request, reply) => {
    reply.hijack();
    await node(request.raw, reply.raw, request.body);
  },
  'Fastify, sending a Response': async ({ fetch }, { raw, body }, reply, authInfo) => {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const request = new Request(`http://localhost${raw.url ?? ''}`, {
      method: raw.method ?? '',
      headers: raw.headers as Record<string, string>,
      signal: gone.signal,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    request.headers.delete('content-length');
    const response = await fetch(request, { ...(authInfo && { authInfo }), parsedBody: body });
    return reply.send(response);
  },
};

export const HOSTS: readonly McpHost[] = Object.entries(FORMS).map(([name, serve]) => ({
  name,
  async start(gate, app, rule) {
    const server = fastify({ forceCloseConnections: true });
    server.register(resourceMetadata(gate));
    server.all('/mcp', protect(gate, rule), async (request, reply) => {
      const { auth } = request.raw as { auth?: unknown };
      return serve(app, request, reply, gate.issued(auth) ? auth : undefined);
    });
    const origin = await server.listen({ port: 0, listenTextResolver: () => '' });
    return { origin, close: () => server.close() };
  },
}));
