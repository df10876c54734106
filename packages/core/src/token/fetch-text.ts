/**
 * Fetches a small document of an authorization server: bounded in size and time, no redirects.
 *
 * @module
 */
import { readBytes } from '../read-bytes.js';
import { TimeoutError, within } from '../wait.js';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface FetchOptions {
  readonly fetch: Fetch;
  /** Milliseconds, for the answer and its body together. @default 5000 */
  readonly timeout?: number;
}

const MAX_BYTES = 256 * 1024;

export interface FetchedText {
  readonly status: number;
  /** As sent; `''` without one. */
  readonly contentType: string;
  readonly text: string;
}

/**
 * Returns status, content type and text of an answer, whatever the status.
 *
 * @throws {@link Error} when there is no answer, or one over 256 KiB, too late or not UTF-8. It tells the
 *   URL without its query, and of a foreign error no more than names and codes: its message, or a
 *   request that it carries, may hold a token.
 */
export async function fetchText(
  url: string,
  init: RequestInit,
  options: FetchOptions,
): Promise<FetchedText> {
  const { fetch, timeout = 5_000 } = options;
  const name = nameOf(url);
  try {
    // A `fetch` of the application's may not heed the signal, and is not waited for either.
    return await within(timeout, name, async ({ signal }) => {
      // A redirect would hand the question, and the choice of the answer, to another place.
      const response = await fetch(url, { ...init, redirect: 'manual', signal });
      return {
        status: response.status,
        contentType: response.headers.get('content-type') ?? '',
        text: await readText(response, name),
      };
    });
  } catch (error) {
    if (error instanceof FetchError || error instanceof TimeoutError) throw error;
    // Not as the cause: see @throws.
    throw new FetchError(`${name} could not be read: ${codesOf(error)}`);
  }
}

class FetchError extends Error {}

async function readText(response: Response, name: string): Promise<string> {
  const bytes = await readBytes(
    response,
    MAX_BYTES,
    () => new FetchError(`${name} answered with more than ${MAX_BYTES} bytes`),
  );
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

/** A URL for messages: its query may hold a key. */
export function nameOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** What went wrong, in names and codes: `TypeError ECONNREFUSED`. */
function codesOf(error: unknown): string {
  const words: string[] = [];
  for (let one = error, depth = 0; one instanceof Error && depth < 3; one = one.cause, depth++) {
    words.push(one.name);
    if ('code' in one && typeof one.code === 'string') words.push(one.code);
  }
  const plain = words.filter((word) => /^(?:[A-Za-z]{1,40}Error|[A-Z][A-Z0-9_]{1,40})$/.test(word));
  return [...new Set(plain)].join(' ') || 'fetch failed';
}
