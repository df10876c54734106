/** `forwardAuth` behind real proxies, with the configurations of docs/forward-auth.md. */
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGate, deny, parseChallenges, publicAccess, rule, where } from '@scopegate/core';
import { toResponse } from '@scopegate/core/adapter';
import type { Gate, Rule, Verifier } from '@scopegate/core';
import { serveFetch } from '../../adapter-testkit/src/serve-fetch.js';
import { close } from '../../core/test/support/issuer.js';
import { forwardAuth } from '../src/index.js';
import type { ForwardAuthOptions } from '../src/index.js';
import { isInstalled, startReverseProxy } from './reverse-proxies.js';
import type { InstalledProxy, ReverseProxy } from './reverse-proxies.js';

type Scope = 'notes:read' | 'notes:write';
const RESOURCE = 'https://notes.example.com/notes';
const TOKENS: Readonly<Record<string, readonly Scope[]>> = {
  'token-of-the-reader-1f8d': ['notes:read'],
  'token-of-the-writer-77ac': ['notes:write'],
};
const [READER = '', WRITER = ''] = Object.keys(TOKENS);
const DOWN = 'token-of-nobody-knows-0b1c';

const verifier: Verifier = (token) => {
  if (token === DOWN) throw new Error('the issuer is down');
  const scopes = TOKENS[token];
  return scopes && { scopes: [...scopes], subject: `user-${scopes.length}`, clientId: 'c1' };
};

const gate: Gate<Scope> = createGate({
  resource: RESOURCE,
  authorizationServers: ['https://idp.example.com'],
  verifier,
  scopes: ['notes:read', 'notes:write'],
  initialScopes: ['notes:read'],
  cors: true,
  onError: () => undefined,
});

/** Needs more for everything but GET, as a location with one handler for all methods would. */
const byMethod: Rule<Scope> = rule(
  ({ operation }) => (operation.method === 'GET' ? 'notes:read' : 'notes:write'),
  { mayRequire: ['notes:read', 'notes:write'] },
);

/** Needs more below one path. */
const byPath: Rule<Scope> = rule(
  ({ operation }) => (operation.name === '/notes/public' ? 'notes:read' : 'notes:write'),
  { mayRequire: ['notes:read', 'notes:write'] },
);

/** What a caller would write to be taken for another request, in every family. */
const FORGED: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'X-Forwarded-*': [
    ['X-Forwarded-Method', 'GET'],
    ['X-Forwarded-Uri', '/notes/public'],
  ],
  'X-Original-*': [
    ['X-Original-Method', 'GET'],
    ['X-Original-URI', '/notes/public'],
    ['X-Original-URL', 'http://127.0.0.1/notes/public'],
  ],
  Envoy: [
    ['X-Envoy-Original-Method', 'GET'],
    ['X-Envoy-Original-Path', '/notes/public'],
  ],
  'method override': [
    ['X-HTTP-Method-Override', 'GET'],
    ['X-Rewrite-URL', '/notes/public'],
    ['Forwarded', 'method=GET'],
  ],
};
const EVERY_FAMILY = Object.values(FORGED).flat();

interface Told {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headersDistinct'];
  readonly body: string;
}

