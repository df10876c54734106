/**
 * Web responses with the gate's headers beside those of other middleware.
 *
 * @module
 */
import type { HeaderList, Reply } from '../types.js';
import { CONTENT_HEADERS, mergeHeader, toResponse } from '../http/index.js';

/**
 * Makes a response of a reply, and keeps the headers that other middleware set before.
 *
 * @example
 * ```ts
 * const write = (context: Context, reply: Reply): Response => replyOver(context.res.headers, reply);
 * ```
 */
export function replyOver(begun: Headers, reply: Reply): Response {
  if (begun.keys().next().done === true) return toResponse(reply);
  const headers = new Headers(begun);
  for (const name of CONTENT_HEADERS) headers.delete(name);
  addTo(headers, reply.headers);
  return new Response(reply.body || null, { status: reply.status, headers });
}

/**
 * The response with further headers: itself if it has them all, otherwise a copy, since a handler may
 * share one response between requests. Its body passes through untouched, streams included. A response
 * that cannot be copied (a status such as 101, `Response.error()`, a body that was read) is returned as
 * it is.
 *
 * @example
 * ```ts
 * const decision = await gate.check(request);
 * if (!decision.allowed) return decision.toResponse();
 * return withHeaders(await handler(request), decision.headers);
 * ```
 */
export function withHeaders(response: Response, headers: HeaderList): Response {
  try {
    if (hasAll(response.headers, headers)) return response;
    const copy = new (classOf(response))(bodyOf(response), response);
    addTo(copy.headers, headers);
    return copy;
  } catch {
    return response;
  }
}

/**
 * The platform's own class where a server replaced the global one with a lighter class:
 * `@hono/node-server` treats some responses as sent already, and only those of the platform's class.
 */
function classOf({ constructor }: Response): typeof Response {
  const isReplaced = constructor !== Object && Response.prototype instanceof constructor;
  return isReplaced ? (constructor as typeof Response) : Response;
}

/**
 * The body to copy. Reading `body` makes a stream of it, and a server then sends the answer in pieces.
 * `@hono/node-server` keeps status, body and headers as they were given, until somebody reads the body.
 */
function bodyOf(response: Response): BodyInit | null {
  keptAt ??= Object.getOwnPropertySymbols(response).find(
    ({ description }) => description === 'cache',
  );
  const kept = keptAt && (response as unknown as Record<symbol, unknown>)[keptAt];
  return Array.isArray(kept) && kept[0] === response.status ? (kept[1] as BodyInit) : response.body;
}

/** Where such a server keeps it, once a response of its was seen. */
let keptAt: symbol | undefined;

function hasAll(existing: Headers, headers: HeaderList): boolean {
  return headers.every(
    ([name, value]) => mergeHeader(name, existing.get(name), value) === existing.get(name),
  );
}

function addTo(existing: Headers, headers: HeaderList): void {
  for (const [name, value] of headers) {
    existing.set(name, mergeHeader(name, existing.get(name), value));
  }
}
