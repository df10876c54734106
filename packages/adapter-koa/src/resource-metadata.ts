/**
 * Serves protected resource metadata.
 *
 * @module
 */
import type { Gate } from '@scopegate/core';
import { metadataOf } from '@scopegate/core/adapter';
import { fromNodeRequest } from '@scopegate/core/node';
import type { ParsedRequest } from '@scopegate/core/node';
import type { ExtendableContext, Middleware } from 'koa';
import { answer } from './answer.js';

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

/** The target as it came, before Koa or a framework around it cut anything off. */
function wireTarget({ req, originalUrl }: ExtendableContext): string {
  return (req as ParsedRequest).originalUrl ?? originalUrl;
}

/** The prefix that koa-mount cut off the path, if it did so here: it leaves its own behind, also when it is left. */
function cutPrefix({
  mountPath,
  originalUrl,
  path,
}: ExtendableContext & { readonly mountPath?: string }): string | undefined {
  const [came = ''] = originalUrl.split('?', 1);
  if (mountPath === undefined) return undefined;
  const isCut = came.endsWith(mountPath + path) || (path === '/' && came.endsWith(mountPath));
  return isCut ? mountPath : undefined;
}
