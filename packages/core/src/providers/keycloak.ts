/**
 * Verifies access tokens of Keycloak.
 *
 * @module
 */
import type { Claims } from '../token/index.js';
import type { CommonOptions } from './provider-options.js';
import type { JwtProvider, Reading } from './provider.js';
import { ID, issuerUrl, text, verifierOptions } from './provider-options.js';
import { hint, jwtProvider, listClaim, textClaim } from './provider.js';
import { ownMember } from '../values.js';

export interface KeycloakOptions extends CommonOptions {
  /**
   * The base URL of Keycloak as tokens name it in `iss`, without `/realms`: `https://sso.example.com`, or
   * `http://localhost:8080` of `start-dev`, beside `allowInsecureLoopback`.
   */
  readonly url: string;
  readonly realm: string;
  /** The accepted audiences, of which a token must name one. @default the gate's `resource` */
  readonly audience?: string | readonly string[];
}

/**
 * Makes a provider for access tokens of a Keycloak realm. The tokens do not name the resource as an audience
 * until an Audience mapper adds it; `aud` may also name `account` and others.
 *
 * It checks issuer, audience, that the payload's `typ` is `Bearer` (or `DPoP` beside a `cnf` with the thumbprint
 * of a key, which the gate checks), that there is a client (`azp`), signature and times. A service account counts as a client if the token has the claims `client_id` (from the client
 * scope `service_account`) and `preferred_username` of that account. Roles do not count as scopes.
 *
 * @throws {@link TypeError} naming the option
 * @example
 * ```ts
 * const provider = keycloak({ url: 'https://sso.example.com', realm: 'notes' });
 * const gate = createGate({ resource, provider, scopes, initialScopes: ['notes:read'] });
 * ```
 * @group Providers
 */
export function keycloak(options: KeycloakOptions): JwtProvider {
  const jwt = verifierOptions('keycloak', options, ['url', 'realm'], ['audience']);
  const url = text(
    'keycloak.url',
    options.url,
    /^https?:\/\/[^?#]*[^/?#]$/,
    'a URL without a slash at its end',
  );
  issuerUrl('keycloak.url', url, jwt);
  const realm = text('keycloak.realm', options.realm, ID, 'the name of a realm');
  const issuer = `${url}/realms/${realm}`;
  return jwtProvider({
    name: 'Keycloak',
    jwt: { ...jwt, issuer, typ: ['JWT', 'at+jwt'] },
    isAccessToken: (claims) => isAccessTokenType(claims) && textClaim(claims, 'azp') !== undefined,
    read: serviceAccount,
    hints: [
      hint(
        (claims) => listClaim(claims, 'aud').every((aud) => aud === 'account'),
        'Keycloak names no audience by itself: add an Audience mapper with the resource to a client scope (Client scopes > Mappers > Audience), and give the scope to the clients',
      ),
      hint(
        (claims) =>
          ['ID', 'Refresh', 'Offline', 'Logout'].includes(String(ownMember(claims, 'typ'))),
        'this is another kind of token (typ in its claims): send the access token',
      ),
      hint((claims) => {
        const iss = textClaim(claims, 'iss');
        return iss !== undefined && iss !== issuer && iss.endsWith(`/realms/${realm}`);
      }, 'the realm is right and its host is not: Keycloak names the host that the client saw; set its hostname option, and keycloak.url to the same'),
    ],
  });
}

/**
 * Whether the claim `typ` is that of an access token: `Bearer`, or `DPoP` if the token is bound to a key (RFC 9449
 * s6.1). The gate compares `cnf` with the sender of the request, or refuses the token.
 */
function isAccessTokenType(claims: Claims): boolean {
  const typ = ownMember(claims, 'typ');
  const thumbprint = ownMember(ownMember(claims, 'cnf'), 'jkt');
  return typ === 'Bearer' || (typ === 'DPoP' && typeof thumbprint === 'string');
}

/**
 * Returns the client as the subject if the token belongs to a service account. Keycloak adds the claim
 * `client_id` only for sessions of service accounts.
 */
function serviceAccount(claims: Claims): Reading | undefined {
  const client = textClaim(claims, 'azp');
  const isServiceAccount =
    client !== undefined &&
    textClaim(claims, 'client_id') === client &&
    textClaim(claims, 'preferred_username') === `service-account-${client}`;
  return isServiceAccount ? { subject: client } : undefined;
}
