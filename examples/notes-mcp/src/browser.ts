/**
 * A headless stand-in for the user's browser: fetch, a cookie jar, and redirects followed by hand
 * up to the client's redirect URI, where no server needs to listen.
 *
 * @module
 */

/**
 * The cookie that names the account. It stands for what a user types into a login form: the demo's
 * authorization server believes it, a real one must not.
 */
export const ACCOUNT_COOKIE = 'notes_account';

/** More hops than any login here needs; an endless consent loop ends with an error instead. */
const MAX_HOPS = 15;

export interface BrowserOptions {
  /** Who logs in when an authorization server asks. */
  readonly account: string;
  /** @default the global `fetch` */
  readonly fetch?: (url: URL, init: RequestInit) => Promise<Response>;
}

export interface Browser {
  /**
   * Opens an authorization URL and returns the URL the authorization server finally sent the
   * browser to: the request's `redirect_uri` with `code`, `state` and `iss`, or with `error`.
   *
   * @throws when the server answers with anything but a redirect, or redirects too often.
   */
  authorize(url: URL): Promise<URL>;
}

/** Makes a browser of its own: one account, one cookie jar, so one login session. */
export function createBrowser({ account, fetch = globalThis.fetch }: BrowserOptions): Browser {
  const jar = createCookieJar();

  async function authorize(start: URL): Promise<URL> {
    const callback = callbackOf(start);
    jar.store(start, `${ACCOUNT_COOKIE}=${encodeURIComponent(account)}; path=/`);
    let url = start;
    for (let hop = 0; hop < MAX_HOPS; hop += 1) {
      const headers = { accept: 'application/json', cookie: jar.header(url) };
      const response = await fetch(url, { headers, redirect: 'manual' });
      for (const line of response.headers.getSetCookie()) jar.store(url, line);
      const location = response.headers.get('location');
      const body = await response.text();
      if (response.status < 300 || response.status > 399 || location === null) {
        throw new Error(`${url.origin}${url.pathname} answered ${response.status}: ${body}`);
      }
      url = new URL(location, url);
      if (url.origin === callback.origin && url.pathname === callback.pathname) return url;
    }
    throw new Error(`No way back to ${callback.href} within ${MAX_HOPS} redirects`);
  }

  return { authorize };
}

function callbackOf(authorization: URL): URL {
  const callback = authorization.searchParams.get('redirect_uri');
  if (callback === null) throw new Error('The authorization URL has no redirect_uri');
  return new URL(callback);
}

interface Cookie {
  readonly host: string;
  readonly path: string;
  readonly name: string;
  readonly value: string;
}

/**
 * Host-only cookies by path, deleted when the server says so (RFC 6265 s5). Left out, because
 * nothing here uses it: `Domain`, `Secure`, cookies that run out while the demo runs.
 */
function createCookieJar(): { store(url: URL, line: string): void; header(url: URL): string } {
  const cookies = new Map<string, Cookie>();

  function store(url: URL, line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const [name, value] = splitOnce(pair);
    const attribute = new Map(
      attributes.map(splitOnce).map(([key, text]) => [key.toLowerCase(), text] as const),
    );
    const path = attribute.get('path') ?? '/';
    const key = `${name};${url.hostname};${path}`;
    const maxAge = attribute.get('max-age');
    const expires = attribute.get('expires');
    const ends =
      maxAge === undefined ? Date.parse(expires ?? '') : Number(maxAge) * 1000 + Date.now();
    if (ends <= Date.now()) cookies.delete(key);
    else cookies.set(key, { host: url.hostname, path, name, value });
  }

  function header(url: URL): string {
    return [...cookies.values()]
      .filter((cookie) => cookie.host === url.hostname && pathMatches(url.pathname, cookie.path))
      .map((cookie) => `${cookie.name}=${cookie.value}`)
      .join('; ');
  }

  return { store, header };
}

/** RFC 6265 s5.1.4: equal, or a prefix that ends at a slash. */
function pathMatches(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);
}

function splitOnce(text: string): [before: string, after: string] {
  const at = text.indexOf('=');
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
