/** The suite under node:test, from the build: run by `test-adapter.test.ts`. */
import { serveFetch, testAdapter, toResponse } from '@scopegate/adapter-testkit';
import { fromWebRequest, metadataOf, toResponse as toWebResponse } from '@scopegate/core/adapter';

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
    const metadata = metadataOf(gates);
    return serveFetch(async (request) => {
      const reply = await metadata(fromWebRequest(request).gateRequest);
      const handler = guarded.get(new URL(request.url).pathname);
      const answer = reply === undefined ? handler?.(request) : toWebResponse(reply);
      if (answer === undefined) return new Response(null, { status: 404 });
      const response = await Promise.resolve(answer).catch((error) => toResponse(onError(error)));
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
