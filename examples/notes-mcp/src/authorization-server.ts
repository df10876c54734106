/**
 * The demo's authorization server: a real oidc-provider for one resource, with a login that
 * believes a cookie and a consent that no page asks for. The OAuth is complete; the login is not.
 *
 * @module
 */

import { generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context, Provider, RequestContext } from 'oidc-provider';
import { ACCOUNT_COOKIE } from './browser.js';
import { listenLocally } from './listen.js';

const restoreWarnings = hideProviderWarnings();
const oidc = await import('oidc-provider').finally(restoreWarnings);

const DEFAULT_ACCOUNT = 'ray';
/** The classes of logins (`acr`): a session has the first one until a request asks for another. */
const LOGIN_CLASSES = ['pwd', 'phr'];
const HOUR = 3600;
const FORTNIGHT = 14 * 24 * HOUR;

export interface AuthorizationServerOptions {
  /**
   * Identifier of the one protected resource (RFC 8707). A function is asked on each request, so
   * that the resource may start listening after this server.
   */
  readonly resource: string | (() => string);
  /** Every scope of the resource; a request for another one gets a token without it. */
  readonly scopes: readonly string[];
  /**
   * Per account, the scopes it does not consent to: an authorization that asks for one of them
   * ends in `access_denied` as a whole. Accounts not named here consent to everything.
   */
  readonly decline: Readonly<Record<string, readonly string[]>>;
  /**
   * Keeps the `scope` that a client registers with, and refuses it every other one with
   * `invalid_scope`, as some servers do.
   *
   * @default false
   */
  readonly freezeScopes?: boolean;
  /**
   * Seconds since users logged in, unless a request asks for a newer login (`max_age`) or for one of another
   * class (`acr_values`): as where they have had a session for a while.
   *
   * @default 0
   */
  readonly loginAge?: number;
  /** Lets pages of every origin send token requests (CORS). @default false */
  readonly allowBrowsers?: boolean;
}

export interface AuthorizationServer {
  readonly issuer: string;
  readonly jwksUri: string;
  close(): Promise<void>;
}

/**
 * Starts the server on a free port of `localhost`. Who logs in: the browser's
 * {@link ACCOUNT_COOKIE}, else the request's `login_hint`, else `ray`.
 */
export async function startAuthorizationServer(
  options: AuthorizationServerOptions,
): Promise<AuthorizationServer> {
  const { server, origin: issuer, close } = await listenLocally();
  const provider = createProvider(issuer, options);
  provider.use(allowLoginParameters);
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/interaction/')) {
      void interact(provider, options, request, response);
    } else {
      void answer(request, response);
    }
  });
  return { issuer, jwksUri: `${issuer}/jwks`, close };
}

function createProvider(issuer: string, options: AuthorizationServerOptions): Provider {
  const { freezeScopes = false } = options;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const restore = hideProviderWarnings();
  try {
    return new oidc.Provider(issuer, {
      jwks: {
        keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'demo' }],
      },
      clientAuthMethods: ['none'],
      clientDefaults: {
        token_endpoint_auth_method: 'none',
        // The default, RS256, makes every registration fail when the only key is an EC one.
        id_token_signed_response_alg: 'ES256',
      },
      clientBasedCORS: () => options.allowBrowsers === true,
      acrValues: LOGIN_CLASSES,
      // What a resource must see of a login, in access tokens (RFC 9470 s6.1). A refresh changes neither.
      extraTokenClaims: ({ oidc: { entities } }: Context) => {
        const source = entities['AuthorizationCode'] ?? entities['RefreshToken'];
        return { auth_time: source?.authTime, acr: source?.acr };
      },
      responseTypes: ['code'],
      pkce: { required: () => true },
      // The resource's scopes belong to `getResourceServerInfo` alone. In this list too, they also
      // count as the provider's own scopes: a consent that grants them for the resource only is
      // asked for again, without end (`op_scopes_missing`).
      scopes: ['offline_access', ...(freezeScopes ? options.scopes : [])],
      // The official client registers with the `scope` of the first challenge. Kept, it would be
      // refused here (`invalid_client_metadata`: not one of `scopes` above); with the scopes listed
      // above it would be stored, and every step-up beyond it would end in `invalid_scope`. A server
      // may replace what a client asks to register (RFC 7591 s3.2.1), so `scope` is dropped.
      ...(!freezeScopes && {
        extraClientMetadata: { properties: ['scope'], validator: dropScope },
      }),
      features: {
        devInteractions: { enabled: false },
        registration: { enabled: true },
        rpInitiatedLogout: { enabled: false },
        userinfo: { enabled: false },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_ctx: unknown, indicator: string) => {
            if (indicator !== resourceOf(options)) throw new oidc.errors.InvalidTarget();
            return {
              scope: options.scopes.join(' '),
              accessTokenFormat: 'jwt',
              jwt: { sign: { alg: 'ES256' } },
            };
          },
        },
      },
      findAccount: (_ctx: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
      interactions: {
        url: (_ctx: unknown, { uid }: { uid: string }) => `/interaction/${uid}`,
        policy: createInteractionPolicy(),
      },
      renderError: (ctx: { body: unknown }, out: unknown) => {
        ctx.body = out;
      },
      ttl: {
        AccessToken: HOUR,
        AuthorizationCode: 60,
        Grant: FORTNIGHT,
        IdToken: HOUR,
        Interaction: HOUR,
        RefreshToken: FORTNIGHT,
        Session: FORTNIGHT,
      },
    });
  } finally {
    restore();
  }
}

