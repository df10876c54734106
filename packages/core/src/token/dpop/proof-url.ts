/**
 * Normalizes `htu` and the URL of a request, so that they can be compared (RFC 9449 s4.3).
 *
 * @module
 */
import { pathOf } from '../../http/index.js';

/**
 * Returns the URLs that a proof may name for a request, normalized. Scheme and authority are those of the
 * configured resource: what a request says about its host is not read.
 *
 * A path outside of the resource's path was rewritten on the way. The client then used the resource's URL.
 *
 * @param target - the request target, in origin-form or absolute
 */
export function urlsFor(resource: URL, target: string): readonly (string | undefined)[] {
  const { origin } = resource;
  const own = normalPath(resource.pathname);
  // `*` means that middleware rewrote the target, and that the one the client sent is not known.
  const path = target === '*' ? own : normalPath(pathOf(target));
  if (path === undefined || own === undefined) return [];
  if (path === own) return [origin + path];
  // Clients write the resource with or without a final slash.
  if (`${path}/` === own || path === `${own}/`) return [origin + path, origin + own];
  const isBelow = path.startsWith(own.endsWith('/') ? own : `${own}/`);
  return [origin + (isBelow ? path : own)];
}

/** Scheme, authority and path. There is no userinfo in it, no white space and no backslash. */
const HTTP_URL = /^(https?):\/\/([a-z\d.\-_[\]:]+?)(:\d*)?(\/[!-[\]-~]*)?$/i;

/**
 * Normalizes a URL without its query and fragment: case of scheme and host, default port, empty path, dot
 * segments, and percent-encoding (RFC 3986 s6.2.2, s6.2.3). Returns `undefined` for anything but an http or
 * https URL in ASCII.
 */
export function normalUrl(url: string): string | undefined {
  const [, scheme = '', host = '', port = '', path = '/'] =
    HTTP_URL.exec(url.replace(/[?#].*/s, '')) ?? [];
  const normal = normalPath(path);
  if (scheme === '' || normal === undefined) return undefined;
  const protocol = scheme.toLowerCase();
  const isDefault = port === ':' || port === (protocol === 'https' ? ':443' : ':80');
  return `${protocol}://${host.toLowerCase()}${isDefault ? '' : port}${normal}`;
}

/** A path in ASCII without a backslash, whose percent signs all begin an encoded byte. */
const PATH = /^\/(?:[!-$&-[\]-~]|%[\da-f]{2})*$/i;

function normalPath(path: string): string | undefined {
  if (!PATH.test(path)) return undefined;
  // Decode unreserved characters before dot segments are removed: `%2e` is a dot (RFC 3986 s6.2.2.2).
  const decoded = path.replaceAll(/%[\da-f]{2}/gi, (code) => {
    const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return /[\w\-.~]/.test(character) ? character : code.toUpperCase();
  });
  const base = `http://host${decoded}`;
  return URL.canParse(base) ? new URL(base).pathname : undefined;
}
