/**
 * Answers for scope errors of handlers that stand behind the guard.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Gate } from '@scopegate/core';
import { writeReply } from '@scopegate/core/node';
import type { NextFunction } from 'express';
import { judgedBy } from './judged.js';

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
 * It answers where this gate was the last to let the request on and no header is out yet. Everything
 * else goes on to the next error handler. Express 4 does not see what an `async` handler rejects with:
 * pass that to `next`, or give the handler to `protect`, which sees it.
 */
export function scopeErrors<S extends string>(gate: Gate<S>): ErrorMiddleware {
  return (error, req, res, next) => {
    const judged = res.headersSent ? undefined : judgedBy(gate, req);
    const refusal = judged && gate.refuse(error, judged.request, judged.auth);
    if (refusal === undefined) next(error);
    else writeReply(res, refusal);
  };
}
