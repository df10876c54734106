/**
 * Leaves what was judged where handlers look for it.
 *
 * @module
 */
import type { Auth } from '../policy/index.js';
import type { NodeRequestView, ParsedRequest } from './gate-request.js';

/** What a gate leaves on a request. Body parsers declare `rawBody` on every request, in other types. */
export type GuardedRequest = ParsedRequest & { auth?: Auth; rawBody?: unknown };

/**
 * Puts `auth` on the request, where the MCP SDK's transports look. If the body was judged, `req.body`
 * is the judged object, and whoever reads the stream again gets it too, though the stream is spent:
 * SDK v2 iterates over the request, v1 takes `rawBody`. Parsers that come later skip the request.
 */
export function handOn(
  req: GuardedRequest,
  view: NodeRequestView,
  judged: { readonly auth: Auth | undefined; readonly body?: unknown },
): void {
  if (judged.auth === undefined) delete req.auth;
  else req.auth = judged.auth;
  if (judged.body === undefined) return;
  const { body } = judged;
  const bytes = (): Buffer => view.bytes() ?? Buffer.from(JSON.stringify(body));
  req.body = body;
  req._body = true;
  if (!('rawBody' in req)) {
    Object.defineProperty(req, 'rawBody', { configurable: true, enumerable: false, get: bytes });
  }
  Object.defineProperty(req, Symbol.asyncIterator, {
    configurable: true,
    value: async function* read(): AsyncGenerator<Buffer> {
      yield bytes();
    },
  });
}
