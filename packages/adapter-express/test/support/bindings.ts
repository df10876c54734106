/**
 * Express 5 and 4, set up as an application would.
 *
 * @module
 */
import { createServer } from 'node:http';
import express5 from 'express';
import type { RequestHandler } from 'express';
import express4 from 'express4';
import { close, listen } from '../../../core/test/support/issuer.js';
import type { Binding, OpenOptions } from '../../../core/test/support/parity.js';
import { exchange } from '../../../core/test/support/raw-http.js';
import { protect, resourceMetadata } from '../../src/index.js';
import { notesMcp, toNodeHandler } from './notes-mcp.js';

export const FRAMEWORKS = [
  ['Express 5', express5],
  ['Express 4', express4],
] as const;

export const BINDINGS: readonly Binding[] = FRAMEWORKS.map(([name, express]) => ({
  name,
  wire: 'socket',
  parsers: ['before', 'behind', 'absent'],
  async open(options) {
    const server = createServer(createApp(express, options));
    const origin = await listen(server);
    return {
      origin,
      server,
      send: (request) => exchange(origin, request),
      close: () => close(server),
    };
  },
}));

function createApp(
  express: typeof express5,
  { routes, parser, runs }: OpenOptions,
): ReturnType<typeof express5> {
  const mcp = toNodeHandler(notesMcp(runs));
  const app = express();
  app.disable('x-powered-by');
  app.use(resourceMetadata(...new Set(routes.map(({ gate }) => gate))));
  if (parser === 'before') app.use(express.json());
  const behind: RequestHandler[] = parser === 'behind' ? [express.json()] : [];
  for (const { path, gate, rule } of routes) {
    if (rule === undefined) {
      app.all(path, protect(gate), ...behind, (req, res) => mcp(req, res, req.body));
    } else {
      app.all(path, protect(gate, rule), ...behind, (_req, res) => {
        runs.push({ tool: 'plain' });
        res.json({ ok: true });
      });
    }
  }
  return app;
}
