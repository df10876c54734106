/**
 * Stores the refusal of a guarded handler where the adapters look for it, and finds out whether an answer is
 * the message with this refusal.
 *
 * @module
 */
import type { Refusal } from '../decision.js';
import { announceGuardedHandler, isGuardedCall } from '../gate/index.js';
import type { Auth } from '../policy/index.js';
import type { Reply } from '../types.js';
import { isObject, parseJson } from '../values.js';
import { registerPendingRefusals } from '../web/index.js';
import type { PendingRefusal } from '../web/index.js';
import { replaceResponse } from './replace-response.js';

/** The members of a JSON-RPC message that holds a refusal, without its id. */
export type InBandMessage = { readonly result: object } | { readonly error: object };

/** A refusal, and the JSON-RPC message in which the guard returned it to the MCP server. */
interface StoredRefusal {
  readonly refusal: Refusal;
  /**
   * The result or error that the guard returned. Only a response that is one message with all members of this
   * one may be replaced.
   */
  readonly message: InBandMessage;
  /** Whether `message` stays the body when the refusal replaces the response. */
  readonly keepsBody: boolean;
}

/** The stored refusals by their `auth`, which is a new object for every request. */
const stored = new WeakMap<Auth, StoredRefusal>();

export function storeRefusal(auth: Auth, refusal: StoredRefusal): void {
  stored.set(auth, refusal);
}

/** Registers the functions by which adapters replace a response behind this gate with a stored refusal. */
export function enablePendingRefusals(gate: object): void {
  const pendingFor = (auth: Auth): PendingRefusal => ({
    mayArrive: isGuardedCall(gate, auth),
    hasArrived: stored.has(auth),
    replyFor: (bytes) => replyFor(stored.get(auth), bytes, isGuardedCall(gate, auth)),
  });
  registerPendingRefusals(gate, {
    pendingFor,
    replace: (auth, response, request) => replaceResponse(pendingFor(auth), response, request),
  });
  announceGuardedHandler(gate);
}

/**
 * Returns the reply that replaces an answer; `undefined` unless the answer is one message with all members of
 * the refusal.
 *
 * @param isSingle - whether the request is one call, so that an event stream holds one answer
 */
function replyFor(
  pending: StoredRefusal | undefined,
  bytes: Uint8Array | string,
  isSingle: boolean,
): Reply | undefined {
  if (pending === undefined || bytes.length > MAX_LENGTH) return undefined;
  const text = typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes);
  const json = text.startsWith('{') ? text : isSingle ? onlyEvent(text) : undefined;
  // A guarded tool may call another one and discard that one's refusal: such an answer is not replaced.
  if (json === undefined || !includes(parseJson(json), pending.message)) return undefined;
  return pending.keepsBody ? { ...pending.refusal, body: json } : pending.refusal;
}

/** Maximum length of a response that is parsed: refusals are short, so a longer response is not replaced. */
const MAX_LENGTH = 32 * 1024;

/** Returns the data of an event stream that is one event with one `data` line (HTML, server-sent events). */
function onlyEvent(text: string): string | undefined {
  // Each character is matched in one way only, so that matching takes linear time.
  const event = /^(?:(?:event|id):[^\n]*\n)*data:([^\n]+)\n\n$/.exec(text);
  return event?.[1];
}

/** Whether `actual` has each member of `expected`, in depth. The server may have added other members. */
function includes(actual: unknown, expected: unknown): boolean {
  if (!isObject(expected)) return actual === expected;
  if (!isObject(actual)) return false;
  return Object.entries(expected).every(
    ([name, value]) => Object.hasOwn(actual, name) && includes(actual[name], value),
  );
}
