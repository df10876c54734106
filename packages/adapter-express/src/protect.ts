/**
 * Guards a route.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Allowed, Decision, Gate, Rule } from '@scopegate/core';
import { fromNodeRequest, handOn, setHeaders, swapRefusal, writeReply } from '@scopegate/core/node';
import type { NodeRequestView } from '@scopegate/core/node';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { keepJudged } from './judged.js';

/** Fits every route: it names no parameters, so that Express infers those of the handlers behind it. */
type Middleware = (req: IncomingMessage, res: ServerResponse, next: NextFunction) => void;

/**
 * Makes middleware that lets a request on only if the gate allows it: by the route's own rule, or by
 * the gate's policy. `req.auth` and `req.body` are then what was judged.
 *
 * Place it before or behind a JSON body parser, and for every method of the path (`app.all`). Errors
 * travel forward in Express: what a handler throws is the gate's to answer if the handler is given here,
 * or if `scopeErrors(gate)` stands behind. Every other error is the application's as usual.
 *
 * An error from in front (a parser, say) jumps over this middleware, as over every other. If an error
 * handler behind calls `next()`, what follows runs unguarded, unless the handler is given here.
 *
 * @throws {@link TypeError} at mount, for an unknown scope, without rule and policy, and without a rule
 * where the policy goes by the path (`httpPolicy`)
 */
export function protect<S extends string>(
  gate: Gate<S>,
  rule?: Rule<NoInfer<S>>,
  handler?: RequestHandler,
): Middleware {
  const route = gate.route(rule);
  return (req, res, next) => {
    const view = fromNodeRequest(req);
    const go = (decision: Decision): void => {
      if (!decision.allowed) return writeReply(res, decision);
      setHeaders(res, decision.headers);
      handOn(req, view, decision);
      swapRefusal(res, gate, decision);
      keepJudged(req, { gate, request: view.gateRequest, auth: decision.auth });
      if (handler === undefined) return next();
      void run(gate, handler, { req: req as Request, res: res as Response, next, view, decision });
    };
    const decision = route.decide(view.gateRequest);
    if (decision instanceof Promise) decision.then(go).catch(next);
    else go(decision);
  };
}

interface Call {
  readonly req: Request;
  readonly res: Response;
  readonly next: NextFunction;
  readonly view: NodeRequestView;
  readonly decision: Allowed;
}

async function run<S extends string>(
  gate: Gate<S>,
  handler: RequestHandler,
  { req, res, next, view, decision }: Call,
): Promise<void> {
  // Takes what the handler throws and what it passes to `next`; without an error it is `next`.
  const done = (error?: unknown): void => {
    // Once headers are out, nothing can be refused.
    const refusal = res.headersSent
      ? undefined
      : gate.refuse(error, view.gateRequest, decision.auth);
    if (refusal === undefined) next(error);
    else writeReply(res, refusal);
  };
  try {
    await handler(req, res, done);
  } catch (error) {
    done(error);
  }
}
