/**
 * Serves protected resource metadata.
 *
 * @module
 */
import type { Gate } from '@scopegate/core';
import { fromWebRequest, metadataOf } from '@scopegate/core/adapter';
import type { MiddlewareHandler } from 'hono';
import { answer } from './answer.js';

/**
 * Makes middleware that answers the metadata URLs of the gates, and lets every other request on.
 * Mount it on the root app (`app.use(resourceMetadata(gate))`), in front of what guards or limits:
 * an app with a base path never sees the well-known path.
 */
export function resourceMetadata(...gates: readonly Pick<Gate, 'metadata'>[]): MiddlewareHandler {
  const respond = metadataOf(gates);
  return async (c, next) => {
    const reply = respond(fromWebRequest(c.req.raw).gateRequest);
    return reply === undefined ? next() : answer(c, await reply);
  };
}
