import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGate, byTokenForm } from '../../../src/index.js';
import type { Decision, Verifier } from '../../../src/index.js';
import { introspectionVerifier } from '../../../src/token/introspection/index.js';
import type { ClientAuthentication } from '../../../src/token/introspection/index.js';
import { jwtVerifier } from '../../../src/token/jwt/index.js';
import { SECRET, startAuthorizationServer } from '../../support/authorization-server.js';
import type { AuthorizationServer } from '../../support/authorization-server.js';

const JWT_RESOURCE = 'https://signed.example.com/mcp';
const OPAQUE_RESOURCE = 'https://opaque.example.com/mcp';
const OTHER_RESOURCE = 'https://other.example.com/mcp';

let server: AuthorizationServer;
beforeAll(async () => {
  server = await startAuthorizationServer({
    [JWT_RESOURCE]: 'jwt',
    [OPAQUE_RESOURCE]: 'opaque',
    [OTHER_RESOURCE]: 'opaque',
  });
});
afterAll(() => server.close());

let time = Date.now();

type Client = { readonly clientId: string; readonly clientAuthentication: ClientAuthentication };
const basic = (): Client => ({
  clientId: 'api-basic',
  clientAuthentication: { method: 'client_secret_basic', secret: SECRET },
});

const introspection = (client = basic()): Verifier =>
  introspectionVerifier({
    issuer: server.issuer,
    ...client,
    clock: () => time,
    allowInsecureLoopback: true,
  });

function gateFor(
  resource: string,
  verifier = introspection(),
  errors: unknown[] = [],
): (token: string) => Promise<Decision> {
  const gate = createGate({
    resource,
    authorizationServers: [server.issuer],
    verifier,
    scopes: ['notes:read', 'notes:write'],
    onError: (error) => errors.push(error),
  });
  return (token) => {
    const headers = { authorization: `Bearer ${token}` };
    return gate.check(new Request(resource, { headers }), 'notes:read');
  };
}

const asked = (): number => server.requests.filter((path) => path.includes('introspection')).length;

test('facts, scopes and resource of an opaque token are used [IN-1, IN-2, IN-3]', async () => {
  const check = gateFor(OPAQUE_RESOURCE);
  const token = await server.token(OPAQUE_RESOURCE, 'notes:read');
  expect(token).not.toContain('.');
  expect(await check(token)).toMatchObject({
    allowed: true,
    auth: {
      ...{ clientId: 'notes-app', kind: undefined, issuer: server.issuer, scopes: ['notes:read'] },
      claims: { token_type: 'Bearer', active: true, aud: OPAQUE_RESOURCE },
    },
  });
  // This server names no subject for a client that acts for itself; the application knows it.
  const verifier = introspectionVerifier({
    ...{ issuer: server.issuer, ...basic(), allowInsecureLoopback: true },
    identify: ({ sub, client_id }) => (sub === undefined ? { subject: client_id as string } : {}),
  });
  expect(await gateFor(OPAQUE_RESOURCE, verifier)(token)).toMatchObject({
    auth: { subject: 'notes-app', kind: 'client' },
  });
  const writer = await server.token(OPAQUE_RESOURCE, 'notes:write');
  expect(await check(writer)).toMatchObject({ status: 403, reason: 'insufficient_scope' });
  const other = await server.token(OTHER_RESOURCE, 'notes:read');
  expect(await check(other)).toMatchObject({ status: 401 });
  expect(await check('made-up')).toMatchObject({ status: 401 });
});

