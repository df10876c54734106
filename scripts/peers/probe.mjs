/**
 * Starts the same guarded server with each library, asks each the same questions over sockets, and prints the
 * answers as JSON. `main.mjs` installs the libraries and runs this file beside them.
 */
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { MCPAuth } from 'mcp-auth';
import { protectedResourceHandler, withMcpAuth } from 'mcp-handler';
import {
  mcpAuthMetadataRouter as metadata2,
  requireBearerAuth as bearer2,
} from '@modelcontextprotocol/express';
import { requireBearerAuth as bearer1 } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { mcpAuthMetadataRouter as metadata1 } from '@modelcontextprotocol/sdk/server/auth/router.js';
import express from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import { SignJWT, createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';

const { createGate } = await import(process.env['SCOPEGATE_CORE'] ?? '');
const { jwtVerifier } = await import(process.env['SCOPEGATE_JWT'] ?? '');
const { mcpPolicy } = await import(process.env['SCOPEGATE_MCP'] ?? '');
const { protect, resourceMetadata } = await import(process.env['SCOPEGATE_EXPRESS'] ?? '');

/** @param {import('node:http').RequestListener} listener */
async function listen(listener) {
  const server = createServer(listener);
  await new Promise((resolve) => server.listen(0, 'localhost', () => resolve(undefined)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, url: `http://localhost:${address.port}` };
}

const { privateKey, publicKey } = await generateKeyPair('RS256');
const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
let isDown = false;
const issuer = await listen((req, res) => {
  if (isDown) return void res.writeHead(500).end();
  const body = req.url === '/jwks' ? { keys: [jwk] } : documentOf(`http://${req.headers.host}`);
  return void res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});

/** @param {string} url */
function documentOf(url) {
  return {
    ...{ issuer: url, jwks_uri: `${url}/jwks`, authorization_endpoint: `${url}/auth` },
    ...{ token_endpoint: `${url}/token`, registration_endpoint: `${url}/reg` },
    ...{ response_types_supported: ['code'], grant_types_supported: ['authorization_code'] },
    ...{ code_challenge_methods_supported: ['S256'], subject_types_supported: ['public'] },
    id_token_signing_alg_values_supported: ['RS256'],
  };
}

/** @param {string} resource @param {Record<string, unknown>} [claims] @param {string} [expires] */
const mint = (resource, claims = {}, expires = '5m') =>
  new SignJWT({ scope: 'notes:read', client_id: 'desk', sub: 'ray', ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'one', typ: 'at+jwt' })
    .setIssuer(issuer.url)
    .setAudience(typeof claims['aud'] === 'string' ? claims['aud'] : resource)
    .setIssuedAt(Math.floor(Date.now() / 1000) - 7200)
    .setExpirationTime(expires === 'past' ? Math.floor(Date.now() / 1000) - 3600 : expires)
    .sign(privateKey);

/** The verifier that people write: jose's own check, and nothing else. */
const verifierFor = (/** @type {string} */ resource) => {
  const keys = createRemoteJWKSet(new URL(`${issuer.url}/jwks`));
  return async (/** @type {string} */ token) => {
    const { payload } = await jwtVerify(token, keys, { issuer: issuer.url, audience: resource });
    return {
      ...{ token, clientId: String(payload['client_id']), expiresAt: payload.exp ?? 0 },
      scopes: String(payload['scope']).split(' '),
    };
  };
};

/** What runs behind each: it says that it ran. */
const ran = (/** @type {unknown} */ _req, /** @type {import('express').Response} */ res) =>
  void res.json({ ran: true });

const REQUIRED = ['notes:read'];
const prm = (/** @type {string} */ url) => `${url}/.well-known/oauth-protected-resource/mcp`;

/** Each mounts itself for a server at this URL. @type {Record<string, (url: string) => Promise<import('express').Express>>} */
const LIBRARIES = {
  async Scopegate(url) {
    const scopes = ['notes:read', 'notes:write'];
    const gate = createGate({
      ...{ resource: `${url}/mcp`, authorizationServers: [issuer.url], scopes },
      verifier: jwtVerifier({ issuer: issuer.url, allowInsecureLoopback: true }),
      initialScopes: REQUIRED,
      policy: mcpPolicy(scopes, { tools: { read_notes: 'notes:read', add_note: 'notes:write' } }),
      onError: () => {},
      onWarning: () => {},
    });
    return express().use(resourceMetadata(gate)).all('/mcp', protect(gate), ran);
  },
  async 'SDK 1'(url) {
    const verifier = { verifyAccessToken: verifierFor(`${url}/mcp`) };
    const options = { verifier, requiredScopes: REQUIRED, resourceMetadataUrl: prm(url) };
    return express()
      .use(
        metadata1({
          oauthMetadata: documentOf(issuer.url),
          resourceServerUrl: new URL(`${url}/mcp`),
        }),
      )
      .all('/mcp', bearer1(options), ran);
  },
  async 'SDK 2'(url) {
    const verifier = { verifyAccessToken: verifierFor(`${url}/mcp`) };
    const options = { verifier, requiredScopes: REQUIRED, resourceMetadataUrl: prm(url) };
    return express()
      .use(
        metadata2({
          oauthMetadata: documentOf(issuer.url),
          resourceServerUrl: new URL(`${url}/mcp`),
        }),
      )
      .all('/mcp', bearer2(options), ran);
  },
  async 'express-oauth2-jwt-bearer'(url) {
    const { requiredScopes } = await import('express-oauth2-jwt-bearer');
    const check = auth({
      issuerBaseURL: issuer.url,
      audience: `${url}/mcp`,
      tokenSigningAlg: 'RS256',
    });
    return express().all('/mcp', check, requiredScopes(REQUIRED.join(' ')), ran);
  },
  async 'mcp-handler'(url) {
    const verify = verifierFor(`${url}/mcp`);
    const handler = withMcpAuth(
      async () => Response.json({ ran: true }),
      async (_request, token) => (token === undefined ? undefined : verify(token)),
      {
        required: true,
        requiredScopes: REQUIRED,
        resourceUrl: url,
        resourceMetadataPath: '/.well-known/oauth-protected-resource/mcp',
      },
    );
    const metadata = protectedResourceHandler({
      authServerUrls: [issuer.url],
      resourceUrl: `${url}/mcp`,
    });
    return express()
      .get(
        '/.well-known/oauth-protected-resource/mcp',
        bridge(async (request) => metadata(request)),
      )
      .all(
        '/mcp',
        bridge(async (request) => handler(request)),
      );
  },
  async 'mcp-auth'(url) {
    const resource = `${url}/mcp`;
    const library = new MCPAuth({
      protectedResources: [
        {
          metadata: {
            resource,
            authorizationServers: [{ issuer: issuer.url, type: 'oidc' }],
            scopesSupported: REQUIRED,
          },
        },
      ],
    });
    return express()
      .use(library.protectedResourceMetadataRouter())
      .all(
        '/mcp',
        library.bearerAuth('jwt', { resource, audience: resource, requiredScopes: REQUIRED }),
        ran,
      );
  },
};

/** Calls a fetch handler from Express, for what has no server of its own. */
function bridge(/** @type {(request: Request) => Promise<Response>} */ handler) {
  return async (
    /** @type {import('express').Request} */ req,
    /** @type {import('express').Response} */ res,
  ) => {
    const headers = new Headers();
    for (let at = 0; at < req.rawHeaders.length; at += 2) {
      headers.append(req.rawHeaders[at] ?? '', req.rawHeaders[at + 1] ?? '');
    }
    const answer = await handler(
      new Request(`http://${req.headers.host}${req.originalUrl}`, { method: req.method, headers }),
    );
    res.status(answer.status);
    answer.headers.forEach((value, name) => res.setHeader(name, value));
    res.end(await answer.text());
  };
}

/** @param {string} url @param {string} [token] @param {{ method?: string, tool?: string, headers?: Record<string, string> }} [options] */
async function call(url, token, { method = 'POST', tool = 'read_notes', headers = {} } = {}) {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: tool },
  });
  const response = await fetch(`${url}/mcp`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(method === 'POST' && { body }),
  });
  await response.text();
  return {
    status: response.status,
    headers: response.headers,
    challenge: response.headers.get('www-authenticate') ?? '',
  };
}

