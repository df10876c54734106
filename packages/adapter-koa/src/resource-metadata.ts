/**
 * Serves protected resource metadata.
 *
 * @module
 */
import { metadataOf } from '@scopegate/core/adapter';
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
  const respond = metadataOf(gates);
  return async (ctx, next) => {
    const prefix = cutPrefix(ctx);
    if (prefix !== undefined) {
      throw new Error(`resourceMetadata belongs at the root of the app, not ${prefix}`);
    }
    const reply = respond(fromNodeRequest(ctx.req, wireTarget(ctx)).gateRequest);
    if (reply === undefined) await next();
    else answer(ctx, await reply);
  };
}
