/** Audiences, clock differences and types of options, the same for every provider. */
import { describe, expect, test } from 'vitest';
import { authenticated, createGate } from '../../src/index.js';
import type { Provider } from '../../src/index.js';
import {
  auth0,
  clerk,
  cognito,
  entra,
  genericProvider,
  keycloak,
  okta,
  supabase,
  workos,
} from '../../src/providers/index.js';
import { FIXTURES, NOW, RESOURCE, fetchFor, tokenOf } from '../support/provider-fixtures.js';
import type { Fixture } from '../support/provider-fixtures.js';

const OTHER = 'https://other.example.com';

async function isLetIn(provider: Provider, fixture: Fixture, aud: unknown): Promise<boolean> {
  const gate = createGate({ resource: RESOURCE, provider, scopes: ['x'], clock: () => NOW * 1000 });
  const token = await tokenOf({ ...fixture, claims: { ...fixture.claims, aud } });
  const request = new Request(RESOURCE, { headers: { authorization: `Bearer ${token}` } });
  return (await gate.check(request, authenticated())).allowed;
}

const named = (name: string): Fixture => FIXTURES.find((one) => one.name === name) as Fixture;
const listOf = ({ claims }: Fixture): readonly unknown[] =>
  claims['aud'] === undefined ? [RESOURCE] : [claims['aud']].flat();

/** Google's tokens are opaque: its answer has one audience. */
const JWTS = FIXTURES.filter(({ name }) => name !== 'Google');

describe.each(JWTS)('$name', (fixture) => {
  test('the audience among others is enough [JW-3, T65]', async () => {
    const list = listOf(fixture);
    for (const aud of [[...list, OTHER], [OTHER, ...list], list]) {
      expect(await isLetIn(fixture.provider, fixture, aud)).toBe(true);
    }
  });

  test('another one, an empty list and what is no list of strings are refused [JW-3, T65]', async () => {
    const list = listOf(fixture);
    for (const aud of [OTHER, [OTHER], [], [...list, 7], [list], null, 7, { 0: list[0] }]) {
      expect(await isLetIn(fixture.provider, fixture, aud), JSON.stringify(aud)).toBe(false);
    }
  });
});

type Exclusive = Parameters<typeof genericProvider>[0]['exclusiveAudience'];
const clock = (): number => NOW * 1000;
const common = (issuer: string, exclusiveAudience: Exclusive) => ({
  ...{ clock, fetch: fetchFor(issuer) },
  ...(exclusiveAudience !== undefined && { exclusiveAudience }),
});
const KEYCLOAK = 'https://sso.example.com/realms/notes';
const OKTA = 'https://example.okta.com/oauth2/default';
const COGNITO = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123';
const CLERK = 'https://clerk.example.com';

const makers: readonly (readonly [fixture: string, make: (only: Exclusive) => Provider])[] = [
  [
    'Auth0, RFC 9068 dialect',
    (only) =>
      auth0({ domain: 'tenant.eu.auth0.com', ...common('https://tenant.eu.auth0.com/', only) }),
  ],
  [
    'Cognito, a resource server, bound',
    (only) =>
      cognito({
        ...{ userPoolId: 'eu-west-1_AbCdEf123', clientIds: ['app1'], resourceServer: 'notes-api' },
        ...common(COGNITO, only),
      }),
  ],
  ['Okta', (only) => okta({ domain: 'example.okta.com', ...common(OKTA, only) })],
  [
    'Keycloak',
    (only) =>
      keycloak({ url: 'https://sso.example.com', realm: 'notes', ...common(KEYCLOAK, only) }),
  ],
  ['Clerk', (only) => clerk({ domain: 'clerk.example.com', ...common(CLERK, only) })],
  [
    'Clerk',
    (only) => clerk({ domain: 'clerk.example.com', clientIds: ['cl1'], ...common(CLERK, only) }),
  ],
  [
    'WorkOS',
    (only) =>
      workos({ domain: 'example.authkit.app', ...common('https://example.authkit.app', only) }),
  ],
];

test.each(makers)('%s: exclusiveAudience is obeyed [JW-3, T65]', async (name, make) => {
  const fixture = named(name);
  const letsIn = (only: Exclusive, aud: unknown): Promise<boolean> =>
    isLetIn(make(only), fixture, aud);
  expect(await letsIn(undefined, [RESOURCE, OTHER])).toBe(true);
  expect(await letsIn(true, [RESOURCE, OTHER])).toBe(false);
  expect(await letsIn(true, [RESOURCE])).toBe(true);
  expect(await letsIn([OTHER], [OTHER, RESOURCE])).toBe(true);
  expect(await letsIn([OTHER], [OTHER, RESOURCE, 'x'])).toBe(false);
  expect(await letsIn([OTHER], OTHER)).toBe(false);
});

test.each([...new Set(JWTS.map(({ provider }) => provider))])(
  '$name: its verifier says which clock difference it forgives [JW-5]',
  ({ verifier }) => {
    expect(verifier?.clockTolerance).toBe(30);
  },
);

describe('options of the wrong type', () => {
  const GUID = '11111111-1111-4111-8111-111111111111';
  const domain = 'x.example.com';
  const wrong: readonly (readonly [path: string, make: (value: never) => Provider])[] = [
    ['auth0.permissions', (permissions) => auth0({ domain, permissions })],
    ['entra.appRoles', (appRoles) => entra({ tenants: [GUID], clientId: GUID, appRoles })],
    ['genericProvider.name', (name) => genericProvider({ issuer: `https://${domain}`, name })],
    [
      'genericProvider.requestAs',
      (requestAs) => genericProvider({ issuer: `https://${domain}`, requestAs }),
    ],
    [
      'genericProvider.authorizationServers',
      (authorizationServers) =>
        genericProvider({ issuer: `https://${domain}`, authorizationServers }),
    ],
    ['jwtVerifier.clockTolerance', (clockTolerance) => okta({ domain, clockTolerance })],
    ['jwtVerifier.clockTolerance', (clockTolerance) => clerk({ domain, clockTolerance })],
    [
      'cognito.exclusiveAudience',
      (exclusiveAudience) =>
        cognito({ userPoolId: 'eu-west-1_AbC', clientIds: ['a'], exclusiveAudience }),
    ],
    ['clerk.exclusiveAudience', (exclusiveAudience) => clerk({ domain, exclusiveAudience })],
    [
      'jwtVerifier.exclusiveAudience',
      (exclusiveAudience) => keycloak({ url: `https://${domain}`, realm: 'a', exclusiveAudience }),
    ],
    [
      'jwtVerifier.requiredClaims',
      (requiredClaims) => supabase({ url: `https://${domain}`, clientIds: ['a'], requiredClaims }),
    ],
    ['jwtVerifier.cache', (cache) => workos({ domain, cache })],
  ];
  test.each(wrong)('%s [T187]', (path, make) => {
    for (const value of ['5', 'true', Number.NaN, 7n, [7]]) {
      if (path === 'genericProvider.name' && typeof value === 'string') continue;
      if (path === 'genericProvider.authorizationServers' && Array.isArray(value)) continue;
      expect(() => make(value as never), String(value)).toThrow(TypeError);
      expect(() => make(value as never), String(value)).toThrow(`${path}: `);
    }
  });
});
