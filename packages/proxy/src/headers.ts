/**
 * Which headers are forwarded to the upstream, and which are returned to the caller.
 *
 * @module
 */

import { isIdentityHeader } from './identity-headers.js';

/** Headers of one connection (RFC 9110 s7.6.1 and s11.7). */
const HOP_BY_HOP = [
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
  ...['upgrade', 'http2-settings', 'proxy-authorization', 'proxy-authenticate'],
  ...['proxy-authentication-info'],
];

/** Request headers that are meant for this server alone, or that `fetch` sets itself. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  // Credentials for this resource; a DPoP proof names its URL (RFC 9449 s4.2).
  ...['authorization', 'cookie', 'cookie2', 'dpop'],
  ...['host', 'expect', 'content-length', 'accept-encoding'],
  // Some servers act on these instead of the method and the path that the gate checked.
  ...['x-http-method', 'x-http-method-override', 'x-method-override'],
  ...['x-original-url', 'x-original-uri', 'x-original-method', 'x-original-host'],
  ...['x-rewrite-url', 'x-override-url', 'x-envoy-original-path', 'x-envoy-original-method'],
  // WSGI and Rack servers act on these: the application's path, and the file to send.
  ...['script-name', 'x-script-name', 'path-info', 'x-sendfile-type', 'x-accel-mapping'],
  // CGI makes the variable HTTP_PROXY of it, which HTTP clients use (CVE-2016-5385).
  'proxy',
]);

/** Headers in which proxies say where a request comes from. Callers can write them, too. */
const FORWARDED: ReadonlySet<string> = new Set([
  ...['forwarded', 'via', 'x-forwarded', 'x-real-ip', 'x-client-ip', 'true-client-ip'],
  ...['cf-connecting-ip', 'cf-connecting-ipv6', 'fastly-client-ip', 'x-cluster-client-ip'],
  ...['x-azure-clientip', 'x-azure-socketip', 'x-envoy-external-address', 'fly-client-ip'],
  ...['x-original-forwarded-for', 'x-host'],
]);

/** Response headers of the upstream that clients would take as this server's. */
const NEVER_RETURNED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  ...['www-authenticate', 'authentication-info', 'dpop-nonce', 'set-cookie', 'set-cookie2'],
  ...['alt-svc', 'strict-transport-security', 'clear-site-data'],
  // Set again after they are mapped to this server's paths.
  ...['location', 'content-location'],
]);

/** Codings that `fetch` undoes. */
const DECODED: ReadonlySet<string> = new Set(['gzip', 'x-gzip', 'deflate', 'br']);

export interface SentHeaders {
  readonly forwarded: 'drop' | 'pass';
  /** Names in lower case: those that the options drop, and those that they set. */
  readonly dropped: ReadonlySet<string>;
}

/** The caller's headers that go upstream. */
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
  // Compression would delay streams.
  headers.set('accept-encoding', 'identity');
  return headers;
}

function isForwarded(name: string): boolean {
  return FORWARDED.has(name) || name.startsWith('x-forwarded-');
}

/** The gate reads these headers, so `Connection` must not remove them (RFC 9110 s7.6.1). */
function isReadByGate(name: string): boolean {
  return name === 'origin' || name.startsWith('content-') || name.startsWith('mcp-');
}

/** A header's name as CGI spells it: all characters but letters and digits are the same. */
export function cgiName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-');
}

/**
 * The upstream's headers that go to the caller; `undefined` if the content has a coding that `fetch`
 * may not have decoded.
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
  // Length and strong validators are those of the coded content (RFC 9110 s8.8.1).
  if (codings.length > 0) {
    for (const name of ['content-length', 'etag', 'content-digest']) headers.delete(name);
  }
  return headers;
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
