/**
 * URLs that a client may send a request to, and which of them belong to a resource.
 *
 * @module
 */

/**
 * Returns the parsed URL if it is absolute, `https` (`http` on loopback), and without a fragment and
 * user information (RFC 9728 s1.2); `undefined` for any other text.
 */
export function parseSecureUrl(text: string): URL | undefined {
  if (!URL.canParse(text) || text.includes('#')) return undefined;
  const url = new URL(text);
  return isSecure(url) && hasNoUser(url) ? url : undefined;
}

/** Whether the URL is the resource's, or is below its path on the same origin. */
export function isWithin(resource: string, url: URL): boolean {
  if (url.href === resource) return true;
  const { origin, pathname, search } = new URL(resource);
  const path = pathname.endsWith('/') ? pathname : `${pathname}/`;
  return (
    search === '' && url.origin === origin && hasNoUser(url) && `${url.pathname}/`.startsWith(path)
  );
}

function hasNoUser({ username, password }: URL): boolean {
  return username === '' && password === '';
}

/** Traffic to a loopback address never leaves the machine. */
function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === '[::1]' ||
    /(?:^|\.)localhost$/.test(hostname) ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}
