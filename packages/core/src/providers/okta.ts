/**
 * Verifies access tokens of Okta.
 *
 * @module
 */
import type { CommonOptions } from './provider-options.js';
import type { JwtProvider } from './provider.js';
import { ID, originOf, text, verifierOptions } from './provider-options.js';
import { hint, jwtProvider, listClaim, textClaim } from './provider.js';
import { ownMember } from '../values.js';

export interface OktaOptions extends CommonOptions {
  /** The domain of the organisation or the custom domain, such as `example.okta.com`. */
  readonly domain: string;
  /** The id of a custom authorization server. @default 'default' */
  readonly authorizationServerId?: string;
  /**
   * The audience in the settings of the authorization server. Okta sets that of the server `default` to
   * `api://default`.
   *
   * @default the gate's `resource`
   */
  readonly audience?: string | readonly string[];
}

/**
 * Makes a provider for access tokens of an Okta custom authorization server. Tokens of the organisation's own
 * server are for Okta's APIs, and are refused.
 *
 * It checks issuer, audience, signature and times, that the token names a client (`cid`), which an ID token
 * does not, and that `scp` is a list if it is present.
 *
 * @throws {@link TypeError} naming the option
 * @example
 * ```ts
 * const provider = okta({ domain: 'example.okta.com', authorizationServerId: 'notes' });
 * const gate = createGate({ resource, provider, scopes, initialScopes: ['notes:read'] });
 * ```
 * @group Providers
 */
export function okta(options: OktaOptions): JwtProvider {
  const { authorizationServerId = 'default' } = options;
  const jwt = verifierOptions('okta', options, ['domain', 'authorizationServerId'], ['audience']);
  const origin = originOf('okta.domain', options.domain, jwt, 'a domain such as example.okta.com');
  const id = text('okta.authorizationServerId', authorizationServerId, ID, 'an id');
  const issuer = `${origin}/oauth2/${id}`;
  return jwtProvider({
    name: 'Okta',
    jwt: { ...jwt, issuer, typ: [null, 'JWT', 'at+jwt'] },
    isAccessToken: (claims) =>
      textClaim(claims, 'cid') !== undefined &&
      (Array.isArray(ownMember(claims, 'scp')) || ownMember(claims, 'scp') === undefined),
    hints: [
      hint(
        (claims) => textClaim(claims, 'iss') === origin,
        'this is an Okta org server token; your API needs a custom authorization server (Security > API), and clients its issuer, with /oauth2/ in it',
      ),
      hint(
        (claims) => textClaim(claims, 'iss') === issuer && textClaim(claims, 'cid') === undefined,
        'the token names no client (cid): it is an ID token, send the access token',
      ),
      hint(
        (claims) => listClaim(claims, 'aud').includes('api://default'),
        "api://default is the authorization server's audience: set it to the resource (Security > API > Settings), or set okta.audience",
      ),
    ],
  });
}
