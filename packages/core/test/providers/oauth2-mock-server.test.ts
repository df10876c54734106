/** A real oauth2-mock-server, as developers run it beside their service. */
import { OAuth2Server } from 'oauth2-mock-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGate } from '../../src/index.js';
import type { Decision } from '../../src/index.js';
import { genericProvider } from '../../src/providers/index.js';
import type { GenericProviderOptions } from '../../src/providers/index.js';

const RESOURCE = 'https://notes.example.com/mcp';

let server: OAuth2Server;
let issuer: string;
/** The claims that the server's hook sets. */
let claims: Record<string, unknown> = {};

beforeAll(async () => {
  server = new OAuth2Server();
  await server.issuer.keys.generate('RS256');
  await server.start(0, 'localhost');
  issuer = server.issuer.url as string;
  server.service.on('beforeTokenSigning', (token: { payload: object }) => {
    Object.assign(token.payload, claims);
  });
});
afterAll(() => server.stop());

async function call(options: Partial<GenericProviderOptions>): Promise<Decision> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', scope: 'notes:read' });
  const answer = await fetch(`${issuer}/token`, { method: 'POST', body });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const provider = genericProvider({
    ...{ issuer, typ: ['at+jwt', 'JWT'], allowInsecureLoopback: true },
    ...options,
  });
  const gate = createGate({ resource: RESOURCE, provider, scopes: ['notes:read'] });
  const headers = { authorization: `Bearer ${token}` };
  return gate.check(new Request(RESOURCE, { headers }), 'notes:read');
}

test('its tokens are accepted once they name the resource', async () => {
  claims = {};
  expect(await call({})).toMatchObject({ allowed: false, status: 401 });
  claims = { aud: RESOURCE };
  expect(await call({})).toMatchObject({ allowed: true });
});

test('scopes in another claim', async () => {
  claims = { aud: RESOURCE, scope: undefined, permissions: ['notes:read'] };
  expect(await call({})).toMatchObject({ allowed: false, status: 403 });
  expect(await call({ scopesClaim: 'permissions' })).toMatchObject({ allowed: true });
});

test('it needs allowInsecureLoopback', async () => {
  expect(() => genericProvider({ issuer })).toThrow('allowInsecureLoopback: true');
});

test('reached at another place than its name says', async () => {
  claims = { aud: RESOURCE, iss: 'https://idp.example.com' };
  // The metadata names the issuer as it is reached, as of a server that does not know its public name.
  const jwks = `${issuer}/jwks`;
  expect(await call({ issuer: 'https://idp.example.com', jwks })).toMatchObject({ allowed: true });
});
