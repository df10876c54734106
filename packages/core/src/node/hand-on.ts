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
 * SDK v2 iterates over the request, v1 takes `rawBody`. Bytes that a parser in front kept there give
 * way: they may be another document. Parsers that come later skip the request.
 *
 * @param place - where a framework keeps the body for its handlers, if that is not the request
 */
export function handOn(
  req: GuardedRequest,
  view: NodeRequestView,
  judged: { readonly auth: Auth | undefined; readonly body?: unknown },
  place?: object,
): void {
  // An own member, also of `undefined`: a prototype may have one, too.
  own(req, 'auth', judged.auth);
  if (judged.body === undefined) return;
  const { body } = judged;
  const bytes = (): Buffer => view.bytes() ?? Buffer.from(JSON.stringify(body));
  own(req, 'body', body);
  own(req, '_body', true);
  Object.defineProperty(req, 'rawBody', { configurable: true, enumerable: false, get: bytes });
  if (place !== undefined) {
    own(place, 'body', body);
    if ('rawBody' in place) own(place, 'rawBody', bytes().toString());
  }
  Object.defineProperty(req, Symbol.asyncIterator, {
    configurable: true,
    value: async function* read(): AsyncGenerator<Buffer> {
      yield bytes();
    },
  });
}

function own(object: object, key: string, value: unknown): void {
  // Dear on requests, and needed only where something stands in the way.
  if (!(key in object)) (object as Record<string, unknown>)[key] = value;
  else
    Object.defineProperty(object, key, {
      ...{ configurable: true, enumerable: true, writable: true },
      value,
    });
}
