/**
 * Brings a refusal from inside an MCP handler to the place where the status is written.
 *
 * A handler can answer in band only: an MCP server turns whatever it returns or throws into a 200. The
 * request's `auth` is a new object for every request and reaches the handler, so the guard of the
 * handler stores the refusal under it, and the adapter writes the refusal if no byte of the answer has
 * been sent. The guards of handlers register the functions for that, so that bundles without them leave
 * them out.
 *
 * @module
 */
import type { Auth } from '../policy/index.js';
import type { Reply } from '../types.js';

/** The refusal that a handler may leave for one request. */
export interface PendingRefusal {
  /** Whether one may still arrive, so that the head of a stream must wait for its first bytes. */
  readonly mayArrive: boolean;
  readonly hasArrived: boolean;
  /** The reply to write instead of an answer that begins with these bytes, if they say only the refusal. */
  replyFor(bytes: Uint8Array | string): Reply | undefined;
}

/** The reply to send instead, or the response: the same one, or one with the same bytes. */
export type ReplacedResponse = Response | { readonly reply: Reply };

/** A request. Its signal is read only if it is waited for, since reading it is slow on some servers. */
export type Abortable = Pick<Request, 'signal'>;

/** The functions that guards of handlers register. */
export interface PendingRefusals {
  pendingFor(auth: Auth): PendingRefusal;
  replace(auth: Auth, response: Response, request: Abortable): Promise<ReplacedResponse>;
}

const registered = new WeakMap<object, PendingRefusals>();

/** Registers that handlers behind this gate may leave refusals. */
export function registerPendingRefusals(gate: object, functions: PendingRefusals): void {
  registered.set(gate, functions);
}

/** Looked up for each request, since servers may register their tools per request. */
export function pendingRefusalsOf(gate: object): PendingRefusals | undefined {
  return registered.get(gate);
}

/**
 * Replaces a handler's response that says only a refusal raised by `guardTool` and its kind: for
 * adapters to fetch frameworks. Any other answer passes as it is; the head of a stream waits for its
 * first bytes where a refusal may arrive.
 *
 * @example
 * ```ts
 * const replaced = await replaceResponse(gate, auth, response, request);
 * return 'reply' in replaced ? toResponse(replaced.reply) : replaced;
 * ```
 */
export function replaceResponse(
  gate: object,
  auth: Auth | undefined,
  response: Response,
  request: Abortable,
): ReplacedResponse | Promise<ReplacedResponse> {
  const refusals = pendingRefusalsOf(gate);
  return auth && refusals ? refusals.replace(auth, response, request) : response;
}
