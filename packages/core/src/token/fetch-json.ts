/**
 * Fetches a small JSON document of an authorization server.
 *
 * @module
 */
import { fetchText } from './fetch-text.js';
import type { FetchOptions } from './fetch-text.js';

/** What says that there is no such document, rather than that it cannot be had now. */
const NONE: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 406, 410]);

/**
 * Returns the parsed document, or `undefined` if the server says it has none.
 *
 * @throws {@link Error} on everything else: another status, a redirect, no JSON in UTF-8, more than
 * 256 KiB, too late
 */
export async function fetchJson(url: string, options: FetchOptions): Promise<unknown> {
  const init = { headers: { accept: 'application/json' } };
  const { status, text } = await fetchText(url, init, options);
  if (NONE.has(status)) return undefined;
  if (status !== 200) throw new Error(`${url} answered ${status}`);
  return JSON.parse(text) as unknown;
}
