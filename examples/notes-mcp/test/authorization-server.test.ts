import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startAuthorizationServer } from '../src/authorization-server.js';
import type { AuthorizationServer } from '../src/authorization-server.js';
import { createBrowser } from '../src/browser.js';
import type { Browser } from '../src/browser.js';

const RESOURCE = 'http://localhost:4711/mcp';
const CALLBACK = 'http://localhost/callback';

const Metadata = z.looseObject({
  issuer: z.string(),
  registration_endpoint: z.string(),
  code_challenge_methods_supported: z.array(z.string()),
  authorization_response_iss_parameter_supported: z.boolean(),
});
const Tokens = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  expires_in: z.number(),
  scope: z.string(),
  token_type: z.string(),
});
const Failure = z.object({ error: z.string(), error_description: z.string().optional() });

let server: AuthorizationServer;
let clientId: string;

beforeAll(async () => {
  server = await startAuthorizationServer({
    resource: () => RESOURCE,
    scopes: ['notes:read', 'notes:write', 'admin:notes'],
    decline: { ray: ['admin:notes'] },
  });
  clientId = await register();
});

afterAll(() => server.close());

describe('authorization server', () => {
  it.each(['oauth-authorization-server', 'openid-configuration'])(
    'publishes its metadata at /.well-known/%s',
    async (name) => {
      const response = await fetch(`${server.issuer}/.well-known/${name}`);
      const metadata = Metadata.parse(await response.json());
      expect(metadata.issuer).toBe(server.issuer);
      expect(metadata.registration_endpoint).toBe(`${server.issuer}/reg`);
      expect(metadata.code_challenge_methods_supported).toEqual(['S256']);
      expect(metadata.authorization_response_iss_parameter_supported).toBe(true);
    },
  );

  it('issues an ES256 at+jwt for the resource, with iss in the redirect', async () => {
    const { callback, tokens } = await login(createBrowser({ account: 'ray' }), 'notes:read');
    expect(callback.get('iss')).toBe(server.issuer);
    expect(tokens).toMatchObject({ token_type: 'Bearer', scope: 'notes:read', expires_in: 3600 });

    const { header, claims } = await decode(tokens.access_token);
    expect(header).toMatchObject({ typ: 'at+jwt', alg: 'ES256' });
    expect(claims).toMatchObject({
      iss: server.issuer,
      aud: RESOURCE,
      sub: 'ray',
      client_id: clientId,
      scope: 'notes:read',
    });
    expect(claims.exp - claims.iat).toBe(3600);
  });

  it('widens the grant in a step-up, and narrows the token when less is asked for', async () => {
    const browser = createBrowser({ account: 'ray' });
    await login(browser, 'notes:read');
    const wider = await login(browser, 'notes:read notes:write');
    expect(wider.tokens.scope).toBe('notes:read notes:write');
    const narrow = await login(browser, 'notes:write');
    expect(narrow.tokens.scope).toBe('notes:write');
  });

  it('leaves out a scope that the resource does not have', async () => {
    const { tokens } = await login(createBrowser({ account: 'ray' }), 'notes:read notes:burn');
    expect(tokens.scope).toBe('notes:read');
  });

  it('ends in access_denied when the account declines a scope, at login and in a step-up', async () => {
    const browser = createBrowser({ account: 'ray' });
    const atLogin = await authorize(browser, { scope: 'notes:read admin:notes' });
    expect(atLogin.get('error')).toBe('access_denied');

    await login(browser, 'notes:read');
    const inStepUp = await authorize(browser, { scope: 'notes:read admin:notes' });
    expect(inStepUp.get('error')).toBe('access_denied');
    expect(inStepUp.get('error_description')).toContain('admin:notes');
    expect(inStepUp.get('iss')).toBe(server.issuer);
    expect(inStepUp.has('code')).toBe(false);
  });

  it('grants the same scope to an account that does not decline it', async () => {
    const { tokens } = await login(createBrowser({ account: 'mina' }), 'notes:read admin:notes');
    expect(tokens.scope).toBe('notes:read admin:notes');
    expect((await decode(tokens.access_token)).claims.sub).toBe('mina');
  });

  it('refreshes a token with the scopes it had', async () => {
    const { tokens } = await login(createBrowser({ account: 'mina' }), 'notes:read notes:write');
    const refreshed = Tokens.parse(
      await postToken({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token }),
    );
    expect(refreshed.scope).toBe('notes:read notes:write');
    expect(refreshed.access_token).not.toBe(tokens.access_token);
    expect((await decode(refreshed.access_token)).claims.aud).toBe(RESOURCE);
  });

  it('refuses another resource with invalid_target', async () => {
    const browser = createBrowser({ account: 'ray' });
    const callback = await authorize(browser, {
      scope: 'notes:read',
      resource: 'http://localhost:4712/mcp',
    });
    expect(callback.get('error')).toBe('invalid_target');
  });

  it('refuses an authorization without PKCE', async () => {
    const url = authorizationUrl({ scope: 'notes:read' });
    const callback = await createBrowser({ account: 'ray' }).authorize(url);
    expect(callback.searchParams.get('error')).toBe('invalid_request');
  });

  it('refuses a code with another verifier', async () => {
    const callback = await authorize(createBrowser({ account: 'ray' }), { scope: 'notes:read' });
    const failure = Failure.parse(await redeem(callback, randomBytes(32).toString('base64url')));
    expect(failure.error).toBe('invalid_grant');
  });
});

