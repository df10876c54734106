/**
 * Fetches small documents, with limits of size and time, and without following redirects.
 *
 * @module
 */
import { parseJson } from './values.js';
import { TimeoutError, within } from './wait.js';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface FetchOptions {
  readonly fetch: Fetch;
  /** Maximum time in milliseconds, for the response and its body together. @default 5000 */
  readonly timeout?: number;
  /** Maximum size of the body in bytes. @default 262144 (256 KiB) */
  readonly maxBytes?: number;
}

export interface FetchJsonOptions extends FetchOptions {
  /**
   * Also refuse a response for which `fetch` followed a redirect, although it was told not to, and a response
   * whose `Content-Type` is neither `application/json` nor `application/...+json`.
   *
   * @default false
   */
  readonly strict?: boolean;
}

export interface FetchedText {
  readonly status: number;
  /** The `Content-Type` header as it was sent; `''` if there is none. */
  readonly contentType: string;
  readonly headers: Headers;
  readonly text: string;
}

/** The reason why a fetch failed. */
export type FetchProblem =
  | 'bad_status'
  | 'not_json'
  | 'redirected'
  | 'timeout'
  | 'too_large'
  | 'unreachable';

/**
 * The error of a failed fetch. Its message contains the URL without its query. Of the error that caused it,
 * the message contains only names and codes, because the text of that error may contain a token.
 */
export class FetchError extends Error {
  override readonly name: string;
  readonly problem: FetchProblem;
  /** The status of the response, for `bad_status` and `redirected`. */
  readonly status: number | undefined;

  constructor(problem: FetchProblem, message: string, status?: number) {
    super(message);
    this.name = problem === 'timeout' ? 'TimeoutError' : 'Error';
    this.problem = problem;
    this.status = status;
  }
}

/**
 * Fetches a JSON document and returns it parsed.
 *
 * @throws {@link FetchError} unless a 200 with JSON in UTF-8 of at most `maxBytes` arrives in time
 */
export async function fetchJson(url: string, options: FetchJsonOptions): Promise<unknown> {
  const name = nameOf(url);
  const init = { headers: { accept: 'application/json' } };
  const { text } = await fetchWith(url, init, options, (response) =>
    refuse(response, name, options.strict),
  );
  const document = parseJson(text);
  if (document === undefined) throw new FetchError('not_json', `${name} answered with no JSON`);
  return document;
}

/**
 * Sends a request and returns status, headers and text of the response, whatever the status.
 *
 * @throws {@link FetchError} if there is no response, or if it is longer than `maxBytes`, too late or not in
 * UTF-8
 */
export async function fetchText(
  url: string,
  init: RequestInit,
  options: FetchOptions,
): Promise<FetchedText> {
  return fetchWith(url, init, options, () => undefined);
}

async function fetchWith(
  url: string,
  init: RequestInit,
  { fetch, timeout = 5_000, maxBytes = 256 * 1024 }: FetchOptions,
  problemOf: (response: Response) => FetchError | undefined,
): Promise<FetchedText> {
  const name = nameOf(url);
  try {
    // The time limit also applies if a `fetch` of the application ignores the signal.
    return await within(timeout, name, async ({ signal }) => {
      // A redirect would send the request to another server and let that server choose the answer.
      const response = await fetch(url, { ...init, redirect: 'manual', signal });
      const problem = problemOf(response);
      if (problem !== undefined) {
        // The body is not read, so cancel it to free the connection.
        response.body?.cancel().catch(() => undefined);
        throw problem;
      }
      return {
        status: response.status,
        contentType: response.headers.get('content-type') ?? '',
        headers: response.headers,
        text: await readText(response, name, maxBytes),
      };
    });
  } catch (error) {
    if (error instanceof FetchError) throw error;
    if (error instanceof TimeoutError) throw new FetchError('timeout', error.message);
    // Do not keep the error as `cause`, because its message may contain a token (see FetchError).
    throw new FetchError('unreachable', `${name} could not be read: ${codesOf(error)}`);
  }
}

/** Returns the error of a response that is refused before its body is read; `undefined` for any other one. */
function refuse(response: Response, name: string, strict = false): FetchError | undefined {
  const { status, headers, redirected } = response;
  if (isRedirect(response) || (strict && redirected)) {
    const target = redirected ? response.url : headers.get('location');
    const to = target !== null && URL.canParse(target, name) ? new URL(target, name).href : '';
    const message = `${name} answered ${status}${to && ` to ${nameOf(to)}`}`;
    return new FetchError('redirected', message, status);
  }
  if (status !== 200) return new FetchError('bad_status', `${name} answered ${status}`, status);
  const type = headers.get('content-type') ?? '';
  if (strict && !/^application\/(?:[\w.-]+\+)?json *(?:;|$)/i.test(type)) {
    return new FetchError('not_json', `${name} answered with another content type than JSON`);
  }
  return undefined;
}

/** Whether the response is a redirect. Node and workers show this by the status, browsers by the type. */
function isRedirect({ status, type }: Response): boolean {
  return type === 'opaqueredirect' || [301, 302, 303, 307, 308].includes(status);
}

/**
 * Reads a whole body as UTF-8, or rejects as soon as it is longer than `maxBytes`, without receiving the
 * rest. It counts bytes after decompression.
 */
async function readText({ body }: Response, name: string, maxBytes: number): Promise<string> {
  let size = 0;
  const counted = body?.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        size += chunk.length;
        if (size > maxBytes) {
          throw new FetchError('too_large', `${name} answered with more than ${maxBytes} bytes`);
        }
        controller.enqueue(chunk);
      },
    }),
  );
  const bytes = await new Response(counted).arrayBuffer();
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new FetchError('not_json', `${name} could not be read: ${codesOf(error)}`);
  }
}

/** Returns a URL for messages, without user information and query, which may contain a secret. */
export function nameOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** Returns the names and codes of an error and its causes, such as `TypeError ECONNREFUSED`. */
function codesOf(error: unknown): string {
  const words: string[] = [];
  for (let one = error, depth = 0; one instanceof Error && depth < 3; one = one.cause, depth++) {
    words.push(one.name);
    if ('code' in one && typeof one.code === 'string') words.push(one.code);
  }
  const plain = words.filter((word) => /^(?:[A-Za-z]{1,40}Error|[A-Z][A-Z0-9_]{1,40})$/.test(word));
  return [...new Set(plain)].join(' ') || 'fetch failed';
}
