/**
 * Answers the scope errors of handlers behind the guard.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Gate } from '@scopegate/core';
import { passedOf } from '@scopegate/core/node';
import type { NextFunction } from 'express';

type ErrorMiddleware = (
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: NextFunction,
) => void;

/**
 * Makes an error handler that turns an `InsufficientScopeError` into the gate's 403. Errors travel
 * forward in Express, so mount it behind the routes and in front of the application's own:
 *
 * ```ts
 * app.post('/notes', protect(gate, 'notes:read'), addNote);
 * app.use(scopeErrors(gate));
 * ```
 *
 * It answers if this gate was the last one to allow the request and no header has been sent. Every other
 * error goes to the next error handler. Express 4 does not see what an `async` handler rejects with:
 * pass that to `next`, or give the handler to `protect`, which sees it.
 */
export function scopeErrors<S extends string>(gate: Gate<S>): ErrorMiddleware {
  return (error, req, _res, next) => {
    if (passedOf(gate, req)?.refuse(error) !== true) next(error);
  };
}
