/**
 * The way of a refusal that is raised behind a transport, back to where the status is written.
 *
 * A tool can answer in band only: an MCP server turns whatever it returns or throws into a 200. Its
 * request's `auth` is a new object for every request and reaches the tool, so the refusal is left with
 * it; and where no byte of the answer is out yet, the binding writes the refusal itself. What that takes
 * comes from the guards of tools: a gate that has none carries none of it.
 *
 * @module
 */
import type { Auth } from '../policy/index.js';
import type { Reply } from '../types.js';
import { findInside } from './inside.js';

/** One request's answer, as its binding sees it. */
export interface Carrier {
  /** Whether a refusal may still come, so that the head of a stream must wait for its first bytes. */
  readonly mayRaise: boolean;
  /** Whether there is one. */
  readonly hasRaised: boolean;
  /** What to write instead of an answer whose first bytes these are, if they say only that. */
  replyFor(bytes: Uint8Array | string): Reply | undefined;
}

/** A reply to send instead, or the response: the same one, or one with the same bytes. */
export type Swapped = Response | { readonly reply: Reply };

/** A request. Its signal is asked for only if it is waited on: to some servers that is dear. */
export type Abortable = Pick<Request, 'signal'>;

/** What guards of tools bring along. */
export interface ToolGuards {
  carrierOf(auth: Auth): Carrier;
  swap(auth: Auth, response: Response, request: Abortable): Promise<Swapped>;
}

const guarded = new WeakMap<object, ToolGuards>();

/** Notes that tools behind this gate may raise refusals. */
export function guardTools(gate: object, guards: ToolGuards): void {
  guarded.set(gate, guards);
}

/** The guards, once there are any: servers may register their tools per request. */
export function toolGuardsOf(gate: object): ToolGuards | undefined {
  return guarded.get(gate);
}

/** Methods whose handlers guards stand around. */
const GUARDED: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

/** Whether the body told the gate that the request is one call of a tool, a prompt or a resource. */
export function isGuardedCall(gate: object, auth: Auth): boolean {
  const judged = findInside(gate)?.authorizer.judgedFor(auth);
  if (judged?.request.method !== 'POST') return false;
  const { protocol, method } = judged.matched.operation;
  return protocol === 'mcp' && GUARDED.has(method);
}

/**
 * Puts a refusal that was raised in a tool, prompt or resource (`guardTool` and the like) into the place of its in-band form: for
 * bindings to fetch frameworks, on the handler's response. Any other answer passes as it is; the head
 * of a stream waits for its first bytes where a refusal may come.
 */
export function swapResponse(
  gate: object,
  auth: Auth | undefined,
  response: Response,
  request: Abortable,
): Swapped | Promise<Swapped> {
  const guards = toolGuardsOf(gate);
  return auth && guards ? guards.swap(auth, response, request) : response;
}
