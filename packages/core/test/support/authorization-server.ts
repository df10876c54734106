/**
 * A real authorization server: oidc-provider, with tokens by client credentials for resources of
 * either format, introspection and revocation.
 *
 * @module
 */
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { JWK } from 'jose';
import { close, listen } from './issuer.js';

/** Of client and of resource servers: with characters that two encodings write differently. */
export const SECRET = "a-secret-with/+:&=%~()'!*";

export interface AuthorizationServer {
  readonly issuer: string;
  /** What resource servers may authenticate with: `api-basic`, `api-post`, `api-key`. */
  readonly apiKey: JWK;
  /** Paths asked for so far. */
  readonly requests: string[];
  /** What new tokens say of the login, beside what they say by themselves: `acr`, `auth_time`. */
  login: Readonly<Record<string, unknown>>;
  /** A token of `notes-app`; DPoP-bound to the proof's key if one is given. */
  token(resource: string, scope: string, dpop?: string): Promise<string>;
  /** A token of `notes-app` for `authorization_details` of the type `account` (RFC 9396). */
  detailedToken(resource: string, details: readonly object[]): Promise<string>;
  /** RFC 7009. */
  revoke(token: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts it, with the format of each resource's tokens. */
export async function startAuthorizationServer(
  resources: Readonly<Record<string, 'jwt' | 'opaque'>>,
): Promise<AuthorizationServer> {
  const restoreWarnings = hideProviderWarnings();
  const { Provider, errors } = await import('oidc-provider');
  const requests: string[] = [];
  const server = createServer();
  const issuer = await listen(server);
  const apiKey = newKey('api');
  const { d: _private, ...apiPublic } = apiKey;
  const machine = { redirect_uris: [], response_types: [], grant_types: [] };
  const provider = new Provider(issuer, {
    jwks: { keys: [newKey('as')] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    clients: [
      {
        ...machine,
        ...{ client_id: 'notes-app', client_secret: SECRET, grant_types: ['client_credentials'] },
        token_endpoint_auth_method: 'client_secret_post',
        authorization_details_types: ['account'],
      },
      { ...machine, client_id: 'api-basic', client_secret: SECRET },
      {
        ...machine,
        ...{ client_id: 'api-post', client_secret: SECRET },
        token_endpoint_auth_method: 'client_secret_post',
      },
      {
        ...machine,
        ...{ client_id: 'api-key', jwks: { keys: [apiPublic] } },
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
      },
    ],
    ttl: { ClientCredentials: 600 },
    extraTokenClaims: () => made.login,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      revocation: { enabled: true, allowedPolicy: () => true },
      introspection: { enabled: true, allowedPolicy: () => true },
      richAuthorizationRequests: {
        enabled: true,
        types: { account: { validate: () => undefined } },
        // What a client asks for, it gets, and the endpoint says.
        authorizationDetailsForAccessToken: (ctx: DetailsContext) =>
          JSON.parse(ctx.oidc.params.authorization_details) as unknown,
        authorizationDetailsForIntrospection: (_ctx: unknown, token: { readonly rar: unknown }) =>
          token.rar,
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx: unknown, resource: string) => {
          const accessTokenFormat = resources[resource];
          if (accessTokenFormat === undefined) throw new errors.InvalidTarget();
          const scope = 'notes:read notes:write';
          return { scope, accessTokenFormat, jwt: { sign: { alg: 'ES256' } } };
        },
      },
    },
  });
  restoreWarnings();
  const answer = provider.callback();
  server.on('request', (request, response) => {
    requests.push(request.url ?? '');
    void answer(request, response);
  });
  const post = async (
    path: string,
    form: Record<string, string>,
    dpop?: string,
  ): Promise<Response> => {
    const body = new URLSearchParams({ client_id: 'notes-app', client_secret: SECRET, ...form });
    const headers = dpop === undefined ? {} : { dpop };
    const response = await fetch(`${issuer}${path}`, { method: 'POST', body, headers });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return response;
  };
  const getToken = async (form: Record<string, string>, dpop?: string): Promise<string> => {
    const grant = { grant_type: 'client_credentials', ...form };
    const tokens: unknown = await (await post('/token', grant, dpop)).json();
    return (tokens as { access_token: string }).access_token;
  };
  const made: AuthorizationServer = {
    issuer,
    apiKey,
    requests,
    login: {},
    token: (resource, scope, dpop) => getToken({ resource, scope }, dpop),
    detailedToken: (resource, details) =>
      getToken({
        ...{ resource, scope: 'notes:read' },
        authorization_details: JSON.stringify(details),
      }),
    async revoke(token) {
      await post('/token/revocation', { token });
    },
    close: () => close(server),
  };
  return made;
}

interface DetailsContext {
  readonly oidc: { readonly params: { readonly authorization_details: string } };
}

function newKey(kid: string): JWK {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...(privateKey.export({ format: 'jwk' }) as JWK), alg: 'ES256', use: 'sig', kid };
}

/** Its in-memory store is not for production, it warns: true, and no news in a test. */
function hideProviderWarnings(): () => void {
  const { warn } = console;
  console.warn = (...parts: unknown[]) => {
    if (!String(parts[0]).includes('oidc-provider WARNING')) warn(...parts);
  };
  return () => {
    console.warn = warn;
  };
}
