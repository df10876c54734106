/**
 * Resource identifiers and the well-known URL made of them, RFC 9728 s1.2 and s3.1.
 *
 * @module
 */
import { expect } from '../options.js';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/**
 * Returns the URL of a resource's metadata: the well-known path stands between host and path, and path,
 * trailing slash and query are kept as they are. Only a slash that stands alone after the host is removed.
 *
 * @example
 * ```ts
 * protectedResourceMetadataUrl('https://notes.example.com/mcp');
 * // https://notes.example.com/.well-known/oauth-protected-resource/mcp
 * ```
 * @throws {@link TypeError} when `resource` is not a resource identifier
 * @group Metadata
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-3.1 RFC 9728 s3.1}
 */
export function protectedResourceMetadataUrl(resource: string): string {
  const { origin } = checkUrl(resource, 'resource');
  return insertWellKnown(origin, resource.slice(origin.length));
}

/** Returns the URLs where a client looks for metadata: first the one with the path, then the one of the root. */
export function metadataUrlsOf({ origin, pathname, search }: URL): ReadonlySet<string> {
  return new Set([insertWellKnown(origin, pathname + search), origin + WELL_KNOWN]);
}

function insertWellKnown(origin: string, rest: string): string {
  return origin + WELL_KNOWN + rest.replace(/^\/(?=\?|$)/, '');
}

/** Returns the metadata URL without the path, which some clients request first. */
export function rootMetadataUrl(resource: string): string {
  return checkUrl(resource, 'resource').origin + WELL_KNOWN;
}

/** Returns the identifier that a well-known URL was made from; `undefined` for any other URL. */
export function identifierOf(metadataUrl: string): string | undefined {
  const url = parseUrl(metadataUrl);
  if (url === undefined || !metadataUrl.startsWith(url.origin + WELL_KNOWN)) return undefined;
  const rest = metadataUrl.slice(url.origin.length + WELL_KNOWN.length);
  return rest === '' || /^[/?]/.test(rest) ? url.origin + rest : undefined;
}

/** Parses a URL that metadata may name or be fetched from; `undefined` if it must not be used. */
export function parseUrl(text: string): URL | undefined {
  if (!URL.canParse(text) || text.includes('#')) return undefined;
  const url = new URL(text);
  return isSecure(url) && url.username === '' && url.password === '' ? url : undefined;
}

/**
 * Checks a resource identifier or an issuer: an absolute `https` URL (`http` on loopback), no fragment,
 * no user information, spelt as URL parsers write it. Clients compare it as text or after parsing; only
 * the parsed spelling means the same to both.
 *
 * @throws {@link TypeError} naming `path`, the option that held the value
 */
export function checkUrl(value: unknown, path: string): URL {
  const text = value as string;
  const isUrl = typeof value === 'string' && URL.canParse(value);
  expect(isUrl, path, `${JSON.stringify(value)} is not an absolute URL`);
  const url = new URL(text);
  const { href, origin, username, password } = url;
  // This check comes first, because the other messages repeat the URL.
  expect(username + password === '', path, 'the URL must not carry user information');
  expect(isSecure(url), path, `${text} must use https (http is for loopback only)`);
  expect(!text.includes('#'), path, `${text} must not have a fragment`);
  // `https://host` and `https://host/` are the one pair of spellings that are both allowed.
  const isSpelt = text === href || text === href.replace(`${origin}/`, origin);
  expect(isSpelt, path, `write ${text} as URL parsers do: ${href}`);
  return url;
}

/**
 * Whether a URL uses https, which RFC 9728 s1.2 requires, or http on loopback, which never leaves the machine.
 */
function isSecure(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

/** Whether a URL's host name is this machine: `localhost`, 127.0.0.0/8 or `[::1]`. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}
