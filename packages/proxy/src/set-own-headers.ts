/**
 * Sets the headers that the proxy itself sends to the upstream, such as its credential and the name of the
 * caller.
 *
 * @module
 */
import type { Auth } from '@scopegate/core';
import { within } from '@scopegate/core/engine';
import { UpstreamError, isScopeError } from './faults.js';
import { holdsToken } from './own-token.js';
import { isTimeout } from './timeout.js';

/** A header's value, or a function that returns it for a caller; `undefined` omits the header. */
export type HeaderValue<S extends string = string> =
  | string
  | ((
      auth: Auth<S> | undefined,
      request: Request,
    ) => string | undefined | Promise<string | undefined>);

/**
 * Whether a value is visible ASCII with spaces inside (RFC 9110 s5.5), which all servers read alike, and does
 * not end in the word `undefined` or `null`, which an unset variable leaves in a text (`Bearer undefined`).
 */
export function isHeaderValue(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value) &&
    !/(?:^| )(?:undefined|null)$/.test(value)
  );
}

/**
 * Sets the configured headers. Error messages contain no value, because it may be a secret.
 *
 * @throws {@link UpstreamError} `credential_unavailable`; a scope error of the application is passed on
 */
export async function setOwnHeaders(
  headers: Headers,
  own: ReadonlyMap<string, HeaderValue>,
  timeout: number,
  auth: Auth | undefined,
  request: Request,
): Promise<void> {
  for (const [name, source] of own) {
    const value =
      typeof source === 'string' ? source : await ask(name, source, timeout, auth, request);
    if (value === undefined) continue;
    if (!isHeaderValue(value))
      throw unavailable(`${name}: the value is no header value, or a variable was not set`);
    if (auth !== undefined && holdsToken(value, auth.token)) {
      throw unavailable(`${name}: is the caller's own token, which is for this resource only`);
    }
    headers.set(name, value);
  }
}

async function ask(
  name: string,
  source: Exclude<HeaderValue, string>,
  timeout: number,
  auth: Auth | undefined,
  request: Request,
): Promise<string | undefined> {
  try {
    return await within(timeout, name, () => source(auth, request));
  } catch (error) {
    if (isScopeError(error)) throw error;
    const late = isTimeout(error) ? 'took too long' : 'failed';
    throw unavailable(`${name}: finding its value ${late}`, error);
  }
}

function unavailable(message: string, cause?: unknown): UpstreamError {
  const options = cause === undefined ? undefined : { cause };
  return new UpstreamError('credential_unavailable', message, options);
}
