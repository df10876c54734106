/**
 * Guards a Web `fetch` handler, so that serverless platforms need no adapter.
 *
 * @module
 */
import { toResponse } from '../http/index.js';
import type { Auth } from '../policy/index.js';
import { has, isObject } from '../values.js';
import { replayRequest } from './replay-request.js';
import type { MetadataGate } from './metadata-of.js';
import { replaceResponse } from './pending-refusal.js';
import type { GuardGate, GuardRoute } from './web-guard.js';
import { limitStream } from './stream-ends.js';
import { fromWebRequest } from './web-request.js';
import { withHeaders } from './web-response.js';

/** The facts that a guarded handler gets besides the request. */
export interface FetchContext<S extends string = string> {
  /** The caller; `undefined` on a public operation without a token. */
  readonly auth: Auth<S> | undefined;
  /**
   * The same value as `auth`, under the name that handlers of the MCP SDK read. The member is optional, as in
   * the SDK's type, so that the types also fit under `exactOptionalPropertyTypes`.
   */
  readonly authInfo?: Auth<S>;
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
  return async (request, ...rest) => {
    const view = fromWebRequest(request);
    const { gateRequest } = view;
    const document = gate.metadata.respond(gateRequest);
    if (document !== undefined) return toResponse(await document);
    const decision = await route.decide(gateRequest);
    if (!decision.allowed) return toResponse(decision);
    const { auth, body, headers } = decision;
    try {
      // `authInfo` is an own member even if `undefined`, so that a polluted prototype cannot supply one.
      const context = { auth, authInfo: auth, parsedBody: body } as FetchContext;
      const response = await handler(replayRequest(request, view), context, ...rest);
      // A platform may accept something else than a response; that is passed on as it is.
      if (!isObject(response)) return response;
      const replaced = await replaceResponse(gate, auth, response, request);
      const answer = has(replaced, 'reply') ? toResponse(replaced.reply) : replaced;
      return withHeaders(limitStream(gate, auth, answer), headers);
    } catch (error) {
      const refusal = gate.refuse(error, gateRequest, auth);
      if (refusal === undefined) throw error;
      return toResponse(refusal);
    }
  };
}
