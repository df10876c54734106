/**
 * How widespread authorization servers differ from RFC 8693, as data.
 *
 * The facts about Entra, Auth0, Keycloak and Okta come from their documentation. None of them was tested live.
 *
 * @module
 */
import { expect } from '../options.js';
import type { UpstreamProvider } from './types.js';

/**
 * Microsoft Entra ID: the on-behalf-of grant. The target is named by `scopes` alone, such as
 * `https://graph.microsoft.com/Files.Read`, without `resource` and `audience`.
 *
 * A token may have all scopes of that API for which there ever was consent. Entra says that consent is missing by
 * `invalid_grant` with `suberror: consent_required` or AADSTS65001, or by `interaction_required`. A token of an
 * application without a user cannot be exchanged. From documentation, not seen live.
 *
 * @throws {@link TypeError} unless `tenant` is a GUID
 * @example
 * ```ts
 * const graph = upstreamTokens(gate, {
 *   provider: entraOnBehalfOf({ tenant }),
 *   ...{ clientId, clientAuthentication, origin: 'https://graph.microsoft.com' },
 *   scopes: { 'files:read': 'https://graph.microsoft.com/Files.Read' },
 * });
 * ```
 * @group Upstream tokens
 * @see {@link https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow On-behalf-of flow}
 */
export function entraOnBehalfOf(options: { readonly tenant: string }): UpstreamProvider {
  const isId = /^[\da-f-]{36}$/i.test(options.tenant);
  expect(isId, 'entraOnBehalfOf.tenant', 'expected the tenant id, a GUID');
  const tenant = options.tenant.toLowerCase();
  const base = `https://login.microsoftonline.com/${tenant}`;
  return Object.freeze({
    issuer: `${base}/v2.0`,
    tokenEndpoint: `${base}/oauth2/v2.0/token`,
    subjectIssuers: [`https://sts.windows.net/${tenant}/`],
    grant: 'on-behalf-of',
    untypedAnswers: true,
    otherScopes: true,
    foldScopes: true,
    otherAudience: true,
  });
}

/**
 * Auth0: on-behalf-of token exchange. The target is `audience`, the identifier of the API. The application of this
 * server must be of the type that Auth0 calls resource server client. From documentation, not seen live.
 *
 * @example
 * ```ts
 * const provider = auth0Exchange({ domain: 'example.eu.auth0.com' });
 * ```
 * @group Upstream tokens
 */
export function auth0Exchange(options: { readonly domain: string }): UpstreamProvider {
  const { domain } = options;
  return Object.freeze({
    issuer: `https://${domain}/`,
    tokenEndpoint: `https://${domain}/oauth/token`,
    grant: 'token-exchange',
    untypedAnswers: true,
  });
}

/**
 * Keycloak 26.2 and later: standard token exchange, enabled in the settings of this server's client. The target is
 * `audience`, the client id of the API, and the caller's token must name this server in `aud`. Tokens may
 * have the scopes `openid`, `profile` and `email` without being asked. From documentation, not seen live.
 *
 * @example
 * ```ts
 * const provider = keycloakExchange({ issuer: 'https://id.example.com/realms/main' });
 * ```
 * @group Upstream tokens
 * @see {@link https://www.keycloak.org/securing-apps/token-exchange Token exchange}
 */
export function keycloakExchange(options: { readonly issuer: string }): UpstreamProvider {
  const { issuer } = options;
  return Object.freeze({
    issuer,
    tokenEndpoint: `${issuer}/protocol/openid-connect/token`,
    grant: 'token-exchange',
    otherScopes: ['openid', 'profile', 'email'],
  });
}

/**
 * Okta: on-behalf-of token exchange at a custom authorization server. The target is `audience`, that of the
 * authorization server for the API, and the request names at least one scope. From documentation, not seen live.
 *
 * @example
 * ```ts
 * const provider = oktaExchange({ issuer: 'https://example.okta.com/oauth2/default' });
 * ```
 * @group Upstream tokens
 * @see {@link https://developer.okta.com/docs/guides/set-up-token-exchange/main/ Token exchange}
 */
export function oktaExchange(options: { readonly issuer: string }): UpstreamProvider {
  const { issuer } = options;
  return Object.freeze({ issuer, tokenEndpoint: `${issuer}/v1/token`, grant: 'token-exchange' });
}
