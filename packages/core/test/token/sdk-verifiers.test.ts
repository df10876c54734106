import { createServer } from 'node:http';
import type { Server } from 'node:http';
import * as v2 from '@modelcontextprotocol/express';
import type { OAuthTokenVerifier as V1Verifier } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import {
  OAuthError as V1OAuthError,
  InsufficientScopeError as V1Scope,
  InvalidTokenError,
  ServerError,
} from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { requireBearerAuth as requireV1 } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import {
  OAuthError,
  OAuthErrorCode,
  requireBearerAuth as requireWeb,
} from '@modelcontextprotocol/server';
import type { OAuthTokenVerifier as V2Verifier } from '@modelcontextprotocol/server';
import express from 'express';
import type { RequestHandler } from 'express';
import { describe, expect, test } from 'vitest';
import {
  InsufficientScopeError,
  InvalidTokenError as OurError,
  createGate,
  fromSdkVerifier,
  staticTokens,
  toSdkVerifier,
} from '../../src/index.js';
import type {
  Decision,
  DecisionEvent,
  FromSdkVerifierOptions,
  SdkAuthInfo,
  Verifier,
} from '../../src/index.js';
import { close, listen } from '../support/issuer.js';

const RESOURCE = 'https://notes.example.com/mcp';
const now = (): number => Math.floor(Date.now() / 1000);

function gateWith(verifier: Verifier, errors: unknown[] = []) {
  return createGate({
    ...{ resource: RESOURCE, authorizationServers: ['https://idp.example.com'], verifier },
    scopes: ['notes:read', 'notes:write'],
    onError: (error) => errors.push(error),
  });
}

function check(verifier: Verifier, token = 't'): Promise<Decision> {
  const headers = { authorization: `Bearer ${token}` };
  return gateWith(verifier).check(new Request(RESOURCE, { headers }), 'notes:read');
}

