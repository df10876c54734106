/**
 * Verifies access tokens of Google.
 *
 * @module
 */
import type { Provider } from '../gate/index.js';
import { expect, unknownOption } from '../options.js';
import { introspectionVerifier } from '../token/introspection/index.js';
import type { IntrospectionVerifierOptions } from '../token/introspection/index.js';
import { reach, readAddresses, readInternalUrl } from '../token/index.js';
import { fetchText } from '../fetch-json.js';
import type { Fetch } from '../fetch-json.js';
import type { Claims } from '../token/index.js';
import { ID, texts } from './provider-options.js';
import { hint, opaqueHint } from './provider.js';
import { ownMember } from '../values.js';

export interface GoogleOptions extends Pick<
  IntrospectionVerifierOptions,
  | 'allowInsecureHosts'
  | 'allowInsecureLoopback'
  | 'cache'
  | 'clock'
  | 'clockTolerance'
  | 'fetch'
  | 'identify'
  | 'maxConcurrentRequests'
  | 'timeout'
> {
  /**
   * Ids of the OAuth clients whose tokens are accepted. They are checked because a token's audience does not
   * name this resource.
   */
  readonly clientIds: readonly string[];
  /**
   * The URL of the tokeninfo endpoint, or of a stand-in. Each token without a cached answer is sent there.
   *
   * @default 'https://oauth2.googleapis.com/tokeninfo'
   */
  readonly endpoint?: string;
  /**
   * The origin at which `https://oauth2.googleapis.com` is reached, such as that of a proxy.
   *
   * @default the origin itself
   */
  readonly internalUrl?: string;
}

const NAMES: ReadonlySet<string> = new Set<keyof GoogleOptions>([
  ...(['cache', 'clock', 'clockTolerance', 'fetch', 'timeout', 'clientIds'] as const),
  ...(['identify', 'maxConcurrentRequests', 'endpoint', 'internalUrl'] as const),
  ...(['allowInsecureHosts', 'allowInsecureLoopback'] as const),
]);

const ISSUER = 'https://accounts.google.com';
const TOKENINFO = 'https://oauth2.googleapis.com/tokeninfo';

/**
 * Makes a provider for access tokens of Google. They are opaque, and are verified at Google's tokeninfo
 * endpoint, which gets the token in a header. Every API that trusts the same OAuth clients accepts the same
 * tokens, because nothing binds them to this resource, and their scopes are Google's own. Use this provider
 * only for parts of one application. For anything else, run your own authorization server, which signs users
 * in with Google.
 *
 * It checks the client (`aud`) and the expiry. Answers are cached as in `introspectionVerifier`.
 *
 * @throws {@link TypeError} naming the option
 * @example
 * ```ts
 * const provider = google({ clientIds: ['notes-app.apps.googleusercontent.com'] });
 * const gate = createGate({ resource, provider, scopes, initialScopes: ['openid'] });
 * ```
 * @group Providers
 */
export function google(options: GoogleOptions): Provider {
  for (const name of Object.keys(options)) {
    expect(NAMES.has(name), `google.${name}`, unknownOption(name, [...NAMES]));
  }
  const {
    clientIds,
    endpoint = TOKENINFO,
    internalUrl,
    fetch = (url, init) => globalThis.fetch(url, init),
    ...introspection
  } = options;
  const verifier = introspectionVerifier({
    ...introspection,
    endpoint: internalUrl === undefined ? endpoint : reachedAt(internalUrl, endpoint, options),
    audience: texts('google.clientIds', clientIds, ID, 'the id of an OAuth client'),
    // Google's endpoint takes no client authentication, so these values are not sent.
    ...{
      clientId: 'unused',
      clientAuthentication: { method: 'client_secret_post', secret: 'unused' },
    },
    fetch: asTokeninfo(fetch),
  });
  return Object.freeze({
    ...{ name: 'Google', verifier, authorizationServers: Object.freeze([ISSUER]) },
    hints: Object.freeze([
      hint(
        (claims) => String(ownMember(claims, 'iss')).endsWith('accounts.google.com'),
        'this is an ID token of Google: send the access token',
      ),
      opaqueHint(
        (token) => token.startsWith('ya29.'),
        'the token looks right: its OAuth client may not be among google.clientIds, or it has expired',
      ),
    ]),
  });
}

function reachedAt(internalUrl: string, endpoint: string, options: GoogleOptions): string {
  const addresses = readAddresses(options, 'google');
  const origin = readInternalUrl(internalUrl, 'google.internalUrl', addresses);
  return reach(endpoint, TOKENINFO, origin);
}

/**
 * Returns a `fetch` that translates an introspection request (RFC 7662) into a request to Google, and
 * Google's answer into an introspection response.
 */
function asTokeninfo(fetch: Fetch): Fetch {
  return async (url, { body }) => {
    const token = new URLSearchParams(body as string | URLSearchParams).get('token') ?? '';
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
    const limits = { fetch, maxBytes: 64 * 1024, timeout: 10_000 };
    const { status, text } = await fetchText(url, { method: 'POST', headers }, limits);
    // Google answers 400 `invalid_token` for every token that is not valid. The body is not read.
    if (status === 400) return Response.json({ active: false });
    if (status !== 200) return new Response(null, { status });
    return Response.json(toIntrospection(JSON.parse(text) as Claims));
  };
}

/**
 * Translates Google's answer into an introspection response. Google writes numbers as strings. An answer
 * without a client or without an expiry is not about an access token.
 */
function toIntrospection(info: Claims): object {
  const exp = Number(ownMember(info, 'exp'));
  if (typeof ownMember(info, 'aud') !== 'string' || !Number.isFinite(exp)) return { active: false };
  const [aud, azp, sub] = [ownMember(info, 'aud'), ownMember(info, 'azp'), ownMember(info, 'sub')];
  return { aud, azp, sub, scope: ownMember(info, 'scope'), iss: ISSUER, exp, active: true };
}
