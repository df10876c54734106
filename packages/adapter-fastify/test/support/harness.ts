/**
 * Fastify in the suite of all adapters, set up as an application would: guards on routes, in scopes
 * and around handlers.
 *
 * @module
 */
import { Readable } from 'node:stream';
import type {
  Answer,
  AppOptions,
  GuardedRoute,
  Harness,
  TestGate,
} from '@scopegate/adapter-testkit';
import fastify from 'fastify';
import type { FastifyInstance, FastifyReply, RouteHandlerMethod } from 'fastify';
import { authOf, protect, resourceMetadata } from '../../src/index.js';

type Mount = (app: FastifyInstance, guarded: GuardedRoute, handler: RouteHandlerMethod) => void;

/** The ways to guard a path. */
export const FORMS: Readonly<Record<string, Mount>> = {
  'on a route': (app, { path, gate, rule }, handler) =>
    void app.all(path, protect(gate, rule), handler),
  'in a scope': (app, { path, gate, rule }, handler) =>
    void app.register(async (scope) => {
      scope.register(protect(gate));
      scope.all(path, { ...(rule !== undefined && { config: { scopegate: rule } }) }, handler);
    }),
  'around a handler': (app, { path, gate, rule }, handler) =>
    void app.all(path, protect(gate, rule, handler)),
};

export const HARNESSES: readonly Harness[] = Object.entries(FORMS).map(([form, mount]) => ({
  name: `Fastify, ${form}`,
  hasStreams: true,
  // Fastify parses before the handler, or not at all: no parser can be between a gate and its handler.
  parsers: ['before', 'absent'],
  skips: ['all tools guarded', 'public tools, too'].map((tools) => ({
    case: `attacks, JSON parser absent, ${tools}: content type ''`,
    reason: "Fastify refuses it before any parser, and the application's error handler answers",
  })),
  async start(gates, options) {
    const app = createApp(mount, gates, options);
    return {
      url: await app.listen({ port: 0, host: '127.0.0.1', listenTextResolver: () => '' }),
      close: () => app.close(),
    };
  },
}));

/** The application without a server, for hosts that call it themselves. */
export function createApp(
  mount: Mount,
  gates: readonly TestGate[],
  { routes, parser, prefix, headers, application, onError }: AppOptions,
): FastifyInstance {
  // Documents with a prototype reach the gate here, as in the other frameworks.
  const app = fastify({ onProtoPoisoning: 'ignore', onConstructorPoisoning: 'ignore' });
  // A verb that Fastify does not route by itself.
  app.addHttpMethod('PROPFIND', { hasBody: true });
  if (parser === 'absent') leaveBodies(app);
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(Object.fromEntries(headers));
  });
  app.setErrorHandler((error, _request, reply) => write(reply, onError(error)));
  app.register(resourceMetadata(...gates));
  const mountAll = async (scope: FastifyInstance): Promise<void> => {
    for (const { outer, ...guarded } of routes) {
      const handler: RouteHandlerMethod = async (request, reply) => {
        const gone = new AbortController();
        reply.raw.once('close', () => gone.abort());
        const { method, body, raw: stream } = request;
        const call = { method, route: guarded.path, body, stream, signal: gone.signal };
        return write(reply, await application({ ...call, authOf: (of) => authOf(of, request) }));
      };
      if (outer === undefined) mount(scope, guarded, handler);
      else {
        scope.register(async (inner) => {
          inner.register(protect(outer.gate, outer.rule));
          mount(inner, guarded, handler);
        });
      }
    }
  };
  app.register(mountAll, { prefix });
  return app;
}

/** Fastify without parsers: the gate reads what it evaluates. */
export function leaveBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
}

function write(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  reply.code(status).headers(Object.fromEntries(headers));
  return reply.send(typeof body === 'string' ? Buffer.from(body) : Readable.from(body));
}
