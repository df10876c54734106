/**
 * Core without a framework: `gate.fetch`, and Node's own server with `@scopegate/core/node`.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { notesMcp, toNodeHandler } from '../../../adapter-express/test/support/notes-mcp.js';
import { fromNodeRequest, handOn, setHeaders, writeReply } from '../../src/node/index.js';
import type { GuardedRequest } from '../../src/node/index.js';
import { close, listen } from './issuer.js';
import { sendAsFetch } from './parity.js';
import type { Binding, OpenOptions } from './parity.js';
import { exchange } from './raw-http.js';

export const CORE_BINDINGS: readonly Binding[] = [
  {
    name: 'gate.fetch',
    wire: 'fetch',
    parsers: ['absent', 'behind'],
    async open(options) {
      const fetch = createFetch(options);
      return { send: (request) => sendAsFetch(fetch, request), close: async () => {} };
    },
  },
  {
    name: 'node:http',
    wire: 'socket',
    parsers: ['absent', 'before'],
    async open(options) {
      const listener = createListener(options);
      const server = createServer((req, res) => {
        listener(req, res).catch((error: unknown) => res.destroy(error as Error));
      });
      const origin = await listen(server);
      return {
        origin,
        server,
        send: (request) => exchange(origin, request),
        close: () => close(server),
      };
    },
  },
];

function createFetch({
  routes,
  parser,
  runs,
}: OpenOptions): (request: Request) => Promise<Response> {
  const mcp = notesMcp(runs);
  const handlers = new Map<string, (request: Request) => Promise<Response>>();
  for (const { path, gate, rule } of routes) {
    const handler =
      rule === undefined
        ? gate.fetch(async (request, { auth, parsedBody }) => {
            if (parser === 'behind' && request.method === 'POST') await request.json();
            return mcp.fetch(request, { ...(auth && { authInfo: auth }), parsedBody });
          })
        : gate.fetch(() => {
            runs.push({ tool: 'plain' });
            return Response.json({ ok: true });
          }, rule);
    handlers.set(path, handler);
    handlers.set(new URL(gate.metadata.url).pathname, handler);
  }
  return async (request) => {
    const handler = handlers.get(new URL(request.url).pathname);
    return handler?.(request) ?? new Response(null, { status: 404 });
  };
}

/** What an adapter does, written out once. */
function createListener({
  routes,
  parser,
  runs,
}: OpenOptions): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  const mcp = toNodeHandler(notesMcp(runs));
  const prepared = new Map(
    routes.map((route) => [route.path, { ...route, judge: route.gate.route(route.rule) }]),
  );
  return async (req: GuardedRequest, res) => {
    for (const { gate } of routes) {
      const reply = await gate.metadata.respond(fromNodeRequest(req).gateRequest);
      if (reply !== undefined) return writeReply(res, reply);
    }
    const route = prepared.get(req.url?.split('?')[0] ?? '');
    if (route === undefined) return void res.writeHead(404).end();
    if (parser === 'before' && req.method === 'POST') req.body = JSON.parse(await text(req));
    const view = fromNodeRequest(req);
    const decision = await route.judge.decide(view.gateRequest);
    if (!decision.allowed) return writeReply(res, decision);
    setHeaders(res, decision.headers);
    handOn(req, view, decision);
    if (route.rule === undefined) return mcp(req as never, res, req.body);
    runs.push({ tool: 'plain' });
    res.end('{}');
  };
}
