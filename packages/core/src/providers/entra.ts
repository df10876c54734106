/**
 * Verifies access tokens of Microsoft Entra ID.
 *
 * @module
 */
import { expect } from '../options.js';
import type { Claims } from '../token/index.js';
import type { JwtIssuer } from '../token/jwt/index.js';
import type { CommonOptions } from './provider-options.js';
import type { JwtProvider, Reading } from './provider.js';
import { flag, text, texts, verifierOptions } from './provider-options.js';
import { hint, jwtProvider, listClaim, opaqueHint, scopesOf, textClaim } from './provider.js';
import { ownMember } from '../values.js';

export interface EntraOptions extends CommonOptions {
  /**
   * Ids of the tenants whose tokens are accepted, each a GUID. `common` and `organizations` are refused, since
   * they are no tenants.
   */
  readonly tenants: readonly string[];
  /** The application (client) id of the API's registration. */
  readonly clientId: string;
  /** The App ID URI of the API's registration. @default `api://` and the client id */
  readonly appIdUri?: string;
  /** Read scopes from `roles` in tokens of applications without a user, which have no `scp`. @default false */
  readonly appRoles?: boolean;
}

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const GRAPH = ['00000003-0000-0000-c000-000000000000', 'https://graph.microsoft.com'];
const OPENID = new Set(['openid', 'profile', 'email']);

/**
 * Makes a provider for access tokens of Microsoft Entra ID, of the versions 1 and 2. The registration of the
 * API determines which version it gets, not the endpoint that the client uses.
 *
 * It checks that the issuer belongs to one of the tenants, that `tid` is the same tenant, that `ver` fits the
 * issuer, that the audience is the client id or the App ID URI, and signature and times. It requires a client
 * (`azp`, or `appid` in version 1) and `scp` or `roles`, so that ID tokens are refused. Clients request scopes
 * as `<App ID URI>/<name>`. A token without `scp` is that of an application without a user, and its caller
 * counts as a client.
 *
 * @throws {@link TypeError} naming the option
 * @example
 * ```ts
 * const provider = entra({ tenants: [tenantId], clientId });
 * const gate = createGate({ resource, provider, scopes, initialScopes: ['notes:read'] });
 * ```
 * @group Providers
 */
export function entra(options: EntraOptions): JwtProvider {
  const jwt = verifierOptions('entra', options, ['tenants', 'clientId', 'appIdUri', 'appRoles']);
  // Tokens contain tenant ids in lower case.
  const tenants = texts('entra.tenants', options.tenants, GUID, 'the tenant id, a GUID').map((id) =>
    id.toLowerCase(),
  );
  const clientId = text(
    'entra.clientId',
    options.clientId,
    GUID,
    "the API's client id, a GUID",
  ).toLowerCase();
  const { appIdUri = `api://${clientId}` } = options;
  const appRoles = flag('entra.appRoles', options.appRoles ?? false);
  // A key set belongs to one tenant: if several shared it, each could issue tokens of the others.
  expect(
    jwt.jwks === undefined || tenants.length === 1,
    'entra.jwks',
    'expected a single tenant beside it; internalUrl serves several',
  );
  const { internalUrl = LOGIN, jwks, ...others } = jwt;
  const keysAt = (path: string): JwtIssuer['jwks'] => jwks ?? `${originOfKeys(internalUrl)}${path}`;
  const v2 = tenants.map((id) => `${LOGIN}/${id}/v2.0`);
  const v1 = tenants.map((id) => `https://sts.windows.net/${id}/`);
  return jwtProvider({
    name: 'Microsoft Entra ID',
    jwt: {
      ...others,
      issuers: tenants.flatMap((id, index) => [
        { issuer: v2[index] as string, jwks: keysAt(`/${id}/discovery/v2.0/keys`) },
        { issuer: v1[index] as string, jwks: keysAt(`/${id}/discovery/keys`) },
      ]),
      audience: [clientId, appIdUri],
      typ: 'JWT',
    },
    authorizationServers: v2,
    isAccessToken: (claims) => isAccessToken(claims, v2),
    read: (claims) => read(claims, appRoles),
    requestAs: (scope) => (OPENID.has(scope) ? scope : `${appIdUri}/${scope}`),
    hints: [
      hint(
        (claims) => listClaim(claims, 'aud').some((aud) => GRAPH.includes(String(aud))),
        'the token is for Microsoft Graph: the client asked for Graph scopes; it must ask for one of this API, such as <App ID URI>/<scope>',
      ),
      hint(
        (claims) =>
          ownMember(claims, 'scp') === undefined && ownMember(claims, 'roles') === undefined,
        'the token has neither scp nor roles: it is an ID token, or the API exposes no scope (Expose an API)',
      ),
      hint(
        (claims) =>
          ownMember(claims, 'scp') === undefined &&
          ownMember(claims, 'roles') !== undefined &&
          !appRoles,
        'the token is of an application without a user; its roles count with appRoles: true',
      ),
      hint(
        (claims) => /b2clogin\.com|ciamlogin\.com/.test(String(ownMember(claims, 'iss'))),
        'the issuer is Azure AD B2C or Entra External ID: take genericProvider() with that issuer',
      ),
      hint(
        (claims) =>
          GUID.test(String(ownMember(claims, 'tid'))) &&
          !tenants.includes(String(ownMember(claims, 'tid'))),
        'the token is of a tenant that is not among entra.tenants',
      ),
      opaqueHint(
        () => true,
        'Entra makes tokens that only Microsoft can read for its own APIs and personal accounts: ask for a scope of this API',
      ),
    ],
  });
}

const LOGIN = 'https://login.microsoftonline.com';

/** Returns the origin from which keys are fetched. The verifier checks whether the options allow it. */
function originOfKeys(url: string): string {
  const form = /^https?:\/\/[^/?#]+\/?$/;
  return text('entra.internalUrl', url, form, 'an origin such as http://proxy:8080').replace(
    /\/$/,
    '',
  );
}

function isAccessToken(claims: Claims, v2: readonly string[]): boolean {
  const issuer = String(ownMember(claims, 'iss'));
  const tenant = textClaim(claims, 'tid');
  const isV2 = v2.includes(issuer);
  return (
    tenant !== undefined &&
    issuer.split('/')[3] === tenant &&
    ownMember(claims, 'ver') === (isV2 ? '2.0' : '1.0') &&
    textClaim(claims, isV2 ? 'azp' : 'appid') !== undefined &&
    (textClaim(claims, 'scp') !== undefined || Array.isArray(ownMember(claims, 'roles')))
  );
}

function read(claims: Claims, appRoles: boolean): Reading | undefined {
  const clientId = textClaim(claims, 'azp') ?? textClaim(claims, 'appid') ?? '';
  const isClient = ownMember(claims, 'scp') === undefined;
  // The verifier reads `azp` and `scp` itself, but neither `appid` nor tokens of applications without a user.
  if (!isClient && ownMember(claims, 'azp') !== undefined) return undefined;
  const scopes = scopesOf(claims, [isClient && appRoles ? 'roles' : 'scp']);
  return { scopes, clientId, ...(isClient && { subject: clientId }) };
}
