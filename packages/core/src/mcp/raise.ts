/**
 * Leaves a tool's refusal where the gate's bindings look for it.
 *
 * @module
 */
import { guardTools, isToolCall } from '../gate/index.js';
import type { Carrier, Refusal } from '../gate/index.js';
import type { Auth } from '../policy/index.js';
import type { Reply } from '../types.js';
import type { ToolRefusal } from './insufficient-scope-result.js';
import { readToolResult } from './read-tool-result.js';
import { replaceResponse } from './replace-response.js';

/** A refusal, and its form in band. */
interface Raised {
  readonly refusal: Refusal;
  /** What the tool returned; only an answer that holds it, and nothing else, may be replaced. */
  readonly result: ToolRefusal;
  /** Keeps the tool result as the body of the refusal. */
  readonly keepsBody: boolean;
}

const raised = new WeakMap<Auth, Raised>();

/** Leaves a refusal with the `auth` of its request. */
export function raise(auth: Auth, refusal: Raised): void {
  raised.set(auth, refusal);
}

/** Lets the gate's bindings replace answers by refusals that were raised. */
export function carryRaised(gate: object): void {
  const carrierOf = (auth: Auth): Carrier => ({
    mayRaise: isToolCall(gate, auth),
    hasRaised: raised.has(auth),
    replyFor: (bytes) => replyFor(raised.get(auth), bytes, isToolCall(gate, auth)),
  });
  guardTools(gate, {
    carrierOf,
    swap: (auth, response, request) => replaceResponse(carrierOf(auth), response, request),
  });
}

function replyFor(
  carried: Raised | undefined,
  bytes: Uint8Array | string,
  single: boolean,
): Reply | undefined {
  const message = carried && readToolResult(bytes, single, carried.result);
  if (message === undefined) return undefined;
  const { refusal, keepsBody } = carried as Raised;
  return keepsBody ? { ...refusal, body: message } : refusal;
}
