/**
 * Guards a Web `fetch` handler: the whole of an adapter for serverless platforms.
 *
 * @module
 */
import { CONTENT_HEADERS, mergeHeader, toResponse } from '../http/index.js';
import type { HeaderList, Reply } from '../types.js';
import { has, isObject } from '../values.js';
import { swapResponse } from './raised.js';
import type { FetchContext, Gate, Route } from './types.js';
import { fromWebRequest } from './web-request.js';
import type { WebRequestView } from './web-request.js';

type Handler<Rest extends unknown[]> = (
  request: Request,
  context: FetchContext,
  ...rest: Rest
) => Response | Promise<Response>;

/** Wraps a handler; see {@link Gate.fetch}. */
export function wrapFetch<Rest extends unknown[]>(
  gate: Gate,
  route: Route,
  handler: Handler<Rest>,
): (request: Request, ...rest: Rest) => Promise<Response> {
  return async (request, ...rest) => {
    const view = fromWebRequest(request);
    const reply = await gate.metadata.respond(view.gateRequest);
    if (reply !== undefined) return toResponse(reply);
    const decision = await route.check(view.gateRequest);
    if (!decision.allowed) return decision.toResponse();
    const { auth, body, headers } = decision;
    try {
      const context = { auth, authInfo: auth, parsedBody: body };
      const response = await handler(handOn(request, view), context, ...rest);
      // What is no response is between the handler and its platform.
      if (!isObject(response)) return response;
      const answer = await swapResponse(gate, auth, response, request);
      return withHeaders(has(answer, 'reply') ? toResponse(answer.reply) : answer, headers);
    } catch (error) {
      const refusal = gate.refuse(error, view.gateRequest, auth);
      if (refusal === undefined) throw error;
      return refusal.toResponse();
    }
  };
}

/** The request with the bytes that were judged, if its body was read; else the request itself. */
export function handOn(request: Request, view: WebRequestView): Request {
  const bytes = view.bytes();
  if (bytes === undefined) return request;
  const body = bytes as BodyInit;
  try {
    // Keeps what a platform adds to its requests.
    return new Request(request, { body });
  } catch {
    // Some servers pass objects that only look like a `Request`.
    const { url, method, headers, signal } = request;
    return new Request(url, { method, headers: [...headers], signal, body });
  }
}

/**
 * Leaves the request for whoever reads it again, in the place where a framework keeps it. It is made
 * when somebody looks: a new `Request` costs more than all that a gate does.
 */
export function handOnIn(place: { raw: Request }, view: WebRequestView): void {
  const { raw } = place;
  // An outer gate may have left its own here, whose body is used up now.
  Object.assign(place, { [LATER]: () => handOn(raw, view), [MADE]: undefined });
  Object.defineProperty(place, 'raw', RAW);
}

const LATER = Symbol('scopegate.later');
const MADE = Symbol('scopegate.made');

interface Later {
  readonly [LATER]: () => Request;
  [MADE]: Request | undefined;
}

/** The same for all places: a getter of its own would make each of them a hidden class of its own. */
const RAW: PropertyDescriptor & ThisType<Later> = {
  configurable: true,
  enumerable: true,
  get() {
    return (this[MADE] ??= this[LATER]());
  },
  set(request: Request) {
    this[MADE] = request;
  },
};

/** The reply in the place of an answer that was begun: what other middleware set there stays. */
export function replyOver(begun: Headers, reply: Reply): Response {
  if (begun.keys().next().done === true) return toResponse(reply);
  const headers = new Headers(begun);
  for (const name of CONTENT_HEADERS) headers.delete(name);
  const { status, body } = reply;
  return new Response(body || null, { status, headers: addTo(headers, reply.headers) });
}

/**
 * The response with further headers: itself if it says them all, else a copy, since a handler may
 * share one between requests. Its body passes through untouched, streams included. What cannot be
 * copied (a status such as 101, `Response.error()`, a body that was read) stays as it is.
 */
export function withHeaders(response: Response, headers: HeaderList): Response {
  try {
    const merged = addTo(new Headers(response.headers), headers);
    const isSaid = headers.every(([name]) => merged.get(name) === response.headers.get(name));
    if (isSaid) return response;
    const { status, statusText, body } = response;
    return new (classOf(response))(body, { status, statusText, headers: merged });
  } catch {
    return response;
  }
}

/**
 * The platform's own class where a server has put a lighter one in its place: `@hono/node-server` takes
 * some responses for sent already, and only those of the platform's class.
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
