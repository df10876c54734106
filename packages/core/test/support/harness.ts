/**
 * Core without a framework in the suite of all adapters: `gate.fetch`, and Node's own server with
 * `@scopegate/core/node`.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { serveFetch, toResponse } from '../../../adapter-testkit/src/index.js';
import type {
  Answer,
  AppOptions,
  GuardedRoute,
  Harness,
  TestGate,
} from '../../../adapter-testkit/src/index.js';
import { mergeHeader } from '../../src/index.js';
import { fromNodeRequest, handOn, setHeaders, writeReply } from '../../src/node/index.js';
import type { GuardedRequest } from '../../src/node/index.js';
import { close, listen } from './issuer.js';

export const FETCH: Harness = {
  name: 'gate.fetch',
  parsers: ['absent', 'behind'],
  start: (gates, options) => serveFetch(createFetch(gates, options)),
};

export const NODE: Harness = {
  name: 'node:http',
  parsers: ['absent', 'before'],
  async start(gates, options) {
    const listener = createListener(gates, options);
    const server = createServer((req, res) => {
      listener(req, res).catch((error: unknown) => res.destroy(error as Error));
    });
    return { url: await listen(server), close: () => close(server) };
  },
};

type Fetch = (request: Request) => Promise<Response>;

function createFetch(gates: readonly TestGate[], options: AppOptions): Fetch {
  const { routes, prefix, headers, onError } = options;
  const handlers = new Map(
    routes.map((route) => [`${prefix}${route.path}`, guarded(route, options)]),
  );
  for (const gate of gates) {
    const documents = gate.fetch(() => new Response(null, { status: 404 }), 'admin:notes');
    const { pathname, search } = new URL(gate.metadata.url);
    handlers.set(pathname + search, documents);
  }
  return async (request) => {
    const { pathname, search } = new URL(request.url);
    const handler = handlers.get(pathname + search) ?? handlers.get(pathname);
    const response = await Promise.resolve(handler?.(request)).catch((error: unknown) =>
      toResponse(onError(error)),
    );
    return under(headers, response ?? new Response(null, { status: 404 }));
  };
}

function guarded(
  { path, gate, rule, outer }: GuardedRoute,
  { parser, application }: AppOptions,
): Fetch {
  const inner = gate.fetch(async (request, { auth, parsedBody }) => {
    const { method, signal } = request;
    const body: unknown =
      parser === 'behind' && method === 'POST' ? await request.json() : parsedBody;
    return toResponse(
      await application({
        ...{ method, route: path, body, signal },
        authOf(of) {
          if (of.issued(auth)) return auth;
          throw new Error('no auth');
        },
      }),
    );
  }, rule);
  return outer === undefined ? inner : outer.gate.fetch(inner, outer.rule);
}

/** Middleware around the handler: what it says of a content, it says of answers only. */
function under(headers: AppOptions['headers'], response: Response): Response {
  for (const [name, value] of headers) {
    if (!response.ok && /^(?:content-|etag$)/i.test(name)) continue;
    const own = response.headers.get(name);
    response.headers.set(name, own === null ? value : mergeHeader(name, value, own));
  }
  return response;
}

/** What an adapter does, written out once. */
function createListener(
  gates: readonly TestGate[],
  { routes, parser, prefix, headers, application, onError }: AppOptions,
): (req: GuardedRequest, res: ServerResponse) => Promise<void> {
  const prepared = new Map(
    routes.map((route) => {
      const guards = [...(route.outer ? [route.outer] : []), route];
      const judges = guards.map(({ gate, rule }) => gate.route(rule));
      return [`${prefix}${route.path}`, { ...route, judges }];
    }),
  );
  return async (req, res) => {
    for (const [name, value] of headers) res.setHeader(name, value);
    for (const gate of gates) {
      const reply = await gate.metadata.respond(fromNodeRequest(req).gateRequest);
      if (reply !== undefined) return writeReply(res, reply);
    }
    const route = prepared.get(req.url?.split('?')[0] ?? '');
    if (route === undefined) return void res.writeHead(404).end();
    let view = fromNodeRequest(req);
    let auth: unknown;
    try {
      if (parser === 'before' && req.method === 'POST') req.body = JSON.parse(await text(req));
      for (const judge of route.judges) {
        view = fromNodeRequest(req);
        const decision = await judge.decide(view.gateRequest);
        if (!decision.allowed) return writeReply(res, decision);
        setHeaders(res, decision.headers);
        handOn(req, view, decision);
        auth = decision.auth;
      }
      const gone = new AbortController();
      res.once('close', () => gone.abort());
      const answer = await application({
        ...{ method: req.method ?? '', route: route.path, body: req.body, signal: gone.signal },
        authOf(of) {
          if (of.issued(auth)) return auth;
          throw new Error('no auth');
        },
      });
      await send(res, answer);
    } catch (error) {
      const refusal = route.gate.refuse(error, view.gateRequest, req.auth);
      if (refusal === undefined) await send(res, onError(error));
      else writeReply(res, refusal);
    }
  };
}

async function send(res: ServerResponse, { status, headers, body }: Answer): Promise<void> {
  res.statusCode = status;
  for (const [name, value] of headers) res.setHeader(name, value);
  if (typeof body === 'string') res.end(body);
  else await pipeline(Readable.from(body), res).catch(() => undefined);
}
