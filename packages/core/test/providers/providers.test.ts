import { describe, expect, test } from 'vitest';
import { authenticated, createGate, defineScopes } from '../../src/index.js';
import type { Auth, Decision, Gate, Provider } from '../../src/index.js';
import { describeTools, mcpPolicy } from '../../src/mcp/index.js';
import {
  auth0,
  clerk,
  cognito,
  entra,
  genericProvider,
  google,
  keycloak,
  okta,
  supabase,
  workos,
} from '../../src/providers/index.js';
import { relayChallenge } from '../../src/index.js';
import { createTestIssuer } from '../../../testing/src/index.js';
import {
  FIXTURES,
  GOOGLE_TOKEN,
  MISFITS,
  NOW,
  RESOURCE,
  fetchFor,
  tokenOf,
} from '../support/provider-fixtures.js';

async function check(provider: Provider, token: string): Promise<Auth | string> {
  const gate = createGate({ resource: RESOURCE, provider, scopes: ['x'], clock: () => NOW * 1000 });
  const request = new Request(RESOURCE, { headers: { authorization: `Bearer ${token}` } });
  const decision = await gate.check(request, ANY);
  if (!decision.allowed) return decision.reason;
  return decision.auth ?? 'nobody';
}
const ANY = authenticated();

describe('what a provider’s token comes to (tokens made by hand)', () => {
  test.each(FIXTURES)('$name [JW-1, JW-3, SC-8]', async (fixture) => {
    const { provider, scopes, clientId, kind } = fixture;
    for (const _again of [1, 2]) {
      const auth = await check(provider, await tokenOf(fixture));
      expect(auth).toMatchObject({ scopes, clientId, kind });
    }
  });

  test.each(FIXTURES)(
    '$name: its neighbours’ tokens are refused [JW-2, T64]',
    async ({ provider }) => {
      const neighbours = FIXTURES.filter((one) => one.provider.name !== provider.name);
      for (const neighbour of neighbours) {
        expect(await check(provider, await tokenOf(neighbour)), neighbour.name).toBe(
          'invalid_token',
        );
      }
    },
  );

  test.each(MISFITS)('$name is refused, and its trap has a name [JW-1, T66]', async (misfit) => {
    const { provider, header = {}, claims, hint } = misfit;
    expect(await check(provider, await tokenOf(misfit))).toBe('invalid_token');
    const view = { form: 'jwt', claims, header: { typ: 'JWT', ...header } } as const;
    const told = provider.hints.filter(({ applies }) => applies(view)).map(({ says }) => says);
    if (hint !== undefined) expect(told.join('\n')).toMatch(hint);
  });
});

