/**
 * Koa 3 and 2.
 *
 * @module
 */
import type { RequestListener } from 'node:http';
import { bodyParser } from '@koa/bodyparser';
import { Router } from '@koa/router';
import { protect } from '@scopegate/koa';
import Koa3 from 'koa';
import type { Context, Middleware } from 'koa';
import Koa2 from 'koa2';
import { HTTP_RULES, MOUNTS, gateWith } from '../policy.js';
import { serverAt } from '../servers/index.js';
import { PLACES } from './places.js';
import { ranRoute, toColon } from './routes.js';
import { startNode, statusOf } from './shape.js';
import type { Shape } from './shape.js';

const FRAMEWORKS = [
  ['Koa 3', Koa3],
  ['Koa 2', Koa2],
] as const;

export const KOA: readonly Shape[] = FRAMEWORKS.flatMap(([name, Koa]): Shape[] => [
  ...PLACES.map((parser): Shape => ({
    name: `${name}, parser ${parser}`,
    ...{ group: 'koa', kind: 'mcp' },
    start() {
      const app = createApp(Koa);
      const router = new Router();
      if (parser === 'before') app.use(parse());
      for (const { path, gate } of MOUNTS) {
        const { node } = serverAt(path);
        const handler: Middleware = async (ctx: Context) => {
          ctx.respond = false;
          try {
            await node(ctx.req, ctx.res, ctx.request.body);
          } catch (error) {
            ctx.respond = true;
            throw error;
          }
        };
        if (parser === 'absent') router.all(path, protect(gate, undefined, handler));
        else if (parser === 'behind') router.all(path, protect(gate), parse(), handler);
        else router.all(path, protect(gate), handler);
      }
      return startNode(app.use(router.routes()).callback() as RequestListener);
    },
  })),
  {
    name: `${name}, routes`,
    ...{ group: 'koa', kind: 'routes' },
    start() {
      const router = new Router();
      const gate = gateWith();
      for (const { method, path, rule } of HTTP_RULES) {
        const verb = method === '*' ? 'all' : (method.toLowerCase() as 'get');
        router[verb](toColon(path), protect(gate, rule), (ctx: Context) => {
          ranRoute(ctx.req.headers, ctx.method, path);
          ctx.body = 'done';
        });
      }
      return startNode(createApp(Koa).use(router.routes()).callback() as RequestListener);
    },
  },
]);

function createApp(Koa: typeof Koa3): Koa3 {
  const app = new Koa();
  app.silent = true;
  return app.use(async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (!ctx.headerSent) ctx.status = statusOf(error);
    }
  });
}

/** Every content that looks like JSON, whatever it is called; faults are the client's. */
function parse(): Middleware {
  return bodyParser({
    enableTypes: ['json'],
    detectJSON: () => true,
    onError: (error, ctx) => ctx.throw((error as { status?: number }).status ?? 400, error),
  });
}
