/** The flow behind the client, where the suite does not look: places, identities, refresh. */
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AuthorizationRequest } from '@scopegate/client';
import type { AuthorizationServer } from 'oauth4webapi';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findAuthorizationServer } from '../src/authorization-server.js';
import { identify } from '../src/identify.js';
import { createSession } from '../src/session.js';

/** Answers JSON; `undefined` is a 404. Notes what was asked for. */
async function serve(answer: (path: string, origin: string) => unknown) {
  const asked: string[] = [];
  const bodies: string[] = [];
  const server = createServer((req, res) => {
    asked.push(req.url ?? '');
    void textOf(req).then((body) => {
      bodies.push(body);
      const json = answer(req.url ?? '', origin);
      const status = json === undefined ? 404 : req.url === '/register' ? 201 : 200;
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const origin = `http://localhost:${typeof address === 'object' ? address?.port : ''}`;
  return { origin, asked, bodies };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

describe('the metadata of an authorization server', () => {
  const PKCE = { code_challenge_methods_supported: ['S256'] };

  test('is looked for at three places, RFC 8414 first, until one has it', async () => {
    const { origin, asked } = await serve((path, base) =>
      path === '/a/.well-known/openid-configuration' ? { issuer: `${base}/a`, ...PKCE } : undefined,
    );
    const found = await findAuthorizationServer(`${origin}/a`);
    expect(found?.issuer).toBe(`${origin}/a`);
    expect(asked).toEqual([
      '/.well-known/oauth-authorization-server/a',
      '/.well-known/openid-configuration/a',
      '/a/.well-known/openid-configuration',
    ]);
    expect(await findAuthorizationServer(`${origin}/b`)).toBeUndefined();
  });

  test.each([
    ['about another issuer', () => ({ issuer: 'https://attacker.example', ...PKCE }), /issuer/],
    ['without PKCE', (_path: string, issuer: string) => ({ issuer }), /PKCE/],
  ])('%s ends the search', async (_what, answer, problem) => {
    const { origin, asked } = await serve(answer);
    await expect(findAuthorizationServer(origin)).rejects.toThrow(problem);
    expect(asked).toHaveLength(1);
  });
});

describe('the client is', () => {
  const clientIdUrl = 'https://client.example/metadata.json';
  const redirectUri = 'http://localhost/callback';
  const credentials = { issuer: 'https://as.example', client_id: 'my-id', client_secret: 's_:e' };
  const cimd = { client_id_metadata_document_supported: true };

  test('who it was registered as, but only to that server [CS-12]', async () => {
    const options = { credentials, clientIdUrl, redirectUri };
    const known = { issuer: 'https://as.example', ...cimd };
    const { client, authenticate } = await identify(known, options);
    const headers = new Headers();
    await authenticate(known, client, new URLSearchParams(), headers);
    expect(headers.get('authorization')).toBe(`Basic ${btoa('my-id:s_%3Ae')}`);
    const other = await identify({ issuer: 'https://other.example', ...cimd }, options);
    expect(other.client.client_id).toBe(clientIdUrl);
  });

  test('else registered, without a scope, by a method that the server takes', async () => {
    const registered = { client_id: 'new', client_secret: 'secret' };
    const { origin, bodies } = await serve(() => registered);
    const server: AuthorizationServer = {
      issuer: origin,
      registration_endpoint: `${origin}/register`,
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    };
    const { client, authenticate } = await identify(server, { clientIdUrl, redirectUri });
    const body = new URLSearchParams();
    await authenticate(server, client, body, new Headers());
    expect(body.get('client_secret')).toBe('secret');
    expect(JSON.parse(bodies[0] ?? '')).not.toHaveProperty('scope');
    const strange = { ...server, token_endpoint_auth_methods_supported: ['tls_client_auth'] };
    await expect(identify(strange, { clientIdUrl, redirectUri })).rejects.toThrow(/takes none/);
  });
});

test('a token that ran out is refreshed, one that lacks scopes is not [CS-7, CS-11]', async () => {
  const { origin, bodies } = await serve((path, issuer) =>
    path === '/token'
      ? { access_token: `token-${bodies.length}`, token_type: 'Bearer', refresh_token: 'again' }
      : {
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          code_challenge_methods_supported: ['S256'],
          client_id_metadata_document_supported: true,
          scopes_supported: ['offline_access'],
        },
  );
  const opened: URL[] = [];
  const { authorize } = createSession({
    clientIdUrl: 'https://client.example/metadata.json',
    redirectUri: 'http://localhost/callback',
    openBrowser: async (url) => {
      opened.push(url);
      const state = url.searchParams.get('state') ?? '';
      return new URL(`http://localhost/callback?code=c&state=${state}`);
    },
  });
  const request: AuthorizationRequest = {
    reason: 'login',
    scope: 'notes:read',
    added: [],
    challenge: undefined,
    resource: 'https://notes.example',
    metadata: { resource: 'https://notes.example', authorization_servers: [origin] },
    operation: { id: 'x', label: 'x' },
  };
  for (const reason of ['login', 'reauthenticate', 'step-up'] as const) {
    await authorize({ ...request, reason });
  }
  const tokens = bodies.filter((body) => body !== '').map((body) => new URLSearchParams(body));
  expect(tokens.map((body) => body.get('grant_type'))).toEqual([
    'authorization_code',
    'refresh_token',
    'authorization_code',
  ]);
  expect(tokens.map((body) => body.get('resource'))).toEqual(Array(3).fill(request.resource));
  expect(opened.map((url) => url.searchParams.get('scope'))).toEqual(
    Array(2).fill('notes:read offline_access'),
  );
});