interface Seen {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

const NAMES = ['nginx', 'caddy', 'haproxy'] as const satisfies readonly InstalledProxy[];

for (const name of NAMES) {
  const missing = !isInstalled(name);
  if (missing) console.warn(`${name} is not installed: its tests of forwardAuth are skipped`);
  describe.skipIf(missing)(`behind ${name}`, () => {
    const told: Told[] = [];
    const stops: (() => Promise<void>)[] = [];
    let decide: (request: Request) => Promise<Response>;
    let proxy: ReverseProxy;
    let authorizer: Awaited<ReturnType<typeof serveFetch>>;

    function ask(options: Partial<ForwardAuthOptions<Scope>>): void {
      decide = forwardAuth(gate, {
        ...{ from: name, rule: 'notes:read' },
        identity: { 'X-User': (auth) => auth?.subject },
        ...options,
      });
    }

    beforeAll(async () => {
      const upstream = createServer((req, res) => {
        const chunks: Buffer[] = [];
        req.on('data', (chunk: Buffer) => chunks.push(chunk));
        req.on('end', () => {
          const { method = '', url = '', headersDistinct: headers } = req;
          told.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
          const status = url.endsWith('/forbidden') ? 403 : 200;
          res.writeHead(status, { 'content-type': 'text/plain', 'x-upstream': 'yes' }).end('notes');
        });
      });
      const port = await listenOnLoopback(upstream);
      stops.push(() => close(upstream));
      authorizer = await serveFetch(async (request) => {
        if (new URL(request.url).pathname === '/authorize/read') return decide(request);
        const { method, url, headers } = request;
        const reply = await gate.metadata.respond({ method, url, headers });
        return reply === undefined ? new Response(null, { status: 404 }) : toResponse(reply);
      }, '127.0.0.1');
      stops.push(() => authorizer.close());
      const authorizerPort = Number(new URL(authorizer.url).port);
      proxy = await startReverseProxy(name, { authorizer: authorizerPort, upstream: port });
      stops.push(() => proxy.close());
    });
    afterAll(async () => {
      for (const stop of stops.toReversed()) await stop();
    });
    beforeEach(() => {
      told.length = 0;
      ask({});
    });

    const send = (path: string, call: Call = {}): Promise<Seen> => sendTo(proxy.url, path, call);

    test('a right token passes: body and target arrive, the token does not [AH-13, T194]', async () => {
      const seen = await send('/notes/1?x=%2F&y=a,b', {
        ...{ token: READER, method: 'POST', body: '{"a":1}' },
        headers: [['Content-Type', 'application/json']],
      });
      expect(seen).toMatchObject({ status: 200, body: 'notes' });
      expect(told).toMatchObject([
        { method: 'POST', url: '/notes/1?x=%2F&y=a,b', body: '{"a":1}' },
      ]);
      expect(told[0]?.headers['authorization'] ?? []).toEqual([]);
      expect(told[0]?.headers['x-user']).toEqual(['user-1']);
      expect(JSON.stringify(told)).not.toContain(READER);
    });

    test('no token: 401 with the challenge that the gate wrote [C401-1, T194]', async () => {
      const seen = await send('/notes/1');
      expect(seen.status).toBe(401);
      const direct = await decide(asked({}));
      expect(seen.headers.get('www-authenticate')).toBe(direct.headers.get('www-authenticate'));
      expect(seen.headers.get('www-authenticate')).toContain('resource_metadata=');
      expect(told).toEqual([]);
    });

    test('a bad token: 401 invalid_token', async () => {
      const seen = await send('/notes/1', { token: 'nobody-knows-it' });
      expect(seen.status).toBe(401);
      expect(challengeOf(seen)?.get('error')).toBe('invalid_token');
      expect(told).toEqual([]);
    });

    test('too few scopes: 403 with the whole challenge [C403-1, T194]', async () => {
      ask({ rule: 'notes:write' });
      const seen = await send('/notes/1', { token: READER });
      expect(seen.status).toBe(403);
      expect(Object.fromEntries(challengeOf(seen) ?? [])).toMatchObject({
        error: 'insufficient_scope',
        scope: 'notes:write',
        resource_metadata: gate.metadata.url,
      });
      expect(seen.headers.get('cache-control')).toContain('no-store');
      expect(told).toEqual([]);
    });

    test('what no scope can cure: 403 without a challenge', async () => {
      ask({ rule: deny() });
      const seen = await send('/notes/1', { token: WRITER });
      expect(seen.status).toBe(403);
      expect(seen.headers.get('www-authenticate')).toBeNull();
      expect(told).toEqual([]);
    });

    test('a verifier that is down, and two tokens: refused [T194]', async () => {
      const two = [
        ['Authorization', `Bearer ${READER}`],
        ['Authorization', `Bearer ${READER}`],
      ] as const;
      for (const call of [{ token: DOWN }, { headers: two }, { token: `${READER}, Bearer x` }]) {
        const seen = await send('/notes/1', call);
        expect([400, 401, 403]).toContain(seen.status);
      }
      expect(told).toEqual([]);
    });

    describe.each([
      ...Object.entries(FORGED),
      ['every family', EVERY_FAMILY] as const,
      ['every family, twice', [...EVERY_FAMILY, ...EVERY_FAMILY]] as const,
    ])('a caller that forges %s', (_family, headers) => {
      test('is judged by its own method [T194]', async () => {
        ask({ rule: byMethod });
        for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
          const seen = await send('/notes/public', { token: READER, method, headers });
          expect(seen.status, method).toBe(403);
        }
        expect(told).toEqual([]);
        expect(
          (await send('/notes/public', { token: WRITER, method: 'PUT', headers })).status,
        ).toBe(200);
        expect((await send('/notes/public', { token: READER, headers })).status).toBe(200);
      });

      test('is judged by its own path [T194]', async () => {
        ask({ rule: byPath });
        expect((await send('/notes/secret', { token: READER, headers })).status).toBe(403);
        expect((await send('/notes/public', { token: READER, headers })).status).toBe(200);
        expect(told.map(({ url }) => url)).toEqual(['/notes/public']);
      });
    });

    test('a caller that names itself is not believed [T194, T195]', async () => {
      const headers = [
        ['X-User', 'admin'],
        ['X-User', 'root'],
      ] as const;
      await send('/notes/1', { token: READER, headers });
      expect(told[0]?.headers['x-user']).toEqual(['user-1']);
      // Without a subject the answer has an empty header, which replaces the caller's own.
      ask({ rule: publicAccess() });
      expect((await send('/notes/1', { headers })).status).toBe(200);
      expect((told[1]?.headers['x-user'] ?? []).join('')).toBe('');
    });

    test('a preflight does not pass, whatever the gate would answer itself [T31, T194]', async () => {
      const headers = [
        ['Origin', 'https://app.example.com'],
        ['Access-Control-Request-Method', 'POST'],
      ] as const;
      const seen = await send('/notes/1', { method: 'OPTIONS', headers });
      expect([401, 403]).toContain(seen.status);
      expect(told).toEqual([]);
    });

    test('the target that a rule reads is the one that is sent on [T194]', async () => {
      const names: (string | undefined)[] = [];
      ask({
        rule: where(({ operation }) => {
          names.push(operation.name);
          return true;
        }, 'notes:read'),
      });
      await send('/notes/a%20b?x=1', { token: READER });
      expect(names).toEqual(['/notes/a b']);
      expect(told[0]?.url).toBe('/notes/a%20b?x=1');
    });

    test('an identity that cannot be found: refused, and reported without its value [T194]', async () => {
      const reported: string[] = [];
      ask({
        identity: { 'X-User': () => `Bearer ${READER}` },
        onError: (error, { reason }) => reported.push(`${reason}: ${String(error)}`),
      });
      expect((await send('/notes/1', { token: READER })).status).toBe(403);
      expect(told).toEqual([]);
      expect(reported.join()).toMatch(/^identity_unavailable: .*x-user/);
      expect(reported.join()).not.toContain(READER);
    });

    test("the service's own 403 is its own", async () => {
      const seen = await send('/notes/forbidden', { token: READER });
      expect(seen).toMatchObject({ status: 403, body: 'notes' });
      expect(seen.headers.get('x-upstream')).toBe('yes');
    });

    test('the metadata is found through the proxy [PR-15]', async () => {
      const seen = await send(new URL(gate.metadata.url).pathname);
      expect(seen.status).toBe(200);
      expect(JSON.parse(seen.body)).toEqual({ ...gate.metadata.document });
    });

    test.each(['/NOTES/1', '/notes/../notes/1', '//notes/1', '/notes%2f1', '/x/../notes/1'])(
      'another spelling, %s, never passes without a token',
      async (path) => {
        const seen = await send(path);
        expect(seen.status).toBeGreaterThanOrEqual(400);
        expect(told).toEqual([]);
      },
    );

    test('no handler, no passage [T194]', async () => {
      decide = () => Promise.reject(new Error('it broke'));
      expect((await send('/notes/1', { token: READER })).status).toBeGreaterThanOrEqual(400);
      await authorizer.close();
      expect((await send('/notes/1', { token: READER })).status).toBeGreaterThanOrEqual(400);
      expect(told).toEqual([]);
    });
  });
}

