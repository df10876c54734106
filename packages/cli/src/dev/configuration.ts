/**
 * The settings of the local authorization server.
 *
 * @module
 */
import type { Configuration, JWK, errors, interactionPolicy } from 'oidc-provider';
import type { AuthorizationServerOptions } from './options.js';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** What the settings need of the library, which is loaded late. */
export interface Library {
  readonly errors: typeof errors;
  readonly interactionPolicy: typeof interactionPolicy;
}

/** Codes for a minute, access tokens for an hour, PKCE always; clients may register themselves (RFC 7591). */
export function configurationOf(
  { resource, scopes }: AuthorizationServerOptions,
  client: { readonly id: string; readonly secret: string },
  key: JWK,
  { errors: { InvalidTarget }, interactionPolicy: policies }: Library,
): Configuration {
  return {
    jwks: { keys: [key] },
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        token_endpoint_auth_method: 'client_secret_basic',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post'],
    clientDefaults: { token_endpoint_auth_method: 'none', id_token_signed_response_alg: 'ES256' },
    responseTypes: ['code'],
    pkce: { required: () => true },
    // Only `getResourceServerInfo` lists the scopes of the resource. If they were listed here, too, the server
    // would ask again and again for a consent that the user gave for the resource.
    scopes: ['offline_access'],
    // Clients register with the scopes of their first challenge. If these were kept, a step-up could not ask
    // for others. A server may change what a client registers (RFC 7591 s3.2.1).
    extraClientMetadata: {
      properties: ['scope'],
      validator: (_context, _name, _value, metadata) => {
        delete metadata.scope;
      },
    },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, indicator) => {
          if (indicator !== resource) throw new InvalidTarget();
          return {
            scope: scopes.join(' '),
            audience: resource,
            accessTokenFormat: 'jwt',
            accessTokenTTL: HOUR,
            jwt: { sign: { alg: 'ES256' } },
          };
        },
      },
    },
    // Pages of all origins may call the server, so that browser clients can be developed with it.
    clientBasedCORS: () => true,
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    interactions: {
      url: (_context, { uid }) => `/interaction/${uid}`,
      policy: policyOf(resource, policies),
    },
    renderError: (context, out) => {
      context.body = out;
    },
    ttl: {
      AccessToken: HOUR,
      AuthorizationCode: 60,
      ClientCredentials: HOUR,
      Grant: DAY,
      IdToken: HOUR,
      Interaction: HOUR,
      RefreshToken: DAY,
      Session: DAY,
    },
  };
}

/** Asks again for a scope that was not ticked the last time, as a developer who tries a step-up expects. */
function policyOf(
  resource: string,
  { base, Check }: Library['interactionPolicy'],
): ReturnType<Library['interactionPolicy']['base']> {
  const policy = base();
  const check = new Check('rs_scopes_refused', 'requested scopes were refused', ({ oidc }) => {
    const refused = oidc.entities.Grant?.getRejectedResourceScope(resource).split(' ') ?? [];
    // The request that the page was shown for goes on without them.
    return !oidc.result?.consent && refused.some((scope) => oidc.requestParamScopes.has(scope));
  });
  policy.get('consent')?.checks.add(check);
  return policy;
}
