/**
 * Fetches one JSON document: bounded in size and time, without redirects, credentials or leniency.
 *
 * @module
 */
import { readBytes } from '@scopegate/core/engine';
import type { DiscoverySettings } from './discovery-options.js';
import { DiscoveryError } from './errors.js';
import type { DiscoveryErrorCode } from './errors.js';
import { untilAborted } from './until-aborted.js';

/** Statuses that say that there is no such document. Others say that it cannot be had now. */
const NO_DOCUMENT_STATUSES = [400, 401, 403, 404, 405, 406, 410];

/**
 * Returns the parsed document, or `undefined` if the server says it has none.
 *
 * @throws {@link DiscoveryError} in every other case
 */
export async function fetchDocument(
  url: string,
  { fetch, maxBytes, timeout }: DiscoverySettings,
): Promise<unknown> {
  const signal = AbortSignal.timeout(timeout);
  const tooLarge = () => new DiscoveryError('too_large', url);
  const load = async (): Promise<unknown> => {
    const headers = { accept: 'application/json' };
    const response = await fetch(url, { headers, redirect: 'manual', signal });
    const problem = problemOf(response);
    if (problem === undefined) return parse(url, await readBytes(response, maxBytes, tooLarge));
    discard(response);
    if (problem === 'not_found') return undefined;
    throw new DiscoveryError(problem, url);
  };
  try {
    // Some implementations of fetch ignore their signal.
    return await untilAborted(load(), signal);
  } catch (error) {
    if (error instanceof DiscoveryError) throw error;
    throw new DiscoveryError(signal.aborted ? 'timeout' : 'unreachable', url, error);
  }
}

/** Says what is wrong with the status or the headers of a response. */
function problemOf(response: Response): DiscoveryErrorCode | undefined {
  if (isRedirect(response)) return 'redirected';
  if (NO_DOCUMENT_STATUSES.includes(response.status)) return 'not_found';
  if (response.status !== 200) return 'bad_status';
  const type = response.headers.get('content-type') ?? '';
  return /^application\/(?:[\w.-]+\+)?json *(?:;|$)/i.test(type) ? undefined : 'not_json';
}

function parse(url: string, bytes: ArrayBuffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (error) {
    throw new DiscoveryError('not_json', url, error);
  }
}

/** Whether it is a redirect: Node and workers show the status, browsers the type. A followed one counts. */
export function isRedirect({ status, type, redirected }: Response): boolean {
  return redirected || type === 'opaqueredirect' || [301, 302, 303, 307, 308].includes(status);
}

/** Frees the connection of a response whose body is not read. */
export function discard({ body }: Response): void {
  body?.cancel().catch(() => undefined);
}