test('a revoked token is refused when its cached answer has expired [IN-4, T86]', async () => {
  const check = gateFor(OPAQUE_RESOURCE);
  const strict = gateFor(
    OPAQUE_RESOURCE,
    introspectionVerifier({
      ...{ issuer: server.issuer, ...basic(), allowInsecureLoopback: true },
      cache: { ttl: 0 },
    }),
  );
  const token = await server.token(OPAQUE_RESOURCE, 'notes:read');
  expect(await check(token)).toMatchObject({ allowed: true });
  expect(await strict(token)).toMatchObject({ allowed: true });
  await server.revoke(token);
  // Without a memory at once; with one, not before its time is over.
  expect(await strict(token)).toMatchObject({ allowed: false, status: 401 });
  const before = asked();
  expect(await check(token)).toMatchObject({ allowed: true });
  expect(asked()).toBe(before);
  time += 30_000;
  expect(await check(token)).toMatchObject({ allowed: false, status: 401 });
  expect(asked()).toBe(before + 1);
});

test('a token bound to a key is refused as a plain bearer token [IN-6]', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const proof = await new SignJWT({ htm: 'POST', htu: `${server.issuer}/token` })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(publicKey) })
    .setIssuedAt()
    .setJti(crypto.randomUUID())
    .sign(privateKey);
  const token = await server.token(OPAQUE_RESOURCE, 'notes:read', proof);
  const before = asked();
  expect(await gateFor(OPAQUE_RESOURCE)(token)).toMatchObject({ allowed: false, status: 401 });
  expect(asked()).toBe(before + 1);
});

describe('the resource server authenticates', () => {
  test.each<readonly [method: string, client: () => Client]>([
    ['client_secret_basic', basic],
    [
      'client_secret_post',
      () => ({
        clientId: 'api-post',
        clientAuthentication: { method: 'client_secret_post', secret: SECRET },
      }),
    ],
    [
      'private_key_jwt',
      () => ({
        clientId: 'api-key',
        clientAuthentication: { method: 'private_key_jwt', key: server.apiKey, alg: 'ES256' },
      }),
    ],
  ])('by %s [IN-1, T87]', async (_method, client) => {
    const token = await server.token(OPAQUE_RESOURCE, 'notes:read');
    const check = gateFor(OPAQUE_RESOURCE, introspection(client()));
    expect(await check(token)).toMatchObject({ allowed: true });
  });

  test('with a wrong secret every token is answered with 503 [IN-5, AH-14]', async () => {
    const errors: unknown[] = [];
    const wrong = { method: 'client_secret_basic', secret: 'wrong' } as const;
    const verifier = introspection({ clientId: 'api-basic', clientAuthentication: wrong });
    const check = gateFor(OPAQUE_RESOURCE, verifier, errors);
    const token = await server.token(OPAQUE_RESOURCE, 'notes:read');
    expect(await check(token)).toMatchObject({ allowed: false, status: 503 });
    expect(String(errors[0])).toMatch(/refused this client \(401\)/);
  });
});

describe('signed and opaque tokens of one issuer', () => {
  const both = (): Verifier =>
    byTokenForm({
      jwt: jwtVerifier({ issuer: server.issuer, allowInsecureLoopback: true }),
      opaque: introspection(),
    });

  test('each goes to its verifier, and to no other [IN-1, JW-4]', async () => {
    const before = asked();
    const signed = await server.token(JWT_RESOURCE, 'notes:read');
    expect(signed.split('.').length).toBe(3);
    expect(await gateFor(JWT_RESOURCE, both())(signed)).toMatchObject({ allowed: true });
    expect(await gateFor(OPAQUE_RESOURCE, both())(signed)).toMatchObject({ status: 401 });
    expect(await gateFor(JWT_RESOURCE, both())(`${signed}x`)).toMatchObject({ status: 401 });
    expect(asked()).toBe(before);
    const opaque = await server.token(OPAQUE_RESOURCE, 'notes:read');
    expect(await gateFor(OPAQUE_RESOURCE, both())(opaque)).toMatchObject({ allowed: true });
    expect(asked()).toBe(before + 1);
  });

  test('a signed token is refused if it is only introspected, which this server does not support [IN-5]', async () => {
    const signed = await server.token(JWT_RESOURCE, 'notes:read');
    expect(await gateFor(JWT_RESOURCE)(signed)).toMatchObject({ allowed: false, status: 401 });
  });
});