describe('what is advertised and what is asked for', () => {
  const scopes = defineScopes({ Read: {}, Write: {}, Admin: {} });
  const urn = genericProvider({ issuer: 'https://idp.test', requestAs: (scope) => `urn:${scope}` });
  const { provider: bound } = FIXTURES.find(({ name }) => name === 'Cognito') ?? { provider: urn };
  const guid = '11111111-1111-4111-8111-111111111111';
  const pool = { userPoolId: 'eu-west-1_abc', clientIds: ['c'] };
  const table: readonly (readonly [name: string, provider: Provider, prefix: string])[] = [
    ['Entra', entra({ tenants: [guid], clientId: guid, appIdUri: 'api://notes' }), 'api://notes/'],
    ['Entra, by client', entra({ tenants: [guid], clientId: guid }), `api://${guid}/`],
    ['Cognito with a resource server', cognito({ ...pool, resourceServer: 'notes' }), 'notes/'],
    ['Cognito', bound, ''],
    ['another issuer, with names of its own', urn, 'urn:'],
    ['another issuer', genericProvider({ issuer: 'https://idp.test' }), ''],
    ...FIXTURES.filter(({ provider }) => provider.nameScopes === undefined).map(
      ({ name, provider }) => [name, provider, ''] as const,
    ),
  ];

  test.each(table)('%s: one spelling everywhere [C403-1, T189]', async (_name, of, prefix) => {
    const gate = createGate({
      ...{ resource: RESOURCE, scopes, initialScopes: ['Read'] },
      // Verifies by itself, and names scopes as the provider does.
      provider: { ...of, verifier: () => ({ scopes: ['Read'] }) },
      metadata: { scopesSupported: ['Read', 'Write'] },
      policy: mcpPolicy(scopes, { tools: { write: 'Write' } }),
    });
    const name = (scope: string): string => prefix + scope;
    expect(gate.metadata.document.scopes_supported).toEqual([name('Read'), name('Write')]);
    const bare = await gate.check(new Request(RESOURCE, { method: 'POST' }));
    expect(challengedBy(bare)).toBe(name('Read'));
    const { challenge, body } = await lacking(gate);
    expect(challenge).toBe(name('Write'));
    expect(body).toMatchObject({
      ...{ error: 'insufficient_scope', scope: name('Write') },
      scopes: [{ name: name('Write') }],
    });
    const [tool] = describeTools(gate, [{ name: 'write' }]);
    expect(tool?.securitySchemes).toEqual([{ type: 'oauth2', scopes: [name('Write')] }]);
    const refusal = relayChallenge(gate, 'Bearer error="insufficient_scope", scope="upstream"', {
      mapScopes: () => ['Write'],
    });
    expect(refusal && challengedBy(refusal)).toBe(name('Write'));
  });

  test.each(table)('%s: a misspelt name is published nowhere [T189]', (_name, provider, prefix) => {
    for (const stray of [
      'Raed',
      'read',
      'offline_access',
      'Read Write',
      '',
      ...(prefix ? [`${prefix}Read`] : []),
    ]) {
      const metadata = { scopesSupported: ['Read', stray as 'Read'] as const };
      const make = (): unknown => createGate({ resource: RESOURCE, provider, scopes, metadata });
      expect(make).toThrow(TypeError);
      expect(make).toThrow(/^metadata\.scopesSupported\[1\]: .* is not in the scope catalogue$/);
    }
    const metadata = { scopesSupported: 'Read' as never };
    const make = (): unknown => createGate({ resource: RESOURCE, provider, scopes, metadata });
    expect(make).toThrow(/^metadata\.scopesSupported: expected a list/);
  });

  test('two scopes that are asked for by one name are published once [T189]', () => {
    const gate = createGate({
      ...{ resource: RESOURCE, verifier: () => undefined, initialScopes: ['a', 'b'] },
      scopes: defineScopes({ a: { requestAs: 'x' }, b: { requestAs: 'x' } }),
    });
    expect(gate.metadata.document.scopes_supported).toEqual(['x']);
  });

  function challengedBy(decision: Decision): string | undefined {
    const header = decision.headers.find(([key]) => key === 'WWW-Authenticate')?.[1];
    return /scope="([^"]*)"/.exec(String(header))?.[1];
  }

  async function lacking(gate: Gate): Promise<{ challenge: string | undefined; body: unknown }> {
    const request = new Request(RESOURCE, { headers: { authorization: 'Bearer x' } });
    const decision = await gate.check(request, 'Write');
    if (decision.allowed) throw new Error('expected a refusal');
    return { challenge: challengedBy(decision), body: JSON.parse(decision.body) };
  }
});

describe('a provider in a gate', () => {
  const provider = entra({
    tenants: ['11111111-1111-4111-8111-111111111111'],
    clientId: '22222222-2222-4222-8222-222222222222',
    appIdUri: 'api://notes',
  });

  test('sets authorization servers, and how scopes are asked for', async () => {
    const scopes = defineScopes({
      openid: {},
      Read: { description: 'r' },
      All: { implies: ['Read'], requestAs: 'all' },
    });
    const gate = createGate({
      resource: RESOURCE,
      provider,
      scopes,
      initialScopes: ['Read', 'openid', 'All'],
    });
    expect(gate.metadata.document).toMatchObject({
      authorization_servers: provider.authorizationServers,
      scopes_supported: ['api://notes/Read', 'openid', 'all'],
    });
    expect(gate.scopes.get('Read')?.description).toBe('r');
    expect(gate.scopes.grants(new Set(['All']), 'Read')).toBe(true);
  });

  test.each([
    [{ verifier: () => undefined }, 'provider: sets verifier and'],
    [{ authorizationServers: [] }, 'provider: sets verifier and'],
    [{ provider: {} }, 'verifier: is required'],
    [{ provider: null }, 'provider: expected an object'],
    [{ provider: undefined }, 'verifier: is required, or a provider'],
  ])('%j is refused', (others, message) => {
    const make = (): unknown =>
      createGate({ resource: RESOURCE, provider, scopes: ['x'], ...others } as never);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });
});

