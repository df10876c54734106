/**
 * Verifies access tokens of Auth0.
 *
 * @module
 */
import type { CommonOptions } from './provider-options.js';
import type { JwtProvider } from './provider.js';
import { flag, originOf, verifierOptions } from './provider-options.js';
import { hint, jwtProvider, listClaim, opaqueHint, scopesOf, textClaim } from './provider.js';

export interface Auth0Options extends CommonOptions {
  /** The domain of the tenant or the custom domain, as tokens name it, such as `tenant.eu.auth0.com`. */
  readonly domain: string;
  /** The identifier of the API. `aud` of a token may also name others. @default the gate's `resource` */
  readonly audience?: string | readonly string[];
  /**
   * Read scopes from the claim `permissions` (RBAC with "Add Permissions in the Access Token")
   * instead of `scope`. Permissions contain what the user may do, even if the client did not ask for it.
   *
   * @default false
   */
  readonly permissions?: boolean;
}

/**
 * Makes a provider for access tokens of Auth0, in both of its token profiles.
 *
 * It checks issuer (with its final slash), audience (`aud` may also name `/userinfo` and others), signature
 * and times. A token with a `nonce` is refused, since it is an ID token. The caller is a client, not a user,
 * if `sub` is `<client>@clients`.
 *
 * @throws {@link TypeError} naming the option
 * @example
 * ```ts
 * const provider = auth0({ domain: 'tenant.eu.auth0.com' });
 * const gate = createGate({ resource, provider, scopes, initialScopes: ['notes:read'] });
 * ```
 * @group Providers
 */
export function auth0(options: Auth0Options): JwtProvider {
  const permissions = flag('auth0.permissions', options.permissions ?? false);
  const jwt = verifierOptions('auth0', options, ['domain', 'permissions'], ['audience']);
  const expected = 'a domain such as tenant.eu.auth0.com';
  const issuer = `${originOf('auth0.domain', options.domain, jwt, expected)}/`;
  return jwtProvider({
    name: 'Auth0',
    jwt: { ...jwt, issuer, typ: ['JWT', 'at+jwt'] },
    isAccessToken: (claims) => textClaim(claims, 'nonce') === undefined,
    read(claims) {
      const client = textClaim(claims, 'azp') ?? textClaim(claims, 'client_id');
      const isClient = client !== undefined && textClaim(claims, 'sub') === `${client}@clients`;
      if (!isClient && !permissions) return undefined;
      return {
        ...(isClient && { subject: client }),
        ...(permissions && { scopes: scopesOf(claims, ['permissions']) }),
      };
    },
    hints: [
      opaqueHint(
        () => true,
        'Auth0 makes opaque or encrypted tokens for clients that ask for no API: turn on the Resource Parameter Compatibility Profile (Settings > Advanced), or set a Default Audience, and register the API with the resource as its identifier',
      ),
      hint(
        (claims) => listClaim(claims, 'aud').join(' ') === `${issuer}userinfo`,
        'the token is for /userinfo alone: the client named no API; see the Resource Parameter Compatibility Profile, or the Default Audience',
      ),
      hint(
        (claims) => textClaim(claims, 'iss') === issuer.slice(0, -1),
        'Auth0 issuers end in a slash; this one does not',
      ),
      hint(
        (claims) => textClaim(claims, 'nonce') !== undefined,
        'this is an ID token: send the access token',
      ),
    ],
  });
}
