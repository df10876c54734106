/**
 * Which target a request is about, once middleware has changed it.
 *
 * @module
 */
import { nestedTarget } from '@scopegate/core/node';
import type { ParsedRequest } from '@scopegate/core/node';
import type { ExtendableContext } from 'koa';

/** koa-mount leaves its prefix behind, also when it is left again. */
type MountedContext = ExtendableContext & { readonly mountPath?: string };

/** The target as it came, before Koa or a framework around it cut anything off. */
export function wireTarget({ req, originalUrl }: ExtendableContext): string {
  return (req as ParsedRequest).originalUrl ?? originalUrl;
}

/**
 * The target that is served from here. What koa-mount cut off is put back, so that a path has one name
 * in the whole application. What a middleware rewrote counts as rewritten, since that is what routers
 * behind the gate read. Where both happened, nobody can tell the path any more: it is
 * `*`, which policies over paths deny. So it is in a mount in a mount, of which koa-mount tells the
 * inner one only: it looks like a path that was rewritten to the inner mount.
 */
export function servedTarget({ req, url, originalUrl, mountPath }: MountedContext): string {
  return nestedTarget(req, { url, originalUrl, baseUrl: mountPath });
}

/** The prefix that koa-mount cut off the path, if it did so here. */
export function cutPrefix({ mountPath, originalUrl, path }: MountedContext): string | undefined {
  const [came = ''] = originalUrl.split('?', 1);
  if (mountPath === undefined) return undefined;
  const isCut = came.endsWith(mountPath + path) || (path === '/' && came.endsWith(mountPath));
  return isCut ? mountPath : undefined;
}
