/**
 * Reads the headers in the options of a proxy: those that it sets, and those that it drops.
 *
 * @module
 */
import { isHeaderValue } from './set-own-headers.js';
import type { HeaderValue } from './set-own-headers.js';
import { cgiName } from './select-headers.js';

interface OwnHeaderOptions {
  readonly credential?: HeaderValue | undefined;
  readonly credentialHeader?: string | undefined;
  readonly headers: Readonly<Record<string, HeaderValue>>;
}

/** Reads the headers that the proxy sets, including that of the credential. Names are in lower case. */
export function readOwnHeaders({
  credential,
  credentialHeader,
  headers,
}: OwnHeaderOptions): ReadonlyMap<string, HeaderValue> {
  const own = readHeaders(headers, 'proxy.headers');
  const name = headerName('proxy.credentialHeader', credentialHeader ?? 'Authorization');
  if (credential === undefined) {
    if (credentialHeader === undefined) return own;
    throw new TypeError('proxy.credentialHeader: there is no credential to send in it');
  }
  if ([...own.keys()].some((other) => cgiName(other) === cgiName(name))) {
    throw new TypeError('proxy.headers: one of them is the credential, too');
  }
  return own.set(name, headerValue('proxy.credential', credential));
}

/** Returns headers by their names in lower case. Each value is a text, or a function that returns it. */
export function readHeaders(
  headers: Readonly<Record<string, HeaderValue>>,
  option: string,
): Map<string, HeaderValue> {
  const read = new Map<string, HeaderValue>();
  const names = new Set<string>();
  for (const [given, value] of Object.entries(headers)) {
    const path = `${option}['${given}']`;
    const name = headerName(path, given);
    if (names.has(cgiName(name))) {
      throw new TypeError(`${path}: is set twice, as some servers read names`);
    }
    names.add(cgiName(name));
    read.set(name, headerValue(path, value));
  }
  return read;
}

/** Checks the value of a header. The error message does not contain the value, which may be a secret. */
function headerValue(path: string, value: unknown): HeaderValue {
  if (typeof value === 'function') return value as HeaderValue;
  if (isHeaderValue(value)) return value;
  throw new TypeError(`${path}: expected a header value or a function; was a variable not set?`);
}

/**
 * Checks the name of a header, and returns it in lower case. It refuses headers that `fetch` sets, because the
 * upstream would get another message than the gate checked.
 */
function headerName(path: string, name: unknown): string {
  if (typeof name !== 'string' || !/^[a-z0-9!#$%&'*+.^`|~-]+$/i.test(name)) {
    throw new TypeError(`${path}: is no header name (an underscore is read as a hyphen by some)`);
  }
  const lower = name.toLowerCase();
  if (SET_BY_FETCH.has(lower)) throw new TypeError(`${path}: is set by fetch`);
  return lower;
}

const SET_BY_FETCH: ReadonlySet<string> = new Set([
  ...['host', 'connection', 'content-length', 'transfer-encoding', 'expect', 'upgrade', 'te'],
  ...['trailer', 'keep-alive', 'accept-encoding'],
]);

/** Returns the names of the headers to drop, as {@link cgiName} spells them. */
export function readDropHeaders(names: readonly string[]): readonly string[] {
  return names.map((name, index) => {
    if (typeof name === 'string' && name !== '') return cgiName(name);
    throw new TypeError(`proxy.dropHeaders[${index}]: expected a header name`);
  });
}
