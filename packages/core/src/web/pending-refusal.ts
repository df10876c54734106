/**
 * Passes the refusal of an MCP handler to the adapter, which writes the HTTP status.
 *
 * A handler cannot set the HTTP status: an MCP server turns whatever it returns or throws into a 200.
 * The request's `auth` is a new object for every request and reaches the handler, so the guard of the
 * handler stores the refusal under it, and the adapter writes the refusal if no byte of the answer has
 * been sent. The guards of handlers register the functions that do this, so that bundles without such
 * guards leave the functions out.
 *
 * @module
 */
import type { Auth } from '../policy/index.js';
import type { Reply } from '../types.js';

/** The refusal that a handler may store for one request. */
export interface PendingRefusal {
  /**
   * Whether a refusal may still be stored, so that the status and headers of a stream must wait for its
   * first bytes.
   */
  readonly mayArrive: boolean;
  readonly hasArrived: boolean;
  /**
   * Returns the reply to write instead of a response that begins with these bytes, if they contain nothing
   * but the refusal.
   */
  replyFor(bytes: Uint8Array | string): Reply | undefined;
}

/** The reply to send instead of the response, or the response itself, or a copy of it with the same bytes. */
export type ReplacedResponse = Response | { readonly reply: Reply };

/** A request. Its `signal`, which is slow to read on some servers, is read only to wait for the first bytes. */
export type Abortable = Pick<Request, 'signal'>;

/** The functions that guards of handlers register. */
export interface PendingRefusals {
  pendingFor(auth: Auth): PendingRefusal;
  replace(auth: Auth, response: Response, request: Abortable): Promise<ReplacedResponse>;
}

const registered = new WeakMap<object, PendingRefusals>();

/** Registers the functions of a gate whose handlers may store refusals. */
export function registerPendingRefusals(gate: object, functions: PendingRefusals): void {
  registered.set(gate, functions);
}

/**
 * Returns the functions of a gate. They are looked up for each request, because servers may register their
 * tools per request.
 */
export function pendingRefusalsOf(gate: object): PendingRefusals | undefined {
  return registered.get(gate);
}

/**
 * Replaces a handler's response that contains nothing but a refusal raised by `guardTool`, `guardPrompt`
 * or `guardResource`. Adapters to fetch frameworks call it. Any other response is returned itself, or as a
 * copy with the same bytes; the status and headers of a stream wait for its first bytes where a refusal may
 * arrive. Without an `auth`, no refusal is found.
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
