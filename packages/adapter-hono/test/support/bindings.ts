/**
 * Hono on Node and on plain fetch, set up as an application would.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { MiddlewareHandler } from 'hono';
import { notesMcp } from '../../../adapter-express/test/support/notes-mcp.js';
import { close, listen } from '../../../core/test/support/issuer.js';
import { sendAsFetch } from '../../../core/test/support/parity.js';
import type { Binding, OpenOptions } from '../../../core/test/support/parity.js';
import { exchange } from '../../../core/test/support/raw-http.js';
import { protect, resourceMetadata } from '../../src/index.js';

const PARSERS = ['before', 'behind', 'absent'] as const;

export const BINDINGS: readonly Binding[] = [
  {
    name: 'Hono on Node',
    wire: 'socket',
    parsers: PARSERS,
    async open(options) {
      const server = createServer(getRequestListener(createApp(options).fetch) as RequestListener);
      const origin = await listen(server);
      return {
        origin,
        server,
        send: (request) => exchange(origin, request),
        close: () => close(server),
      };
    },
  },
  {
    name: 'Hono on fetch',
    wire: 'fetch',
    parsers: PARSERS,
    async open(options) {
      const app = createApp(options);
      return {
        send: (request) => sendAsFetch((web) => app.request(web), request),
        close: async () => {},
      };
    },
  },
];

/** Reads every body as JSON, as validators do. */
export const parseJson: MiddlewareHandler = async (c, next) => {
  if (c.req.method === 'POST') await c.req.json();
  await next();
};

const pass: MiddlewareHandler = (_c, next) => next();

function createApp({ routes, parser, runs }: OpenOptions): Hono {
  const mcp = notesMcp(runs);
  const app = new Hono();
  app.use(resourceMetadata(...new Set(routes.map(({ gate }) => gate))));
  if (parser === 'before') app.use(parseJson);
  const behind = parser === 'behind' ? parseJson : pass;
  for (const { path, gate, rule } of routes) {
    if (rule === undefined) {
      app.all(path, protect(gate), behind, (c) =>
        mcp.fetch(c.req.raw, {
          ...(c.var.auth && { authInfo: c.var.auth }),
          parsedBody: c.var.parsedBody,
        }),
      );
    } else {
      app.all(path, protect(gate, rule), behind, (c) => {
        runs.push({ tool: 'plain' });
        return c.json({ ok: true });
      });
    }
  }
  return app;
}
