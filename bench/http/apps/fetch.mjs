/** A handler of Web requests without a framework: on Node behind an adapter's server, on Bun on its own. */
import { createAdaptorServer } from '@hono/node-server';

export function createApps({ gate, constant, notes, result }) {
  const list = () => Response.json(notes);
  const call = ({ id }) => Response.json(result(id));
  const bare = async (request) => (isMcp(request) ? call(await request.json()) : list());
  const guarded = {
    list: gate.fetch(list, 'notes:read'),
    call: gate.fetch((_request, { parsedBody }) => call(parsedBody)),
  };
  return {
    bare: serve(bare),
    scopegate: serve((request) => (isMcp(request) ? guarded.call(request) : guarded.list(request))),
    'a hook of constants': serve(async (request) => {
      if (request.headers.get('authorization') === null) {
        return new Response(constant.body, { status: constant.status, headers: constant.record });
      }
      const response = await bare(request);
      response.headers.set('Vary', 'Authorization');
      return response;
    }),
  };
}

function serve(fetch) {
  return globalThis.Bun === undefined ? createAdaptorServer({ fetch }) : new BunServer(fetch);
}

/** What is used here of Node's server, over that of Bun. */
class BunServer {
  #fetch;
  #server;

  constructor(fetch) {
    this.#fetch = fetch;
  }

  listen(port, hostname, listening) {
    this.#server = globalThis.Bun.serve({ port, hostname, fetch: this.#fetch, idleTimeout: 60 });
    listening();
  }

  address() {
    return { port: this.#server.port };
  }
}

function isMcp({ url }) {
  return url.endsWith('/mcp');
}
