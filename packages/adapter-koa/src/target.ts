/**
 * Which target a request is about, once middleware has changed it.
 *
 * @module
 */
import type { ParsedRequest } from '@scopegate/core/node';
import type { ExtendableContext } from 'koa';

/** koa-mount leaves its prefix behind, also when it is left again. */
type MountedContext = ExtendableContext & { readonly mountPath?: unknown };

/** The target as it came, before Koa or a framework around it cut anything off. */
export function wireTarget({ req, originalUrl }: ExtendableContext): string {
  return (req as ParsedRequest).originalUrl ?? originalUrl;
}

/**
 * The target that is served from here. What koa-mount cut off is put back, so that a path has one name
 * in the whole application. What a middleware rewrote counts as rewritten, since that is what routers
 * behind the gate read. Where both happened, nobody can tell the path any more: it is
 * `*`, which policies over paths deny.
 */
export function servedTarget(ctx: MountedContext): string {
  const wire = wireTarget(ctx);
  if (ctx.url === ctx.originalUrl || cutPrefix(ctx) !== undefined) return wire;
  return ctx.mountPath === undefined && wire === ctx.originalUrl ? ctx.url : '*';
}

/** The prefix that koa-mount cut off the path, if it did so here. */
export function cutPrefix({ mountPath, originalUrl, path }: MountedContext): string | undefined {
  const [came = ''] = originalUrl.split('?', 1);
  if (typeof mountPath !== 'string') return undefined;
  const isCut = came.endsWith(mountPath + path) || (path === '/' && came.endsWith(mountPath));
  return isCut ? mountPath : undefined;
}
