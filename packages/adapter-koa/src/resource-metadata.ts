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
    const prefix = cutPrefix(ctx);
    if (prefix !== undefined) {
      throw new Error(`resourceMetadata belongs at the root of the app, not ${prefix}`);
    }
    if (!(await metadata(ctx))) await next();
  };
}

/** The target as it came, before Koa or a framework around it cut anything off. */
function place({ req, originalUrl }: ExtendableContext): NodePlace {
  return { target: (req as ParsedRequest).originalUrl ?? originalUrl };
}

/** The prefix that koa-mount cut off here. It keeps `mountPath` set afterwards, so the paths are compared. */
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
