/**
 * Verifies access tokens of WorkOS AuthKit.
 *
 * @module
 */
import type { CommonOptions } from './provider-options.js';
import type { JwtProvider } from './provider.js';
import { originOf, verifierOptions } from './provider-options.js';
import { hint, jwtProvider, listClaim, textClaim } from './provider.js';
import { ownMember } from '../values.js';

export interface WorkosOptions extends CommonOptions {
  /** The AuthKit domain, such as `example.authkit.app`. */
  readonly domain: string;
  /**
   * The Resource Indicator. Tokens that were issued before it was set up name the environment's client id as
   * their audience. Set `[resource, 'client_...']` until they have expired.
   *
   * @default the gate's `resource`
   */
  readonly audience?: string | readonly string[];
}

/**
 * Makes a provider for access tokens of WorkOS AuthKit as an authorization server. Tokens of User Management
 * sessions have another issuer and no audience, and are refused.
 *
 * It checks issuer (without a final slash), audience, signature and times, and that the token has a client
 * (`client_id`) and no `nonce`, which only ID tokens have.
 *
 * @throws {@link TypeError} naming the option
 * @example
 * ```ts
 * const provider = workos({ domain: 'example.authkit.app' });
 * const gate = createGate({ resource, provider, scopes, initialScopes: ['notes:read'] });
 * ```
 * @group Providers
 */
export function workos(options: WorkosOptions): JwtProvider {
  const jwt = verifierOptions('workos', options, ['domain'], ['audience']);
  const issuer = originOf(
    'workos.domain',
    options.domain,
    jwt,
    'a domain such as example.authkit.app',
  );
  return jwtProvider({
    name: 'WorkOS AuthKit',
    jwt: { jwks: `${issuer}/oauth2/jwks`, ...jwt, issuer, typ: ['at+jwt', 'JWT'] },
    isAccessToken: (claims) =>
      textClaim(claims, 'client_id') !== undefined && ownMember(claims, 'nonce') === undefined,
    hints: [
      hint(
        (claims) => String(ownMember(claims, 'iss')).startsWith('https://api.workos.com'),
        'this is a session token of User Management: clients of this resource need a token of AuthKit (Connect)',
      ),
      hint(
        (claims) => listClaim(claims, 'aud').some((aud) => String(aud).startsWith('client_')),
        'the audience is the environment: add the resource as a Resource Indicator (Connect > Configuration); until tokens have it, set workos.audience to both',
      ),
      hint(
        (claims) => textClaim(claims, 'iss') === `${issuer}/`,
        'AuthKit issuers end without a slash',
      ),
    ],
  });
}
