/**
 * The guard that `gate.fetch` and adapters to fetch frameworks are made of.
 *
 * @module
 */
import type { Allowed, Decision, Refusal } from '../decision.js';
import type { Auth, Rule } from '../policy/index.js';
import type { GateRequest, Reply } from '../types.js';
import { has } from '../values.js';
import { withHeaders } from './web-response.js';
import type { Passed } from './passed.js';
import { replaceResponse } from './pending-refusal.js';
import { fromWebRequest } from './web-request.js';
import type { WebRequestView } from './web-request.js';

/** What a guard uses of a route. */
export interface GuardRoute<S extends string = string> {
  decide(request: GateRequest): Decision<S> | Promise<Decision<S>>;
}

/** What a guard uses of a gate. */
export interface GuardGate<S extends string = string> {
  route(rule?: Rule<S>): GuardRoute<S>;
  refuse(thrown: unknown, request: GateRequest, auth?: Auth): Refusal | undefined;
}

/** Where a framework keeps the request. */
export interface WebPlace {
  readonly request: Request;
  /** Gives the body as text, if the framework read it before and kept it. */
  readonly reread?: () => Promise<string>;
  /** The target that the framework's router reads, if that is not the request's. */
  readonly target?: () => string;
}

/** How a guard fits a framework. */
export interface WebGuardOptions<Context> {
  readonly place: (context: Context) => WebPlace;
  /** Makes the response for a reply, over what other middleware set. */
  readonly write: (context: Context, reply: Reply) => Response;
  /** Attaches `auth` and the evaluated body where handlers look for them. */
  readonly attach?: (context: Context, allowed: Allowed, view: WebRequestView) => void;
}

/** The answer to a request that must not reach its handler. */
export interface Answered {
  readonly answer: Response;
}

/** The request may reach its handler. */
export interface WebPassed<S extends string = string> extends Omit<Passed<S>, 'refuse'> {
  readonly answer?: undefined;
  readonly view: WebRequestView;
  /** The gate's 403, if `error` is a scope error; `undefined` if it belongs to the application. */
  refuse(error: unknown): Response | undefined;
  /**
   * The handler's response with the decision's headers; or the refusal that a guarded MCP handler
   * raised, if the response says only that.
   */
  finish(response: Response): Promise<Response>;
}

export type WebGuard<Context, S extends string = string> = (
  context: Context,
) => Answered | WebPassed<S> | Promise<Answered | WebPassed<S>>;

/**
 * Makes the guard of a route, once, at mount; it is called for each request. It answers what the gate
 * refuses. For an allowed request it attaches `auth` and the evaluated body; the adapter runs the
 * handler, passes what it throws to `refuse` and what it returns through `finish`.
 *
 * @throws {@link TypeError} for an unknown scope, without rule and policy, and without a rule where the
 * policy goes by the path (`httpPolicy`)
 * @example
 * ```ts
 * const guard = createWebGuard(gate, 'notes:read', {
 *   place: (context: Context) => ({ request: context.req.raw }),
 *   write: (_context, reply) => toResponse(reply),
 * });
 * const passed = await guard(context);
 * if (passed.answer !== undefined) return passed.answer;
 * return passed.finish(await handler(context));
 * ```
 */
export function createWebGuard<S extends string, Context>(
  gate: GuardGate<S>,
  rule: Rule<NoInfer<S>> | undefined,
  options: WebGuardOptions<Context>,
): WebGuard<Context, S> {
  return guardRoute(gate, gate.route(rule), options);
}

/** Makes the guard of a route that is already prepared. */
export function guardRoute<S extends string, Context>(
  gate: GuardGate<S>,
  route: GuardRoute<S>,
  { place, write, attach }: WebGuardOptions<Context>,
): WebGuard<Context, S> {
  return (context) => {
    const { request, reread, target } = place(context);
    const view = fromWebRequest(request, reread, target);
    const finish = (decision: Decision<S>): Answered | WebPassed<S> => {
      if (!decision.allowed) return { answer: write(context, decision) };
      attach?.(context, decision, view);
      const { auth, body, headers } = decision;
      return {
        ...{ auth, body, headers, view },
        refuse(error) {
          const refusal = gate.refuse(error, view.gateRequest, auth);
          return refusal && write(context, refusal);
        },
        async finish(response) {
          const replaced = await replaceResponse(gate, auth, response, request);
          return withHeaders(
            has(replaced, 'reply') ? write(context, replaced.reply) : replaced,
            headers,
          );
        },
      };
    };
    const decision = route.decide(view.gateRequest);
    return decision instanceof Promise ? decision.then(finish) : finish(decision);
  };
}
