/**
 * Makes a request that can be sent more than once, with a token and without following redirects.
 *
 * @module
 */

/** The global `fetch`, or a function that replaces it. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** The arguments of one `fetch` call. */
export interface OutgoingRequest {
  readonly url: URL;
  readonly method: string;
  readonly redirect: RequestRedirect;
  readonly signal: AbortSignal | null | undefined;
  /** Whether the request can be sent again, which is not possible if `init.body` is a stream. */
  readonly isRepeatable: boolean;
  /** Sends the request, with the token if there is one, and with the proof if it is a DPoP token. */
  send(fetch: Fetch, accessToken: string | undefined, proof?: string): Promise<Response>;
  /** Returns the body as text. Call it only for a request that is repeatable. */
  text(): Promise<string>;
}

/** Returns the URL of a `fetch` call without its fragment. It resolves relative URLs with the page's URL. */
export function urlOf(input: string | URL | Request): URL {
  const { location } = globalThis as { readonly location?: { readonly href: string } };
  const url = new URL(isRequest(input) ? input.url : input, location?.href);
  url.hash = '';
  return url;
}

/** Whether the URL is the resource's URL, or is below its path on the same origin. */
export function isWithin(resource: string, url: URL): boolean {
  if (url.href === resource) return true;
  const { origin, pathname, search } = new URL(resource);
  const path = pathname.endsWith('/') ? pathname : `${pathname}/`;
  return (
    search === '' &&
    url.origin === origin &&
    url.username + url.password === '' &&
    `${url.pathname}/`.startsWith(path)
  );
}

/**
 * Reads the arguments of a `fetch` call. A `Request` is cloned each time it is sent, so that its body can be
 * sent again; the body stays in memory until the response is there. A stream in `init.body` is sent once,
 * without a copy.
 */
export function readRequest(
  url: URL,
  input: string | URL | Request,
  init: RequestInit = {},
): OutgoingRequest {
  const request = isRequest(input) ? new Request(input, init) : undefined;
  const { redirect = 'follow', signal, headers: given } = request ?? init;
  // The method as `fetch` sends it, because a proof names it: some are normalized (Fetch standard).
  const { method } = request ?? new Request(url, { method: init.method ?? 'GET' });
  const body = init.body ?? null;
  const isRepeatable = canRepeat(body);
  return {
    url,
    method,
    redirect,
    signal,
    isRepeatable,
    send(fetch, accessToken, proof) {
      const headers = new Headers(given);
      const scheme = proof === undefined ? 'Bearer' : 'DPoP';
      if (accessToken !== undefined) headers.set('authorization', `${scheme} ${accessToken}`);
      if (proof !== undefined) headers.set('dpop', proof);
      // A redirect is not followed, so that the token goes to no other URL.
      const changes: RequestInit = { headers, redirect: 'manual' };
      if (request === undefined) return fetch(url, { ...init, ...changes });
      return fetch(new Request(isRepeatable ? request.clone() : request, changes));
    },
    text: () => (request?.clone() ?? new Response(body)).text(),
  };
}

function isRequest(input: string | URL | Request): input is Request {
  return typeof input === 'object' && 'url' in input;
}

/** Whether `fetch` can read the body more than once. */
function canRepeat(body: BodyInit | null): boolean {
  return (
    body === null ||
    typeof body === 'string' ||
    ArrayBuffer.isView(body) ||
    [URLSearchParams, Blob, FormData, ArrayBuffer].some((type) => body instanceof type)
  );
}

/**
 * Whether the response is a redirect, or `fetch` followed one. Node and workers show a redirect by the status,
 * browsers by the type.
 */
export function isRedirect({ status, type, redirected }: Response): boolean {
  return redirected || type === 'opaqueredirect' || [301, 302, 303, 307, 308].includes(status);
}
