/**
 * Which headers pass, in either direction.
 *
 * @module
 */

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
  ...['x-original-url', 'x-original-uri', 'x-original-method', 'x-rewrite-url'],
  // What a trusted proxy says of the caller: callers must not say it of themselves.
  ...['client-cert', 'client-cert-chain', 'remote-user', 'x-remote-user', 'x-authenticated-user'],
]);

/** The same, as oauth2-proxy names it. */
const SAID_OF_USER = 'x-auth-request-';

const FORWARDED = /^(?:forwarded|via|x-forwarded(?:-.*)?|x-real-ip|x-client-ip|true-client-ip)$/;

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
    // CGI, WSGI and their kin read `X_User` as `X-User`.
    const alike = name.replaceAll('_', '-');
    if (NEVER_SENT.has(alike) || dropped.has(alike) || named.has(name)) continue;
    if (alike.startsWith(SAID_OF_USER)) continue;
    if (forwarded === 'drop' && FORWARDED.test(alike)) continue;
    headers.append(name, value);
  }
  // Streams must not wait for a compressor, and nothing is gained between two servers side by side.
  headers.set('accept-encoding', 'identity');
  return headers;
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
