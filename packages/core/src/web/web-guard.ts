/**
 * Makes the guard that adapters to fetch frameworks use.
 *
 * @module
 */
import type { Allowed, Decision, Refusal } from '../decision.js';
import type { Auth, Rule } from '../policy/index.js';
import type { GateRequest, HeaderList, Reply } from '../types.js';
import { has, isObject } from '../values.js';
import { isListHeader } from '../http/index.js';
import { checkGate } from './check-gate.js';
import { attachBody } from './replay-request.js';
import { withHeaders } from './web-response.js';
import type { Passed } from './passed.js';
import { replaceResponse } from './pending-refusal.js';
import type { ReplacedResponse } from './pending-refusal.js';
import type { OutgoingAnswer } from '../token/index.js';
import { STREAM_ENDS, limitStream } from './stream-ends.js';
import type { EndsStreams } from './stream-ends.js';
import { fromWebRequest } from './web-request.js';
import type { WebRequestView } from './web-request.js';

/** What a guard uses of a route that is prepared. */
export interface GuardRoute<S extends string = string> {
  decide(request: GateRequest): Decision<S> | Promise<Decision<S>>;
}

/** The members of a gate that a guard uses. */
export interface GuardGate<S extends string = string> extends EndsStreams {
  route(rule?: Rule<S>): GuardRoute<S>;
  refuse(thrown: unknown, request: GateRequest, auth?: Auth): Refusal | undefined;
}

/** The request, and the objects in which a framework keeps it and data for its handlers. */
export interface WebPlace {
  readonly request: Request;
  /**
   * The object that holds the request as `raw`, which is replaced with a request whose body can be read again.
   */
  readonly holder?: { raw: Request } | undefined;
  /** The object on which the MCP SDK reads `auth` on Node: Node's own request. */
  readonly auth?: { auth?: unknown } | undefined;
  /** Node's response, if handlers can write to it themselves. */
  readonly outgoing?: OutgoingAnswer | undefined;
  /** Returns the body as text, if the framework read it before and kept it. */
  readonly reread?: () => Promise<string>;
  /** Returns the request target that the framework's router reads, if it is not that of the request. */
  readonly target?: () => string;
}

/** The options that adapt a guard to a framework. */
export interface WebGuardOptions<Context> {
  readonly place: (context: Context) => WebPlace;
  /** Makes the response for a reply, and keeps the headers that other middleware set. */
  readonly write: (context: Context, reply: Reply) => Response;
  /**
   * Sets a header, or adds a value to a list header, on the response that the handler is going to make.
   * `finish` copies a response only if it lacks the headers.
   */
  readonly addHeader?: (context: Context, name: string, value: string, isList: boolean) => void;
}

/**
 * The result of a guard for a request that must not reach its handler: the adapter returns `answer`
 * instead.
 */
export interface Answered {
  readonly answer: Response;
}

/** The result of a guard for a request that may reach its handler. */
export interface WebPassed<S extends string = string> extends Omit<Passed<S>, 'refuse' | 'run'> {
  readonly answer?: undefined;
  readonly view: WebRequestView;
  /**
   * Returns the gate's 403 (401 without a token) if `error` is a scope error; `undefined` if the application
   * must handle the error.
   */
  refuse(error: unknown): Response | undefined;
  /** Runs `handler`, and returns what {@link WebPassed.refuse} makes of a scope error that it throws. */
  run(handler: () => Promise<Response>): Promise<Response>;
  /**
   * Returns the handler's response with the decision's headers, or the refusal that a guarded MCP handler
   * raised, if the response contains nothing else.
   */
  finish(response: Response): Response | Promise<Response>;
}

export type WebGuard<Context, S extends string = string> = (
  context: Context,
) => Answered | WebPassed<S> | Promise<Answered | WebPassed<S>>;

/**
 * Makes the guard of a route. Call this once, when the route is mounted; the guard is called for each
 * request. It answers requests that the gate refuses. For an allowed request the adapter attaches `auth`
 * and the evaluated body where handlers look for them, runs the handler with `run`, and passes its
 * response to `finish`.
 *
 * @throws {@link TypeError} for an unknown scope, without rule and policy, and without a rule if the
 * policy selects rules by path (`httpPolicy`)
 * @example
 * ```ts
 * const guard = createWebGuard(gate, 'notes:read', {
 *   place: (context: Context) => ({ request: context.req.raw }),
 *   write: (_context, reply) => toResponse(reply),
 * });
 * const passed = await guard(context);
 * if (passed.answer !== undefined) return passed.answer;
 * return passed.run(async () => passed.finish(await handler(context)));
 * ```
 */
