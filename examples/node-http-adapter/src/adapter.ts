/**
 * Scopegate for plain `node:http`: an adapter written by docs/write-an-adapter.md.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { requireAuth } from '@scopegate/core/adapter';
import type { Auth, Gate, Rule } from '@scopegate/core';
import { createNodeGuard, createNodeMetadata } from '@scopegate/core/node';

/**
 * A step of a chain, which node:http has no name for. `next` runs the rest of the chain; what it throws
 * or rejects with comes back through the step, and out of it.
 */
export type Step = (req: IncomingMessage, res: ServerResponse, next: Next) => Promise<void>;

type Next = () => unknown;

/** Answers the gates' metadata URLs and passes every other request on. It must be the first step. */
export function resourceMetadata(...gates: readonly Gate[]): Step {
  const metadata = createNodeMetadata(gates);
  return async (req, res, next) => {
    if (!(await metadata({ req, res }))) await next();
  };
}

/** Passes a request on only if the gate allows it: by `rule`, or else by the gate's policy. */
export function protect<S extends string>(gate: Gate<S>, rule?: Rule<NoInfer<S>>): Step {
  const guard = createNodeGuard(gate, rule);
  return async (req, res, next) => {
    const passed = await guard({ req, res });
    await passed?.run(next);
  };
}

/** The `Auth` of this request. Throws if `gate` did not allow it with a token. */
export function authOf<S extends string>(gate: Gate<S>, req: IncomingMessage): Auth<S> {
  return requireAuth(gate, 'auth' in req ? req.auth : undefined);
}
