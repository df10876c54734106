/**
 * The proxy, in front of servers that read requests differently than the gate.
 *
 * @module
 */
import type { IncomingMessage, RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import type { FuzzGate } from '../policy.js';
import { gateOf, httpGate } from '../policy.js';
import { createProxy } from '../scopegate.js';
import { HAND_WRITTEN, OTHER_LANGUAGES, SDKS, serverAt } from '../servers/index.js';
import { READERS, routeOf } from './read-path.js';
import type { ReadPath } from './read-path.js';
import { ranRoute } from './routes.js';
import { startFetch } from './serve-fetch.js';
import { startNode } from './shape.js';
import type { Shape, Started } from './shape.js';

export const PROXY: readonly Shape[] = [
  {
    name: 'proxy',
    ...{ group: 'proxy', kind: 'mcp' },
    servers: [SDKS, HAND_WRITTEN, OTHER_LANGUAGES].flatMap((servers) => Object.keys(servers)),
    start() {
      const { node } = serverAt('/mcp');
      return startBehind(gateOf('/mcp'), '/mcp', (req, res) => {
        node(req, res).catch(() => res.destroy());
      });
    },
  },
  ...Object.entries(READERS).map(([name, read]) =>
    routed(`paths ${name}`, read, (req) => req.method),
  ),
  routed('a method of its own choice', (path) => path, overridden),
];

function routed(
  name: string,
  readPath: ReadPath,
  methodOf: (req: IncomingMessage) => string | undefined | Promise<string | undefined>,
): Shape {
  return {
    name: `proxy, an upstream that reads ${name}`,
    ...{ group: 'proxy', kind: 'routes' },
    start: () =>
      startBehind(httpGate(), '/', (req, res) => {
        const serve = async (): Promise<void> => {
          const method = (await methodOf(req)) ?? 'GET';
          const path = routeOf(readPath(req.url?.split('?')[0] ?? '/'));
          if (path !== undefined) ranRoute(req.headers, method, path);
          res.writeHead(path === undefined ? 404 : 200).end();
        };
        serve().catch(() => res.destroy());
      }),
  };
}

/** As Express, Rails and Symfony let a POST say another method. */
async function overridden(req: IncomingMessage): Promise<string | undefined> {
  const content = await text(req);
  if (req.method !== 'POST') return req.method;
  const query = new URL(req.url ?? '/', 'http://x').searchParams;
  const isForm = /urlencoded/i.test(req.headers['content-type'] ?? '');
  const form = new URLSearchParams(isForm ? content : '');
  const headers = ['x-http-method-override', 'x-http-method', 'x-method-override'].map((name) =>
    req.headers[name]?.toString(),
  );
  return [query.get('_method'), form.get('_method'), ...headers, req.method]
    .find((method) => typeof method === 'string' && method !== '')
    ?.toUpperCase();
}

async function startBehind(
  gate: FuzzGate,
  path: string,
  upstream: RequestListener,
): Promise<Started> {
  const inner = await startNode(upstream);
  const outer = await startFetch(createProxy(gate, `${inner.origin}${path}`));
  return {
    origin: outer.origin,
    async close() {
      await outer.close();
      await inner.close();
    },
  };
}
