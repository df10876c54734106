/**
 * Fetches a small JSON document of an authorization server: bounded in size and time, no redirects.
 *
 * @module
 */

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface FetchJsonOptions {
  readonly fetch: Fetch;
  readonly maxBytes: number;
  /** Milliseconds. */
  readonly timeout: number;
}

/**
 * Returns the parsed document, or `undefined` if the server says it has none (4xx).
 *
 * @throws {@link Error} on everything else: another status, a redirect, no JSON, too much, too late
 */
export async function fetchJson(url: string, options: FetchJsonOptions): Promise<unknown> {
  const response = await options.fetch(url, {
    headers: { accept: 'application/json' },
    // A redirect would hand the choice of keys to another place.
    redirect: 'manual',
    signal: AbortSignal.timeout(options.timeout),
  });
  if (response.status >= 400 && response.status < 500) {
    await response.body?.cancel();
    return undefined;
  }
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`${url} answered ${response.status}`);
  }
  return JSON.parse(await readText(response, options.maxBytes, url)) as unknown;
}

async function readText(response: Response, maxBytes: number, url: string): Promise<string> {
  if (response.body === null) return '';
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const reader = response.body.getReader();
  let text = '';
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      throw new Error(`${url} answered with more than ${maxBytes} bytes`);
    }
    text += decoder.decode(value, { stream: true });
  }
}
