/**
 * Resource identifiers and the well-known URL made of them, RFC 9728 s1.2 and s3.1.
 *
 * @module
 */

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/**
 * Returns the URL of a resource's metadata: the well-known path stands between host and path, and
 * path, trailing slash and query are kept as they are. Only a slash that ends the host part goes.
 *
 * @throws {@link TypeError} when `resource` is not a resource identifier
 * @group Metadata
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-3.1 RFC 9728 s3.1}
 */
export function protectedResourceMetadataUrl(resource: string): string {
  const { origin, path, query } = checkResource(resource);
  return insertWellKnown(origin, path, query);
}

/** Where a client looks for the metadata of what is at `url`: for its path first, then the root. */
export function metadataUrlsOf({ origin, pathname, search }: URL): ReadonlySet<string> {
  return new Set([insertWellKnown(origin, pathname, search), origin + WELL_KNOWN]);
}

function insertWellKnown(origin: string, path: string, query: string): string {
  return `${origin}${WELL_KNOWN}${path === '/' ? '' : path}${query}`;
}

/** The root form, which some clients ask for first. */
export function rootMetadataUrl(resource: string): string {
  return checkResource(resource).origin + WELL_KNOWN;
}

/** The identifier that a well-known URL was made of; `undefined` if the URL is none. */
export function identifierOf(metadataUrl: string): string | undefined {
  const url = parseUrl(metadataUrl);
  if (url === undefined || !metadataUrl.startsWith(url.origin + WELL_KNOWN)) return undefined;
  const rest = metadataUrl.slice(url.origin.length + WELL_KNOWN.length);
  return rest === '' || /^[/?]/.test(rest) ? url.origin + rest : undefined;
}

/** A URL that metadata may name or be found under; for readers, which get values and no throw. */
export function parseUrl(text: string): URL | undefined {
  if (!URL.canParse(text) || text.includes('#')) return undefined;
  const url = new URL(text);
  return isSecure(url) && url.username === '' && url.password === '' ? url : undefined;
}

/** A resource identifier in its parts, as text. */
export interface ResourceParts {
  readonly origin: string;
  /** `''` if the identifier ends with the host. */
  readonly path: string;
  /** With its question mark, or `''`. */
  readonly query: string;
}

/**
 * Checks a resource identifier: an absolute `https` URL (`http` on loopback), no fragment, no user
 * information, spelt as URL parsers write it. Clients compare it as text or after parsing; only the
 * parsed spelling means the same to both.
 *
 * @throws {@link TypeError} naming `path`, the option that held the value
 */
export function checkResource(resource: unknown, path = 'resource'): ResourceParts {
  const url = checkUrl(resource, path);
  const text = resource as string;
  const { origin } = url;
  const rest = text.slice(origin.length);
  const mark = rest.indexOf('?');
  return {
    origin,
    path: mark === -1 ? rest : rest.slice(0, mark),
    query: mark === -1 ? '' : rest.slice(mark),
  };
}

/** What an issuer and a resource identifier have in common. */
export function checkUrl(value: unknown, path: string): URL {
  if (typeof value !== 'string' || !URL.canParse(value)) {
    throw new TypeError(`${path}: ${JSON.stringify(value)} is not an absolute URL`);
  }
  const url = new URL(value);
  if (!isSecure(url)) {
    throw new TypeError(`${path}: ${value} must use https (http is for loopback only)`);
  }
  if (value.includes('#')) throw new TypeError(`${path}: ${value} must not have a fragment`);
  if (url.username !== '' || url.password !== '') {
    throw new TypeError(`${path}: the URL must not carry user information`);
  }
  // `https://host` and `https://host/` are the one pair of spellings that both stand.
  if (url.href !== value && url.href !== withRootSlash(value, url)) {
    throw new TypeError(`${path}: write ${value} as URL parsers do: ${url.href}`);
  }
  return url;
}

function withRootSlash(value: string, url: URL): string {
  return value.startsWith(url.origin) ? `${url.origin}/${value.slice(url.origin.length)}` : '';
}

/** RFC 9728 s1.2 asks for https; loopback never leaves the machine. */
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
