/**
 * Sends a request to the API with a token of the caller.
 *
 * @module
 */
import {
  WWWAuthenticateChallengeError,
  allowInsecureRequests,
  customFetch,
  protectedResourceRequest,
} from 'oauth4webapi';
import type { DPoPHandle, ProtectedResourceRequestBody } from 'oauth4webapi';
import { scopesOfChallenge } from '../challenge/index.js';
import { expect } from '../options.js';
import type { Auth } from '../policy/index.js';
import type { ExchangeSettings } from './check-options.js';
import { MissingConsent, UpstreamTokenError } from './errors.js';
import type { TokenStore } from './token-store.js';
import { withNonce } from './with-nonce.js';

/**
 * Sends a request. After a 401 it gets a new token, once, and sends the request again if its body allows it.
 * Errors of `fetch` pass unchanged.
 *
 * @throws {@link MissingConsent} and {@link UpstreamTokenError} as the exchange does
 * @throws {@link UpstreamTokenError} if the last answer is a 401
 * @throws {@link TypeError} for another origin, and if the request holds the caller's own token
 */
export async function sendUpstream(
  auth: Auth,
  url: URL,
  init: RequestInit,
  scopes: readonly string[],
  store: TokenStore,
  settings: ExchangeSettings,
): Promise<Response> {
  const { origin } = settings;
  // Without the slash, `https://api.example.com@evil.example/` would begin with the origin, too.
  const isThere = url.href.startsWith(`${origin}/`);
  expect(isThere, 'url', `tokens go to ${origin ?? 'no origin (set origin)'} only`);
  const headers = new Headers(init.headers);
  refuseOwnToken(auth.token, url, headers, init.body);
  // The library alone sets these two. Other headers of the application are sent as they are.
  for (const name of ['authorization', 'dpop']) headers.delete(name);
  const token = await store.get(auth, scopes);
  const response = await request(token, url, headers, init, settings);
  if (response.status !== 401) return response;
  await discard(response);
  const renewed = isReplayable(init.body) ? await store.get(auth, scopes, token) : undefined;
  if (renewed !== undefined) {
    const second = await request(renewed, url, headers, init, settings);
    if (second.status !== 401) return second;
    await discard(second);
  }
  throw new UpstreamTokenError('upstream_unauthorized', 'the API refused its token');
}

/**
 * Returns the answer of the API.
 *
 * @throws {@link MissingConsent} for a 403 with `insufficient_scope`, {@link UpstreamTokenError} for a redirect
 */
export async function checkResponse(response: Response): Promise<Response> {
  const { status, type, redirected, headers } = response;
  const isRedirect =
    redirected || type === 'opaqueredirect' || (status >= 300 && status < 400 && status !== 304);
  const missing = scopesOfChallenge(status === 403 ? headers.get('www-authenticate') : null);
  if (!isRedirect && missing === undefined) return response;
  await discard(response);
  if (missing !== undefined) throw new MissingConsent(missing);
  throw new UpstreamTokenError('upstream_redirect', 'the API answered with a redirect');
}

async function request(
  token: string,
  url: URL,
  headers: Headers,
  init: RequestInit,
  { dpop, fetch }: ExchangeSettings,
): Promise<Response> {
  const proof = await dpop?.();
  const send = async (): Promise<Response> =>
    protectedResourceRequest(
      token,
      init.method ?? 'GET',
      url,
      headers,
      init.body as ProtectedResourceRequestBody,
      {
        // The library sets the token, the proof and `redirect: 'manual'`. For it, `undefined` means no proof.
        [customFetch]: (href, options) => fetch(href, { ...init, ...(options as RequestInit) }),
        [allowInsecureRequests]: true,
        DPoP: proof as DPoPHandle,
        ...(init.signal && { signal: init.signal }),
      },
    );
  try {
    return await withNonce(send, isReplayable(init.body));
  } catch (error) {
    // The library throws for every answer with a challenge.
    if (error instanceof WWWAuthenticateChallengeError) return error.response;
    throw error;
  }
}

/** Whether a body can be sent a second time. */
function isReplayable(body: unknown): boolean {
  return (
    typeof body !== 'object' ||
    body === null ||
    !(Symbol.asyncIterator in body || body instanceof ReadableStream)
  );
}

/**
 * Refuses a request with the caller's token in the URL, a header, or a body that is a string or
 * `URLSearchParams`. A handler that copies all headers of its own request would send it to the API.
 */
function refuseOwnToken(token: string, url: URL, headers: Headers, body: unknown): void {
  const parts = [url.href, ...url.searchParams.values(), ...headers.values()];
  if (typeof body === 'string') parts.push(body);
  // The text of a form would have some characters of a token encoded.
  if (body instanceof URLSearchParams) parts.push(...body.values());
  // A short token, such as one of `staticTokens`, may be a part of another word, so only whole words count.
  const holds = (part: string): boolean =>
    token.length < 16 ? part.split(/[\s:=&]/).includes(token) : part.includes(token);
  expect(!parts.some(holds), 'init', "the request holds the caller's own token");
}

async function discard({ body }: Response): Promise<void> {
  await body?.cancel().catch(() => undefined);
}
