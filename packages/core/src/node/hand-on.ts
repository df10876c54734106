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
  own(req, BYTES, bytes);
  Object.defineProperties(req, REREAD);
  if (place !== undefined) {
    own(place, 'body', body);
    if ('rawBody' in place) own(place, 'rawBody', bytes().toString());
  }
}

const BYTES = Symbol('scopegate.bytes');

interface Reread {
  readonly [BYTES]: () => Buffer;
}

/** The same for all requests: a getter of its own would make each of them a hidden class of its own. */
const REREAD: PropertyDescriptorMap & ThisType<Reread> = {
  rawBody: {
    configurable: true,
    enumerable: false,
    get() {
      return this[BYTES]();
    },
  },
  [Symbol.asyncIterator]: {
    configurable: true,
    async *value(): AsyncGenerator<Buffer> {
      yield this[BYTES]();
    },
  },
};

function own(object: object, key: PropertyKey, value: unknown): void {
  const isFree =
    !(key in object) || Object.getOwnPropertyDescriptor(object, key)?.writable === true;
  // A definition is dear on requests, and needed only where something stands in the way.
  if (isFree) (object as Record<PropertyKey, unknown>)[key] = value;
  else {
    Object.defineProperty(object, key, {
      ...{ configurable: true, enumerable: true, writable: true },
      value,
    });
  }
}
