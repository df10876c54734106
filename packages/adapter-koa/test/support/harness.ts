/**
 * Koa 3 and 2 in the suite of all adapters, set up as an application would.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { Readable } from 'node:stream';
import { bodyParser } from '@koa/bodyparser';
import { Router } from '@koa/router';
import type { Answer, AppOptions, Harness, TestGate } from '@scopegate/adapter-testkit';
import Koa3 from 'koa';
import type { Context, Middleware } from 'koa';
import mount from 'koa-mount';
import Koa2 from 'koa2';
import type { toNodeHandler } from '../../../adapter-express/test/support/notes-mcp.js';
import { close, listen } from '../../../core/test/support/issuer.js';
import { authOf, protect, resourceMetadata } from '../../src/index.js';

export const FRAMEWORKS = [
  ['Koa 3', Koa3],
  ['Koa 2', Koa2],
] as const;

export const HARNESSES: readonly Harness[] = FRAMEWORKS.map(([name, Koa]) => ({
  name,
  hasStreams: true,
  skips: [
    'a name from the prototype',
    'arguments from the prototype',
    'a prototype deep in the arguments',
  ].map((message) => ({
    case: `JSON parser before: messages: ${message}`,
    reason: 'co-body refuses such a document before the gate sees it',
  })),
  async start(gates, options) {
    const server = toServer(createApp(Koa, gates, options));
    return { url: await listen(server), close: () => close(server) };
  },
}));

/** The application without a server, for hosts that call it themselves. */
export function createApp(
  Koa: typeof Koa3,
  gates: readonly TestGate[],
  { routes, parser: place, prefix, headers, application, onError }: AppOptions,
): Koa3 {
  const app = new Koa();
  app.silent = true;
  app.use(async (ctx, next) => {
    ctx.set(Object.fromEntries(headers));
    await next();
  });
  app.use(resourceMetadata(...gates));
  if (place === 'before') app.use(parser());
  const router = new Router();
  for (const { path, gate, rule, outer } of routes) {
    const handler = async (ctx: Context): Promise<void> => {
      const gone = new AbortController();
      ctx.res.once('close', () => gone.abort());
      const { method, request, req: stream } = ctx;
      const call = { method, route: path, body: request.body, stream, signal: gone.signal };
      answer(ctx, await application({ ...call, authOf: (of) => authOf(of, ctx) }));
    };
    if (outer !== undefined) router.all(path, protect(outer.gate, outer.rule));
    if (place === 'behind') router.all(path, protect(gate, rule), parser(), handler);
    else router.all(path, protect(gate, rule, handler));
  }
  app.use(async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      answer(ctx, onError(error));
    }
  });
  app.use(mount(prefix === '' ? '/' : prefix, router.routes()));
  return app;
}

function answer(ctx: Context, { status, headers, body }: Answer): void {
  ctx.status = status;
  ctx.body = typeof body === 'string' ? body : Readable.from(body);
  for (const [name, value] of headers) ctx.set(name, value);
}

/** A server for the app; Koa's promise never rejects. */
export function toServer(app: Koa3): Server {
  return createServer(app.callback() as RequestListener);
}

type NodeHandler = ReturnType<typeof toNodeHandler>;

/** Only under `exactOptionalPropertyTypes` does the SDK want to hear that there is a method. */
export type NodeRequest = Parameters<NodeHandler>[0];

/** What the SDK's handler for Node becomes in Koa. */
export function serveMcp(node: NodeHandler): Middleware {
  return async (ctx: Context) => {
    ctx.respond = false;
    await node(ctx.req as NodeRequest, ctx.res, ctx.request.body);
  };
}

/** A parser that calls every fault of a body the client's; by default some are a 500. */
export function parser(): Middleware {
  return bodyParser({
    onError: (error, ctx) => ctx.throw((error as { status?: number }).status ?? 400, error),
  });
}
