import { Buffer } from 'node:buffer';
import { generateKeyPairSync } from 'node:crypto';
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { afterAll, beforeEach, beforeAll, describe, expect, test } from 'vitest';
import { createGate } from '../../../src/index.js';
import type { Decision, GateWarning } from '../../../src/index.js';
import { introspectionVerifier } from '../../../src/token/introspection/index.js';
import type { ClientAuthentication } from '../../../src/token/introspection/index.js';
import { startIntrospectionEndpoint } from '../../support/introspection-endpoint.js';
import type { IntrospectionEndpoint } from '../../support/introspection-endpoint.js';

const RESOURCE = 'https://notes.example.com/mcp';

let endpoint: IntrospectionEndpoint;
beforeAll(async () => {
  endpoint = await startIntrospectionEndpoint();
});
afterAll(() => endpoint.close());
beforeEach(() => {
  endpoint.asked.length = 0;
  endpoint.discovered.length = 0;
  endpoint.describe({ issuer: endpoint.origin, introspection_endpoint: endpoint.url });
  endpoint.answer({ active: true, aud: RESOURCE, scope: 'a' });
});

const clientAuthentication = { method: 'client_secret_post', secret: 's' } as const;
const common = { clientId: 'api', clientAuthentication, allowInsecureLoopback: true };

function ask(
  options: Partial<Parameters<typeof introspectionVerifier>[0]>,
  tell?: (error: unknown) => void,
): (token: string) => Promise<Decision> {
  const from = options.issuer === undefined ? { endpoint: endpoint.url } : {};
  const gate = createGate({
    resource: RESOURCE,
    verifier: introspectionVerifier({ ...common, ...from, ...options } as never),
    scopes: ['a'],
    tokenSyntax: 'opaque',
    ...(tell !== undefined && { onError: tell }),
  });
  return (token) => {
    const headers = { authorization: `Bearer ${token}` };
    return gate.check(new Request(RESOURCE, { headers }), 'a');
  };
}

test('the token is in the body of a POST and not in the URL [IN-1, T87]', async () => {
  expect(await ask({})('t&active=true%0d%0a+=')).toMatchObject({ allowed: true });
  const [asked] = endpoint.asked;
  expect(asked).toMatchObject({ method: 'POST', url: '/introspect' });
  expect(asked?.headers).toMatchObject({
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  });
  expect([...(asked?.form ?? [])]).toEqual([
    ['token', 't&active=true%0d%0a+='],
    ['token_type_hint', 'access_token'],
    ['client_id', 'api'],
    ['client_secret', 's'],
  ]);
});

test('a token that is too long causes no request [T68]', async () => {
  const verify = introspectionVerifier({ ...common, endpoint: endpoint.url });
  const context = { resource: RESOURCE, signal: new AbortController().signal };
  expect(await verify('t'.repeat(16 * 1024 + 1), context)).toBe(undefined);
  expect(endpoint.asked).toEqual([]);
  expect(await verify('t'.repeat(16 * 1024), context)).toBeDefined();
});

