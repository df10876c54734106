/**
 * Makes the guard that adapters for Node's request and response use.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import type { Allowed, Decision, Refusal } from '../decision.js';
import type { Gate } from '../gate/index.js';
import { STREAM_ENDS, checkGate } from '../web/index.js';
import type { EndsStreams, Passed } from '../web/index.js';
import type { Auth, Rule } from '../policy/index.js';
import type { HeaderList, Reply } from '../types.js';
import { addAtHead } from './add-at-head.js';
import { attachAuth, defineOwn } from './attach-auth.js';
import { endWithAccess } from './end-with-access.js';
import { fromNodeRequest } from './gate-request.js';
import type { NodeRequestView, ParsedRequest } from './gate-request.js';
import { replaceResponse } from './replace-response.js';
import { setHeaders, writeReply } from './write-reply.js';
import type { HeaderHolder } from './write-reply.js';

/** Node's request and response. A framework's own context can be used if it has these members. */
export interface NodeContext {
  readonly req: ParsedRequest;
  readonly res: ServerResponse;
}

/** Node's request and response, and the objects in which a framework keeps data for its handlers. */
export interface NodePlace extends NodeContext {
  /** The object that holds the parsed body as `body`. */
  readonly body?: { body?: unknown } | undefined;
  /** The object that holds the body as text in `rawBody`, if it has that member. */
  readonly rawBody?: object | undefined;
  /** The object on which handlers read `auth`. */
  readonly auth?: object | undefined;
  /** The value of `auth` without a token, if the framework does not use `undefined`. */
  readonly noAuth?: null;
  /**
   * The framework's reply object that holds the response headers, if the framework does not set them on `res`.
   */
  readonly reply?: HeaderHolder | undefined;
  /** The request target that the framework's router reads, if Node's request does not have it. */
  readonly target?: string | undefined;
  /** The request target as the client sent it, if it differs from `target`; used for metadata requests only. */
  readonly publicTarget?: string | undefined;
  /** The path under which the framework mounted the middleware; used for metadata requests only. */
  readonly mountedAt?: string;
}

/** The options that adapt a guard to a framework. */
export interface NodeGuardOptions<Context> {
  /** Writes a reply in the framework's way. By default it is written to `res`. */
  readonly write?: (context: Context, reply: Reply) => unknown;
  /**
   * Returns the request and response of a context. Required if the context does not have them as `req` and `res`.
   */
  readonly place?: (context: Context) => NodePlace;
}

/**
 * Lets a request pass, or answers it and returns `undefined`. The result is a promise only if the
 * decision needs one.
 */
export type NodeGuard<Context, S extends string = string> = (
  context: Context,
) => Passed<S> | undefined | Promise<Passed<S> | undefined>;

/**
 * Makes the guard of a route. Call this once, when the route is mounted; the guard is called for each
 * request. For a refused request it writes the refusal in place of the response that other middleware
 * began. For an allowed request it adds the decision's headers, attaches `auth` and the evaluated body,
 * and replaces the answer if an MCP tool, prompt or resource raises a refusal. The adapter then runs the
 * handler with `run`, or passes an error of the handler to `refuse`.
 *
 * @example
 * ```ts
 * const guard = createNodeGuard(gate, 'notes:read');
 * const middleware = async (req, res, next) => {
 *   const passed = await guard({ req, res });
 *   await passed?.run(next);
 * };
 * ```
 * @throws {@link TypeError} for an unknown scope, without rule and policy, and without a rule if the
 * policy selects rules by path (`httpPolicy`)
 */
export function createNodeGuard<S extends string, Context = NodeContext>(
  gate: Gate<S>,
  rule?: Rule<NoInfer<S>>,
  options: NodeGuardOptions<Context> = {},
): NodeGuard<Context, S> {
  checkGate(gate, 'route');
  const route = gate.route(rule);
  const { write, place } = withDefaults(options);
  return (context) => {
    const where = place(context);
    const view = viewOf(where);
    const refuse = (refusal: Refusal): unknown => write(context, refusal);
    const finish = (decision: Decision<S>): Passed<S> | undefined => {
      if (!decision.allowed) {
        refuse(decision);
        return undefined;
      }
      admit(gate, where, { view, decision, auth: decision.auth });
      const passed = new PassedNodeRequest(gate, where.res, view, decision, refuse);
      (where.req as PassedRequest)[PASSED] = passed;
      return passed;
    };
    const decision = route.decide(view.gateRequest);
    return decision instanceof Promise ? decision.then(finish) : finish(decision);
  };
}

