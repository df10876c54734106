/**
 * Adds the gate's headers to Web responses and keeps those of other middleware.
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
  const { status, body } = reply;
  return new Response(body || null, { status, headers: addTo(headers, reply.headers) });
}

/**
 * Returns the response with further headers. The result is the response itself if it has all of them,
 * otherwise a copy, since a handler may share one response between requests. The body is passed on
 * unchanged, streams included. A response that cannot be copied (a status such as 101,
 * `Response.error()`, a body that was read) is returned unchanged.
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
    const merged = addTo(new Headers(response.headers), headers);
    const isComplete = headers.every(([name]) => merged.get(name) === response.headers.get(name));
    if (isComplete) return response;
    const { status, statusText, body } = response;
    return new (classOf(response))(body, { status, statusText, headers: merged });
  } catch {
    return response;
  }
}

/**
 * Returns the class for a copy of a response. It is the platform's own class if a server replaced the
 * global one with a lighter class: `@hono/node-server` treats some responses as sent already, and only
 * those of the platform's class.
 */
function classOf({ constructor }: Response): typeof Response {
  const isReplaced = constructor !== Object && Response.prototype instanceof constructor;
  return isReplaced ? (constructor as typeof Response) : Response;
}

function addTo(existing: Headers, headers: HeaderList): Headers {
  for (const [name, value] of headers) {
    existing.set(name, mergeHeader(name, existing.get(name), value));
  }
  return existing;
}
