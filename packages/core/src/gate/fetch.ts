/**
 * Guards a Web `fetch` handler: on serverless platforms no adapter is needed.
 *
 * @module
 */
import { toResponse } from '../http/index.js';
import { isObject } from '../values.js';
import { replayRequest } from './replay-request.js';
import type { FetchContext, Gate, Route } from './types.js';
import { guardRoute } from './web-guard.js';
import type { WebGuardOptions } from './web-guard.js';
import { fromWebRequest } from './web-request.js';

/** Wraps a handler; see {@link Gate.fetch}. */
export function wrapFetch<Rest extends unknown[]>(
  gate: Gate,
  route: Route,
  handler: Handler<Rest>,
): (request: Request, ...rest: Rest) => Promise<Response> {
  const guard = guardRoute(gate, route, ON_FETCH);
  return async (request, ...rest) => {
    const document = await gate.metadata.respond(fromWebRequest(request).gateRequest);
    if (document !== undefined) return toResponse(document);
    const passed = await guard(request);
    if (passed.answer !== undefined) return passed.answer;
    const { auth, body, view } = passed;
    return passed.run(async () => {
      const context = { auth, authInfo: auth, parsedBody: body };
      const response = await handler(replayRequest(request, view), context, ...rest);
      // A platform may accept something else than a response; that is passed on as it is.
      return isObject(response) ? passed.finish(response) : response;
    });
  };
}

const ON_FETCH: WebGuardOptions<Request> = {
  place: (request) => ({ request }),
  write: (_request, reply) => toResponse(reply),
};

type Handler<Rest extends unknown[]> = (
  request: Request,
  context: FetchContext,
  ...rest: Rest
) => Response | Promise<Response>;