interface Call {
  readonly token?: string;
  readonly method?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
}

/** Sends a request as it is: `fetch` would join headers, and resolve the path. */
function sendTo(origin: string, path: string, call: Call): Promise<Seen> {
  const { token, method = 'GET', headers = [], body = '' } = call;
  const lines = [
    ...['Host', new URL(origin).host, 'Connection', 'close'],
    ...(token === undefined ? [] : ['Authorization', `Bearer ${token}`]),
    ...headers.flat(),
    ...(method === 'GET' ? [] : ['Content-Length', String(Buffer.byteLength(body))]),
  ];
  return new Promise((resolve, reject) => {
    const { hostname: host, port } = new URL(origin);
    const sent = httpRequest({ host, port, method, path, headers: lines as never, agent: false });
    sent.setTimeout(10_000, () => sent.destroy(new Error('no answer in 10 seconds')));
    sent.once('error', reject);
    sent.once('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('error', reject);
      answer.once('end', () => {
        const pairs = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
          values.map((value): [string, string] => [name, value]),
        );
        const text = Buffer.concat(chunks).toString();
        resolve({ status: answer.statusCode ?? 0, headers: new Headers(pairs), body: text });
      });
    });
    sent.end(body);
  });
}

/** What each proxy sends, with all families at once. */
function asked(headers: Record<string, string>): Request {
  const named = {
    'x-original-method': 'GET',
    'x-original-uri': '/notes/1',
    'x-forwarded-method': 'GET',
    'x-forwarded-uri': '/notes/1',
  };
  return new Request('http://127.0.0.1/authorize/read', { headers: { ...named, ...headers } });
}

function challengeOf({ headers }: Seen): ReadonlyMap<string, string> | undefined {
  return parseChallenges(headers.get('www-authenticate'))[0]?.params;
}

async function listenOnLoopback(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
