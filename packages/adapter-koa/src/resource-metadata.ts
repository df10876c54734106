/**
 * Serves protected resource metadata.
 *
 * @module
 */
import type { Gate } from '@scopegate/core';
import { createNodeMetadata } from '@scopegate/core/node';
import type { NodePlace, ParsedRequest } from '@scopegate/core/node';
import type { ExtendableContext, Middleware } from 'koa';
import { answer } from './answer.js';

/**
 * Makes middleware that answers the metadata URLs of the gates, and passes every other request
 * on. Mount it at the root of the app (`app.use(resourceMetadata(gate))`), before what guards, limits or
 * parses requests: a router with a prefix never sees the well-known path.
 */
export function resourceMetadata(
  ...gates: readonly Pick<Gate, 'metadata'>[]
): Middleware<object, object> {
  const metadata = createNodeMetadata(gates, { write: answer, place });
  return async (ctx, next) => {
    if (!(await metadata(ctx))) await next();
  };
}

function place(ctx: ExtendableContext & { readonly mountPath?: string }): NodePlace {
  const { req, originalUrl, path, mountPath = '' } = ctx;
  const [came = ''] = originalUrl.split('?', 1);
  // koa-mount leaves `mountPath` set afterwards, so the paths are compared.
  const isCut = came.endsWith(mountPath + path) || (path === '/' && came.endsWith(mountPath));
  // The target as it came, before Koa or a framework around it cut anything off.
  const target = (req as ParsedRequest).originalUrl ?? originalUrl;
  return { target, mountedAt: isCut ? mountPath : '' };
}