/** The usual one, and a new login where the session's is of none of the classes that the request asks for. */
function createInteractionPolicy(): ReturnType<typeof oidc.interactionPolicy.base> {
  const policy = oidc.interactionPolicy.base();
  const check = new oidc.interactionPolicy.Check(
    'acr_values',
    'another login is asked for',
    isOfAnotherClass,
  );
  policy.get('login').checks.add(check);
  return policy;
}

function isOfAnotherClass({ oidc: { acr, params } }: Context): boolean {
  return params['acr_values']?.split(' ').includes(acr ?? '') === false;
}

/**
 * A request of plain OAuth may ask for a login, too (RFC 9470 s4): oidc-provider takes these parameters beside the
 * scope `openid` only.
 */
async function allowLoginParameters(
  context: RequestContext,
  next: () => Promise<void>,
): Promise<void> {
  const { path, query } = context;
  const isForLogin = query['max_age'] !== undefined || query['acr_values'] !== undefined;
  if (path === '/auth' && isForLogin) {
    context.query = { ...query, scope: `openid ${query['scope'] ?? ''}` };
  }
  await next();
}

function dropScope(_ctx: unknown, _key: string, _value: unknown, client: { scope?: string }): void {
  delete client.scope;
}

/** Login and consent in one step, decided by the account's policy instead of by a page. */
async function interact(
  provider: Provider,
  options: AuthorizationServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { params, grantId, prompt } = await provider.interactionDetails(request, response);
    const accountId = accountOf(request) ?? textOf(params['login_hint']) ?? DEFAULT_ACCOUNT;
    const requested = (textOf(params['scope']) ?? '').split(' ');
    const declined = requested.filter((scope) => options.decline[accountId]?.includes(scope));
    if (declined.length > 0) {
      const error_description = `${accountId} does not consent to ${declined.join(' ')}`;
      const result = { error: 'access_denied', error_description };
      await provider.interactionFinished(request, response, result);
      return;
    }
    const asked = textOf(params['acr_values'])?.split(' ');
    const acr = LOGIN_CLASSES.find((one) => asked?.includes(one) ?? true);
    if (acr === undefined) {
      const result = { error: 'unmet_authentication_requirements' };
      await provider.interactionFinished(request, response, result);
      return;
    }
    // The grant of an earlier login grows: the token's scope is what this request asks for of it.
    const existing = grantId === undefined ? undefined : await provider.Grant.find(grantId);
    const owner = { accountId, clientId: textOf(params['client_id']) ?? '' };
    const grant = existing ?? new provider.Grant(owner);
    const offered = requested.filter((scope) => options.scopes.includes(scope));
    if (offered.length > 0) grant.addResourceScope(resourceOf(options), offered.join(' '));
    const known = ['offline_access', 'openid', ...(options.freezeScopes ? options.scopes : [])];
    const own = requested.filter((scope) => known.includes(scope));
    if (own.length > 0) grant.addOIDCScope(own.join(' '));
    const consent = { grantId: await grant.save() };
    const isNew = asked !== undefined || params['max_age'] !== undefined;
    const ts = Math.floor(Date.now() / 1000) - (isNew ? 0 : (options.loginAge ?? 0));
    await provider.interactionFinished(request, response, {
      // A consent alone is no login: the session stays as old as it is.
      ...(prompt.name === 'login' && { login: { accountId, acr, ts } }),
      consent,
    });
  } catch (error) {
    response.statusCode = 400;
    response.end(error instanceof Error ? error.message : 'The login failed');
  }
}

function resourceOf({ resource }: AuthorizationServerOptions): string {
  return typeof resource === 'string' ? resource : resource();
}

function accountOf(request: IncomingMessage): string | undefined {
  const cookies = (request.headers.cookie ?? '').split('; ');
  const cookie = cookies.find((pair) => pair.startsWith(`${ACCOUNT_COOKIE}=`));
  return cookie && decodeURIComponent(cookie.slice(ACCOUNT_COOKIE.length + 1));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/**
 * oidc-provider warns on the console that Node 20 and its in-memory store are not for production:
 * true, and of no use in a demo's output. Hides these lines until the returned function is called.
 */
function hideProviderWarnings(): () => void {
  const { warn } = console;
  console.warn = (...parts: unknown[]) => {
    if (!String(parts[0]).includes('oidc-provider WARNING')) warn(...parts);
  };
  return () => {
    console.warn = warn;
  };
}
