/**
 * Checks resource identifiers, and makes well-known URLs of them, RFC 9728 s1.2 and s3.1.
 *
 * @module
 */
import { expect, expectUrl } from '../options.js';

/** The path under which every resource has its document (RFC 9728 s3). */
export const WELL_KNOWN_PATH = '/.well-known/oauth-protected-resource';

/**
 * Returns the URL of a resource's metadata. The well-known path is inserted between host and path. Path,
 * trailing slash and query are not changed, except that a path which is only a slash is removed.
 *
 * @example
 * ```ts
 * protectedResourceMetadataUrl('https://notes.example.com/mcp');
 * // https://notes.example.com/.well-known/oauth-protected-resource/mcp
 * ```
 * @throws {@link TypeError} if `resource` is not a resource identifier
 * @group Metadata
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-3.1 RFC 9728 s3.1}
 */
export function protectedResourceMetadataUrl(resource: string): string {
  const { origin } = checkUrl(resource, 'resource');
  return insertWellKnown(origin, resource.slice(origin.length));
}

/**
 * Returns the well-known URLs that a client requests, in their order: the one with path and query of the
 * resource, and the one without them.
 */
export function metadataUrlsOf({ origin, pathname, search }: URL): ReadonlySet<string> {
  return new Set([insertWellKnown(origin, pathname + search), origin + WELL_KNOWN_PATH]);
}

function insertWellKnown(origin: string, rest: string): string {
  return origin + WELL_KNOWN_PATH + rest.replace(/^\/(?=\?|$)/, '');
}

/** Returns the metadata URL without the path, which some clients request first. */
export function rootMetadataUrl(resource: string): string {
  return checkUrl(resource, 'resource').origin + WELL_KNOWN_PATH;
}

/** Returns the resource identifier from which a well-known URL was made; `undefined` for any other URL. */
export function identifierOf(metadataUrl: string): string | undefined {
  const url = parseUrl(metadataUrl);
  if (url === undefined || !metadataUrl.startsWith(url.origin + WELL_KNOWN_PATH)) return undefined;
  const rest = metadataUrl.slice(url.origin.length + WELL_KNOWN_PATH.length);
  return rest === '' || /^[/?]/.test(rest) ? url.origin + rest : undefined;
}

/**
 * Parses a URL that metadata names or from which it is fetched. Returns `undefined` for a URL that must not
 * be used: one without https (except on loopback), or with a fragment or user information.
 */
export function parseUrl(text: string): URL | undefined {
  if (!URL.canParse(text) || text.includes('#')) return undefined;
  const url = new URL(text);
  return isSecure(url) && url.username === '' && url.password === '' ? url : undefined;
}

/**
 * Checks a resource identifier or an issuer: it must be an absolute `https` URL (`http` on loopback) without
 * fragment and user information, in the spelling that URL parsers write. Some clients compare the text and
 * others the parsed URL, and only with that spelling both get the same result.
 *
 * @param isAllowed - decides about scheme and host instead
 * @throws {@link TypeError} naming `path`, the option that held the value
 */
export function checkUrl(
  value: unknown,
  path: string,
  isAllowed: (url: URL) => boolean = isSecure,
): URL {
  expectUrl(value, path);
  const url = new URL(value);
  const { href, origin, username, password } = url;
  // This check precedes those below, because their messages repeat the URL.
  expect(username + password === '', path, 'the URL must not carry user information');
  expect(isAllowed(url), path, `${value} must use https (http is for loopback only)`);
  expect(!value.includes('#'), path, `${value} must not have a fragment`);
  // Two spellings are allowed only for the root: `https://host` and `https://host/`.
  const isSpelt = value === href || value === href.replace(`${origin}/`, origin);
  const spelling = /^[^/]+\/\/[^/?]+$/.test(value) ? origin : href;
  expect(isSpelt, path, `write ${value} as URL parsers do: ${spelling}`);
  return url;
}

/**
 * Whether a URL uses https, which RFC 9728 s1.2 requires, or http on loopback, where requests never leave the
 * machine.
 */
function isSecure(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

/** Whether a URL's host name is this machine: `localhost`, a name below it, 127.0.0.0/8 or `[::1]`. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}
