/**
 * Tokens as the providers make them. Hand-made from the providers' documentation and from reports,
 * not taken from real tokens: docs/providers.md says which facts rest on what.
 *
 * @module
 */
import {
  auth0,
  clerk,
  cognito,
  entra,
  google,
  keycloak,
  okta,
  supabase,
  workos,
} from '../../src/providers/index.js';
import type { Provider } from '../../src/index.js';
import { createTestIssuer } from '../../../testing/src/index.js';

export const RESOURCE = 'https://notes.example.com/mcp';
export const NOW = 1_800_000_000;
const TENANT = 'abcdefab-1111-4111-8111-111111111111';
const API = '22222222-2222-4222-8222-222222222222';
const CLIENT = '33333333-3333-4333-8333-333333333333';

/** One key for all: what refuses a neighbour's token is what the token says. */
const signer = createTestIssuer({ algorithm: 'RS256', clock: () => NOW * 1000 });

export interface Fixture {
  /** The variant. */
  readonly name: string;
  readonly provider: Provider;
  readonly header?: object;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly scopes: readonly string[];
  readonly clientId: string;
  readonly kind: 'user' | 'client';
}

/** A token that the provider makes for something else, and what a developer is told of it. */
export interface Misfit extends Pick<Fixture, 'name' | 'provider' | 'header' | 'claims'> {
  readonly hint?: RegExp;
}

/** Serves metadata of the issuer, and the keys; Google's tokeninfo for opaque tokens. */
export function fetchFor(issuer: string): (url: string, init?: RequestInit) => Promise<Response> {
  return async (url, init) => {
    if (url === 'https://oauth2.googleapis.com/tokeninfo') return tokeninfo(init);
    if (/openid-configuration|oauth-authorization-server/.test(url)) {
      return Response.json({ issuer, jwks_uri: `${new URL(issuer).origin}/keys` });
    }
    return Response.json(await signer.jwks());
  };
}

export const GOOGLE_TOKEN = 'ya29.hand-made-0123456789';

function tokeninfo(init: RequestInit = {}): Response {
  const sent = new Headers(init.headers).get('authorization');
  if (init.method !== 'POST' || sent !== `Bearer ${GOOGLE_TOKEN}`) {
    return Response.json(
      { error: 'invalid_token', error_description: 'Invalid Value' },
      { status: 400 },
    );
  }
  return Response.json(GOOGLE_ANSWER);
}

const GOOGLE_ANSWER = {
  azp: '1234.apps.googleusercontent.com',
  aud: '1234.apps.googleusercontent.com',
  sub: '1029384756',
  scope: 'openid https://www.googleapis.com/auth/calendar.readonly',
  exp: String(NOW + 3599),
  expires_in: '3599',
  email: 'ray@example.com',
  email_verified: 'true',
  access_type: 'online',
};

/** The token's text: signed, or Google's. */
export async function tokenOf({
  header,
  claims,
}: Pick<Fixture, 'header' | 'claims'>): Promise<string> {
  if (claims === GOOGLE_CLAIMS) return GOOGLE_TOKEN;
  return signer.mintToken({
    ...{ subject: null, clientId: null, audience: null },
    claims: { iss: undefined, jti: undefined, iat: NOW, exp: NOW + 300, ...claims },
    header: { typ: 'JWT', ...header },
  });
}

const clock = (): number => NOW * 1000;
const GOOGLE_CLAIMS = Object.freeze({ iss: 'https://accounts.google.com' });
const NO_TYP = { typ: undefined };
const AT_JWT = { typ: 'at+jwt' };

const AUTH0 = 'https://tenant.eu.auth0.com/';
const auth0Options = { domain: 'tenant.eu.auth0.com', fetch: fetchFor(AUTH0), clock };
const ofAuth0 = auth0(auth0Options);
const auth0User = {
  ...{ iss: AUTH0, sub: 'auth0|5f7c8ec7c33c6c004bbafe82', azp: 'my_client_id' },
  ...{ aud: [RESOURCE, `${AUTH0}userinfo`], scope: 'openid notes:read' },
};

