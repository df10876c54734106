/**
 * Serves protected resource metadata.
 *
 * @module
 */
import type { Gate } from '@scopegate/core';
import { createNodeMetadata } from '@scopegate/core/node';
import type { RequestHandler } from 'express';

/**
 * Makes middleware that answers the metadata URLs of the gates, and passes every other request
 * on. Mount it at the root of the origin, before what guards, limits or parses requests.
 */
export function resourceMetadata(...gates: readonly Pick<Gate, 'metadata'>[]): RequestHandler {
  const metadata = createNodeMetadata(gates);
  return (req, res, next) => {
    if (req.baseUrl !== '') {
      return next(new Error(`resourceMetadata belongs at the root of the app, not ${req.baseUrl}`));
    }
    const answered = metadata({ req, res });
    if (answered instanceof Promise) answered.catch(next);
    else if (!answered) next();
  };
}
