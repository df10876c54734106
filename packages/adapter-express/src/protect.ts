/**
 * Guards a route.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Gate, Rule } from '@scopegate/core';
import { createNodeGuard } from '@scopegate/core/node';
import type { Passed } from '@scopegate/core/node';
import type { NextFunction, Request, RequestHandler, Response } from 'express';

/** Names no parameters, so that it fits every route and Express infers those of the handlers. */
type Middleware = (req: IncomingMessage, res: ServerResponse, next: NextFunction) => void;

/**
 * Makes middleware that calls the next handler only if the gate allows the request: by the route's own
 * rule, or by the gate's policy. `req.auth` and `req.body` are then what the gate evaluated.
 *
 * Place it before or behind a JSON body parser, and for every method of the path (`app.all`). Express
 * passes errors forward, so the gate answers a thrown scope error only if the handler is given here, or
 * if `scopeErrors(gate)` is mounted behind. Every other error goes to the application's error handlers.
 *
 * An error from earlier middleware (a parser, for example) skips this middleware like every other. If an
 * error handler behind calls `next()`, what follows runs unguarded, unless the handler is given here.
 *
 * @throws {@link TypeError} at mount, for an unknown scope, without rule and policy, and without a rule
 * where the policy goes by the path (`httpPolicy`)
 */
export function protect<S extends string>(
  gate: Gate<S>,
  rule?: Rule<NoInfer<S>>,
  handler?: RequestHandler,
): Middleware {
  const guard = createNodeGuard(gate, rule);
  return (req, res, next) => {
    const go = (passed: Passed | undefined): void => {
      if (passed === undefined) return;
      if (handler === undefined) return next();
      // Receives what the handler throws and what it passes to `next`.
      const done = (error?: unknown): void => {
        if (!passed.refuse(error)) next(error);
      };
      const run = async (): Promise<unknown> => handler(req as Request, res as Response, done);
      void run().catch(done);
    };
    const passed = guard({ req, res });
    if (passed instanceof Promise) passed.then(go).catch(next);
    else go(passed);
  };
}
