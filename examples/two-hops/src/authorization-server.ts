/**
 * The authorization server of both hops: a real oidc-provider with a registered token exchange grant. The OAuth
 * is complete; the login believes a cookie, and the consent asks nobody. Never copy these two.
 *
 * @module
 */
import { generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ACCOUNT_COOKIE } from '@scopegate/example-notes-mcp/browser';
import { importJWK, jwtVerify } from 'jose';
import type { JWK } from 'jose';
import type { Context, Provider } from 'oidc-provider';
import type { Listen } from './environment.js';

const restoreWarnings = hideProviderWarnings();
const oidc = await import('oidc-provider').finally(restoreWarnings);

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const GRANT_NAME = 'token_exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

export interface AuthorizationServerOptions {
  /** The MCP server, at which users log in. A function, because it listens after this server. */
  readonly shop: () => string;
  /** The API behind it. */
  readonly orders: () => string;
  /** The MCP server as a client of this server. */
  readonly client: { readonly id: string; readonly secret: string };
  /**
   * Which scope of the shop a user must have granted, for each scope of the orders API. The consent page would
   * say it in words: "place orders for you".
   */
  readonly consent: Readonly<Record<string, string>>;
}

export interface AuthorizationServer {
  readonly issuer: string;
  /** The number of tokens that were exchanged. */
  readonly exchanges: number;
  close(): Promise<void>;
}

export async function startAuthorizationServer(
  listen: Listen,
  options: AuthorizationServerOptions,
): Promise<AuthorizationServer> {
  const { server, origin: issuer, close } = await listen('login');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  let exchanges = 0;
  const provider = createProvider(issuer, privateKey.export({ format: 'jwk' }), options);
  const key = (await importJWK(publicKey.export({ format: 'jwk' }) as JWK, 'ES256')) as CryptoKey;
  provider.registerGrantType(
    EXCHANGE,
    async (context) => {
      await exchange(context, { provider, key, issuer, options });
      exchanges += 1;
    },
    ['subject_token', 'subject_token_type', 'requested_token_type', 'resource', 'scope'],
  );
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/interaction/')) {
      void interact(provider, options, request, response);
    } else {
      void answer(request, response);
    }
  });
  return {
    issuer,
    get exchanges() {
      return exchanges;
    },
    close,
  };
}

interface ExchangeContext {
  readonly provider: Provider;
  readonly key: CryptoKey;
  readonly issuer: string;
  readonly options: AuthorizationServerOptions;
}

/**
 * Exchanges a token that a user granted to the shop for one of the orders API (RFC 8693). What the user did not
 * grant there is `invalid_scope` here.
 */
async function exchange(context: Context, { provider, key, issuer, options }: ExchangeContext) {
  const { client, params } = context.oidc;
  const { resource, scope } = params;
  if (resource !== options.orders()) throw new oidc.errors.InvalidTarget();
  if (params['subject_token_type'] !== ACCESS_TOKEN) {
    throw new oidc.errors.InvalidRequest('an access token is expected');
  }
  // Only a token for the shop itself is exchanged for the shop: the audience is the client's own.
  const { payload } = await jwtVerify(String(params['subject_token']), key, {
    ...{ issuer, audience: options.shop(), typ: 'at+jwt' },
  }).catch(() => {
    throw new oidc.errors.InvalidRequest('the subject token is not valid');
  });
  const granted = new Set(String(payload['scope']).split(' '));
  for (const one of String(scope).split(' ')) {
    const needed = options.consent[one];
    if (needed === undefined || !granted.has(needed)) {
      throw new oidc.errors.InvalidScope('the user has not granted this', one);
    }
  }
  const token = new provider.AccessToken({
    ...{ accountId: payload.sub, client, gty: GRANT_NAME, scope: String(scope) },
  });
  token.resourceServer = new provider.ResourceServer(
    resource,
    resourceServer(Object.keys(options.consent)),
  );
  context.body = {
    access_token: await token.save(),
    issued_token_type: ACCESS_TOKEN,
    ...{ token_type: 'Bearer', expires_in: token.expiration, scope },
  };
}

