import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Answer, Application, AppOptions, Harness } from '@scopegate/adapter-testkit';
import { authOf, protect, resourceMetadata } from '../src/adapter.js';
import type { Step } from '../src/adapter.js';

type Handler = (req: IncomingMessage, res: ServerResponse) => unknown;

/** An application without a framework: the smallest chain, router and JSON parser that do. */
export const harness: Harness = {
  name: 'node:http',
  async start(gates, { routes, parser, prefix, headers, application, onError }) {
    const behind = parser === 'behind' ? [parseJson] : [];
    const table = new Map(
      routes.map(({ path, gate, rule, outer }) => {
        const guards = [...(outer ? [protect(outer.gate, outer.rule)] : []), protect(gate, rule)];
        return [prefix + path, chain([...guards, ...behind], handlerOf(path, application))];
      }),
    );
    const front = [setEach(headers), resourceMetadata(...gates)];
    const app = chain([...front, ...(parser === 'before' ? [parseJson] : [])], (req, res) => {
      const [path = ''] = req.url?.split('?') ?? [];
      const route = table.get(path) ?? notFound;
      return route(req, res);
    });
    const server = createServer((req, res) => {
      app(req, res).catch((error: unknown) => write(res, onError(error)));
    }).listen(0, 'localhost');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('no port');
    return {
      url: `http://localhost:${address.port}`,
      async close() {
        server.close().closeAllConnections();
        await once(server, 'close');
      },
    };
  },
};

function handlerOf(route: string, application: Application): Handler {
  return async (req, res) => {
    const gone = new AbortController();
    res.once('close', () => gone.abort());
    const answer = await application({
      method: req.method ?? '',
      route,
      body: 'body' in req ? req.body : undefined,
      authOf: (gate) => authOf(gate, req),
      signal: gone.signal,
    });
    await write(res, answer);
  };
}

/** Each step gets the rest of the chain as its `next`, and waits for it. */
function chain(steps: readonly Step[], handler: Handler) {
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const run = async (at: number): Promise<void> => {
      const step = steps[at];
      if (step === undefined) await handler(req, res);
      else await step(req, res, () => run(at + 1));
    };
    await run(0);
  };
}

function setEach(headers: AppOptions['headers']): Step {
  return async (_req, res, next) => {
    for (const [name, value] of headers) res.setHeader(name, value);
    await next();
  };
}

const parseJson: Step = async (req, _res, next) => {
  if (req.headers['content-type']?.startsWith('application/json') === true) {
    const content = await text(req);
    const body: unknown = content === '' ? undefined : JSON.parse(content);
    Object.assign(req, { body });
  }
  await next();
};

const notFound: Handler = (_req, res) => res.writeHead(404).end();

async function write(res: ServerResponse, { status, headers, body }: Answer): Promise<void> {
  res.statusCode = status;
  for (const [name, value] of headers) res.setHeader(name, value);
  if (typeof body === 'string') res.end(body);
  else await pipeline(Readable.from(body), res).catch(() => undefined);
}
