/**
 * Reads the token from another place than the `Authorization` header.
 *
 * @module
 */
import { TOKEN, consistsOf, trimWhitespace } from '../http/index.js';
import { expect, readOptions } from '../options.js';
import type { GateRequest } from '../types.js';
import type { CorsSettings } from './cors.js';

/**
 * The one place of the token: a header that a proxy in front sets, or a cookie. The value is the token
 * alone, without `Bearer`. The `Authorization` header is then not read at all.
 *
 * Browsers send cookies also with requests that another site makes. With a cookie, every method but GET
 * and HEAD therefore needs `Sec-Fetch-Site: same-origin`, or an `Origin` that is the resource's or listed
 * in {@link GateOptions.allowedOrigins}; otherwise the answer is 403. The same holds for upgrades to
 * another protocol. GET and HEAD must change nothing.
 *
 * A header is only safe if callers cannot set it: the proxy in front must remove the header from the
 * requests of callers, or overwrite it, and callers must not reach this server past the proxy.
 */
export type TokenFrom = { readonly header: string } | { readonly cookie: string };

/** The checked option. */
export interface TokenSource {
  /** The name of the header that is read. */
  readonly header: string;
  readonly cookie: string | undefined;
  /** The origins whose requests may carry the cookie. */
  readonly origins: ReadonlySet<string>;
}

/** Checks the option `tokenFrom`. */
export function checkTokenFrom(
  {
    tokenFrom,
    resource,
  }: { readonly tokenFrom?: TokenFrom | undefined; readonly resource: string },
  allowedOrigins: ReadonlySet<string> | undefined,
  cors: CorsSettings | undefined,
): TokenSource | undefined {
  if (tokenFrom === undefined) return undefined;
  const { header, cookie } = readOptions<Partial<Record<'header' | 'cookie', string>>>(
    tokenFrom,
    { header: ['a string'], cookie: ['a string'] },
    'tokenFrom',
  );
  const name = header ?? cookie ?? '';
  const isOne = (header === undefined) !== (cookie === undefined);
  const isName = name !== '' && consistsOf(name, TOKEN);
  // `Authorization` is read without this option, and cookies have a form of their own.
  const isOther = header === undefined || !/^(?:authorization|cookie)$/i.test(header);
  expect(isOne && isName && isOther, 'tokenFrom', 'expected the name of a header or of a cookie');
  const isBounded = header !== undefined || allowedOrigins !== undefined || cors?.origins !== '*';
  expect(isBounded, 'cors', 'list the origins in allowedOrigins, because the token is a cookie');
  const origins = new Set(allowedOrigins).add(new URL(resource).origin);
  return Object.freeze({ header: header ?? 'Cookie', cookie, origins });
}

/** Returns the token of a request as the value that `Authorization` would have. */
export function authorizationOf(
  { headers }: GateRequest,
  source: TokenSource | undefined,
): string | null {
  if (source === undefined) return headers.get('authorization');
  const { header, cookie } = source;
  const value = headers.get(header.toLowerCase());
  if (value === null) return null;
  const token = cookie === undefined ? value : cookieOf(value, cookie);
  return token && `Bearer ${token}`;
}

/**
 * Returns the value of a cookie (RFC 6265 s4.2.1). Several cookies of the name are joined with a comma,
 * which no token contains, so that they are refused as several credentials.
 */
function cookieOf(value: string, name: string): string | null {
  // Adapters show a header that they cannot read as one value as a comma.
  if (value === ',') return value;
  const start = `${name}=`;
  const found = value
    .split(';')
    .map(trimWhitespace)
    .filter((pair) => pair.startsWith(start));
  return found.length === 0 ? null : found.map((pair) => pair.slice(start.length)).join();
}

/** Whether the token is a cookie of a request that another site may have made. */
export function isCrossSite(
  { method, headers }: GateRequest,
  { cookie, origins }: TokenSource,
): boolean {
  if (cookie === undefined) return false;
  const isSafe = method === 'GET' || method === 'HEAD';
  if (isSafe && headers.get('upgrade') === null) return false;
  // Browsers set both headers themselves, and scripts cannot change them (Fetch standard).
  return (
    headers.get('sec-fetch-site') !== 'same-origin' && !origins.has(headers.get('origin') ?? '')
  );
}