describe('client authentication', () => {
  test('client_secret_basic: both are form-encoded first (RFC 6749 s2.3.1) [IN-1, T87]', async () => {
    const secret = 'p:ä &+%\r\n/=';
    const clientId = 'api:1 é';
    await ask({ clientId, clientAuthentication: { method: 'client_secret_basic', secret } })('t');
    const { headers, form } = endpoint.asked[0] ?? {};
    const [scheme, value = ''] = headers?.authorization?.split(' ') ?? [];
    const pair = Buffer.from(value, 'base64').toString();
    expect(scheme).toBe('Basic');
    expect(pair).toBe('api%3A1+%C3%A9:p%3A%C3%A4+%26%2B%25%0D%0A%2F%3D');
    const decoded = pair.split(':').map((one) => decodeURIComponent(one.replaceAll('+', '%20')));
    expect(decoded).toEqual([clientId, secret]);
    expect([...(form?.keys() ?? [])]).toEqual(['token', 'token_type_hint']);
  });

  test('client_secret_basic: what needs no encoding stays as it is [IN-1]', async () => {
    const pair = 'notes-api.v1_x*:-._*aZ09';
    const [clientId = '', secret = ''] = pair.split(':');
    await ask({ clientId, clientAuthentication: { method: 'client_secret_basic', secret } })('t');
    const value = endpoint.asked[0]?.headers.authorization?.slice('Basic '.length) ?? '';
    expect(Buffer.from(value, 'base64').toString()).toBe(pair);
  });

  test('client_secret_post: the secret is one parameter, whatever is in it [IN-1, T87]', async () => {
    const secret = 's&client_id=admin';
    await ask({ clientAuthentication: { method: 'client_secret_post', secret } })('t');
    expect(endpoint.asked[0]?.form.getAll('client_id')).toEqual(['api']);
    expect(endpoint.asked[0]?.form.get('client_secret')).toBe(secret);
    expect(endpoint.asked[0]?.headers.authorization).toBe(undefined);
  });

  test('private_key_jwt: a new assertion for each request [IN-1]', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k' }] });
    const jwk = await exportJWK(privateKey);
    const issuer = endpoint.origin;
    const variants: readonly [Partial<ClientAuthentication>, from: object, audience: string][] = [
      [{ key: privateKey, kid: 'k' }, { issuer }, issuer],
      [{ key: jwk }, {}, endpoint.url],
      [
        { key: jwk, audience: 'https://idp.example.com/token' },
        {},
        'https://idp.example.com/token',
      ],
    ];
    const ids = new Set<unknown>();
    for (const [members, from, audience] of variants) {
      const authentication = { method: 'private_key_jwt', alg: 'ES256', ...members };
      const check = ask({ ...from, clientAuthentication: authentication as ClientAuthentication });
      await check('t1');
      await check('t2');
      for (const { form } of endpoint.asked.splice(0)) {
        expect(form.get('client_assertion_type')).toBe(
          'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        );
        const assertion = form.get('client_assertion') ?? '';
        const options = { audience, issuer: 'api', subject: 'api', maxTokenAge: 60 };
        const { payload } = await jwtVerify(assertion, keys, options);
        expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
        expect(payload).not.toHaveProperty('nbf');
        ids.add(payload.jti);
      }
    }
    expect(ids.size).toBe(6);
  });

  test.each(['RS256', 'PS384', 'EdDSA', 'Ed25519', 'ES512'])(
    'private_key_jwt: a KeyObject signs with %s, and the header names it [IN-1]',
    async (alg) => {
      const { privateKey, publicKey } = keyPairFor(alg);
      await ask({ clientAuthentication: { method: 'private_key_jwt', key: privateKey, alg } })('t');
      const assertion = endpoint.asked[0]?.form.get('client_assertion') ?? '';
      const { protectedHeader } = await jwtVerify(assertion, publicKey);
      expect(protectedHeader).toEqual({ alg });
    },
  );

  test('a key that cannot sign is a 503, not an invalid token [IN-5, AH-14]', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(privateKey);
    const keys: readonly [alg: string, key: object][] = [
      ['RS256', privateKey],
      ['RS256', { ...jwk, crv: 'P-999' }],
      ['RS256', { kty: 'RSA', n: 'AQ', e: 'AQ', d: jwk.d }],
      ['RS256', (await generateKeyPair('PS256')).privateKey],
      ['ES384', privateKey],
      ['ES256', { ...jwk, alg: 'ES384' }],
      ['ES256', { ...jwk, use: 'enc' }],
      ['ES256', { ...jwk, key_ops: ['verify'] }],
    ];
    for (const [alg, key] of keys) {
      const errors: unknown[] = [];
      const authentication = { method: 'private_key_jwt', key, alg };
      const check = ask({ clientAuthentication: authentication as never }, (e) => errors.push(e));
      expect(await check('t')).toMatchObject({ status: 503 });
      expect(String(errors[0])).toMatch(/clientAuthentication\.key: cannot sign/);
      expect(endpoint.asked).toEqual([]);
    }
  });
});

