/**
 * Hono with an MCP server behind the gate, for the exits' tests.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { serveFetch } from '@scopegate/adapter-testkit';
import { Hono } from 'hono';
import type { McpHost } from '../../../core/test/mcp/support/host.js';
import { close, listen } from '../../../core/test/support/issuer.js';
import { protect, resourceMetadata } from '../../src/index.js';

function createApp(...[gate, { fetch }, rule]: Parameters<McpHost['start']>): Hono {
  const app = new Hono();
  app.use(resourceMetadata(gate));
  app.all('/mcp', protect(gate, rule), (c) => {
    const { auth, parsedBody } = c.var;
    return fetch(c.req.raw, { ...(auth !== undefined && { authInfo: auth }), parsedBody });
  });
  return app;
}

export const HOSTS: readonly McpHost[] = [
  {
    name: 'Hono on Node',
    async start(...args) {
      const { fetch } = createApp(...args);
      const server = createServer(getRequestListener(fetch) as RequestListener);
      return { origin: await listen(server), close: () => close(server) };
    },
  },
  {
    name: 'Hono on fetch',
    async start(...args) {
      const { url, close: stop } = await serveFetch(createApp(...args).fetch);
      return { origin: url, close: stop };
    },
  },
];
