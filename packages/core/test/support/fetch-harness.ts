/**
 * `gate.fetch` in the suite of all adapters.
 *
 * @module
 */
import { serveFetch, toResponse } from '../../../adapter-testkit/src/index.js';
import type {
  AppOptions,
  GuardedRoute,
  Harness,
  TestGate,
} from '../../../adapter-testkit/src/index.js';
import {
  fromWebRequest,
  mergeHeader,
  metadataOf,
  toResponse as toWebResponse,
} from '../../src/adapter.js';

export const FETCH: Harness = {
  name: 'gate.fetch',
  parsers: ['absent', 'behind'],
  skips: ['paths', 'paths under a prefix'].map((suite) => ({
    case: `${suite}: protect refuses a policy over paths at mount, since a router decides first`,
    reason: 'gate.fetch sees the whole path: such a policy is for it',
  })),
  start: (gates, options) => serveFetch(createFetch(gates, options)),
};

type Fetch = (request: Request) => Promise<Response>;

function createFetch(gates: readonly TestGate[], options: AppOptions): Fetch {
  const { routes, prefix, headers, onError } = options;
  const handlers = new Map(
    routes.map((route) => [`${prefix}${route.path}`, guarded(route, options)]),
  );
  const metadata = metadataOf(gates);
  return async (request) => {
    const reply = await metadata(fromWebRequest(request).gateRequest);
    if (reply !== undefined) return under(headers, toWebResponse(reply));
    const handler = handlers.get(new URL(request.url).pathname);
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