const ENTRA_V2 = `https://login.microsoftonline.com/${TENANT}/v2.0`;
const ENTRA_V1 = `https://sts.windows.net/${TENANT}/`;
const entraOptions = {
  tenants: [TENANT.toUpperCase()],
  clientId: API,
  fetch: fetchFor(ENTRA_V2),
  clock,
};
const ofEntra = entra(entraOptions);
const entraUser = {
  ...{ iss: ENTRA_V2, aud: API, azp: CLIENT, azpacr: '0', oid: CLIENT, tid: TENANT, ver: '2.0' },
  ...{ scp: 'Notes.Read', sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ', uti: 'u' },
};
const entraV1 = {
  ...{ iss: ENTRA_V1, aud: `api://${API}`, appid: CLIENT, appidacr: '0', tid: TENANT, ver: '1.0' },
  ...{ scp: 'Notes.Read', sub: 'l3_roISQU222bULS9yi2k0XpqpOiMz5H3ZACo1GeXA', oid: CLIENT },
};

const COGNITO = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123';
const cognitoOptions = {
  userPoolId: 'eu-west-1_AbCdEf123',
  clientIds: ['app1'],
  fetch: fetchFor(COGNITO),
  clock,
};
const ofCognito = cognito(cognitoOptions);
const cognitoUser = {
  ...{ iss: COGNITO, sub: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee', client_id: 'app1', version: 2 },
  ...{ token_use: 'access', scope: 'openid notes-api/read', username: 'ray', origin_jti: 'o' },
};

const OKTA = 'https://example.okta.com/oauth2/default';
const oktaOptions = { domain: 'example.okta.com', fetch: fetchFor(OKTA), clock };
const ofOkta = okta(oktaOptions);
const oktaUser = {
  ...{ ver: 1, iss: OKTA, aud: RESOURCE, cid: '0oa1', uid: '00u1', sub: 'ray@example.com' },
  ...{ scp: ['openid', 'notes:read'], auth_time: NOW - 100 },
};

const KEYCLOAK = 'https://sso.example.com/realms/notes';
const keycloakOptions = {
  url: 'https://sso.example.com',
  realm: 'notes',
  fetch: fetchFor(KEYCLOAK),
  clock,
};
const ofKeycloak = keycloak(keycloakOptions);
const keycloakUser = {
  ...{
    iss: KEYCLOAK,
    aud: [RESOURCE, 'account'],
    sub: 'f3c1',
    typ: 'Bearer',
    azp: 'notes-cli',
    sid: 's',
  },
  ...{
    scope: 'profile notes:read',
    realm_access: { roles: ['offline_access'] },
    preferred_username: 'ray',
  },
};

const CLERK = 'https://clerk.example.com';
const clerkOptions = { domain: 'clerk.example.com', fetch: fetchFor(CLERK), clock };
const ofClerk = clerk(clerkOptions);
const clerkUser = {
  iss: CLERK,
  aud: RESOURCE,
  sub: 'user_2abc',
  client_id: 'cl1',
  scope: 'email notes:read',
};

const WORKOS = 'https://example.authkit.app';
const workosOptions = { domain: 'example.authkit.app', fetch: fetchFor(WORKOS), clock };
const ofWorkos = workos(workosOptions);
const workosUser = {
  ...{ iss: WORKOS, aud: RESOURCE, sub: 'user_01H', client_id: 'client_dyn', sid: 'session_01' },
  ...{ scope: 'openid notes:read', permissions: ['posts:all'] },
};

const SUPABASE = 'https://abcdefgh.supabase.co/auth/v1';
const ofSupabase = supabase({
  url: 'https://abcdefgh.supabase.co',
  clientIds: ['cli-1'],
  fetch: fetchFor(SUPABASE),
  clock,
});
const supabaseUser = {
  ...{
    iss: SUPABASE,
    aud: 'authenticated',
    sub: 'b2c1',
    client_id: 'cli-1',
    role: 'authenticated',
  },
  ...{ scope: 'openid email', aal: 'aal1', session_id: 's' },
};

const ofGoogle = google({
  clientIds: ['1234.apps.googleusercontent.com'],
  fetch: fetchFor(AUTH0),
  clock,
});

const user = { kind: 'user' } as const;
const client = { kind: 'client' } as const;

export const FIXTURES: readonly Fixture[] = [
  {
    name: 'Auth0, its own dialect',
    provider: ofAuth0,
    claims: auth0User,
    scopes: ['openid', 'notes:read'],
    clientId: 'my_client_id',
    ...user,
  },
  {
    ...{ name: 'Auth0, RFC 9068 dialect', provider: ofAuth0, header: AT_JWT, ...user },
    claims: { ...auth0User, azp: undefined, client_id: 'my_client_id', aud: RESOURCE },
    ...{ scopes: ['openid', 'notes:read'], clientId: 'my_client_id' },
  },
  {
    ...{ name: 'Auth0, permissions', ...user, scopes: ['notes:write'], clientId: 'my_client_id' },
    provider: auth0({
      domain: 'tenant.eu.auth0.com',
      permissions: true,
      fetch: fetchFor(AUTH0),
      clock,
    }),
    claims: { ...auth0User, permissions: ['notes:write'] },
  },
  {
    ...{
      name: 'Auth0, a machine',
      provider: ofAuth0,
      ...client,
      scopes: ['notes:read'],
      clientId: 'm2m',
    },
    claims: {
      ...auth0User,
      aud: RESOURCE,
      sub: 'm2m@clients',
      azp: 'm2m',
      gty: 'client-credentials',
      scope: 'notes:read',
    },
  },
  {
    name: 'Entra, version 2',
    provider: ofEntra,
    claims: entraUser,
    scopes: ['Notes.Read'],
    clientId: CLIENT,
    ...user,
  },
  {
    name: 'Entra, version 1',
    provider: ofEntra,
    claims: entraV1,
    scopes: ['Notes.Read'],
    clientId: CLIENT,
    ...user,
  },
  {
    ...{ name: 'Entra, an application', ...client, scopes: ['Notes.Read.All'], clientId: CLIENT },
    provider: entra({ ...entraOptions, appRoles: true }),
    claims: { ...entraUser, scp: undefined, roles: ['Notes.Read.All'], idtyp: 'app' },
  },
  {
    ...{
      name: 'Entra, an application, version 1, roles are not asked for',
      provider: ofEntra,
      ...client,
    },
    ...{
      claims: { ...entraV1, scp: undefined, roles: ['Notes.Read.All'] },
      scopes: [],
      clientId: CLIENT,
    },
  },
  {
    name: 'Cognito',
    provider: ofCognito,
    header: NO_TYP,
    claims: cognitoUser,
    scopes: ['openid', 'notes-api/read'],
    clientId: 'app1',
    ...user,
  },
  {
    ...{
      name: 'Cognito, a resource server, bound',
      header: NO_TYP,
      ...user,
      scopes: ['read'],
      clientId: 'app1',
    },
    provider: cognito({ ...cognitoOptions, resourceServer: 'notes-api' }),
    claims: { ...cognitoUser, aud: RESOURCE },
  },
  {
    ...{ name: 'Cognito, a machine', provider: ofCognito, header: NO_TYP, ...client },
    ...{
      claims: { ...cognitoUser, sub: 'app1', scope: 'notes-api/read' },
      scopes: ['notes-api/read'],
      clientId: 'app1',
    },
  },
  {
    name: 'Okta',
    provider: ofOkta,
    header: NO_TYP,
    claims: oktaUser,
    scopes: ['openid', 'notes:read'],
    clientId: '0oa1',
    ...user,
  },
  {
    ...{ name: 'Okta, a machine', provider: ofOkta, header: NO_TYP, ...client },
    ...{
      claims: { ...oktaUser, sub: '0oa1', uid: undefined, scp: ['notes:read'] },
      scopes: ['notes:read'],
      clientId: '0oa1',
    },
  },
  {
    name: 'Keycloak',
    provider: ofKeycloak,
    claims: keycloakUser,
    scopes: ['profile', 'notes:read'],
    clientId: 'notes-cli',
    ...user,
  },
  {
    ...{
      name: 'Keycloak, a service account',
      provider: ofKeycloak,
      ...client,
      scopes: ['notes:read'],
      clientId: 'job',
    },
    claims: {
      ...keycloakUser,
      azp: 'job',
      client_id: 'job',
      preferred_username: 'service-account-job',
      scope: 'notes:read',
    },
  },
  {
    name: 'Clerk',
    provider: ofClerk,
    header: AT_JWT,
    claims: clerkUser,
    scopes: ['email', 'notes:read'],
    clientId: 'cl1',
    ...user,
  },
  {
    ...{
      name: 'Clerk, no audience, a listed client',
      header: AT_JWT,
      ...user,
      scopes: ['email', 'notes:read'],
      clientId: 'cl1',
    },
    provider: clerk({ ...clerkOptions, clientIds: ['cl1'] }),
    claims: { ...clerkUser, aud: undefined },
  },
  {
    name: 'WorkOS',
    provider: ofWorkos,
    claims: workosUser,
    scopes: ['openid', 'notes:read'],
    clientId: 'client_dyn',
    ...user,
  },
  {
    ...{ name: 'Auth0, an audience of its own', ...user, scopes: ['notes:read'] },
    provider: auth0({ ...auth0Options, audience: 'urn:notes' }),
    ...{
      claims: { ...auth0User, aud: 'urn:notes', scope: 'notes:read' },
      clientId: 'my_client_id',
    },
  },
  {
    ...{ name: 'Okta, the audience of the default server', header: NO_TYP, ...user },
    provider: okta({ ...oktaOptions, audience: 'api://default' }),
    ...{
      claims: { ...oktaUser, aud: 'api://default', scp: undefined },
      scopes: [],
      clientId: '0oa1',
    },
  },
  {
    ...{ name: 'Keycloak, an audience of its own', ...user, scopes: [], clientId: 'notes-cli' },
    provider: keycloak({ ...keycloakOptions, audience: ['notes'] }),
    claims: { ...keycloakUser, aud: 'notes', scope: undefined },
  },
  {
    ...{ name: 'WorkOS, the environment', ...user, scopes: [], clientId: 'client_dyn' },
    provider: workos({ ...workosOptions, audience: [RESOURCE, 'client_01H'] }),
    claims: { ...workosUser, aud: 'client_01H', scope: undefined },
  },
  {
    name: 'Supabase',
    provider: ofSupabase,
    claims: supabaseUser,
    scopes: ['openid', 'email'],
    clientId: 'cli-1',
    ...user,
  },
  {
    ...{ name: 'Google', provider: ofGoogle, claims: GOOGLE_CLAIMS, ...user },
    scopes: ['openid', 'https://www.googleapis.com/auth/calendar.readonly'],
    clientId: '1234.apps.googleusercontent.com',
  },
];

export const MISFITS: readonly Misfit[] = [
  {
    name: 'Auth0 without an API',
    provider: ofAuth0,
    claims: { ...auth0User, aud: `${AUTH0}userinfo` },
    hint: /Resource Parameter/,
  },
  {
    name: 'Auth0 ID token',
    provider: ofAuth0,
    claims: { ...auth0User, nonce: 'n' },
    hint: /ID token/,
  },
  {
    name: 'Auth0 issuer without its slash',
    provider: ofAuth0,
    claims: { ...auth0User, iss: AUTH0.slice(0, -1) },
    hint: /end in a slash/,
  },
  {
    name: 'Entra for Graph',
    provider: ofEntra,
    claims: { ...entraUser, aud: '00000003-0000-0000-c000-000000000000' },
    hint: /Microsoft Graph/,
  },
  {
    name: 'Entra ID token',
    provider: ofEntra,
    claims: { ...entraUser, scp: undefined },
    hint: /neither scp nor roles/,
  },
  {
    name: 'Entra ID token without a client',
    provider: ofEntra,
    claims: { ...entraUser, azp: undefined },
  },
  {
    name: 'Entra, another tenant in tid',
    provider: ofEntra,
    claims: { ...entraUser, tid: CLIENT },
    hint: /not among entra.tenants/,
  },
  {
    name: 'Entra, another tenant',
    provider: ofEntra,
    claims: { ...entraUser, tid: CLIENT, iss: ENTRA_V2.replace(TENANT, CLIENT) },
    hint: /not among entra.tenants/,
  },
  {
    name: 'Entra, the issuer template',
    provider: ofEntra,
    claims: { ...entraUser, iss: ENTRA_V2.replace(TENANT, '{tenantid}') },
  },
  {
    name: 'Entra, version 1 from the issuer of version 2',
    provider: ofEntra,
    claims: { ...entraUser, ver: '1.0' },
  },
  {
    name: 'Entra B2C',
    provider: ofEntra,
    claims: { ...entraUser, iss: `https://x.b2clogin.com/${TENANT}/v2.0/` },
    hint: /B2C/,
  },
  {
    name: 'Cognito ID token',
    provider: ofCognito,
    header: NO_TYP,
    claims: { ...cognitoUser, token_use: 'id', aud: 'app1' },
    hint: /ID token/,
  },
  {
    ...{ name: 'Cognito without a use', provider: ofCognito, header: NO_TYP },
    claims: { ...cognitoUser, token_use: undefined },
  },
  {
    name: 'Cognito, another app client',
    provider: ofCognito,
    header: NO_TYP,
    claims: { ...cognitoUser, client_id: 'app2' },
    hint: /cognito.clientIds/,
  },
  {
    name: 'Cognito, bound to another resource',
    provider: ofCognito,
    header: NO_TYP,
    claims: { ...cognitoUser, aud: 'https://other.example.com' },
    hint: /bound to a resource/,
  },
  {
    name: 'Okta org server',
    provider: ofOkta,
    header: NO_TYP,
    claims: { ...oktaUser, iss: 'https://example.okta.com', aud: 'https://example.okta.com' },
    hint: /org server token; your API needs a custom authorization server/,
  },
  {
    name: 'Okta ID token',
    provider: ofOkta,
    header: NO_TYP,
    claims: { ...oktaUser, cid: undefined, scp: undefined },
    hint: /ID token/,
  },
  {
    name: 'Okta, scp as text',
    provider: ofOkta,
    header: NO_TYP,
    claims: { ...oktaUser, scp: 'notes:read' },
  },
  {
    name: 'Okta, audience of the default server',
    provider: ofOkta,
    header: NO_TYP,
    claims: { ...oktaUser, aud: 'api://default' },
    hint: /api:\/\/default/,
  },
  {
    name: 'Keycloak without a mapper',
    provider: ofKeycloak,
    claims: { ...keycloakUser, aud: 'account' },
    hint: /Audience mapper/,
  },
  {
    name: 'Keycloak without an audience',
    provider: ofKeycloak,
    claims: { ...keycloakUser, aud: undefined },
    hint: /Audience mapper/,
  },
  {
    name: 'Keycloak ID token',
    provider: ofKeycloak,
    claims: { ...keycloakUser, typ: 'ID' },
    hint: /another kind of token/,
  },
  {
    name: 'Keycloak without a kind',
    provider: ofKeycloak,
    claims: { ...keycloakUser, typ: undefined },
  },
  {
    name: 'Keycloak at another host',
    provider: ofKeycloak,
    claims: { ...keycloakUser, iss: 'http://localhost:8080/realms/notes' },
    hint: /hostname/,
  },
  {
    name: 'Clerk session',
    provider: ofClerk,
    claims: { ...clerkUser, sid: 'sess_1' },
    hint: /session token/,
  },
  {
    name: 'Clerk without an audience',
    provider: ofClerk,
    header: AT_JWT,
    claims: { ...clerkUser, aud: undefined },
    hint: /clerk.clientIds/,
  },
  {
    ...{ name: 'Clerk, a listed client, another audience', header: AT_JWT },
    provider: clerk({ ...clerkOptions, clientIds: ['cl1'] }),
    claims: { ...clerkUser, aud: 'https://other.example.com' },
  },
  {
    ...{ name: 'Clerk, no audience, another client', header: AT_JWT },
    provider: clerk({ ...clerkOptions, clientIds: ['cl1'] }),
    claims: { ...clerkUser, aud: undefined, client_id: 'cl2' },
  },
  {
    name: 'WorkOS User Management',
    provider: ofWorkos,
    claims: {
      ...workosUser,
      iss: 'https://api.workos.com/user_management/client_1',
      aud: undefined,
    },
    hint: /User Management/,
  },
  {
    name: 'WorkOS for the environment',
    provider: ofWorkos,
    claims: { ...workosUser, aud: 'client_01H' },
    hint: /Resource Indicator/,
  },
  {
    name: 'WorkOS with a slash',
    provider: ofWorkos,
    claims: { ...workosUser, iss: `${WORKOS}/` },
    hint: /without a slash/,
  },
  { name: 'WorkOS ID token', provider: ofWorkos, claims: { ...workosUser, nonce: 'n' } },
  {
    name: 'Supabase session',
    provider: ofSupabase,
    claims: { ...supabaseUser, client_id: undefined },
    hint: /own sessions/,
  },
  {
    name: 'Supabase, another client',
    provider: ofSupabase,
    claims: { ...supabaseUser, client_id: 'cli-2' },
    hint: /supabase.clientIds/,
  },
];