/** Sends two `Authorization` lines, which `fetch` cannot. @param {string} url @param {string} first @param {string} second */
async function callWithTwo(url, first, second) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'read_notes' },
  });
  const lines = [
    ...['POST /mcp HTTP/1.1', `Host: ${hostname}:${port}`, 'Connection: close'],
    ...[`Authorization: Bearer ${first}`, `Authorization: Bearer ${second}`],
    ...['Content-Type: application/json', `Content-Length: ${body.length}`, '', body],
  ];
  socket.write(lines.join('\r\n'));
  let answer = '';
  for await (const part of socket) answer += String(part);
  return /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'none';
}

const names = (/** @type {string} */ challenge, /** @type {string} */ name) =>
  new RegExp(`\\b${name}="[^"]+"`).test(challenge);

/** @type {readonly (readonly [string, (url: string) => Promise<string>])[]} */
const QUESTIONS = [
  ['no token', async (url) => String((await call(url)).status)],
  [
    '... the challenge leads to the metadata',
    async (url) => yes(names((await call(url)).challenge, 'resource_metadata')),
  ],
  [
    '... it names the scopes to ask for',
    async (url) => yes(names((await call(url)).challenge, 'scope')),
  ],
  [
    '... it has no `error` (RFC 6750 s3.1)',
    async (url) => yes(!names((await call(url)).challenge, 'error')),
  ],
  ['the metadata (RFC 9728)', async (url) => String((await fetch(prm(url))).status)],
  [
    'a token without the scope',
    async (url) => String((await call(url, await mint(`${url}/mcp`, { scope: 'other' }))).status),
  ],
  [
    '... the challenge says `insufficient_scope`',
    async (url) =>
      yes(
        (await call(url, await mint(`${url}/mcp`, { scope: 'other' }))).challenge.includes(
          'error="insufficient_scope"',
        ),
      ),
  ],
  [
    '... it names the scope',
    async (url) =>
      yes(
        names((await call(url, await mint(`${url}/mcp`, { scope: 'other' }))).challenge, 'scope'),
      ),
  ],
  [
    '... it leads to the metadata',
    async (url) =>
      yes(
        names(
          (await call(url, await mint(`${url}/mcp`, { scope: 'other' }))).challenge,
          'resource_metadata',
        ),
      ),
  ],
  [
    'a reader calls the tool of writers',
    async (url) => String((await call(url, await mint(`${url}/mcp`), { tool: 'add_note' })).status),
  ],
  [
    'an expired token',
    async (url) => String((await call(url, await mint(`${url}/mcp`, {}, 'past'))).status),
  ],
  [
    'a token for another API',
    async (url) =>
      String(
        (await call(url, await mint(`${url}/mcp`, { aud: 'https://other.example.com' }))).status,
      ),
  ],
  [
    'a token bound to a key, sent without a proof',
    async (url) =>
      String((await call(url, await mint(`${url}/mcp`, { cnf: { jkt: 'x'.repeat(43) } }))).status),
  ],
  [
    'two `Authorization` lines',
    async (url) => callWithTwo(url, await mint(`${url}/mcp`), 'another'),
  ],
  [
    'a CORS preflight',
    async (url) =>
      String(
        (
          await call(url, undefined, {
            method: 'OPTIONS',
            headers: { origin: 'https://app.example.com', 'access-control-request-method': 'POST' },
          })
        ).status,
      ),
  ],
  [
    'HEAD without a token',
    async (url) => String((await call(url, undefined, { method: 'HEAD' })).status),
  ],
];