describe('the endpoint of an issuer', () => {
  test('is looked up once for all requests that wait [T81, T83]', async () => {
    const check = ask({ issuer: endpoint.origin });
    const all = await Promise.all(Array.from({ length: 50 }, (_, index) => check(`t${index}`)));
    expect(all.every(({ allowed }) => allowed)).toBe(true);
    expect(endpoint.discovered).toEqual(['/.well-known/oauth-authorization-server']);
    expect(endpoint.asked.length).toBe(50);
  });

  test.each<readonly [what: string, metadata: () => object, says: RegExp]>([
    ["another issuer's", () => ({ issuer: 'https://evil.example.com' }), /names issuer/],
    ['no endpoint', () => ({ issuer: endpoint.origin }), /names no introspection_endpoint/],
    [
      'one on plain http elsewhere',
      () => ({ issuer: endpoint.origin, introspection_endpoint: 'http://evil.example.com/' }),
      /must use https/,
    ],
    [
      'one that is no URL',
      () => ({ issuer: endpoint.origin, introspection_endpoint: ['x'] }),
      /absolute URL/,
    ],
  ])('metadata that names %s: nobody is asked [T83, IN-5]', async (_what, metadata, says) => {
    endpoint.describe(metadata());
    const errors: unknown[] = [];
    let time = Date.now();
    const check = ask({ issuer: endpoint.origin, clock: () => time }, (e) => errors.push(e));
    expect(await check('t')).toMatchObject({ status: 503 });
    expect(await check('u')).toMatchObject({ status: 503 });
    expect(String(errors[0])).toMatch(says);
    // The failure is kept for a while, so that a flood of tokens is none of requests, and then over.
    expect(endpoint.discovered.length).toBe(2);
    expect(endpoint.asked).toEqual([]);
    endpoint.describe({ issuer: endpoint.origin, introspection_endpoint: endpoint.url });
    time += 10_000;
    expect(await check('t')).toMatchObject({ allowed: true });
  });

  test('metadata of an issuer on https never leads to plain http [T83]', async () => {
    const issuer = 'https://idp.example.com';
    const metadata = { issuer, introspection_endpoint: 'http://localhost:1/introspect' };
    for (const allowInsecureLoopback of [false, true]) {
      const verify = introspectionVerifier({
        ...{ issuer, clientId: 'api', clientAuthentication, allowInsecureLoopback },
        fetch: async () => Response.json(metadata),
      });
      const context = { resource: RESOURCE, signal: new AbortController().signal };
      await expect(verify('t', context)).rejects.toThrow(/introspection_endpoint.*https/);
    }
  });
});

test.each<readonly [what: string, from: object, codes: readonly string[]]>([
  ['another server than the issuer', { issuer: 'https://idp.example.com' }, ['issuers_differ']],
  ['the issuer', { issuer: 'https://login.example.com' }, []],
  ['a server, where no issuer is known', { endpoint: 'https://idp.example.com/introspect' }, []],
])('a gate that sends clients to %s: warnings %j', (_what, from, codes) => {
  const warnings: GateWarning[] = [];
  createGate({
    ...{ resource: RESOURCE, scopes: ['a'], authorizationServers: ['https://login.example.com'] },
    verifier: introspectionVerifier({ ...common, ...from } as never),
    onWarning: (warning) => warnings.push(warning),
  });
  expect(warnings.map(({ code }) => code)).toEqual(codes);
});

