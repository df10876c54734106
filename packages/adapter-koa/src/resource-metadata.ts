/**
 * Serves protected resource metadata.
 *
 * @module
 */
import type { Gate } from '@scopegate/core';
import { fromNodeRequest } from '@scopegate/core/node';
import type { Middleware } from 'koa';
import { answer } from './answer.js';
import { cutPrefix, wireTarget } from './target.js';

/**
 * Makes middleware that answers the metadata URLs of the gates, and lets every other request on.
 * Mount it at the root of the app (`app.use(resourceMetadata(gate))`), in front of what guards, limits
 * or parses requests: a router with a prefix never sees the well-known path.
 */
export function resourceMetadata(
  ...gates: readonly Pick<Gate, 'metadata'>[]
): Middleware<object, object> {
  if (gates.length === 0) throw new TypeError('resourceMetadata: expected at least one gate');
  return async (ctx, next) => {
    const prefix = cutPrefix(ctx);
    if (prefix !== undefined) {
      throw new Error(`resourceMetadata belongs at the root of the app, not ${prefix}`);
    }
    const { gateRequest } = fromNodeRequest(ctx.req, wireTarget(ctx));
    for (const gate of gates) {
      const reply = gate.metadata.respond(gateRequest);
      if (reply !== undefined) return answer(ctx, await reply);
    }
    await next();
  };
}