export function createWebGuard<S extends string, Context>(
  gate: GuardGate<S>,
  rule: Rule<NoInfer<S>> | undefined,
  options: WebGuardOptions<Context>,
): WebGuard<Context, S> {
  checkGate(gate, 'route');
  const route = gate.route(rule);
  const { place, write } = options;
  return (context) => {
    const where = place(context);
    const view = fromWebRequest(where.request, where.reread, where.target);
    const answerOrPass = (decision: Decision<S>): Answered | WebPassed<S> => {
      if (!decision.allowed) return { answer: write(context, decision) };
      const passed = new PassedRequest(context, where.request, view, decision, gate, write);
      attach(context, where, passed, options);
      const { outgoing } = where;
      if (outgoing !== undefined && decision.auth !== undefined) {
        gate[STREAM_ENDS]?.watchOutgoing(decision.auth, outgoing);
      }
      return passed;
    };
    const decision = route.decide(view.gateRequest);
    return decision instanceof Promise ? decision.then(answerOrPass) : answerOrPass(decision);
  };
}

/**
 * Attaches `auth` and the body for code that reads the raw request instead of the framework's, and sets
 * the headers before the handler runs.
 */
function attach<Context>(
  context: Context,
  { holder, auth: node }: WebPlace,
  { auth, body, headers, view }: WebPassed,
  { addHeader }: WebGuardOptions<Context>,
): void {
  if (node !== undefined) node.auth = auth;
  if (holder !== undefined && body !== undefined) attachBody(holder, view);
  const marked = context as { [ADDED]?: true };
  // If the first guard of this request has added its headers already, a second guard must not add the values
  // to lists again.
  if (addHeader === undefined || marked[ADDED] === true) return;
  marked[ADDED] = true;
  for (const [name, value] of headers) addHeader(context, name, value, isListHeader(name));
}

const ADDED = Symbol('scopegate.added');

type Write<Context> = WebGuardOptions<Context>['write'];

/** A class, because closures for each request cost more than a whole decision. */
class PassedRequest<Context, S extends string> implements WebPassed<S> {
  // These are own members even if undefined, so that a polluted prototype cannot supply them.
  readonly answer = undefined;
  readonly auth: WebPassed<S>['auth'];
  readonly body: unknown;
  readonly headers: HeaderList;
  readonly view: WebRequestView;
  readonly #context: Context;
  readonly #request: Request;
  readonly #gate: GuardGate<S>;
  readonly #write: Write<Context>;

  constructor(
    context: Context,
    request: Request,
    view: WebRequestView,
    { auth, body, headers }: Allowed<S>,
    gate: GuardGate<S>,
    write: Write<Context>,
  ) {
    this.auth = auth;
    this.body = body;
    this.headers = headers;
    this.view = view;
    this.#context = context;
    this.#request = request;
    this.#gate = gate;
    this.#write = write;
  }

  refuse(error: unknown): Response | undefined {
    const refusal = this.#gate.refuse(error, this.view.gateRequest, this.auth);
    return refusal && this.#write(this.#context, refusal);
  }

  async run(handler: () => Promise<Response>): Promise<Response> {
    try {
      return await handler();
    } catch (error) {
      const refusal = this.refuse(error);
      if (refusal === undefined) throw error;
      return refusal;
    }
  }

  finish(response: Response): Response | Promise<Response> {
    // A platform may accept something else than a response.
    if (!isObject(response)) return response;
    const replaced = replaceResponse(this.#gate, this.auth, response, this.#request);
    return replaced instanceof Promise
      ? replaced.then((settled) => this.#complete(settled))
      : this.#complete(replaced);
  }

  #complete(replaced: ReplacedResponse): Response {
    const response = has(replaced, 'reply') ? this.#write(this.#context, replaced.reply) : replaced;
    return withHeaders(limitStream(this.#gate, this.auth, response), this.headers);
  }
}
