/** The caller's token is exchanged for one of the upstream, and one consent reaches both. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { upstreamTokens } from '@scopegate/core/exchange';
import type { UpstreamTokensOptions } from '@scopegate/core/exchange';
import { publicAccess } from '@scopegate/core';
import { json, spy } from '../../core/test/exchange/support.js';
import type { Spied } from '../../core/test/exchange/support.js';
import type { NotesScope } from '../../core/test/support/mcp.js';
import { createProxy } from '../src/index.js';
import { holdsToken } from '../src/own-token.js';
import { TOKENS, gateFor, startFront, startUpstream } from './support.js';
import type { Answer, Front, Upstream } from './support.js';

const ISSUER = 'https://idp.example.com';
let as: Spied;
beforeEach(async () => {
  let count = 0;
  as = await spy(({ body }, response) => {
    const scope = new URLSearchParams(body).get('scope') ?? '';
    json(response, 200, {
      ...{ access_token: `up-${++count}-${scope.replace(' ', '+')}`, token_type: 'Bearer' },
      ...{ issued_token_type: 'urn:ietf:params:oauth:token-type:access_token', expires_in: 300 },
    });
  });
});
afterEach(() => as.close());

interface Started extends Front {
  readonly upstream: Upstream;
}

async function start(
  answer: Answer,
  more: Partial<UpstreamTokensOptions<NotesScope>> = {},
): Promise<Started> {
  const gate = gateFor({ onError: () => undefined });
  const upstream = await startUpstream(answer);
  const credential = upstreamTokens(gate, {
    ...{ issuer: ISSUER, tokenEndpoint: `${as.origin}/token`, clientId: 'proxy' },
    clientAuthentication: { method: 'client_secret_post', secret: 'the-secret' },
    ...{ resource: upstream.url, allowInsecureLoopback: true },
    scopes: { 'notes:read': 'up.read', 'notes:write': ['up.read', 'up.write'] },
    ...more,
  });
  return { ...(await startFront(upstream.url, { credential }, gate)), upstream };
}

interface Repeated {
  /** What follows the URL. */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly copy?: string;
}