test('an opaque token of Clerk goes to the verifier for opaque tokens', async () => {
  const opaque = (token: string) =>
    token === 'oat_good' ? { scopes: ['a'], clientId: 'c' } : undefined;
  const fetch = fetchFor('https://clerk.example.com');
  const provider = clerk({ domain: 'clerk.example.com', opaque, fetch, clock: () => NOW * 1000 });
  expect(await check(provider, 'oat_good')).toMatchObject({ scopes: ['a'] });
  expect(await check(provider, 'oat_bad')).toBe('invalid_token');
  const fixture = FIXTURES.find(({ name }) => name === 'Clerk');
  expect(await check(provider, await tokenOf(fixture as (typeof FIXTURES)[number]))).toMatchObject({
    clientId: 'cl1',
  });
});

describe('hints about tokens that are no JWT', () => {
  const GUID = '11111111-1111-4111-8111-111111111111';
  const all: readonly [Provider, token: string, says: RegExp][] = [
    [auth0({ domain: 'tenant.eu.auth0.com' }), 'opaque', /Default Audience/],
    [entra({ tenants: [GUID], clientId: GUID }), 'opaque', /only Microsoft can read/],
    [clerk({ domain: 'clerk.example.com' }), 'oat_1', /JWT access tokens/],
    [google({ clientIds: ['a'] }), GOOGLE_TOKEN, /google.clientIds/],
    [genericProvider({ issuer: 'https://idp.test' }), 'opaque', /introspectionVerifier/],
  ];
  test.each(all)('$name', ({ hints }, text, says) => {
    const told = hints.filter(({ applies }) => applies({ form: 'opaque', text }));
    expect(told.map((hint) => hint.says).join()).toMatch(says);
    expect(
      hints.some(({ applies }) =>
        applies({
          form: 'jwt',
          header: {},
          claims: { aud: RESOURCE, iss: 'x', scp: 'x', azp: 'x', client_id: 'x' },
        }),
      ),
    ).toBe(false);
  });

  test('kinds of JWT', () => {
    const view = {
      form: 'jwt',
      header: { typ: 'JWT', alg: 'HS256' },
      claims: { iss: 'https://accounts.google.com' },
    } as const;
    const told = [
      google({ clientIds: ['a'] }),
      genericProvider({ issuer: 'https://idp.test' }),
      supabase({ url: 'https://x.supabase.co', clientIds: ['a'] }),
    ].map(({ hints }) =>
      hints
        .filter(({ applies }) => applies(view))
        .map(({ says }) => says)
        .join(),
    );
    expect(told).toEqual([
      expect.stringMatching(/ID token of Google/),
      expect.stringMatching(/typ is JWT/),
      expect.stringMatching(/HS256/),
    ]);
  });
});

describe('Google', () => {
  const clientIds = ['1234.apps.googleusercontent.com'];
  const answer = (status: number, body: unknown) => async () => Response.json(body, { status });
  const good = {
    aud: clientIds[0],
    azp: clientIds[0],
    sub: '1',
    scope: 'openid',
    exp: String(NOW + 60),
  };
  test.each([
    ['another client', 200, { ...good, aud: 'other', azp: 'other' }, 'invalid_token'],
    ['expired', 200, { ...good, exp: String(NOW - 60) }, 'invalid_token'],
    ['no expiry', 200, { ...good, exp: undefined }, 'invalid_token'],
    ['no client', 200, { ...good, aud: undefined }, 'invalid_token'],
    ['not known', 400, { error: 'invalid_token' }, 'invalid_token'],
    ['too many questions', 429, {}, 'verifier_unavailable'],
    ['down', 503, {}, 'verifier_unavailable'],
    ['a list', 200, [good], 'invalid_token'],
  ])('%s', async (_what, status, body, reason) => {
    const provider = google({ clientIds, fetch: answer(status, body), clock: () => NOW * 1000 });
    expect(await check(provider, GOOGLE_TOKEN)).toBe(reason);
  });

  test('the token stands in a header, never in the URL, and is asked about once [T72]', async () => {
    const sent: [string, RequestInit][] = [];
    const fetch = async (url: string, init: RequestInit): Promise<Response> => {
      sent.push([url, init]);
      return Response.json(good);
    };
    const provider = google({ clientIds, fetch, clock: () => NOW * 1000 });
    await check(provider, GOOGLE_TOKEN);
    await check(provider, GOOGLE_TOKEN);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.[0]).toBe('https://oauth2.googleapis.com/tokeninfo');
    expect(sent[0]?.[1]).toMatchObject({ method: 'POST', redirect: 'manual' });
  });
});

