/**
 * Express 5 and 4 in the suite of all adapters, set up as an application would.
 *
 * @module
 */
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Answer, AppOptions, Harness, TestGate } from '@scopegate/adapter-testkit';
import express5 from 'express';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import express4 from 'express4';
import { authOf, protect, resourceMetadata, scopeErrors } from '../../src/index.js';
import { close, listen } from '../../../core/test/support/issuer.js';

export const FRAMEWORKS = [
  ['Express 5', express5],
  ['Express 4', express4],
] as const;

export const HARNESSES: readonly Harness[] = FRAMEWORKS.map(([name, express]) => ({
  name,
  hasStreams: true,
  async start(gates, options) {
    const server = createServer(createApp(express, gates, options));
    return { url: await listen(server), close: () => close(server) };
  },
}));

type Express = (typeof FRAMEWORKS)[number][1];

/** The application without a server, for hosts that call it themselves. */
export function createApp(
  express: Express,
  gates: readonly TestGate[],
  { routes, parser, prefix, headers, application, onError }: AppOptions,
): ReturnType<Express> {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use((_req, res, next) => {
    for (const [header, value] of headers) res.set(header, value);
    next();
  });
  app.use(resourceMetadata(...gates));
  if (parser === 'before') app.use(express.json());
  const router = express.Router();
  for (const { path, gate, rule, outer } of routes) {
    const handler: RequestHandler = async (req, res) => {
      const gone = new AbortController();
      res.once('close', () => gone.abort());
      const body = req.body as unknown;
      const call = { method: req.method, route: path, body, stream: req, signal: gone.signal };
      await send(res, await application({ ...call, authOf: (of) => authOf(of, req) }));
    };
    if (outer !== undefined) router.all(path, protect(outer.gate, outer.rule));
    // Errors travel forward in Express: in front of a parser, the handler cannot be given to protect.
    if (parser === 'behind')
      router.all(path, protect(gate, rule), express.json(), catching(handler));
    else router.all(path, protect(gate, rule, handler));
  }
  app.use(prefix === '' ? '/' : prefix, router);
  for (const gate of gates) app.use(scopeErrors(gate));
  const mine: ErrorRequestHandler = (error, _req, res, _next) => void send(res, onError(error));
  app.use(mine);
  return app;
}

/** Express 4 does not see what a promise rejects with. */
function catching(handler: RequestHandler): RequestHandler {
  return async (req, res, next) => {
    try {
      await handler(req, res, next);
    } catch (error) {
      next(error);
    }
  };
}

async function send(res: Response, { status, headers, body }: Answer): Promise<void> {
  res.status(status);
  for (const [name, value] of headers) res.set(name, value);
  if (typeof body === 'string') res.send(body);
  // A client that goes away early ends the stream; that is not an error.
  else await pipeline(Readable.from(body), res).catch(() => undefined);
}
