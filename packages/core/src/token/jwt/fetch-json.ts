/**
 * Fetches a small JSON document of an authorization server: bounded in size and time, no redirects.
 *
 * @module
 */
import { within } from '../../wait.js';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const MAX_BYTES = 256 * 1024;
const TIMEOUT = 5_000;

/** What says that there is no such document, rather than that it cannot be had now. */
const NONE: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 406, 410]);

/**
 * Returns the parsed document, or `undefined` if the server says it has none.
 *
 * @throws {@link Error} on everything else: another status, a redirect, no JSON in UTF-8, more than
 * 256 KiB, more than 5 seconds
 */
export async function fetchJson(url: string, fetch: Fetch): Promise<unknown> {
  return within(TIMEOUT, url, async ({ signal }) => {
    const response = await fetch(url, {
      headers: { accept: 'application/json' },
      // A redirect would hand the choice of keys to another place.
      redirect: 'manual',
      signal,
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      if (NONE.has(response.status)) return undefined;
      throw new Error(`${url} answered ${response.status}`);
    }
    return JSON.parse(await readText(response, url)) as unknown;
  });
}

async function readText(response: Response, url: string): Promise<string> {
  if (response.body === null) return '';
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const reader = response.body.getReader();
  let text = '';
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > MAX_BYTES) {
      await reader.cancel();
      throw new Error(`${url} answered with more than ${MAX_BYTES} bytes`);
    }
    text += decoder.decode(value, { stream: true });
  }
}
