/**
 * Finds the target of a request after mounts and middleware have changed it.
 *
 * @module
 */
import { withoutOrigin } from '../http/index.js';

/** The members of a request that show its target. */
export interface Addressed {
  readonly url?: string | undefined;
  /** The target as the client sent it, before a mount removed its path. */
  readonly originalUrl?: string | undefined;
  /** The mount path that was removed from `url`. */
  readonly baseUrl?: string | undefined;
}

/**
 * Returns the target that is served behind the gate. If a mount removed its path, that is the target as
 * the client sent it. If middleware rewrote the target, it is the rewritten target, which routers behind the
 * gate read. If the two cases cannot be distinguished, it is `*`, which is no path.
 */
export function servedTarget({ url = '', originalUrl, baseUrl }: Addressed): string {
  if (originalUrl === undefined || originalUrl === url) return url;
  if (baseUrl === undefined) return '*';
  const target = baseUrl + withoutOrigin(url);
  const came = withoutOrigin(originalUrl);
  // Express leaves `/` if the path was the mount path and nothing more.
  const isRoot = /^\/(?:\?|$)/.test(withoutOrigin(url));
  const isMounted = target === came || (isRoot && baseUrl + withoutOrigin(url).slice(1) === came);
  return isMounted ? originalUrl : target;
}
