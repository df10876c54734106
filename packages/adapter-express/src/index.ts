/**
 * `@scopegate/express`: binds a gate to Express 4.18+ and 5.
 *
 * @module @scopegate/express
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Auth, Gate, Rule } from '@scopegate/core';
import { requireAuth } from '@scopegate/core/adapter';
import { createNodeGuard, createNodeMetadata, passedOf } from '@scopegate/core/node';
import type { Passed } from '@scopegate/core/node';
import type { NextFunction, Request, RequestHandler, Response } from 'express';

/** Names no path parameters, so that it fits every route and Express infers those of the handlers. */
type Middleware = (req: IncomingMessage, res: ServerResponse, next: NextFunction) => void;

/**
 * Makes middleware that calls the next handler only if the gate allows the request: by the route's own
 * rule, or by the gate's policy. `req.auth`, and `req.body` if the policy reads bodies, are then what the gate
 * evaluated.
 *
 * Place it before or behind a JSON body parser, and for every method of the path (`app.all`). Express
 * passes errors forward, so the gate answers a thrown scope error only if the handler is given here, or
 * if `scopeErrors(gate)` is mounted behind. Every other error goes to the application's error handlers.
 *
 * An error from earlier middleware (a parser, for example) skips this middleware like every other. If an
 * error handler behind calls `next()`, what follows runs unguarded, unless the handler is given here.
 *
 * @example
 * ```ts
 * app.all('/mcp', protect(gate), (req, res) => mcp(req, res, req.body));
 * app.get('/export', protect(gate, 'notes:read'), exportNotes);
 * app.get('/report', protect(gate, 'notes:read', report)); // its scope errors are answered, too
 * ```
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

type ErrorMiddleware = (
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: NextFunction,
) => void;

/**
 * Makes an error handler that turns an `InsufficientScopeError` into the gate's 403. Errors travel
 * forward in Express, so mount it behind the routes and in front of the application's own.
 *
 * It answers if this gate was the last one to allow the request and no header has been sent. Every other
 * error goes to the next error handler. Express 4 does not see what an `async` handler rejects with:
 * pass that to `next`, or give the handler to `protect`, which sees it.
 *
 * @example
 * ```ts
 * app.post('/notes', protect(gate, 'notes:read'), addNote);
 * app.use(scopeErrors(gate));
 * ```
 */
export function scopeErrors<S extends string>(gate: Gate<S>): ErrorMiddleware {
  return (error, req, _res, next) => {
    if (passedOf(gate, req)?.refuse(error) !== true) next(error);
  };
}

/**
 * Makes middleware that answers the metadata URLs of the gates and, for gates with `cors`, preflights for
 * their resources, which routes that are registered by method never get. It passes every other request on.
 * Mount it at the root of the origin, before what guards, limits or parses requests: under a path, it fails on
 * every request.
 *
 * @example
 * ```ts
 * app.use(resourceMetadata(gate));
 * ```
 */
export function resourceMetadata(...gates: Pick<Gate, 'metadata'>[]): RequestHandler {
  const metadata = createNodeMetadata(gates, {
    place: ({ req, res }) => ({ req, res, mountedAt: req.baseUrl ?? '' }),
  });
  return (req, res, next) => void metadata({ req, res }, next);
}

/**
 * Returns the `auth` that the gate put on the request, typed with its scopes.
 *
 * @example
 * ```ts
 * app.get('/me', protect(gate, 'notes:read'), (req, res) => res.json(authOf(gate, req).subject));
 * ```
 * @throws {@link Error} if this gate does not guard the route, or the operation is public and no
 * token came
 */
export function authOf<S extends string>(gate: Gate<S>, req: Request): Auth<S> {
  return requireAuth(gate, (req as { auth?: unknown }).auth);
}
