/**
 * Adds the gate's headers to Web responses and keeps those of other middleware.
 *
 * @module
 */
import type { HeaderList, Reply } from '../types.js';
import { CONTENT_HEADERS, mergeHeader, toResponse } from '../http/index.js';
import { isObject } from '../values.js';
import { lightBodyOf } from './light-server.js';

/**
 * Makes a response of a reply, and keeps the headers that other middleware set before, except those that
 * describe the content of the response it replaces.
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
 * Returns the response with further headers. The result is the response itself if it has all of them,
 * otherwise a copy, since a handler may share one response between requests. The body is passed on
 * unchanged, streams included. An answer that cannot be copied is returned unchanged: a status such as
 * 101, `Response.error()`, a body that was read, and what is no response (Bun's `undefined` after an
 * upgrade).
 *
 * @example
 * ```ts
 * const decision = await gate.check(request);
 * if (!decision.allowed) return decision.toResponse();
 * return withHeaders(await handler(request), decision.headers);
 * ```
 */
export function withHeaders(response: Response, headers: HeaderList): Response {
  // A copy would lose the socket that a platform keeps with a 101.
  if (!isObject(response) || response.status === 101) return response;
  try {
    if (hasAll(response.headers, headers)) return response;
    const { body } = lightBodyOf(response) ?? response;
    const copy = new (classOf(response))(body, response);
    addTo(copy.headers, headers);
    return copy;
  } catch {
    return response;
  }
}

/**
 * Returns the class for a copy of a response. If a server replaced the global `Response` with a subclass, a
 * response of the platform's class is copied as one: `@hono/node-server` takes some responses for already
 * sent, but only if they are of that class.
 */
function classOf({ constructor }: Response): typeof Response {
  const isReplaced = constructor !== Object && Response.prototype instanceof constructor;
  return isReplaced ? (constructor as typeof Response) : Response;
}

function addTo(existing: Headers, headers: HeaderList): void {
  for (const [name, value] of headers) {
    existing.set(name, mergeHeader(name, existing.get(name), value));
  }
}

function hasAll(existing: Headers, headers: HeaderList): boolean {
  return headers.every(
    ([name, value]) => mergeHeader(name, existing.get(name), value) === existing.get(name),
  );
}