describe('options', () => {
  const key = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' };
  const jwt = (members: object): object => ({
    clientAuthentication: { method: 'private_key_jwt', key, alg: 'ES256', ...members },
  });
  test.each<readonly [path: string, options: object]>([
    ['endpoint', { endpoint: undefined }],
    ['endpoint', { endpoint: '/introspect' }],
    ['endpoint', { endpoint: 'http://idp.example.com/introspect' }],
    ['endpoint', { endpoint: 'https://u:p@idp.example.com/introspect' }],
    ['endpoint', { endpoint: 'http://localhost/introspect' }],
    ['issuer', { issuer: 'idp.example.com' }],
    ['issuer', { issuer: 'http://localhost' }],
    ['clientId', { clientId: '' }],
    ['clientId', { clientId: undefined }],
    ['clientAuthentication.method', { clientAuthentication: undefined }],
    ['clientAuthentication.method', { clientAuthentication: { method: 'none' } }],
    ['clientAuthentication.secret', { clientAuthentication: { method: 'client_secret_post' } }],
    [
      'clientAuthentication.secret',
      { clientAuthentication: { method: 'client_secret_basic', secret: '' } },
    ],
    [
      'clientAuthentication.key',
      { clientAuthentication: { ...clientAuthentication, key: 'nobody-may-see' } },
    ],
    ['clientAuthentication.secret', jwt({ secret: 'nobody-may-see' })],
    ['clientAuthentication.alg', jwt({ alg: 'HS256' })],
    ['clientAuthentication.alg', jwt({ alg: 'none' })],
    ['clientAuthentication.key', jwt({ key: 'nobody-may-see' })],
    ['clientAuthentication.key', jwt({ key: new Uint8Array(32) })],
    ['clientAuthentication.key', jwt({ key: { ...key, d: undefined } })],
    ['clientAuthentication.kid', jwt({ kid: 1 })],
    ['clientAuthentication.audience', jwt({ audience: '' })],
    ['cache', { cache: 30 }],
    ['cache.size', { cache: { size: 1 } }],
    ['audience', { audience: [] }],
    ['audience', { audience: [''] }],
    ['exclusiveAudience', { exclusiveAudience: [1] }],
    ['exclusiveAudience', { exclusiveAudience: false }],
    ['exclusiveAudience', { exclusiveAudience: 'true' }],
    ['requireAudience', { requireAudience: 'no' }],
    ['tokenPattern', { tokenPattern: 'idp_.*' }],
    ['identify', { identify: 'username' }],
    ['fetch', { fetch: true }],
    ['clock', { clock: 1 }],
    ['allowInsecureLoopback', { allowInsecureLoopback: 1 }],
    ['scope', { scope: 'a' }],
  ])('%s is checked at construction: %j', (path, options) => {
    const make = (): unknown =>
      introspectionVerifier({
        endpoint: 'https://idp.example.com/introspect',
        clientId: 'api',
        clientAuthentication,
        ...options,
      } as never);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(`introspectionVerifier.${path}: `);
    expect(make).not.toThrow(/nobody-may-see/);
  });

  test.each<readonly [message: string, options: object]>([
    ['endpoint: is required, unless issuer is set', { endpoint: undefined }],
    ['clientId: expected a non-empty string', { clientId: '' }],
    ['clientId: expected a non-empty string', { clientId: undefined }],
    ['tokenPattern: expected a regular expression', { tokenPattern: 'idp_.*' }],
  ])('%s: %j', (message, options) => {
    const from = { endpoint: 'https://idp.example.com/introspect' };
    const make = (): unknown => introspectionVerifier({ ...from, ...common, ...options } as never);
    expect(make).toThrow(`introspectionVerifier.${message}`);
  });
});

/** Keys as Node has them. */
function keyPairFor(alg: string): ReturnType<typeof generateKeyPairSync> {
  if (alg.startsWith('Ed')) return generateKeyPairSync('ed25519');
  if (alg.startsWith('ES')) return generateKeyPairSync('ec', { namedCurve: 'P-521' });
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}