async function call(
  url: string,
  token?: keyof typeof TOKENS,
  body?: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const headers = {
    ...more,
    ...(token && { authorization: `Bearer ${TOKENS[token]}` }),
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  const message =
    body ??
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_notes","arguments":{}}}';
  return fetch(url, { method: 'POST', headers, body: message });
}

const ok: Answer = (_, res) => res.end('{"jsonrpc":"2.0","id":1,"result":{}}');

describe('createProxy with upstreamTokens as its credential', () => {
  test('sends each caller’s own token, and never the inbound one [TE-1, T165, T166]', async () => {
    const { url, upstream } = await start(ok);
    await call(url, 'reader');
    await call(url, 'reader');
    await call(url, 'writer');
    expect(upstream.received.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer up-1-up.read',
      'Bearer up-1-up.read',
      'Bearer up-2-up.read+up.write',
    ]);
    const all = upstream.received.map((one) => one.all).join('\n');
    for (const token of Object.values(TOKENS)) expect(all).not.toContain(token);
    expect(as.seen).toHaveLength(2);
  });

  test.each<[string, Answer]>([
    [
      'a 403 with a challenge',
      (_, res) =>
        res
          .writeHead(403, {
            'www-authenticate': 'Bearer error="insufficient_scope", scope="up.write"',
          })
          .end(),
    ],
    [
      'a JSON-RPC error',
      (_, res) =>
        res
          .writeHead(200, { 'content-type': 'application/json' })
          .end(
            '{"jsonrpc":"2.0","id":1,"error":{"code":403,"message":"x","data":{"error":"insufficient_scope","scope":"up.write"}}}',
          ),
    ],
  ])('%s is the gate’s own challenge [TE-12, TE-13]', async (_, answer) => {
    const { url } = await start(answer);
    const response = await call(url, 'reader');
    expect(response.status).toBe(403);
    const challenge = response.headers.get('www-authenticate');
    expect(challenge).toContain('error="insufficient_scope", scope="notes:write');
    expect(challenge).toContain('resource_metadata="https://notes.example.com/');
    expect(challenge).not.toContain('up.write');
    expect((await call(url, 'writer')).headers.get('www-authenticate')).toBeNull();
  });

  test('missing consent at the exchange is the gate’s own challenge [TE-12]', async () => {
    const { url, upstream } = await start(ok, { scope: ['up.read', 'up.write'] });
    as.answer = (_, response) => json(response, 400, { error: 'consent_required' });
    const response = await call(url, 'reader');
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      403,
      expect.stringContaining('scope="notes:read notes:write"'),
    ]);
    expect(upstream.received).toEqual([]);
  });

  test('a 401 leads to one new exchange; a second one to 502', async () => {
    const { url, upstream } = await start((req, res) => {
      if (req.headers.authorization === 'Bearer up-1-up.read') res.writeHead(401).end();
      else ok(req, res, '');
    });
    expect((await call(url, 'reader')).status).toBe(200);
    expect(upstream.received).toHaveLength(2);
    const always = await start((_, res) => res.writeHead(401).end());
    expect((await call(always.url, 'reader')).status).toBe(502);
    expect(always.told).toMatchObject([{ reason: 'upstream_unauthorized' }]);
  });

  test('an exchange that fails is a 503, and nothing is sent [TE-11, T168]', async () => {
    const { url, upstream, told } = await start(ok);
    as.answer = (_, response) => json(response, 500, {});
    const response = await call(url, 'reader');
    expect(response.status).toBe(503);
    expect(upstream.received).toEqual([]);
    expect(told).toMatchObject([{ reason: 'credential_unavailable' }]);
    expect(`${String(told[0]?.error)} ${await response.text()}`).not.toContain(TOKENS.reader);
  });

  test.each<[string, Repeated]>([
    ['a header', { headers: { 'x-copy': TOKENS.reader } }],
    ['a header, with a scheme', { headers: { 'x-copy': `Bearer ${TOKENS.reader}` } }],
    ['the query', { query: `?copy=${TOKENS.reader}` }],
    ['the query, encoded', { query: `?copy=%69${TOKENS.reader.slice(1)}` }],
    ['the name of a parameter', { query: `?%69${TOKENS.reader.slice(1)}=x` }],
    ['the path', { query: `/${TOKENS.reader}` }],
    ['the path, encoded', { query: `/%69${TOKENS.reader.slice(1)}` }],
    ['the message', { copy: TOKENS.reader }],
  ])(
    'a caller that repeats its token in %s is refused: 400, and no fault of the upstream [TE-1, T165]',
    async (_, { query = '', headers, copy }) => {
      const errors: unknown[] = [];
      const onError = (error: unknown): void => void errors.push(error);
      const { url, upstream, told } = await start(ok, { onError });
      const body =
        copy && `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"copy":"${copy}"}}}`;
      const response = await call(url + query, 'reader', body, headers);
      const text = await response.text();
      expect([response.status, text]).toEqual([400, expect.stringContaining('access token')]);
      expect(JSON.parse(text)).toMatchObject({ error: { data: { error: 'invalid_request' } } });
      expect(text).not.toContain(TOKENS.reader);
      expect([told, errors, upstream.received, as.seen]).toEqual([[], [], [], []]);
    },
  );

  test('a credential without an exchange does not search the request', async () => {
    const upstream = await startUpstream(ok);
    const { url } = await startFront(upstream.url, { credential: 'Bearer of-the-upstream' });
    const headers = { 'x-copy': TOKENS.reader };
    expect((await call(url, 'reader', undefined, headers)).status).toBe(200);
  });

  test('a public operation without a token is sent without a credential', async () => {
    const gate = gateFor();
    const upstream = await startUpstream(ok);
    const credential = upstreamTokens(gate, {
      ...{ issuer: ISSUER, tokenEndpoint: `${as.origin}/token`, clientId: 'proxy' },
      clientAuthentication: { method: 'client_secret_post', secret: 'the-secret' },
      ...{ resource: upstream.url, allowInsecureLoopback: true },
    });
    const { url } = await startFront(upstream.url, { credential, rule: publicAccess() }, gate);
    expect((await call(url)).status).toBe(200);
    expect(upstream.received[0]?.headers).not.toHaveProperty('authorization');
    expect(as.seen).toEqual([]);
  });

  test('is a TypeError for an upstream of another origin, and beside another credential', async () => {
    const gate = gateFor();
    const credential = upstreamTokens(gate, {
      ...{ issuer: ISSUER, clientId: 'proxy', resource: 'https://api.example.com/mcp' },
      clientAuthentication: { method: 'client_secret_post', secret: 'the-secret' },
    });
    expect(() => createProxy(gate, 'https://other.example.com/mcp', { credential })).toThrow(
      'proxy.credential: its tokens are not for https://other.example.com: set its origin',
    );
    const headers = { authorization: 'Basic eDp5' };
    expect(() => createProxy(gate, 'https://api.example.com/mcp', { credential, headers })).toThrow(
      /proxy\.headers/,
    );
    expect(() =>
      createProxy(gate, 'https://api.example.com/mcp', { credential, credentialHeader: 'X-Key' }),
    ).toThrow(/proxy\.credentialHeader/);
  });
});

test.each([
  ['Bearer alice', true],
  ['Token token=alice', true],
  ['alice:secret', true],
  ['alices', false],
  ['/users/alice', false],
])('a short token counts as a whole word only: %s, %s [T165]', (text, expected) => {
  expect(holdsToken(text, 'alice')).toBe(expected);
});
