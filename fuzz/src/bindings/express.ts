/**
 * Express 5 and 4, the parser in front of the gate, behind it, or none.
 *
 * @module
 */
import { protect } from '@scopegate/express';
import express5 from 'express';
import type { ErrorRequestHandler, Express, RequestHandler } from 'express';
import express4 from 'express4';
import { HTTP_RULES, MOUNTS, gateWith } from '../policy.js';
import { serverAt } from '../servers/index.js';
import { PLACES } from './places.js';
import { ranRoute, toColon } from './routes.js';
import { startNode, statusOf } from './shape.js';
import type { Shape } from './shape.js';

const FRAMEWORKS = [
  ['Express 5', express5],
  ['Express 4', express4],
] as const;

const onError: ErrorRequestHandler = (error, _req, res, next) => {
  if (res.headersSent) next(error);
  else res.status(statusOf(error)).end();
};

export const EXPRESS: readonly Shape[] = FRAMEWORKS.flatMap(([name, express]): Shape[] => [
  ...PLACES.map((parser): Shape => ({
    name: `${name}, parser ${parser}`,
    ...{ group: 'express', kind: 'mcp' },
    start() {
      const app: Express = express();
      // The parser is set to read other types than JSON, too, so the gate must evaluate these.
      const parse = express.json({ type: () => true });
      if (parser === 'before') app.use(parse);
      for (const { path, gate } of MOUNTS) {
        const { node } = serverAt(path);
        const handler: RequestHandler = (req, res, next) => {
          node(req, res, req.body).catch(next);
        };
        if (parser === 'absent') app.all(path, protect(gate, undefined, handler));
        else if (parser === 'behind') app.all(path, protect(gate), parse, handler);
        else app.all(path, protect(gate), handler);
      }
      return startNode(app.use(onError));
    },
  })),
  {
    name: `${name}, routes`,
    ...{ group: 'express', kind: 'routes' },
    start() {
      const app: Express = express();
      const gate = gateWith();
      for (const { method, path, rule } of HTTP_RULES) {
        const verb = method === '*' ? 'all' : (method.toLowerCase() as 'get');
        app[verb](toColon(path), protect(gate, rule), (req, res) => {
          ranRoute(req.headers, req.method, path);
          res.end();
        });
      }
      return startNode(app.use(onError));
    },
  },
]);
