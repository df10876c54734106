/**
 * A worker that answers `/vectors` with the outcome of the vectors, and else is the guarded server that
 * `answers.json` is about. What ran stands in a header of its own.
 *
 * @module
 */
import { createRoutes } from '../../../packages/adapter-testkit/src/gates.js';
import { readCalls } from '../../../packages/adapter-testkit/src/lenient-reader.js';
import { down, verifier } from '../../../packages/adapter-testkit/src/tokens.js';
import { runVectors } from './vectors.js';

const routes = createRoutes({ verifier, down });
const handlers = new Map(
  routes.map(({ path, gate, rule }) => [
    path,
    gate.fetch((_request, { parsedBody }) => {
      const ran = rule === undefined ? readCalls(parsedBody) : ['plain'];
      return new Response('{"jsonrpc":"2.0","id":1,"result":{}}', {
        headers: { 'Content-Type': 'application/json', 'X-Ran': JSON.stringify(ran) },
      });
    }, rule),
  ]),
);

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === '/vectors') return Response.json(runVectors());
    const handler = handlers.get(pathname);
    return handler === undefined ? new Response(null, { status: 404 }) : handler(request);
  },
};