class PassedNodeRequest<S extends string> implements Passed<S> {
  readonly auth: Auth<S> | undefined;
  readonly body: unknown;
  readonly headers: HeaderList;
  readonly #gate: Gate<S>;
  readonly #res: ServerResponse;
  readonly #view: NodeRequestView;
  readonly #write: (refusal: Refusal) => unknown;

  constructor(
    gate: Gate<S>,
    res: ServerResponse,
    view: NodeRequestView,
    { auth, body, headers }: Allowed<S>,
    write: (refusal: Refusal) => unknown,
  ) {
    this.auth = auth;
    this.body = body;
    this.headers = headers;
    this.#gate = gate;
    this.#res = res;
    this.#view = view;
    this.#write = write;
  }

  /** The gate of a guard's result; `undefined` for anything else. */
  static gateOf(passed: Passed): object | undefined {
    return #gate in passed ? passed.#gate : undefined;
  }

  refuse(error: unknown): boolean {
    if (this.#res.headersSent) return false;
    const refusal = this.#gate.refuse(error, this.#view.gateRequest, this.auth);
    if (refusal !== undefined) this.#write(refusal);
    return refusal !== undefined;
  }

  async run<T>(handler: () => T): Promise<Awaited<T> | undefined> {
    try {
      return await handler();
    } catch (error) {
      if (!this.refuse(error)) throw error;
      return undefined;
    } finally {
      // Set the headers again, because the handler may have overwritten them.
      if (!this.#res.headersSent) setHeaders(this.#res, this.headers);
    }
  }
}

/**
 * Returns the result of this gate's guard for the request; `undefined` if it let nothing pass, or if
 * another gate's guard ran later, because the innermost gate answers scope errors.
 */
export function passedOf(gate: object, req: ParsedRequest): Passed | undefined {
  const last = (req as PassedRequest)[PASSED];
  return last !== undefined && PassedNodeRequest.gateOf(last) === gate ? last : undefined;
}

/** Returns the view of a request. A body in the framework's own place is copied to the request first. */
export function viewOf({ req, body, target }: NodePlace): NodeRequestView {
  if (body?.body !== undefined) req.body = body.body;
  return fromNodeRequest(req, target);
}

interface Admission {
  readonly view: NodeRequestView;
  readonly decision: Allowed;
  readonly auth: Auth | undefined;
}

/** Adds the headers of an allowed request, attaches its `auth` and body, and watches its answer. */
export function admit(gate: object, where: NodePlace, { view, decision, auth }: Admission): void {
  const { req, res, reply } = where;
  const { body, headers } = decision;
  if (reply === undefined) setHeaders(res, headers);
  else {
    setHeaders(reply, headers);
    if (req.httpVersionMajor === 1) addAtHead(res, headers);
    // HTTP/2 may send the head without a call of `writeHead`.
    else setHeaders(res, headers);
  }
  attachAuth(req, view, { auth, body }, where);
  const ends = (gate as EndsStreams)[STREAM_ENDS];
  if (ends !== undefined && auth !== undefined) endWithAccess(ends, auth, res);
  replaceResponse(res, gate, decision);
  if (where.auth !== undefined) defineOwn(where.auth, 'auth', auth ?? where.noAuth);
}

/**
 * The property of a request that holds the result of its guard. A property costs much less than a
 * `WeakMap` entry for every request.
 */
const PASSED = Symbol('scopegate.passed');

type PassedRequest = ParsedRequest & {
  [PASSED]?: Passed;
};

/** Adds the defaults of the options, for a context that has Node's request and response as `req` and `res`. */
export function withDefaults<Context>({
  place = (context) => context as NodePlace,
  write = (context, reply) => writeReply(place(context).res, reply),
}: NodeGuardOptions<Context>): Required<NodeGuardOptions<Context>> {
  return { place, write };
}
