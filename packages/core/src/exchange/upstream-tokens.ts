/**
 * Makes tokens of callers for another API.
 *
 * @module
 */
import type { Gate, UpstreamCredential } from '../gate/index.js';
import { expect } from '../options.js';
import type { Auth } from '../policy/index.js';
import { checkUpstreamOptions } from './check-options.js';
import { MissingConsent } from './errors.js';
import { TokenStore } from './token-store.js';
import type { UpstreamScopes, UpstreamTokens, UpstreamTokensOptions } from './types.js';
import { checkResponse, sendUpstream } from './upstream-fetch.js';

/**
 * Makes what a guarded server needs to call another API for its callers. A caller's token is not sent to the API:
 * it is exchanged for one of the API at the authorization server (RFC 8693, or the on-behalf-of grant of
 * Microsoft Entra ID), with only those scopes to which the caller's scopes map, and those of the option `scope`.
 *
 * Tokens are kept in this process (and in `cache.shared`) for each caller, token and list of scopes, never past
 * the expiry of either token. Concurrent calls share one exchange. For callers whose token names no subject,
 * nothing is shared or kept. If the gate's `revocations` name the caller, nothing is exchanged, and what is kept
 * is not used.
 *
 * If the authorization server or the API wants consent or scopes that the caller has not granted, the methods
 * reject with an `InsufficientScopeError` in the gate's own scopes, as `scopes` maps them. Let it reach the gate:
 * one step-up of the client then reaches both servers. If the mapping lacks one of them, or the caller has them
 * all, the answer is a 403 without scopes, because no consent would help. Every other failure of the exchange is
 * an `UpstreamTokenError` (502 or 503), and then the API gets no request with that token. An API that cannot be
 * reached causes the error of `fetch`.
 *
 * It does not check the content of the API's answers, and it cannot see what the authorization server's policy
 * allows: grant this server's client as little as it needs.
 *
 * @throws {@link TypeError} naming the option
 * @example
 * ```ts
 * const orders = upstreamTokens(gate, {
 *   issuer: 'https://idp.example.com',
 *   clientId: 'notes-api',
 *   clientAuthentication: { method: 'client_secret_basic', secret },
 *   resource: 'https://orders.example.com/',
 *   scopes: { 'notes:read': 'orders.read', 'notes:write': ['orders.read', 'orders.write'] },
 * });
 * const response = await orders.fetch(auth, '/orders', { method: 'POST', body });
 * ```
 * @group Upstream tokens
 * @see {@link https://www.rfc-editor.org/rfc/rfc8693#section-2.1 RFC 8693 s2.1}
 */
export function upstreamTokens<S extends string>(
  gate: Gate<S>,
  options: UpstreamTokensOptions<NoInfer<S>>,
): UpstreamTokens<S> {
  const settings = checkUpstreamOptions(gate, options);
  const store = new TokenStore(settings);
  const { mapping, report, origin } = settings;

  /** Runs one call of this gate's caller, and turns missing consent into the gate's own error. */
  const run = async <T>(
    given: Auth | undefined,
    scope: UpstreamScopes | undefined,
    work: (auth: Auth, scopes: readonly string[]) => Promise<T>,
  ): Promise<T> => {
    // Only a token that this gate verified may be exchanged.
    expect(gate.issued(given), 'auth', 'expected an auth of this gate');
    const auth: Auth = given;
    try {
      return await work(auth, mapping.toAsk(auth, scope));
    } catch (error) {
      const known = error instanceof MissingConsent ? mapping.missing(error.scopes, auth) : error;
      report(known);
      throw known;
    }
  };

  return Object.freeze<UpstreamTokens<S>>({
    token: async (auth, { scope } = {}) =>
      run(auth, scope, async (caller, scopes) => store.get(caller, scopes)),
    fetch: async (auth, url, { scope, ...init } = {}) =>
      run(auth, scope, async (caller, scopes) => {
        const target = new URL(url, origin);
        return checkResponse(await sendUpstream(caller, target, init, scopes, store, settings));
      }),
    revoke: (predicate) => store.deleteWhere(({ claims }) => predicate(claims)),
    credential: Object.freeze<UpstreamCredential>({
      origin,
      send: async (auth, url, init) =>
        run(auth, undefined, async (caller, scopes) =>
          sendUpstream(caller, url, init, scopes, store, settings),
        ),
      mapScopes: mapping.toGate,
    }),
  });
}