const yes = (/** @type {boolean} */ holds) => (holds ? 'yes' : 'no');

/** @type {Record<string, string[]>} */
const rows = Object.fromEntries([
  ...QUESTIONS.map(([question]) => [question, []]),
  ['keys that cannot be fetched', []],
]);
console.error = () => {};
for (const mount of Object.values(LIBRARIES)) {
  /** @type {{ app?: import('node:http').RequestListener }} */
  const mounted = {};
  const { server, url } = await listen((req, res) => {
    mounted.app?.(req, res);
  });
  // Their errors that nobody handles would be printed by Express.
  mounted.app = (await mount(url)).set('env', 'test');
  for (const [question, ask] of QUESTIONS)
    rows[question]?.push(await ask(url).catch((error) => String(error)));
  server.close();
  const fresh = await listen((req, res) => {
    mounted.app?.(req, res);
  });
  mounted.app = (await mount(fresh.url)).set('env', 'test');
  isDown = true;
  rows['keys that cannot be fetched']?.push(
    String((await call(fresh.url, await mint(`${fresh.url}/mcp`))).status),
  );
  isDown = false;
  fresh.server.close();
}
issuer.server.close();

console.log(JSON.stringify({ libraries: Object.keys(LIBRARIES), rows }));
process.exit(0);
