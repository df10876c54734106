/** Where the authorization server is reached, apart from its name, and where `http` is allowed. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InsufficientScopeError, createGate } from '../../src/index.js';
import { keycloakExchange, upstreamTokens } from '../../src/exchange/index.js';
import type { UpstreamTokensOptions } from '../../src/exchange/index.js';
import { ACCESS_TOKEN, RESOURCE, json, scopes, startHops } from './support.js';
import type { Scope, Hops } from './support.js';

let hops: Hops;
beforeEach(async () => {
  hops = await startHops();
});
afterEach(() => hops.close());

const NAME = 'https://id.example.com/realms/main';

/** Options for an issuer that is reached elsewhere than its name points. */
const inside = (
  more: Partial<UpstreamTokensOptions<Scope>>,
): Partial<UpstreamTokensOptions<Scope>> => ({
  provider: { issuer: NAME, grant: 'token-exchange' },
  subjectIssuers: [hops.as.origin],
  internalUrl: hops.as.origin,
  ...more,
});

describe('internalUrl', () => {
  test('metadata and token endpoint are fetched there, with the same paths [TE-16]', async () => {
    hops.as.answer = ({ url }, response) =>
      json(
        response,
        200,
        url.startsWith('/.well-known/')
          ? { issuer: NAME, token_endpoint: `${NAME}/protocol/token` }
          : { access_token: 'up', issued_token_type: ACCESS_TOKEN, token_type: 'Bearer' },
      );
    expect(await hops.upstream(inside({})).token(await hops.login(['notes:read']))).toBe('up');
    expect(hops.as.seen.map(({ url }) => url)).toEqual([
      '/.well-known/oauth-authorization-server/realms/main',
      '/realms/main/protocol/token',
    ]);
  });

  test('the endpoint of a provider is reached there [TE-16]', async () => {
    const provider = keycloakExchange({ issuer: NAME });
    const upstream = hops.upstream(inside({ provider }));
    expect(await upstream.token(await hops.login(['notes:read']))).toMatch(/^up~ray/);
    expect(hops.as.seen.map(({ url }) => url)).toEqual([
      '/realms/main/protocol/openid-connect/token',
    ]);
  });

  test('metadata of another issuer is not used, wherever it comes from [TE-16, T170]', async () => {
    const auth = await hops.login(['notes:read']);
    await expect(hops.upstream(inside({})).token(auth)).rejects.toMatchObject({ status: 503 });
    expect(hops.as.seen.every(({ body }) => body === '')).toBe(true);
  });
});

describe('http', () => {
  test.each<[string, Partial<UpstreamTokensOptions<Scope>>, RegExp | undefined]>([
    ['a host that nothing allows', { issuer: 'http://idp:8080' }, /issuer.*allowInsecureHosts/],
    [
      'a host, with the port',
      { issuer: 'http://idp:8080', allowInsecureHosts: ['idp:8080'] },
      undefined,
    ],
    [
      'a host, without the port',
      { issuer: 'http://idp:8080', allowInsecureHosts: ['idp'] },
      /issuer/,
    ],
    ['a token endpoint', { tokenEndpoint: 'http://idp:8080/token' }, /tokenEndpoint/],
    ['the API', { resource: 'http://orders:3000/' }, /upstreamTokens\.(?:resource|origin)/],
    [
      'an allowed API',
      { resource: 'http://orders:3000/', allowInsecureHosts: ['orders:3000'] },
      undefined,
    ],
    ['an origin of its own', { origin: 'http://orders:3000' }, /upstreamTokens\.origin/],
    ['a URL inside', { internalUrl: 'http://idp:8080' }, /upstreamTokens\.internalUrl/],
    ['a URL inside with a path', { internalUrl: 'https://idp/x' }, /upstreamTokens\.internalUrl/],
    ['no host', { allowInsecureHosts: ['http://idp'] }, /upstreamTokens\.allowInsecureHosts/],
  ])('%s [TE-16]', (_, options, message) => {
    // Loopback is allowed, which allows nothing else.
    const make = (): unknown => hops.upstream({ issuer: 'https://idp.example.com', ...options });
    if (message === undefined) expect(make).not.toThrow();
    else expect(make).toThrow(message);
  });

  test('metadata names an endpoint without https: no secret and no token goes there [TE-16, T165]', async () => {
    const gate = createGate<Scope>({
      resource: RESOURCE,
      scopes,
      verifier: hops.issuer.verifier(),
    });
    const sent: string[] = [];
    const upstream = upstreamTokens(gate, {
      ...{ issuer: 'https://idp.example.com', clientId: 'notes-api', audience: 'orders' },
      clientAuthentication: { method: 'client_secret_post', secret: 'the-secret' },
      subjectIssuers: [hops.as.origin],
      allowInsecureLoopback: true,
      fetch: async (url) => {
        sent.push(url);
        return Response.json({
          issuer: 'https://idp.example.com',
          token_endpoint: `${hops.as.origin}/token`,
        });
      },
    });
    const token = await hops.issuer.mintToken({
      scopes: ['notes:read'],
      subject: 'ray',
      clientId: 'desk',
    });
    const headers = { authorization: `Bearer ${token}` };
    const decision = await gate.check(new Request(RESOURCE, { headers }), 'notes:read');
    if (!decision.allowed) throw new Error('not allowed');
    await expect(upstream.token(decision.auth)).rejects.toMatchObject({ status: 503 });
    expect(sent.every((url) => url.includes('/.well-known/'))).toBe(true);
    expect(hops.exchanges()).toEqual([]);
  });
});

describe('without onError', () => {
  test('one line for a failure, none for missing consent, and no token in it [T165]', async () => {
    const lines: unknown[] = [];
    const write = console.error;
    console.error = (...parts: unknown[]) => void lines.push(parts.join(' '));
    try {
      const auth = await hops.login(['notes:read']);
      const upstream = hops.upstream({ onError: undefined as never });
      await expect(upstream.token(auth, { scope: 'api.write' })).rejects.toThrow(
        InsufficientScopeError,
      );
      expect(lines).toEqual([]);
      hops.as.answer = ({ url }, response) =>
        url === '/token'
          ? json(response, 400, { error: 'invalid_target' })
          : json(response, 200, {
              ...{ issuer: hops.as.origin, token_endpoint: `${hops.as.origin}/token` },
            });
      for (let i = 0; i < 3; i++) {
        await expect(upstream.token(auth)).rejects.toMatchObject({ status: 502 });
      }
      expect(lines).toEqual([expect.stringContaining('exchange_refused')]);
      expect(String(lines)).toContain('invalid_target');
      expect(String(lines)).not.toContain(auth.token);
    } finally {
      console.error = write;
    }
  });
});
