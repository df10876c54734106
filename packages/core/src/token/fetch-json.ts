/**
 * Fetches a small JSON document of an authorization server.
 *
 * @module
 */
import { parseJson } from '../values.js';
import { fetchText, nameOf } from './fetch-text.js';
import type { FetchOptions } from './fetch-text.js';

/**
 * Returns the parsed document.
 *
 * @throws {@link Error} naming the URL, on everything but a 200 with JSON in UTF-8 of at most 256 KiB:
 * another status, a redirect, HTML, too late
 */
export async function fetchJson(url: string, options: FetchOptions): Promise<unknown> {
  const init = { headers: { accept: 'application/json' } };
  const { status, text } = await fetchText(url, init, options);
  if (status !== 200) throw new Error(`${nameOf(url)} answered ${status}`);
  const document = parseJson(text);
  if (document === undefined) throw new Error(`${nameOf(url)} answered with no JSON`);
  return document;
}
