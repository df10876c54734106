/**
 * Guards a Web `fetch` handler, so that serverless platforms need no adapter.
 *
 * @module
 */
import { toResponse } from '../http/index.js';
import type { Auth } from '../policy/index.js';
import { isObject } from '../values.js';
import { replayRequest } from './replay-request.js';
import type { MetadataGate } from './metadata-of.js';
import { guardRoute } from './web-guard.js';
import type { GuardGate, GuardRoute, WebGuardOptions } from './web-guard.js';
import { fromWebRequest } from './web-request.js';

/** The facts that a guarded handler gets besides the request. */
export interface FetchContext<S extends string = string> {
  /** The caller; `undefined` on a public operation without a token. */
  readonly auth: Auth<S> | undefined;
  /** The same value as `auth`, under the name that handlers of the MCP SDK read. */
  readonly authInfo: Auth<S> | undefined;
  /** The evaluated body, parsed; `undefined` if the rule did not need it. */
  readonly parsedBody: unknown;
}

/** A Web `fetch` handler behind a gate. */
export type FetchHandler<S extends string, Rest extends unknown[]> = (
  request: Request,
  context: FetchContext<S>,
  ...rest: Rest
) => Response | Promise<Response>;

/** Wraps a handler in a gate. This is the implementation of `gate.fetch`. */
export function wrapFetch<Rest extends unknown[]>(
  gate: GuardGate & MetadataGate,
  route: GuardRoute,
  handler: FetchHandler<string, Rest>,
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
      // A result that is no response is returned unchanged, because a platform may accept it.
      return isObject(response) ? passed.finish(response) : response;
    });
  };
}

const ON_FETCH: WebGuardOptions<Request> = {
  place: (request) => ({ request }),
  write: (_request, reply) => toResponse(reply),
};
