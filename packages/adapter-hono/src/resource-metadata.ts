/**
 * Serves protected resource metadata.
 *
 * @module
 */
import { fromWebRequest } from '@scopegate/core';
import type { Gate } from '@scopegate/core';
import type { MiddlewareHandler } from 'hono';
import { answer } from './answer.js';

/**
 * Makes middleware that answers the metadata URLs of the gates, and lets every other request on.
 * Mount it on the root app (`app.use(resourceMetadata(gate))`), in front of what guards or limits:
 * an app with a base path never sees the well-known path.
 */
export function resourceMetadata(...gates: readonly Pick<Gate, 'metadata'>[]): MiddlewareHandler {
  if (gates.length === 0) throw new TypeError('resourceMetadata: expected at least one gate');
  return async (c, next) => {
    const { gateRequest } = fromWebRequest(c.req.raw);
    for (const gate of gates) {
      const reply = gate.metadata.respond(gateRequest);
      if (reply !== undefined) return answer(c, await reply);
    }
    return next();
  };
}
