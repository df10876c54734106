/**
 * Which headers pass, in either direction.
 *
 * @module
 */

import { isIdentityHeader } from './identity-headers.js';

/** RFC 9110 s7.6.1 and s11.7: they are about one connection. */
const HOP_BY_HOP = [
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
  ...['upgrade', 'http2-settings', 'proxy-authorization', 'proxy-authenticate'],
  ...['proxy-authentication-info'],
];

/** Of a request, what is the caller's with this server alone, or what `fetch` writes itself. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  // Credentials: they are for this resource, and a proof names its URL (RFC 9449 s4.2).
  ...['authorization', 'cookie', 'cookie2', 'dpop'],
  ...['host', 'expect', 'content-length', 'accept-encoding'],
  // What some servers act on instead of the method and the path that were judged.
  ...['x-http-method', 'x-http-method-override', 'x-method-override'],
  ...['x-original-url', 'x-original-uri', 'x-original-method', 'x-original-host'],
  ...['x-rewrite-url', 'x-override-url', 'x-envoy-original-path', 'x-envoy-original-method'],
  // The same for WSGI and Rack: where an application lies, and which file to send.
  ...['script-name', 'x-script-name', 'path-info', 'x-sendfile-type', 'x-accel-mapping'],
  // CGI makes HTTP_PROXY of it, which clients believe (CVE-2016-5385).
  'proxy',
]);

/** Where a request comes from, by the words of whoever passed it on. */
const FORWARDED: ReadonlySet<string> = new Set([
  ...['forwarded', 'via', 'x-forwarded', 'x-real-ip', 'x-client-ip', 'true-client-ip'],
  ...['cf-connecting-ip', 'cf-connecting-ipv6', 'fastly-client-ip', 'x-cluster-client-ip'],
  ...['x-azure-clientip', 'x-azure-socketip', 'x-envoy-external-address', 'fly-client-ip'],
  ...['x-original-forwarded-for', 'x-host'],
]);

/** Of an answer, what speaks for the upstream where this server is the one that is asked. */
const NEVER_RETURNED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  ...['www-authenticate', 'authentication-info', 'dpop-nonce', 'set-cookie', 'set-cookie2'],
  ...['alt-svc', 'strict-transport-security', 'clear-site-data'],
  // Mapped, where it can be.
  ...['location', 'content-location'],
]);

/** Codings that `fetch` undoes. */
const DECODED: ReadonlySet<string> = new Set(['gzip', 'x-gzip', 'deflate', 'br']);

export interface SentHeaders {
  readonly forwarded: 'drop' | 'pass';
  /** In lower case: what the configuration drops, and what it sets. */
  readonly dropped: ReadonlySet<string>;
}

/** The caller's headers that go upstream. */
export function sentHeaders(given: Headers, { forwarded, dropped }: SentHeaders): Headers {
  const named = namedByConnection(given);
  const headers = new Headers();
  for (const [name, value] of given) {
    // CGI, WSGI and their kin read `X_User` as `X-User`; nginx drops such names, too.
    if (!/^[a-z0-9-]+$/.test(name)) continue;
    if (NEVER_SENT.has(name) || isIdentityHeader(name) || dropped.has(name)) continue;
    if (named.has(name) && !isJudged(name)) continue;
    if (forwarded === 'drop' && isForwarded(name)) continue;
    headers.append(name, value);
  }
  // Streams must not wait for a compressor, and nothing is gained between two servers side by side.
  headers.set('accept-encoding', 'identity');
  return headers;
}

function isForwarded(name: string): boolean {
  return FORWARDED.has(name) || name.startsWith('x-forwarded-');
}

/** What the gate judged by: a sender must not name it in `Connection` (RFC 9110 s7.6.1). */
function isJudged(name: string): boolean {
  return name === 'origin' || name.startsWith('content-') || name.startsWith('mcp-');
}

/** A header's name as CGI has it: every other character is one and the same. */
export function cgiName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-');
}

/**
 * The upstream's headers that go to the caller; `undefined` if the content has a coding that nobody
 * can be sure was undone.
 */
export function returnedHeaders(given: Headers): Headers | undefined {
  const named = namedByConnection(given);
  const codings = listed(given.get('content-encoding')).filter((coding) => coding !== 'identity');
  if (!codings.every((coding) => DECODED.has(coding))) return undefined;
  const headers = new Headers();
  for (const [name, value] of given) {
    // Who may read answers from other origins, the gate says.
    if (name.startsWith('access-control-')) continue;
    if (NEVER_RETURNED.has(name) || named.has(name)) continue;
    headers.append(name, value);
  }
  headers.delete('content-encoding');
  // The length, and a strong validator, were those of the coded content (RFC 9110 s8.8.1).
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
