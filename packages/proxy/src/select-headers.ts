/**
 * Selects the headers that are forwarded to the upstream, and those that are returned to the caller.
 *
 * @module
 */

import { isIdentityHeader } from './identity-headers.js';

/** Headers that apply to one connection only (RFC 9110 s7.6.1 and s11.7). */
const HOP_BY_HOP = [
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
  ...['upgrade', 'http2-settings', 'proxy-authorization', 'proxy-authenticate'],
  ...['proxy-authentication-info'],
];

/** Request headers that are meant for this server alone, or that `fetch` sets itself. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  // These are credentials for this resource. A DPoP proof names the URL for which it is (RFC 9449 s4.2).
  ...['authorization', 'cookie', 'cookie2', 'dpop'],
  ...['host', 'expect', 'content-length', 'accept-encoding'],
  // Some servers act on these instead of the method and the path that the gate checked.
  ...['x-http-method', 'x-http-method-override', 'x-method-override'],
  ...['x-original-url', 'x-original-uri', 'x-original-method', 'x-original-host'],
  ...['x-rewrite-url', 'x-override-url', 'x-envoy-original-path', 'x-envoy-original-method'],
  // WSGI and Rack servers act on these: the application's path, and the file to send.
  ...['script-name', 'x-script-name', 'path-info', 'x-sendfile-type', 'x-accel-mapping'],
  // CGI turns this header into the variable HTTP_PROXY, which HTTP clients use (CVE-2016-5385).
  'proxy',
]);

/** Headers in which proxies say from where and to which host a request came. Callers can send them, too. */
const FORWARDED: ReadonlySet<string> = new Set([
  ...['forwarded', 'via', 'x-forwarded', 'x-real-ip', 'x-client-ip', 'true-client-ip'],
  ...['cf-connecting-ip', 'cf-connecting-ipv6', 'fastly-client-ip', 'x-cluster-client-ip'],
  ...['x-azure-clientip', 'x-azure-socketip', 'x-envoy-external-address', 'fly-client-ip'],
  ...['x-original-forwarded-for', 'x-host'],
]);

/** Response headers of the upstream that clients would read as statements of this server. */
const NEVER_RETURNED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  ...['www-authenticate', 'authentication-info', 'dpop-nonce', 'set-cookie', 'set-cookie2'],
  ...['alt-svc', 'strict-transport-security', 'clear-site-data'],
  // These are set later, after they are mapped to this server's paths.
  ...['location', 'content-location'],
]);

/** Content codings that `fetch` decodes. */
const DECODED: ReadonlySet<string> = new Set(['gzip', 'x-gzip', 'deflate', 'br']);

export interface SentHeaders {
  readonly forwarded: 'drop' | 'pass';
  /** Names of the headers that the options drop or set, as {@link cgiName} spells them. */
  readonly dropped: ReadonlySet<string>;
}

/** Returns those headers of the caller that are sent to the upstream. */
export function sentHeaders(given: Headers, { forwarded, dropped }: SentHeaders): Headers {
  const named = namedByConnection(given);
  const headers = new Headers();
  for (const [name, value] of given) {
    // CGI, WSGI and similar interfaces read `X_User` as `X-User`, so such names are dropped.
    if (!/^[a-z0-9-]+$/.test(name)) continue;
    if (NEVER_SENT.has(name) || isIdentityHeader(name) || dropped.has(name)) continue;
    if (named.has(name) && !isReadByGate(name)) continue;
    if (forwarded === 'drop' && isForwarded(name)) continue;
    headers.append(name, value);
  }
  // Ask for no compression, which would delay streams.
  headers.set('accept-encoding', 'identity');
  return headers;
}

function isForwarded(name: string): boolean {
  return FORWARDED.has(name) || name.startsWith('x-forwarded-');
}

/** Whether the gate reads the header, so that `Connection` must not remove it (RFC 9110 s7.6.1). */
function isReadByGate(name: string): boolean {
  return name === 'origin' || name.startsWith('content-') || name.startsWith('mcp-');
}

/**
 * Returns one spelling for all names that CGI does not distinguish: lower case, with `-` for every character
 * except letters and digits.
 */
export function cgiName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-');
}

/**
 * Returns those headers of the upstream that are sent to the caller; `undefined` if the content has a coding
 * that `fetch` may not have decoded.
 */
export function returnedHeaders(given: Headers): Headers | undefined {
  const named = namedByConnection(given);
  const codings = listed(given.get('content-encoding')).filter((coding) => coding !== 'identity');
  if (!codings.every((coding) => DECODED.has(coding))) return undefined;
  const headers = new Headers();
  for (const [name, value] of given) {
    // The gate decides which origins may read responses.
    if (name.startsWith('access-control-')) continue;
    if (NEVER_RETURNED.has(name) || named.has(name)) continue;
    headers.append(name, value);
  }
  headers.delete('content-encoding');
  // `fetch` decoded the content, and these headers describe the encoded content.
  if (codings.length > 0) dropContentFacts(headers);
  return headers;
}

/** Headers about the exact bytes of the content (RFC 9110 s8.6 and s8.8.3, RFC 9530, RFC 3230, RFC 1864). */
const CONTENT_FACTS = [
  'content-length',
  'etag',
  'content-digest',
  'repr-digest',
  'digest',
  'content-md5',
];

/** Removes the headers that do not hold any more after the content was changed. */
export function dropContentFacts(headers: Headers): void {
  for (const name of CONTENT_FACTS) headers.delete(name);
}

function namedByConnection(headers: Headers): ReadonlySet<string> {
  return new Set(listed(headers.get('connection')));
}

function listed(value: string | null): readonly string[] {
  return (value ?? '')
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== '');
}
