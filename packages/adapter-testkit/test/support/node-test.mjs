/** The suite under node:test, from the build: run by `test-adapter.test.ts`. */
import { serveFetch, testAdapter, toResponse } from '@scopegate/adapter-testkit';

testAdapter({
  name: 'gate.fetch',
  parsers: ['absent'],
  skips: [
    ...[401, 403, 400].map((status) => ({
      case: `with other middleware: a ${status} keeps their headers, and Vary grows`,
      reason: 'this harness sets them behind the gate, over those of its answer',
    })),
    ...['paths', 'paths under a prefix'].map((suite) => ({
      case: `${suite}: protect refuses a policy over paths at mount, since a router decides first`,
      reason: 'gate.fetch sees the whole path: such a policy is for it',
    })),
  ],
  start(gates, { routes, prefix, headers, application, onError }) {
    const guarded = new Map(
      routes.map(({ path, gate, rule, outer }) => {
        const inner = gate.fetch(async ({ method, signal }, { auth, parsedBody: body }) => {
          const authOf = (of) => {
            if (of.issued(auth)) return auth;
            throw new Error('no auth');
          };
          return toResponse(await application({ method, route: path, authOf, body, signal }));
        }, rule);
        return [prefix + path, outer === undefined ? inner : outer.gate.fetch(inner, outer.rule)];
      }),
    );
    const documents = new Map(
      gates.map((gate) => [
        gate.metadata.url.replace('https://notes.example.com', ''),
        gate.fetch(() => new Response(null, { status: 404 }), 'admin:notes'),
      ]),
    );
    return serveFetch(async (request) => {
      const { pathname, search } = new URL(request.url);
      const handler = documents.get(pathname + search) ?? guarded.get(pathname);
      if (handler === undefined) return new Response(null, { status: 404 });
      const response = await handler(request).catch((error) => toResponse(onError(error)));
      for (const [name, value] of headers) {
        const own = response.headers.get(name);
        if (own === null) response.headers.set(name, value);
        else if (name === 'Vary' || name.includes('Expose')) {
          response.headers.set(name, `${value}, ${own}`);
        }
      }
      return response;
    });
  },
});