describe('browser', () => {
  it('says what the server answered instead of a redirect', async () => {
    const url = authorizationUrl({ scope: 'notes:read', client_id: 'nobody' });
    const opened = createBrowser({ account: 'ray' }).authorize(url);
    await expect(opened).rejects.toThrow(/\/auth answered 400: .*invalid_client/);
  });

  it('gives up on endless redirects', async () => {
    let hops = 0;
    const loop = createServer((_request, response) => {
      hops += 1;
      response.writeHead(303, { location: '/again' }).end();
    });
    const port = await new Promise<number>((resolve) => {
      loop.listen(0, 'localhost', () => {
        const address = loop.address();
        resolve(address !== null && typeof address === 'object' ? address.port : 0);
      });
    });
    const url = new URL(`http://localhost:${port}/?redirect_uri=${encodeURIComponent(CALLBACK)}`);
    await expect(createBrowser({ account: 'ray' }).authorize(url)).rejects.toThrow('15 redirects');
    expect(hops).toBe(15);
    loop.closeAllConnections();
    loop.close();
  });
});

/** Registers as the official client does: with the `scope` of the first challenge. */
async function register(): Promise<string> {
  const response = await fetch(`${server.issuer}/reg`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      redirect_uris: [CALLBACK],
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      scope: 'notes:read offline_access',
    }),
  });
  return z.object({ client_id: z.string() }).parse(await response.json()).client_id;
}

async function login(browser: Browser, scope: string) {
  const verifier = randomBytes(32).toString('base64url');
  const callback = await authorize(browser, { scope: `${scope} offline_access` }, verifier);
  return { callback, tokens: Tokens.parse(await redeem(callback, verifier)) };
}

async function authorize(
  browser: Browser,
  parameters: Readonly<Record<string, string>>,
  verifier: string = randomBytes(32).toString('base64url'),
): Promise<URLSearchParams> {
  const url = authorizationUrl({
    ...parameters,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const callback = await browser.authorize(url);
  expect(`${callback.origin}${callback.pathname}`).toBe(CALLBACK);
  expect(callback.searchParams.get('state')).toBe('a state');
  return callback.searchParams;
}

function authorizationUrl(parameters: Readonly<Record<string, string>>): URL {
  const url = new URL(`${server.issuer}/auth`);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: CALLBACK,
    resource: RESOURCE,
    state: 'a state',
    prompt: 'consent',
    ...parameters,
  }).toString();
  return url;
}

function redeem(callback: URLSearchParams, verifier: string): Promise<unknown> {
  return postToken({
    grant_type: 'authorization_code',
    code: callback.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: CALLBACK,
  });
}

async function postToken(parameters: Readonly<Record<string, string>>): Promise<unknown> {
  const body = new URLSearchParams({ ...parameters, client_id: clientId, resource: RESOURCE });
  const response = await fetch(`${server.issuer}/token`, { method: 'POST', body });
  return response.json();
}

/** Decodes a token after checking its signature with the published key. */
async function decode(token: string) {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const response = await fetch(server.jwksUri);
  const Jwks = z.object({ keys: z.tuple([z.record(z.string(), z.unknown())]) });
  const [jwk] = Jwks.parse(await response.json()).keys;
  const key = {
    key: createPublicKey({ key: jwk, format: 'jwk' }),
    dsaEncoding: 'ieee-p1363',
  } as const;
  const signed = Buffer.from(`${header}.${payload}`);
  expect(verify('sha256', signed, key, Buffer.from(signature, 'base64url'))).toBe(true);
  const Claims = z.looseObject({
    iat: z.number(),
    exp: z.number(),
    sub: z.string(),
    aud: z.string(),
  });
  return {
    header: z.looseObject({}).parse(parsePart(header)),
    claims: Claims.parse(parsePart(payload)),
  };
}

function parsePart(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}
