/**
 * Leaves a handler's refusal where the gate's bindings look for it.
 *
 * @module
 */
import type { Refusal } from '../decision.js';
import { isGuardedCall } from '../gate/index.js';
import { registerPendingRefusals } from '../web/index.js';
import type { PendingRefusal } from '../web/index.js';
import type { Auth } from '../policy/index.js';
import type { Reply } from '../types.js';
import { readAnswer } from './read-answer.js';
import { replaceResponse } from './replace-response.js';

/** The members of a JSON-RPC message that carries a refusal, without its id. */
export type InBand = { readonly result: object } | { readonly error: object };

/** A refusal, and its form in band. */
interface Raised {
  readonly refusal: Refusal;
  /** The handler's own answer. Only an answer that holds this and nothing else may be replaced. */
  readonly message: InBand;
  /** Keeps that answer as the body of the refusal. */
  readonly keepsBody: boolean;
}

const raised = new WeakMap<Auth, Raised>();

/** Leaves a refusal with the `auth` of its request. */
export function raise(auth: Auth, refusal: Raised): void {
  raised.set(auth, refusal);
}

/** Lets the gate's bindings replace answers by refusals that were raised. */
export function carryRaised(gate: object): void {
  const pendingFor = (auth: Auth): PendingRefusal => ({
    mayArrive: isGuardedCall(gate, auth),
    hasArrived: raised.has(auth),
    replyFor: (bytes) => replyFor(raised.get(auth), bytes, isGuardedCall(gate, auth)),
  });
  registerPendingRefusals(gate, {
    pendingFor,
    replace: (auth, response, request) => replaceResponse(pendingFor(auth), response, request),
  });
}

function replyFor(
  carried: Raised | undefined,
  bytes: Uint8Array | string,
  single: boolean,
): Reply | undefined {
  const message = carried && readAnswer(bytes, single, carried.message);
  if (message === undefined) return undefined;
  const { refusal, keepsBody } = carried as Raised;
  return keepsBody ? { ...refusal, body: message } : refusal;
}
