/**
 * Koa with an MCP server behind the gate, for the exits' tests.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import Koa3 from 'koa';
import Koa2 from 'koa2';
import type { McpHost } from '../../../core/test/mcp/support/host.js';
import { close, listen } from '../../../core/test/support/issuer.js';
import { protect, resourceMetadata } from '../../src/index.js';

const FRAMEWORKS = [
  ['Koa 3', Koa3],
  ['Koa 2', Koa2],
] as const;

export const HOSTS: readonly McpHost[] = FRAMEWORKS.map(([name, Koa]) => ({
  name,
  async start(gate, { node }, rule) {
    const app = new Koa();
    app.use(resourceMetadata(gate));
    app.use(
      protect(gate, rule, async (ctx) => {
        const { req, res } = ctx;
        ctx.respond = false;
        await node(req, res, (req as { body?: unknown }).body);
      }),
    );
    const server = createServer(app.callback() as RequestListener);
    return { origin: await listen(server), close: () => close(server) };
  },
}));
