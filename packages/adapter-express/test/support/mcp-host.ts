/**
 * Express with an MCP server behind the gate, for the exits' tests.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { McpHost } from '../../../core/test/mcp/support/host.js';
import { close, listen } from '../../../core/test/support/issuer.js';
import { protect, resourceMetadata } from '../../src/index.js';
import { FRAMEWORKS } from './harness.js';

export const HOSTS: readonly McpHost[] = FRAMEWORKS.map(([name, express]) => ({
  name,
  async start(gate, { node }, rule) {
    const app = express();
    app.use(resourceMetadata(gate));
    app.all('/mcp', protect(gate, rule), (req, res) => node(req, res, req.body));
    const server = createServer(app);
    return { origin: await listen(server), close: () => close(server) };
  },
}));