describe('fromSdkVerifier', () => {
  const info = (members: object = {}): SdkAuthInfo =>
    ({
      token: 't',
      clientId: 'c',
      scopes: ['notes:read'],
      expiresAt: now() + 300,
      ...members,
    }) as never;
  const from = (answer: unknown, options?: FromSdkVerifierOptions): Verifier =>
    fromSdkVerifier({ verifyAccessToken: async () => answer as SdkAuthInfo }, options);

  test('takes verifiers of both SDKs, as they are typed there [T04]', async () => {
    class Provider implements V1Verifier, V2Verifier {
      readonly #known = 'good';
      async verifyAccessToken(token: string) {
        // A method of its object.
        if (token !== this.#known) throw new InvalidTokenError('unknown');
        const resource = new URL(RESOURCE);
        const extra = { userId: 'ray' };
        return {
          token,
          clientId: 'c',
          scopes: ['notes:read'],
          expiresAt: now() + 9,
          resource,
          extra,
        };
      }
    }
    const v1: V1Verifier = new Provider();
    const second: V2Verifier = new Provider();
    for (const verifier of [fromSdkVerifier(v1), fromSdkVerifier(second)]) {
      expect(await check(verifier, 'good')).toMatchObject({
        allowed: true,
        auth: { token: 'good', clientId: 'c', scopes: ['notes:read'], extra: { userId: 'ray' } },
      });
      expect(await check(verifier, 'bad')).toMatchObject({ status: 401 });
    }
  });

  test.each<readonly [what: string, answer: () => unknown, status: number]>([
    ['no expiry, as the SDK does [T63]', () => info({ expiresAt: undefined }), 401],
    ['an expiry that is no number [T63]', () => info({ expiresAt: Number.NaN }), 401],
    ['an expiry as text [T63]', () => info({ expiresAt: String(now() + 300) }), 401],
    ['an expiry in the past [T63]', () => info({ expiresAt: now() - 31 }), 401],
    [
      'another resource [T65]',
      () => info({ resource: new URL('https://other.example.com/mcp') }),
      401,
    ],
    [
      'another resource as text [T65]',
      () => info({ resource: 'https://other.example.com/mcp' }),
      401,
    ],
    ['a resource below [T65]', () => info({ resource: new URL(`${RESOURCE}/x`) }), 401],
    ['a resource that is null [T65]', () => info({ resource: null }), 401],
    ['a resource that is an object [T65]', () => info({ resource: {} }), 401],
    [
      'claims for another audience [T65]',
      () => info({ extra: { aud: 'https://other.example.com' } }),
      401,
    ],
    ['claims that are bound to a key [T67]', () => info({ extra: { cnf: { jkt: 'x' } } }), 401],
    ['claims that are over [T63]', () => info({ extra: { exp: 1 }, expiresAt: undefined }), 401],
    ['too few scopes [T03]', () => info({ scopes: [] }), 403],
    ['no scopes [T03]', () => info({ scopes: undefined }), 503],
    ['scopes as text [T03]', () => info({ scopes: 'notes:read' }), 503],
    ['scopes of a prototype [T03]', () => Object.create(info()) as unknown, 503],
    ['claims that are none [T04]', () => info({ extra: 'x' }), 503],
    ['nothing [T04]', () => undefined, 503],
    ['null [T04]', () => null, 503],
    ['true [T04]', () => true, 503],
  ])('refuses %s', async (_what, answer, status) => {
    expect(await check(from(answer()))).toMatchObject({ allowed: false, status });
  });

  test.each<readonly [what: string, error: unknown, status: number]>([
    ['v1’s invalid token [AH-14]', new InvalidTokenError('x'), 401],
    ['v2’s invalid token [AH-14]', new OAuthError(OAuthErrorCode.InvalidToken, 'x'), 401],
    ['v1’s trouble of its own [AH-14]', new ServerError('x'), 503],
    ['v2’s trouble of its own [AH-14]', new OAuthError(OAuthErrorCode.ServerError, 'x'), 503],
    ['any error [AH-14, T45]', new Error('x'), 503],
  ])('tells by the error: %s', async (_what, error, status) => {
    const verifyAccessToken = (): Promise<SdkAuthInfo> => Promise.reject(error as Error);
    expect(await check(fromSdkVerifier({ verifyAccessToken }))).toMatchObject({ status });
  });

  test('optional and required members are options [T63, T65]', async () => {
    const lasting = info({ expiresAt: undefined });
    expect(await check(from(lasting, { requireExpiry: false }))).toMatchObject({ allowed: true });
    expect(await check(from(info(), { requireResource: true }))).toMatchObject({ status: 401 });
    const named = info({ resource: new URL(RESOURCE) });
    expect(await check(from(named, { requireResource: true }))).toMatchObject({ allowed: true });
    const api = info({ resource: new URL('https://api.example.com/'), extra: { aud: 'api://n' } });
    const audience = ['https://api.example.com/', 'api://n'];
    expect(await check(from(api, { audience }))).toMatchObject({ allowed: true });
    expect(await check(from(api, { audience: 'api://n' }))).toMatchObject({ status: 401 });
  });

  test('options are checked at construction', () => {
    const good = { verifyAccessToken: async () => info() };
    expect(() => fromSdkVerifier({} as never)).toThrow(/verifyAccessToken/);
    for (const [path, options] of [
      ['requireExpiry', { requireExpiry: 'no' }],
      ['requireResource', { requireResource: 1 }],
      ['audience', { audience: [''] }],
      ['resource', { resource: RESOURCE }],
      ['identify', { identify: 'userId' }],
      ...['5', '', Number.NaN, Infinity, -1, 61, null, true, {}, [5], 5n].map(
        (clockTolerance) => ['clockTolerance', { clockTolerance }] as const,
      ),
    ] as const) {
      const make = (): unknown => fromSdkVerifier(good, options as never);
      expect(make).toThrow(`fromSdkVerifier.${path}: `);
    }
  });
});

describe('toSdkVerifier', () => {
  let down = false;
  const known = staticTokens({
    reader: { scopes: ['notes:read'], clientId: 'cli', subject: 'ray', expiresAt: now() + 300 },
    lasting: { scopes: ['notes:read'] },
    expired: { scopes: ['notes:read'], expiresAt: now() - 90 },
  });
  const gate = gateWith((token, context) => {
    if (down) throw new Error('the database holds secrets');
    return known(token, context);
  });
  const first: V1Verifier = toSdkVerifier(gate, { InvalidTokenError });
  const second: V2Verifier = toSdkVerifier(gate, { OAuthError });
  const expectedResource = new URL(RESOURCE);
  const resourceMetadataUrl = gate.metadata.url;

  const middlewares: readonly (readonly [string, (scopes: string[]) => RequestHandler])[] = [
    [
      'v1',
      (requiredScopes) =>
        requireV1({ verifier: first, requiredScopes, resourceMetadataUrl, expectedResource }),
    ],
    [
      'v2',
      (requiredScopes) =>
        v2.requireBearerAuth({
          verifier: second,
          requiredScopes,
          resourceMetadataUrl,
          expectedResource,
        }),
    ],
  ];

  describe.each(middlewares)('inside requireBearerAuth of %s', (_version, middleware) => {
    /** What the middleware answers, or what a handler behind it saw. */
    async function ask(
      token: string,
      scopes = ['notes:read'],
    ): Promise<[number, unknown, string | null]> {
      const app = express();
      app.get('/', middleware(scopes), async (req, res) => {
        const { auth } = req;
        const operation = { method: 'GET', url: RESOURCE, headers: new Headers() };
        // Without an `auth` of its own the gate refuses.
        const own = gate.issued(auth) ? auth : undefined;
        const { allowed } = await gate.authorize(own, operation, 'notes:read');
        res.json({ clientId: auth?.clientId, allowed });
      });
      const server: Server = createServer(app);
      try {
        const headers = { authorization: `Bearer ${token}` };
        const response = await fetch(await listen(server), { headers });
        const body: unknown = await response.json();
        return [response.status, body, response.headers.get('www-authenticate')];
      } finally {
        await close(server);
      }
    }

    test('a good token passes, and its auth is good for the gate [T04]', async () => {
      expect(await ask('reader')).toEqual([200, { clientId: 'cli', allowed: true }, null]);
    });

    test.each(['unknown', 'expired', 'lasting', 'a,b', 'u%nicode'])(
      'a 401 with a challenge for: %s [T63]',
      async (token) => {
        const [status, body, challenge] = await ask(token);
        expect(status).toBe(401);
        expect(body).toMatchObject({ error: 'invalid_token' });
        expect(challenge).toContain('error="invalid_token"');
        expect(challenge).toContain(resourceMetadataUrl);
      },
    );

    test('a 403 for a missing scope', async () => {
      const [status, body] = await ask('reader', ['notes:write']);
      expect([status, body]).toMatchObject([403, { error: 'insufficient_scope' }]);
    });

    test('a 500 without details, where the verifier cannot tell [AH-14, T44]', async () => {
      down = true;
      const [status, body, challenge] = await ask('reader').finally(() => (down = false));
      expect(status).toBe(500);
      expect(JSON.stringify([body, challenge])).not.toMatch(/database|secrets/);
      expect(challenge).toBe(null);
    });
  });

  test('inside the web form of v2', async () => {
    const ask = requireWeb({ verifier: second, requiredScopes: ['notes:read'] });
    const request = (token: string): Request =>
      new Request(RESOURCE, { headers: { authorization: `Bearer ${token}` } });
    expect(await ask(request('reader'))).toMatchObject({ token: 'reader', clientId: 'cli' });
    expect(await ask(request('unknown'))).toMatchObject({ status: 401 });
  });

  test.each(['', ' ', 'reader ', ' reader', 'reader, Bearer x', 'reader\r\nx: y', 'x\u0000'])(
    'only the very token given counts: %j [T71]',
    async (token) => {
      await expect(first.verifyAccessToken(token)).rejects.toBeInstanceOf(InvalidTokenError);
    },
  );

  test('a class that the middleware would not know is refused at construction', () => {
    for (const errors of [
      undefined,
      {},
      { InvalidTokenError: OurError },
      { InvalidTokenError: undefined },
      { OAuthError: V1OAuthError },
      { OAuthError: Error },
    ]) {
      expect(() => toSdkVerifier(gate, errors as never)).toThrow(/^toSdkVerifier: /);
    }
    for (const none of [{}, undefined, null]) {
      expect(() => toSdkVerifier(none as never, { InvalidTokenError })).toThrow(/createGate/);
    }
  });

  test('each error says what the token lacks, in the class of the SDK [AH-14]', async () => {
    const lacking = gateWith(() => {
      throw new InsufficientScopeError('notes:write');
    });
    const unreachable = gateWith(() => {
      throw new Error('the database holds secrets');
    });
    const ask = (of: typeof gate, errors: Parameters<typeof toSdkVerifier>[1]): Promise<unknown> =>
      toSdkVerifier(of, errors)
        .verifyAccessToken('unknown')
        .catch((error: unknown) => error);
    const invalid = 'The access token is invalid or expired';
    expect(await ask(gate, { InvalidTokenError })).toEqual(new InvalidTokenError(invalid));
    expect(await ask(gate, { OAuthError })).toMatchObject({
      ...{ code: 'invalid_token', message: invalid },
    });
    const lacks = 'The access token lacks a scope';
    const one = await ask(lacking, { InvalidTokenError, InsufficientScopeError: V1Scope });
    expect(one).toBeInstanceOf(V1Scope);
    expect(one).toMatchObject({ message: lacks });
    const other = await ask(lacking, { OAuthError });
    expect(other).toBeInstanceOf(OAuthError);
    expect(other).toMatchObject({ code: 'insufficient_scope', message: lacks });
    expect(await ask(lacking, { InvalidTokenError })).toEqual(new Error(lacks));
    // A class whose errors the middleware would not know is not used.
    const wrong = { InvalidTokenError, InsufficientScopeError: InvalidTokenError };
    expect(await ask(lacking, wrong)).toEqual(new Error(lacks));
    for (const errors of [{ InvalidTokenError }, { OAuthError }]) {
      const trouble = await ask(unreachable, errors);
      expect(trouble).toEqual(new Error('the access token cannot be verified now'));
    }
  });

  test('the gate sees a request with the token and nothing else', async () => {
    const events: DecisionEvent[] = [];
    const listed = createGate({
      ...{ resource: RESOURCE, verifier: known, scopes: ['notes:read', 'notes:write'] },
      allowedOrigins: [],
      onDecision: (event) => void events.push(event),
    });
    const sdk = toSdkVerifier(listed, { InvalidTokenError });
    expect(await sdk.verifyAccessToken('reader')).toMatchObject({ subject: 'ray' });
    await expect(sdk.verifyAccessToken('unknown')).rejects.toBeInstanceOf(InvalidTokenError);
    const operation = { protocol: 'http', method: 'POST', name: RESOURCE };
    expect(events).toMatchObject([{ status: 401, operation }]);
  });

  test.each([{ header: 'X-Token' }, { cookie: 'session' }])(
    'a gate whose token is in %o is a TypeError, since the SDK reads Authorization',
    (tokenFrom) => {
      const elsewhere = createGate({
        ...{ resource: RESOURCE, authorizationServers: ['https://idp.example.com'], tokenFrom },
        ...{ scopes: ['notes:read'], verifier: staticTokens({ reader: { scopes: [] } }) },
      });
      expect(() => toSdkVerifier(elsewhere, { InvalidTokenError })).toThrow(
        new TypeError(
          'toSdkVerifier: the SDK reads the token from Authorization, and this gate has tokenFrom; use protect or gate.fetch',
        ),
      );
    },
  );
});

test.each<readonly [answer: unknown, message: string]>([
  [undefined, 'verifyAccessToken returned no AuthInfo'],
  [null, 'verifyAccessToken returned no AuthInfo'],
  ['x', 'verifyAccessToken returned no AuthInfo'],
  [{}, 'verifyAccessToken returned no scopes'],
  [{ clientId: 'c' }, 'verifyAccessToken returned no scopes'],
  [Object.create({ scopes: [] }), 'verifyAccessToken returned no scopes'],
])('an answer that is %j is told of as it is', async (answer, message) => {
  const verifier = fromSdkVerifier({ verifyAccessToken: async () => answer as SdkAuthInfo });
  const context = { resource: 'https://a.test', signal: new AbortController().signal };
  await expect(Promise.resolve(verifier('t', context))).rejects.toEqual(new TypeError(message));
});

test.each([undefined, null, {}, { verifyAccessToken: 'x' }])(
  '%j is no verifier of the SDK',
  (given) => {
    expect(() => fromSdkVerifier(given as never)).toThrow(
      new TypeError('fromSdkVerifier: expected an object with verifyAccessToken'),
    );
  },
);
