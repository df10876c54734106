/**
 * MCP servers behind the gate: every framework with every SDK and wire, on sockets.
 *
 * @module
 */
import { createServer } from 'node:http';
import { HOSTS as EXPRESS } from '../../../../adapter-express/test/support/mcp-host.js';
import { HOSTS as FASTIFY } from '../../../../adapter-fastify/test/support/mcp-host.js';
import { HOSTS as HONO } from '../../../../adapter-hono/test/support/mcp-host.js';
import { HOSTS as KOA } from '../../../../adapter-koa/test/support/mcp-host.js';
import { serveFetch } from '../../../../adapter-testkit/src/serve-fetch.js';
import { createNodeGuard } from '../../../src/node/index.js';
import { close, listen } from '../../support/issuer.js';
import type { McpHost } from './host.js';

const PLAIN_NODE: McpHost = {
  name: 'node:http',
  async start(gate, { node }, rule) {
    const guard = createNodeGuard(gate, rule);
    const server = createServer((req, res) => {
      void Promise.resolve(guard({ req, res })).then((passed) => passed && node(req, res));
    });
    return { origin: await listen(server), close: () => close(server) };
  },
};

const PLAIN_FETCH: McpHost = {
  name: 'gate.fetch',
  async start(gate, app, rule) {
    const handler = gate.fetch(
      (request, { authInfo, parsedBody }) =>
        app.fetch(request, { ...(authInfo !== undefined && { authInfo }), parsedBody }),
      rule,
    );
    const { url, close: stop } = await serveFetch(handler);
    return { origin: url, close: stop };
  },
};

export const HOSTS: readonly McpHost[] = [
  PLAIN_NODE,
  PLAIN_FETCH,
  ...EXPRESS,
  ...FASTIFY,
  ...HONO,
  ...KOA,
];