test('tokens of a provider can be revoked', async () => {
  const [fixture] = FIXTURES;
  const provider = auth0({
    domain: 'tenant.eu.auth0.com',
    fetch: fetchFor('https://tenant.eu.auth0.com/'),
    clock: () => NOW * 1000,
  });
  const token = await tokenOf(fixture as (typeof FIXTURES)[number]);
  expect(await check(provider, token)).toMatchObject({ kind: 'user' });
  provider.verifier.revoke(({ sub }) => sub === 'auth0|5f7c8ec7c33c6c004bbafe82');
  expect(await check(provider, token)).toBe('invalid_token');
});

test('any other issuer', async () => {
  const issuer = createTestIssuer({ resource: RESOURCE, clock: () => NOW * 1000 });
  const { fetch, clock } = issuer;
  const provider = genericProvider({
    issuers: [issuer.issuer],
    fetch,
    clock,
    requestAs: (scope) => `urn:${scope}`,
  });
  expect(await check(provider, await issuer.mintToken({ scopes: ['x'] }))).toMatchObject({
    scopes: ['x'],
  });
  expect(provider.authorizationServers).toEqual([issuer.issuer]);
  const named = genericProvider({
    issuer: issuer.issuer,
    authorizationServers: ['https://login.test'],
    name: 'Mine',
  });
  expect(named).toMatchObject({ name: 'Mine', authorizationServers: ['https://login.test'] });
});

describe('options of providers', () => {
  const GUID = '11111111-1111-4111-8111-111111111111';
  const wrong: readonly [make: () => Provider, message: string][] = [
    [() => auth0({ domain: 'https://x.auth0.com/' }), 'auth0.domain'],
    [
      () => auth0({ domain: 'x.auth0.com', audiance: 'x' } as never),
      'auth0.audiance: unknown option',
    ],
    [() => entra({ tenants: ['common'], clientId: GUID }), 'entra.tenants[0]'],
    [() => entra({ tenants: [], clientId: GUID }), 'entra.tenants'],
    [() => entra({ tenants: [GUID], clientId: 'notes' }), 'entra.clientId'],
    [() => cognito({ userPoolId: 'AbC', clientIds: ['a'] }), 'cognito.userPoolId'],
    [() => cognito({ userPoolId: 'eu-west-1_AbC', clientIds: [] }), 'cognito.clientIds'],
    [
      () => cognito({ userPoolId: 'eu-west-1_AbC', clientIds: ['a'], resourceServer: '' }),
      'cognito.resourceServer',
    ],
    [() => okta({ domain: 'example.okta.com/oauth2' }), 'okta.domain'],
    [
      () => okta({ domain: 'example.okta.com', authorizationServerId: '' }),
      'okta.authorizationServerId',
    ],
    [() => keycloak({ url: 'https://sso.example.com/', realm: 'a' }), 'keycloak.url'],
    [() => keycloak({ url: 'http://sso.example.com', realm: 'a' }), 'keycloak.url'],
    [() => keycloak({ url: 'https://sso.example.com', realm: '' }), 'keycloak.realm'],
    [() => clerk({ domain: '' }), 'clerk.domain'],
    [() => clerk({ domain: 'clerk.example.com', clientIds: [] }), 'clerk.clientIds'],
    [() => workos({ domain: 'https://x.authkit.app' }), 'workos.domain'],
    [() => supabase({ url: 'https://x.supabase.co/auth', clientIds: ['a'] }), 'supabase.url'],
    [
      () => supabase({ url: 'https://x.supabase.co', clientIds: undefined as never }),
      'supabase.clientIds',
    ],
    [() => google({ clientIds: [] }), 'google.clientIds'],
    [() => google({ clientIds: ['a'], audience: 'b' } as never), 'google.audience: unknown option'],
    [() => genericProvider({} as never), 'issuer'],
  ];
  test.each(wrong)('%s is refused: %s', (make, message) => {
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });
});
