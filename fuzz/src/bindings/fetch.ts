/**
 * `gate.fetch`, in front of MCP servers and of routers.
 *
 * @module
 */
import { Hono } from 'hono';
import { HTTP_RULES, MOUNTS, httpGate } from '../policy.js';
import { serverAt } from '../servers/index.js';
import { READERS, routeOf } from './read-path.js';
import { ranRoute, toColon } from './routes.js';
import { startFetch } from './serve-fetch.js';
import type { Shape } from './shape.js';

export const FETCH: readonly Shape[] = [
  {
    name: 'gate.fetch',
    ...{ group: 'fetch', kind: 'mcp' },
    start() {
      const handlers = new Map<string, (request: Request) => Promise<Response>>(
        MOUNTS.map(({ path, gate }) => {
          const { fetch } = serverAt(path);
          const guarded = gate.fetch((request, { authInfo, parsedBody }) =>
            fetch(request, { ...(authInfo !== undefined && { authInfo }), parsedBody }),
          );
          return [path, guarded];
        }),
      );
      return startFetch((request) => {
        const handler = handlers.get(new URL(request.url).pathname);
        return handler?.(request) ?? new Response(null, { status: 404 });
      });
    },
  },
  {
    name: 'gate.fetch, a router of Hono behind a path policy',
    ...{ group: 'fetch', kind: 'routes' },
    start() {
      const app = new Hono();
      for (const { method, path } of HTTP_RULES) {
        const verbs = method === '*' ? ['POST', 'PUT', 'DELETE'] : [method];
        app.on(verbs, [toColon(path)], (c) => {
          ranRoute(c.req.raw.headers, c.req.method, path);
          return c.text('done');
        });
      }
      return startFetch(httpGate().fetch((request) => app.fetch(request)));
    },
  },
  ...Object.entries(READERS).map(([name, read]): Shape => ({
    name: `gate.fetch, a router that reads paths ${name}`,
    ...{ group: 'fetch', kind: 'routes' },
    start: () =>
      startFetch(
        httpGate().fetch((request) => {
          const { pathname } = new URL(request.url);
          const path = routeOf(read(pathname));
          if (path === undefined) return new Response(null, { status: 404 });
          ranRoute(request.headers, request.method, path);
          return new Response('done');
        }),
      ),
  })),
];
