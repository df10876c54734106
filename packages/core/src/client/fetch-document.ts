/**
 * Fetches one JSON document: bounded in size and time, without redirects, credentials or leniency.
 *
 * @module
 */
import { readBytes } from '../read-bytes.js';
import { DiscoveryError } from './errors.js';
import type { Fetch } from './request.js';
import { untilAborted } from './settle.js';

export interface FetchDocumentOptions {
  readonly fetch: Fetch;
  readonly maxBytes: number;
  /** Milliseconds, for everything. */
  readonly timeout: number;
}

/** What says that there is no such document, rather than that it cannot be had now. */
const NONE = [400, 401, 403, 404, 405, 406, 410];

/**
 * Returns the parsed document, or `undefined` if the server says it has none.
 *
 * @throws {@link DiscoveryError} on everything else
 */
export async function fetchDocument(url: string, options: FetchDocumentOptions): Promise<unknown> {
  const signal = AbortSignal.timeout(options.timeout);
  try {
    // Not every fetch heeds its signal.
    return await untilAborted(load(url, signal, options), signal);
  } catch (error) {
    if (error instanceof DiscoveryError) throw error;
    throw new DiscoveryError(signal.aborted ? 'timeout' : 'unreachable', url, error);
  }
}

async function load(
  url: string,
  signal: AbortSignal,
  { fetch, maxBytes }: FetchDocumentOptions,
): Promise<unknown> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'manual',
    signal,
  });
  const fail = (code: 'redirected' | 'bad_status' | 'not_json'): never => {
    discard(response);
    throw new DiscoveryError(code, url);
  };
  const { status } = response;
  if (isRedirect(response)) return fail('redirected');
  if (NONE.includes(status)) {
    discard(response);
    return undefined;
  }
  if (status !== 200) return fail('bad_status');
  const type = response.headers.get('content-type') ?? '';
  if (!/^application\/(?:[\w.-]+\+)?json *(?:;|$)/i.test(type)) return fail('not_json');
  const bytes = await readBytes(response, maxBytes, () => new DiscoveryError('too_large', url));
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (error) {
    throw new DiscoveryError('not_json', url, error);
  }
}

/** A redirect as Node, workers (the status) and browsers (the type) show it, or one followed. */
export function isRedirect({ status, type, redirected }: Response): boolean {
  return redirected || type === 'opaqueredirect' || [301, 302, 303, 307, 308].includes(status);
}

/** Frees the connection of an answer that nobody reads. */
export function discard({ body }: Response): void {
  body?.cancel().catch(() => undefined);
}
