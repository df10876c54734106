/**
 * Fastify, guarded in its three ways, with its parser or without.
 *
 * @module
 */
import { protect } from '@scopegate/fastify';
import fastify from 'fastify';
import type { FastifyInstance, RouteHandlerMethod } from 'fastify';
import { HTTP_RULES, MOUNTS, gateWith } from '../policy.js';
import type { Mount } from '../policy.js';
import { serverAt } from '../servers/index.js';
import { ranRoute, toColon } from './routes.js';
import { statusOf } from './shape.js';
import type { Shape, Started } from './shape.js';

type MountOn = (app: FastifyInstance, mount: Mount, handler: RouteHandlerMethod) => void;

const FORMS: Readonly<Record<string, MountOn>> = {
  'route hooks': (app, { path, gate }, handler) => void app.all(path, protect(gate), handler),
  'around the handler': (app, { path, gate }, handler) =>
    void app.all(path, protect(gate, undefined, handler)),
  plugin: (app, { path, gate }, handler) =>
    void app.register(async (scope) => {
      scope.register(protect(gate));
      scope.all(path, handler);
    }),
};

export const FASTIFY: readonly Shape[] = [
  ...Object.entries(FORMS).flatMap(([form, mountOn]) =>
    (['before', 'absent'] as const).map((parser): Shape => ({
      name: `Fastify, ${form}, parser ${parser}`,
      ...{ group: 'fastify', kind: 'mcp' },
      start() {
        const app = createApp();
        // Without Fastify's parsers the gate reads the stream.
        app.removeAllContentTypeParsers();
        if (parser === 'absent') app.addContentTypeParser('*', (_r, _p, done) => done(null));
        else {
          const parse = app.getDefaultJsonParser('ignore', 'ignore');
          app.addContentTypeParser('*', { parseAs: 'string' }, parse);
        }
        for (const mount of MOUNTS) {
          const { node } = serverAt(mount.path);
          mountOn(app, mount, async (request, reply) => {
            reply.hijack();
            try {
              await node(request.raw, reply.raw, request.body ?? undefined);
            } catch {
              if (!reply.raw.headersSent) reply.raw.writeHead(500);
              reply.raw.end();
            }
          });
        }
        return listen(app);
      },
    })),
  ),
  {
    name: 'Fastify, routes',
    ...{ group: 'fastify', kind: 'routes' },
    start() {
      const app = createApp();
      const gate = gateWith();
      const named = HTTP_RULES.filter(({ method }) => method !== '*');
      for (const { method, path, rule } of HTTP_RULES) {
        const others = app.supportedMethods.filter(
          (verb) =>
            !named.some((one) => one.path === path && one.method === verb) && verb !== 'HEAD',
        );
        app.route({
          method: method === '*' ? others : method,
          url: toColon(path),
          ...protect(gate, rule),
          handler(request) {
            ranRoute(request.headers, request.method, path);
            return 'done';
          },
        });
      }
      return listen(app);
    },
  },
];

function createApp(): FastifyInstance {
  const app = fastify({
    ...{ onProtoPoisoning: 'ignore', onConstructorPoisoning: 'ignore' },
    forceCloseConnections: true,
  });
  app.setErrorHandler((error, _request, reply) => reply.code(statusOf(error)).send());
  return app;
}

async function listen(app: FastifyInstance): Promise<Started> {
  const origin = await app.listen({ port: 0, host: '127.0.0.1', listenTextResolver: () => '' });
  return { origin, close: () => app.close() };
}
