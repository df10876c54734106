/**
 * Hono on Node and on plain fetch in the suite of all adapters, set up as an application would.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { serveFetch, toResponse } from '@scopegate/adapter-testkit';
import type { Answer, AppOptions, Harness, TestGate } from '@scopegate/adapter-testkit';
import { Hono } from 'hono';
import type { Context, MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { close, listen } from '../../../core/test/support/issuer.js';
import { authOf, protect, resourceMetadata } from '../../src/index.js';

const CLOSES =
  'what is left of a body that was begun, its server reads for half a second, then closes';

/** From Node 22 on, a body that came at once is read by the time its server looks. */
const READS_LARGE_BODY =
  Number.parseInt(process.versions.node, 10) >= 22 &&
  !('bun' in process.versions || 'deno' in process.versions);

export const ON_NODE: Harness = {
  name: 'Hono on Node',
  skips: [
    {
      case: 'connections: a body that grows too large: the connection stays usable',
      reason: CLOSES,
    },
    ...(READS_LARGE_BODY
      ? []
      : [
          {
            case: 'connections: a large body at once: the connection stays usable',
            reason: CLOSES,
          },
        ]),
  ],
  async start(gates, options) {
    const { fetch } = createApp(gates, options);
    const server = createServer(getRequestListener(fetch) as RequestListener);
    return { url: await listen(server), close: () => close(server) };
  },
};

export const ON_FETCH: Harness = {
  name: 'Hono on fetch',
  start: (gates, options) => serveFetch(createApp(gates, options).fetch),
};

/** Reads every body as JSON, as validators do. */
export const parseJson: MiddlewareHandler = async (c, next) => {
  if (c.req.method === 'POST') await c.req.json();
  await next();
};

const pass: MiddlewareHandler = (_c, next) => next();

function createApp(
  gates: readonly TestGate[],
  { routes, parser, prefix, headers, application, onError }: AppOptions,
): Hono {
  const app = new Hono();
  app.onError((error, c) => send(c, onError(error)));
  app.use(async (c, next) => {
    for (const [name, value] of headers) c.header(name, value);
    await next();
  });
  app.use(resourceMetadata(...gates));
  if (parser === 'before') app.use(parseJson);
  const api = prefix === '' ? app : app.basePath(prefix);
  for (const { path, gate, rule, outer } of routes) {
    const first = outer === undefined ? pass : protect(outer.gate, outer.rule);
    const behind = parser === 'behind' ? parseJson : pass;
    api.all(path, first, protect(gate, rule), behind, async (c) => {
      const { method, raw } = c.req;
      const body: unknown = await c.req.json().catch(() => undefined);
      const call = { method, route: path, body, signal: raw.signal };
      return send(c, await application({ ...call, authOf: (of) => authOf(of, c) }));
    });
  }
  return app;
}

/** A bare `Response` would lose what middleware set before. */
function send(c: Context, answer: Answer): Response {
  const { status, headers } = answer;
  const { body } = toResponse(answer);
  return c.newResponse(body, status as ContentfulStatusCode, Object.fromEntries(headers));
}
