/**
 * Scopegate for plain `node:http`: an adapter written by docs/write-an-adapter.md.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { issuedAuth, metadataOf } from '@scopegate/core/adapter';
import type { Auth, Gate, Rule } from '@scopegate/core';
import { fromNodeRequest, handOn, setHeaders, writeReply } from '@scopegate/core/node';

type Next = () => unknown;

/**
 * What node:http has no name for: a step of a chain. `next` runs the rest of the chain; what it
 * throws or rejects with comes back through the step, and out of it.
 */
export type Step = (req: IncomingMessage, res: ServerResponse, next: Next) => Promise<void>;

/** Answers the gates' metadata URLs; every other request goes on. Stands first. */
export function resourceMetadata(...gates: readonly Gate[]): Step {
  const respond = metadataOf(gates);
  return async (req, res, next) => {
    const reply = await respond(fromNodeRequest(req).gateRequest);
    if (reply === undefined) await next();
    else writeReply(res, reply);
  };
}

/** Lets a request on only if the gate allows it: by `rule`, or else by the gate's policy. */
export function protect<S extends string>(gate: Gate<S>, rule?: Rule<NoInfer<S>>): Step {
  const route = gate.route(rule);
  return async (req, res, next) => {
    const view = fromNodeRequest(req);
    const decision = await route.decide(view.gateRequest);
    if (!decision.allowed) return writeReply(res, decision);
    setHeaders(res, decision.headers);
    handOn(req, view, decision);
    try {
      await next();
    } catch (error) {
      if (res.headersSent) throw error;
      const refusal = gate.refuse(error, view.gateRequest, decision.auth);
      if (refusal === undefined) throw error;
      writeReply(res, refusal);
    }
  };
}

/** The `Auth` of this request. Throws if `gate` did not let it in with a token. */
export function authOf<S extends string>(gate: Gate<S>, req: IncomingMessage): Auth<S> {
  return issuedAuth(gate, 'auth' in req ? req.auth : undefined);
}
