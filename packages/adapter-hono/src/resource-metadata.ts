/**
 * Serves protected resource metadata.
 *
 * @module
 */
import type { Gate } from '@scopegate/core';
import { createWebMetadata } from '@scopegate/core/adapter';
import type { Context, MiddlewareHandler } from 'hono';
import { answer } from './answer.js';

/**
 * Makes middleware that answers the metadata URLs of the gates, and passes every other request
 * on. Mount it on the root app (`app.use(resourceMetadata(gate))`), before what guards or limits: an app with a base path never sees the well-known path.
 */
export function resourceMetadata(...gates: readonly Pick<Gate, 'metadata'>[]): MiddlewareHandler {
  const metadata = createWebMetadata<Context>(gates, {
    place: (c) => ({ request: c.req.raw }),
    write: answer,
  });
  return async (c, next) => (await metadata(c)) ?? next();
}
