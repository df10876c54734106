/**
 * Which target a request is about, once mounts and middleware have changed it.
 *
 * @module
 */

/** What tells the target of a request. */
export interface Addressed {
  readonly url?: string | undefined;
  /** The target as it came, before a mount path was cut off. */
  readonly originalUrl?: string | undefined;
  /** What was cut off so far. */
  readonly baseUrl?: string | undefined;
}

/**
 * The target that is served from here: as it came, where a mount cut its path off; as it stands,
 * where middleware rewrote it, since that is what routers behind the gate read. Where nobody can
 * tell the one from the other it is `*`, which is no path.
 */
export function servedTarget({ url = '', originalUrl, baseUrl }: Addressed): string {
  if (originalUrl === undefined || originalUrl === url) return url;
  if (baseUrl === undefined) return '*';
  const target = baseUrl + withoutOrigin(url);
  const came = withoutOrigin(originalUrl);
  // Express leaves `/` where a mount's path was all there was, and only there.
  const isRoot = /^\/(?:\?|$)/.test(withoutOrigin(url));
  const isMounted = target === came || (isRoot && baseUrl + withoutOrigin(url).slice(1) === came);
  return isMounted ? originalUrl : target;
}

/** Absolute-form is legal too (RFC 9112 s3.2.2). */
function withoutOrigin(target: string): string {
  return target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '');
}
