/**
 * Hono, on Node's server and on plain fetch.
 *
 * @module
 */
import { getRequestListener } from '@hono/node-server';
import { protect } from '@scopegate/hono';
import { Hono } from 'hono';
import type { MiddlewareHandler } from 'hono';
import { HTTP_RULES, MOUNTS, gateWith } from '../policy.js';
import { serverAt } from '../servers/index.js';
import { PLACES } from './places.js';
import { ranRoute, toColon } from './routes.js';
import { startFetch } from './serve-fetch.js';
import { startNode, statusOf } from './shape.js';
import type { ParserPlace, Shape, Started } from './shape.js';

type Fetch = (request: Request) => Response | Promise<Response>;

const HOSTS: Readonly<Record<string, (fetch: Fetch) => Promise<Started>>> = {
  'Hono on Node': (fetch) => {
    const listener = getRequestListener(fetch);
    return startNode((req, res) => void listener(req, res));
  },
  'Hono on fetch': startFetch,
};

export const HONO: readonly Shape[] = Object.entries(HOSTS).flatMap(([name, start]): Shape[] => [
  ...PLACES.map((parser): Shape => ({
    name: `${name}, parser ${parser}`,
    ...{ group: 'hono', kind: 'mcp' },
    start: () => start(mcpApp(parser)),
  })),
  {
    name: `${name}, routes`,
    ...{ group: 'hono', kind: 'routes' },
    start: () => start(routesApp()),
  },
]);

/** Reads every body as JSON, as validators do. */
const parse: MiddlewareHandler = async (c, next) => {
  try {
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') await c.req.json();
  } catch {
    // The gate refuses bodies that are not JSON.
  }
  await next();
};

const pass: MiddlewareHandler = (_c, next) => next();

function mcpApp(parser: ParserPlace): Fetch {
  const app = new Hono();
  app.onError((error) => new Response(null, { status: statusOf(error) }));
  if (parser === 'before') app.use(parse);
  for (const { path, gate } of MOUNTS) {
    const { fetch } = serverAt(path);
    app.all(path, protect(gate), parser === 'behind' ? parse : pass, (c) => {
      const { auth, parsedBody } = c.var;
      return fetch(c.req.raw, { ...(auth !== undefined && { authInfo: auth }), parsedBody });
    });
  }
  return (request) => app.fetch(request);
}

function routesApp(): Fetch {
  const app = new Hono();
  const gate = gateWith();
  for (const { method, path, rule } of HTTP_RULES) {
    app.on(method === '*' ? ALL : [method], [toColon(path)], protect(gate, rule), (c) => {
      ranRoute(c.req.raw.headers, c.req.method, path);
      return c.text('done');
    });
  }
  return (request) => app.fetch(request);
}

const ALL = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