interface ExchangedToken {
  readonly gty?: string;
  readonly clientId: string;
}

function resourceServer(scopes: readonly string[]) {
  const jwt = { sign: { alg: 'ES256' } };
  return { scope: scopes.join(' '), accessTokenFormat: 'jwt', accessTokenTTL: 300, jwt };
}

function createProvider(
  issuer: string,
  key: JWK,
  { shop, client, consent }: AuthorizationServerOptions,
): Provider {
  const restore = hideProviderWarnings();
  const HOUR = 3600;
  try {
    return new oidc.Provider(issuer, {
      jwks: { keys: [{ ...key, alg: 'ES256', use: 'sig', kid: 'demo' }] },
      clientAuthMethods: ['none', 'client_secret_basic'],
      clientDefaults: {
        token_endpoint_auth_method: 'none',
        id_token_signed_response_alg: 'ES256',
      },
      clients: [
        {
          ...{ client_id: client.id, client_secret: client.secret, grant_types: [EXCHANGE] },
          ...{ redirect_uris: [], response_types: [] },
          token_endpoint_auth_method: 'client_secret_basic',
        },
      ],
      responseTypes: ['code'],
      pkce: { required: () => true },
      scopes: ['offline_access'],
      // The official client registers with the scope of its first challenge, and steps up beyond it later.
      extraClientMetadata: {
        properties: ['scope'],
        validator: (_ctx: unknown, _key: string, _value: unknown, data: { scope?: string }) => {
          delete data.scope;
        },
      },
      features: {
        devInteractions: { enabled: false },
        registration: { enabled: true },
        rpInitiatedLogout: { enabled: false },
        userinfo: { enabled: false },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_ctx: unknown, indicator: string) => {
            if (indicator !== shop()) throw new oidc.errors.InvalidTarget();
            return resourceServer([...new Set(Object.values(consent))]);
          },
        },
      },
      // The client of an exchange acts for the user: the API reads it in `act` (RFC 8693 s4.1).
      extraTokenClaims: (_ctx: unknown, token: ExchangedToken) =>
        token.gty === GRANT_NAME ? { act: { sub: token.clientId } } : undefined,
      findAccount: (_ctx: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
      interactions: { url: (_ctx: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
      renderError: (ctx: { body: unknown }, out: unknown) => {
        ctx.body = out;
      },
      ttl: { AccessToken: HOUR, Grant: HOUR, Interaction: HOUR, RefreshToken: HOUR, Session: HOUR },
    });
  } finally {
    restore();
  }
}

/** Login and consent in one step: the user of the cookie grants what is asked for. */
async function interact(
  provider: Provider,
  { shop }: AuthorizationServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { params, grantId } = await provider.interactionDetails(request, response);
    const accountId = /(?:^|; )notes_account=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
    if (accountId === undefined) throw new Error(`no ${ACCOUNT_COOKIE}`);
    const requested = String(params['scope']).split(' ');
    const existing = grantId === undefined ? undefined : await provider.Grant.find(grantId);
    const owner = { accountId, clientId: String(params['client_id']) };
    const grant = existing ?? new provider.Grant(owner);
    const ofShop = requested.filter((scope) => scope !== 'offline_access');
    if (ofShop.length > 0) grant.addResourceScope(shop(), ofShop.join(' '));
    if (ofShop.length < requested.length) grant.addOIDCScope('offline_access');
    const consent = { grantId: await grant.save() };
    await provider.interactionFinished(request, response, { login: { accountId }, consent });
  } catch (error) {
    response.statusCode = 400;
    response.end(error instanceof Error ? error.message : 'The login failed');
  }
}

/** Hides what oidc-provider prints about Node 20 and its in-memory store, until the result is called. */
function hideProviderWarnings(): () => void {
  const { warn } = console;
  console.warn = (...parts: unknown[]) => {
    if (!String(parts[0]).includes('oidc-provider WARNING')) warn(...parts);
  };
  return () => {
    console.warn = warn;
  };
}
