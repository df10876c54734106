/**
 * What an authorization server says of the login and of `authorization_details`, in signed tokens and in
 * answers to introspection: where rules find it, and that they decide by it.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { allOf, createGate, parseChallenges, recentLogin, where } from '../../../src/index.js';
import type { Rule, Verifier } from '../../../src/index.js';
import { introspectionVerifier } from '../../../src/token/introspection/index.js';
import { jwtVerifier } from '../../../src/token/jwt/index.js';
import { SECRET, startAuthorizationServer } from '../../support/authorization-server.js';
import type { AuthorizationServer } from '../../support/authorization-server.js';

const RESOURCES = {
  'https://signed.example.com/api': 'jwt',
  'https://opaque.example.com/api': 'opaque',
} as const;

let server: AuthorizationServer;
beforeAll(async () => {
  server = await startAuthorizationServer(RESOURCES);
});
afterAll(() => server.close());
beforeEach(() => {
  server.login = {};
});

const verifierOf = (format: 'jwt' | 'opaque'): Verifier => {
  const { issuer } = server;
  if (format === 'jwt') return jwtVerifier({ issuer, allowInsecureLoopback: true });
  return introspectionVerifier({
    ...{ issuer, allowInsecureLoopback: true, clientId: 'api-basic' },
    clientAuthentication: { method: 'client_secret_basic', secret: SECRET },
  });
};

describe.each(Object.entries(RESOURCES))('%s, %s tokens', (resource, format) => {
  const decide = async (token: string, needed: Rule<'notes:read'>) => {
    const errors: unknown[] = [];
    const gate = createGate({
      ...{ resource, authorizationServers: [server.issuer], verifier: verifierOf(format) },
      ...{ scopes: ['notes:read'], initialScopes: ['notes:read'] },
      metadata: { authorizationDetailsTypesSupported: ['account'] },
      onError: (error) => errors.push(error),
    });
    const headers = { authorization: `Bearer ${token}` };
    const decision = await gate.check(new Request(resource, { headers }), needed);
    // A rule that throws refuses, too.
    expect(errors).toEqual([]);
    return { gate, decision };
  };
  const now = (): number => Math.floor(Date.now() / 1000);
  const needed = allOf('notes:read', recentLogin({ maxAge: 300, acrValues: ['phr'] }));

  test('acr and auth_time are the members of those names: a rule about the login holds [IN-7, SU-2]', async () => {
    server.login = { acr: 'phr', auth_time: now() - 60 };
    const { decision } = await decide(await server.token(resource, 'notes:read'), needed);
    expect(decision).toMatchObject({ allowed: true, auth: { claims: server.login } });
  });

  test.each<[what: string, login: (now: number) => object]>([
    ['too old', (time) => ({ acr: 'phr', auth_time: time - 400 })],
    ['of another class', (time) => ({ acr: 'pwd', auth_time: time - 60 })],
    ['not said', () => ({})],
    ['said elsewhere', (time) => ({ login: { acr: 'phr', auth_time: time - 60 } })],
  ])('a login that is %s is refused, and asked for anew [IN-7, SU-2]', async (_what, login) => {
    server.login = login(now()) as Record<string, unknown>;
    const { decision } = await decide(await server.token(resource, 'notes:read'), needed);
    expect(decision).toMatchObject({ status: 401, reason: 'insufficient_user_authentication' });
    const [challenge] = parseChallenges(
      decision.headers.find(([name]) => name === 'WWW-Authenticate')?.[1] ?? '',
    );
    expect(challenge?.params.get('acr_values')).toBe('phr');
    expect(challenge?.params.get('max_age')).toBe('300');
  });

  /** A rule of an application over what it was granted in detail. */
  const mayRead = (account: string): Rule<'notes:read'> =>
    where(({ auth }) => {
      const details = auth.claims['authorization_details'];
      if (!Array.isArray(details)) return false;
      return (details as { type: string; account?: string; actions?: string[] }[]).some(
        (one) =>
          one.type === 'account' &&
          one.account === account &&
          one.actions?.includes('read') === true,
      );
    }, 'notes:read');

  test('authorization_details reach rules whole, and decide [IN-7, RA-1]', async () => {
    const details = [
      { type: 'account', account: 'a', actions: ['read', 'write'], limits: { amount: [1, null] } },
      { type: 'account', account: 'b', actions: ['write'] },
    ];
    const token = await server.detailedToken(resource, details);
    const { decision, gate } = await decide(token, mayRead('a'));
    expect(decision).toMatchObject({ allowed: true });
    if (decision.allowed) expect(decision.auth?.claims['authorization_details']).toEqual(details);
    for (const account of ['b', 'c']) {
      const refused = (await decide(token, mayRead(account))).decision;
      expect(refused).toMatchObject({ allowed: false, status: 403 });
      // No challenge could ask for them: RFC 9396 has none.
      expect(JSON.stringify(refused)).not.toMatch(/insufficient_scope|account/);
    }
    expect(gate.metadata.document.authorization_details_types_supported).toEqual(['account']);
  });

  test('a token without them is refused where they are needed [IN-7, RA-1]', async () => {
    const token = await server.token(resource, 'notes:read');
    const { decision } = await decide(token, mayRead('a'));
    expect(decision).toMatchObject({ allowed: false, status: 403 });
  });
});
