/** The exchange itself: the request, what is kept, who gets which token, and what is not used. */
import { generateKeyPairSync } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InsufficientScopeError, createGate } from '../../src/index.js';
import type { Auth } from '../../src/index.js';
import {
  UpstreamTokenError,
  auth0Exchange,
  entraOnBehalfOf,
  keycloakExchange,
  oktaExchange,
  upstreamTokens,
} from '../../src/exchange/index.js';
import { memoryRevocations } from '../../src/token/revocations/index.js';
import type { Revocation, Revocations } from '../../src/token/index.js';
import {
  ACCESS_TOKEN,
  RESOURCE,
  SECRET,
  json,
  payloadOf,
  startHops,
  subjectOf,
} from './support.js';
import type { Scope, Hops } from './support.js';

let hops: Hops;
let now: number;
beforeEach(async () => {
  now = Date.now();
  hops = await startHops({ clock: () => now });
});
afterEach(() => hops.close());

const good = (token = 'up~ray~x'): Record<string, unknown> => ({
  ...{ access_token: token, issued_token_type: ACCESS_TOKEN, token_type: 'Bearer' },
  expires_in: 3600,
});

/** What a call of `token` ends in. */
async function outcome(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof InsufficientScopeError) return error.requiredScopes;
    return error instanceof UpstreamTokenError ? [error.code, error.status] : error;
  }
}

describe('the request', () => {
  test('is that of RFC 8693, with the scopes that go with the caller’s [TE-2, TE-3, TE-5]', async () => {
    const auth = await hops.login(['notes:read']);
    await hops.upstream().token(auth);
    const [seen] = hops.as.seen.filter(({ url }) => url === '/token');
    expect(seen).toMatchObject({ method: 'POST', url: '/token' });
    expect(seen?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded\b/);
    expect(Object.fromEntries(new URLSearchParams(seen?.body))).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      ...{ subject_token: auth.token, subject_token_type: ACCESS_TOKEN },
      ...{ requested_token_type: ACCESS_TOKEN, resource: `${hops.api.origin}/` },
      ...{ scope: 'api.read', client_id: 'notes-api', client_secret: SECRET },
    });
  });

  test('has an actor token and its type, both or neither [TE-6]', async () => {
    const auth = await hops.login(['notes:read']);
    await hops.upstream({ actorToken: async () => 'the-actor' }).token(auth);
    await hops.upstream().token(auth);
    const [first, second] = hops.exchanges().map((form) => Object.fromEntries(form));
    expect(first).toMatchObject({ actor_token: 'the-actor', actor_token_type: ACCESS_TOKEN });
    expect(second).not.toHaveProperty('actor_token');
    expect(second).not.toHaveProperty('actor_token_type');
  });

  test('has the audience, further parameters, and other token types [TE-5]', async () => {
    const jwt = 'urn:ietf:params:oauth:token-type:jwt';
    const upstream = hops.upstream({
      ...{ resource: undefined as never, audience: 'orders', parameters: { organization: 'o1' } },
      ...{ subjectTokenType: jwt, requestedTokenType: jwt },
    });
    await upstream.token(await hops.login(['notes:write']));
    expect(Object.fromEntries(hops.exchanges()[0] ?? [])).toMatchObject({
      ...{ audience: 'orders', organization: 'o1', scope: 'api.read api.write' },
      ...{ subject_token_type: jwt, requested_token_type: jwt },
    });
  });

  test('is signed, with private_key_jwt [TE-4]', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const clientAuthentication = {
      method: 'private_key_jwt',
      key: privateKey,
      alg: 'ES256',
    } as const;
    await hops.upstream({ clientAuthentication }).token(await hops.login(['notes:read']));
    const assertion = payloadOf(hops.exchanges()[0]?.get('client_assertion') ?? null);
    expect(assertion).toMatchObject({ iss: 'notes-api', sub: 'notes-api', aud: hops.as.origin });
  });

  test('is client credentials for a client that acts for itself, if allowed [TE-14]', async () => {
    const machine = await hops.login(['notes:read'], 'desk');
    expect(machine.kind).toBe('client');
    await hops.upstream({ clientCredentials: true }).token(machine);
    await hops.upstream({ clientCredentials: true }).token(await hops.login(['notes:read']));
    await hops.upstream().token(machine);
    expect(hops.exchanges().map((form) => form.get('grant_type'))).toEqual([
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:token-exchange',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ]);
    expect(hops.exchanges()[0]?.has('subject_token')).toBe(false);
  });

  test('finds the endpoint in the metadata of the exact issuer [TE-16]', async () => {
    hops.as.answer = ({ url }, response) =>
      json(response, 200, {
        ...{ issuer: 'https://evil.example.com', token_endpoint: `${hops.as.origin}${url}` },
      });
    const auth = await hops.login(['notes:read']);
    expect(await outcome(hops.upstream().token(auth))).toEqual(['exchange_unavailable', 503]);
    expect(hops.as.seen.every(({ body }) => body === '')).toBe(true);
  });
});

describe('what is kept', () => {
  test('50 exchanges for 1,000 calls of 50 users, each with its own token [TE-10, T166]', async () => {
    const upstream = hops.upstream();
    const users = await Promise.all(
      Array.from({ length: 50 }, (_, i) => hops.login(['notes:read'], `user-${i}`)),
    );
    const calls = Array.from({ length: 1000 }, (_, i) => users[i % 50] as Auth<Scope>);
    const answers = await Promise.all(
      calls.map(async (auth) => {
        const response = await upstream.fetch(auth, '/notes');
        return ((await response.json()) as { sub: string }).sub === auth.subject;
      }),
    );
    expect(answers.filter(Boolean)).toHaveLength(1000);
    expect(hops.exchanges()).toHaveLength(50);
    expect(hops.api.seen).toHaveLength(1000);
  });

  test('by caller, token and scopes; nothing without a subject [TE-10, T166]', async () => {
    const upstream = hops.upstream();
    const ray = await hops.login(['notes:read', 'notes:write']);
    const again = await hops.login(['notes:read', 'notes:write'], 'ray', { jti: 'another' });
    const tokens = [
      await upstream.token(ray),
      await upstream.token(ray),
      await upstream.token(ray, { scope: 'api.read' }),
      await upstream.token(again),
      await upstream.token(await hops.login(['notes:write'], 'eve')),
    ];
    expect(tokens[0]).toBe(tokens[1]);
    expect(new Set(tokens).size).toBe(4);
    const nobody = await hops.login(['notes:read'], undefined, { sub: undefined });
    const anonymous = await Promise.all([1, 2].map(() => upstream.token(nobody)));
    expect(nobody.bindingKey).toBeUndefined();
    expect(new Set(anonymous).size).toBe(2);
  });

  test('each API has its own tokens, also for the same caller and scopes [T166]', async () => {
    const auth = await hops.login(['notes:read']);
    const other = { resource: undefined as never, audience: 'billing' };
    const [orders, billing] = [hops.upstream(), hops.upstream(other)];
    expect(await orders.token(auth)).not.toBe(await billing.token(auth));
    expect(await orders.token(auth)).toBe(await orders.token(auth));
    expect(hops.exchanges().map((form) => form.get('audience'))).toEqual([null, 'billing']);
  });

  test.each([
    ['the answer’s expiry', 100, 3600, 90],
    ['the caller’s expiry', 3600, 60, 60],
    ['a minute, without an expiry', undefined, 3600, 60],
    ['the option', 3600, 3600, 300],
  ])('until %s [TE-9, T167]', async (_, expires_in, inbound, seconds) => {
    hops.as.answer = answerToken((response) => json(response, 200, { ...good(), expires_in }));
    const upstream = hops.upstream();
    const auth = await hops.login(['notes:read'], 'ray', {
      exp: Math.floor(now / 1000) + inbound,
    });
    const start = Math.floor(now / 1000) * 1000;
    now = start;
    await upstream.token(auth);
    now = start + (seconds - 1) * 1000;
    await upstream.token(auth);
    expect(hops.exchanges()).toHaveLength(1);
    now = start + seconds * 1000;
    await upstream.token(auth);
    expect(hops.exchanges()).toHaveLength(2);
  });

  test('a failure, for some seconds [TE-11]', async () => {
    hops.as.answer = answerToken((response) => json(response, 500, {}));
    const upstream = hops.upstream();
    const auth = await hops.login(['notes:read']);
    for (let i = 0; i < 5; i++) {
      expect(await outcome(upstream.token(auth))).toEqual(['exchange_unavailable', 503]);
    }
    expect(hops.exchanges()).toHaveLength(1);
    now += 4000;
    hops.as.answer = undefined;
    expect(await upstream.token(auth)).toMatch(/^up~ray/);
  });

  describe('until a revocation of the gate', () => {
    let revocations: Revocations;
    let guarded: Hops;
    const until = { until: 4e9 };
    beforeEach(async () => {
      revocations = memoryRevocations();
      guarded = await startHops({ clock: () => now, revocations });
    });
    afterEach(() => guarded.close());

    test.each<[string, Revocation, readonly string[]]>([
      ['a subject', { subject: 'ray' }, ['ray']],
      ['a token', { jti: 'j2' }, ['eve']],
      ['another subject', { subject: 'mia' }, []],
      ['a client', { clientId: 'desk' }, ['ray', 'eve']],
      ['what was issued before', { issuedBefore: 1500 }, ['ray']],
      ['what was issued before, of one subject', { issuedBefore: 1500, subject: 'eve' }, []],
    ])('of %s [TE-9, T167]', async (_, revocation, revoked) => {
      const upstream = guarded.upstream();
      const callers = await Promise.all([
        guarded.login(['notes:read'], 'ray', { jti: 'j1', iat: 1000 }),
        guarded.login(['notes:read'], 'eve', { jti: 'j2', iat: 2000 }),
      ]);
      await Promise.all(callers.map((auth) => upstream.token(auth)));
      await revocations.revoke(revocation, until);
      // A handler that still holds the auth gets no token any more, and causes no exchange.
      for (const auth of callers) {
        const ended = await outcome(upstream.fetch(auth, '/notes'));
        if (revoked.includes(auth.subject ?? '')) expect(ended).toEqual(['not_exchangeable', 503]);
        else expect(ended).toMatchObject({ status: 200 });
      }
      expect(guarded.exchanges()).toHaveLength(2);
      expect(guarded.api.seen).toHaveLength(2 - revoked.length);
    });

    test('while the exchange runs: its token is not handed out [TE-9, T167]', async () => {
      const upstream = guarded.upstream();
      const auth = await guarded.login(['notes:read']);
      const other = await guarded.login(['notes:read'], 'eve');
      guarded.as.answer = ({ url, body }, response) => {
        if (url === '/token') {
          void revocations.revoke({ subject: 'ray' }, until);
          json(
            response,
            200,
            good(`up~${payloadOf(new URLSearchParams(body).get('subject_token'))?.['sub']}~x`),
          );
        } else
          json(response, 200, {
            issuer: guarded.as.origin,
            token_endpoint: `${guarded.as.origin}/token`,
          });
      };
      const calls = [auth, auth, other].map((one) => outcome(upstream.fetch(one, '/notes')));
      expect(await Promise.all(calls)).toEqual([
        ['not_exchangeable', 503],
        ['not_exchangeable', 503],
        expect.objectContaining({ status: 200 }),
      ]);
      expect(guarded.api.seen.map(({ headers }) => headers.authorization)).toEqual([
        'Bearer up~eve~x',
      ]);
    });

    test('a list that cannot tell: no exchange, no kept token [T168]', async () => {
      let fails = false;
      const list: Revocations = {
        ...revocations,
        isRevoked: () => {
          if (fails) throw new Error('the connection is lost');
          return false;
        },
      };
      const unsure = await startHops({ clock: () => now, revocations: list });
      const upstream = unsure.upstream();
      const auth = await unsure.login(['notes:read']);
      await upstream.token(auth);
      fails = true;
      expect(await outcome(upstream.fetch(auth, '/notes'))).toEqual(['not_exchangeable', 503]);
      expect([unsure.exchanges().length, unsure.api.seen.length]).toEqual([1, 0]);
      await unsure.close();
    });
  });

  test('not after `revoke`, nor what was asked for before it, also by those who wait [TE-9, T167]', async () => {
    const upstream = hops.upstream();
    const ray = await hops.login(['notes:read']);
    const eve = await hops.login(['notes:read'], 'eve');
    const kept = [await upstream.token(ray), await upstream.token(eve)];
    upstream.revoke((claims) => claims['sub'] === 'eve');
    expect(await upstream.token(ray)).toBe(kept[0]);
    expect(await upstream.token(eve)).not.toBe(kept[1]);

    upstream.revoke((claims) => claims['sub'] === 'ray');
    const waiting: ServerResponse[] = [];
    hops.as.answer = answerToken((response) => waiting.push(response));
    const before = upstream.token(ray);
    while (waiting.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    upstream.revoke((claims) => claims['sub'] === 'ray');
    const after = upstream.token(ray);
    while (waiting.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const [index, response] of waiting.entries())
      json(response, 200, good(`up~ray~w${index}`));
    expect([await before, await after, await upstream.token(ray)]).toEqual([
      'up~ray~w0',
      'up~ray~w1',
      'up~ray~w1',
    ]);
  });

  test('only so many exchanges at once: the next one is refused', async () => {
    const waiting: ServerResponse[] = [];
    hops.as.answer = answerToken((response) => waiting.push(response));
    const upstream = hops.upstream({ maxConcurrentRequests: 2 });
    const users = await Promise.all(
      ['a', 'b', 'c'].map((name) => hops.login(['notes:read'], name)),
    );
    const calls = users.map((auth) => outcome(upstream.token(auth)));
    expect(await Promise.race(calls)).toEqual(['exchange_unavailable', 503]);
    while (waiting.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    // A caller whose exchange is under way waits for it, and one that was refused may try at once.
    const joined = outcome(upstream.token(users[0] as Auth<Scope>));
    for (const response of waiting.splice(0)) json(response, 200, good());
    const ended = await Promise.all(calls);
    expect(ended.filter((one) => one === 'up~ray~x')).toHaveLength(2);
    expect(await joined).toBe('up~ray~x');
    hops.as.answer = undefined;
    const refused = users[ended.findIndex((one) => one !== 'up~ray~x')];
    expect(await upstream.token(refused as Auth<Scope>)).toMatch(/^up~/);
  });
});

/** Answers the token endpoint in another way; the metadata stays. */
function answerToken(answer: (response: ServerResponse, form: URLSearchParams) => void) {
  return (
    { url, body }: { readonly url: string; readonly body: string },
    response: ServerResponse,
  ) => {
    if (url === '/token') answer(response, new URLSearchParams(body));
    else json(response, 200, { issuer: hops.as.origin, token_endpoint: `${hops.as.origin}/token` });
  };
}

const jwtFor = (aud: unknown): string =>
  [{ alg: 'none' }, { aud }, 0]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');

describe('no token, and no call of the API', () => {
  test.each<[string, (response: ServerResponse) => void, unknown]>([
    ['500', (r) => json(r, 500, {}), ['exchange_unavailable', 503]],
    [
      '503 with an OAuth error',
      (r) => json(r, 503, { error: 'temporarily_unavailable' }),
      ['exchange_unavailable', 503],
    ],
    ['429', (r) => json(r, 429, { error: 'slow_down' }), ['exchange_unavailable', 503]],
    ['a closed connection', (r) => r.destroy(), ['exchange_unavailable', 503]],
    ['silence', () => undefined, ['exchange_unavailable', 503]],
    [
      'a body without end',
      (r) => r.writeHead(200, { 'content-type': 'application/json' }).write('{"access'),
      ['exchange_unavailable', 503],
    ],
    [
      'a large body',
      (r) => json(r, 200, { ...good(), x: 'x'.repeat(300_000) }),
      ['exchange_unavailable', 503],
    ],
    [
      '302 to another server',
      (r) => r.writeHead(302, { location: 'https://evil.example.com/' }).end(),
      ['exchange_invalid', 502],
    ],
    [
      '307 to itself',
      (r) => r.writeHead(307, { location: '/token' }).end(),
      ['exchange_invalid', 502],
    ],
    ['204', (r) => r.writeHead(204).end(), ['exchange_invalid', 502]],
    [
      'HTML',
      (r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<p>login</p>'),
      ['exchange_invalid', 502],
    ],
    ['junk', (r) => json(r, 200, '{"access_token":'), ['exchange_invalid', 502]],
    ['a list', (r) => json(r, 200, [good()]), ['exchange_invalid', 502]],
    ['null', (r) => json(r, 200, 'null'), ['exchange_invalid', 502]],
    [
      'a repeated member',
      (r) => json(r, 200, `{"access_token":"a",${JSON.stringify(good()).slice(1)}`),
      ['exchange_invalid', 502],
    ],
    [
      'no token',
      (r) => json(r, 200, { ...good(), access_token: undefined }),
      ['exchange_invalid', 502],
    ],
    ['a token with a space', (r) => json(r, 200, good('a b')), ['exchange_invalid', 502]],
    [
      'a token with a line break',
      (r) => json(r, 200, good('a\r\nx-admin: 1')),
      ['exchange_invalid', 502],
    ],
    [
      'a token of 20,000 characters',
      (r) => json(r, 200, good('x'.repeat(20_000))),
      ['exchange_invalid', 502],
    ],
    [
      'token_type N_A',
      (r) => json(r, 200, { ...good(), token_type: 'N_A' }),
      ['exchange_invalid', 502],
    ],
    [
      'token_type DPoP',
      (r) => json(r, 200, { ...good(), token_type: 'DPoP' }),
      ['exchange_invalid', 502],
    ],
    [
      'no token_type',
      (r) => json(r, 200, { ...good(), token_type: undefined }),
      ['exchange_invalid', 502],
    ],
    [
      'an ID token',
      (r) =>
        json(r, 200, { ...good(), issued_token_type: 'urn:ietf:params:oauth:token-type:id_token' }),
      ['exchange_invalid', 502],
    ],
    [
      'a refresh token',
      (r) =>
        json(r, 200, {
          ...good(),
          issued_token_type: 'urn:ietf:params:oauth:token-type:refresh_token',
        }),
      ['exchange_invalid', 502],
    ],
    [
      'no issued_token_type',
      (r) => json(r, 200, { ...good(), issued_token_type: undefined }),
      ['exchange_invalid', 502],
    ],
    [
      'expires_in -1',
      (r) => json(r, 200, { ...good(), expires_in: -1 }),
      ['exchange_invalid', 502],
    ],
    ['expires_in 0', (r) => json(r, 200, { ...good(), expires_in: 0 }), ['exchange_invalid', 502]],
    [
      'expires_in "300"',
      (r) => json(r, 200, { ...good(), expires_in: '300' }),
      ['exchange_invalid', 502],
    ],
    [
      'expires_in null',
      (r) => json(r, 200, { ...good(), expires_in: null }),
      ['exchange_invalid', 502],
    ],
    [
      'more scopes',
      (r) => json(r, 200, { ...good(), scope: 'api.read api.admin' }),
      ['exchange_invalid', 502],
    ],
    [
      'a list of scopes',
      (r) => json(r, 200, { ...good(), scope: ['api.read'] }),
      ['exchange_invalid', 502],
    ],
    [
      'another audience',
      (r) => json(r, 200, good(jwtFor('https://other.example.com/'))),
      ['exchange_invalid', 502],
    ],
    [
      'audiences without the API',
      (r) => json(r, 200, good(jwtFor(['a', 'b']))),
      ['exchange_invalid', 502],
    ],
    [
      '400 invalid_request',
      (r) => json(r, 400, { error: 'invalid_request' }),
      ['exchange_refused', 502],
    ],
    [
      '400 invalid_target',
      (r) => json(r, 400, { error: 'invalid_target' }),
      ['exchange_refused', 502],
    ],
    [
      '400 invalid_grant',
      (r) => json(r, 400, { error: 'invalid_grant' }),
      ['exchange_refused', 502],
    ],
    ['400 without an error', (r) => json(r, 400, {}), ['exchange_invalid', 502]],
    [
      '401 invalid_client',
      (r) => json(r, 401, { error: 'invalid_client' }),
      ['exchange_refused', 502],
    ],
    [
      '401 with a challenge',
      (r) => r.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
      ['exchange_refused', 502],
    ],
    ['fewer scopes', (r) => json(r, 200, { ...good(), scope: '' }), []],
    ['400 invalid_scope', (r) => json(r, 400, { error: 'invalid_scope' }), []],
  ])('%s [TE-7, TE-8, TE-11, T165, T168, T169]', async (what, answer, expected) => {
    hops.as.answer = answerToken(answer);
    const errors: unknown[] = [];
    const endless = what === 'silence' || what === 'a body without end';
    const upstream = hops.upstream({
      ...(endless && { timeout: 500 }),
      onError: (error) => errors.push(error),
    });
    const auth = await hops.login(['notes:read']);
    expect(await outcome(upstream.fetch(auth, '/notes'))).toEqual(expected);
    expect(hops.api.seen).toEqual([]);
    expect(errors.length).toBeGreaterThan(0);
    const text = errors.map(
      (error) => `${String(error)} ${(error as Error).stack} ${JSON.stringify(error)}`,
    );
    expect(text.join()).not.toContain(auth.token);
    expect(text.join()).not.toContain(SECRET);
    expect(text.join()).not.toContain('api.admin');
  });

  test('a polluted prototype loosens no check [T169]', async () => {
    const prototype: Record<string, unknown> = Object.prototype as never;
    const names = ['otherScopes', 'untypedAnswers', 'otherAudience', 'foldScopes'];
    hops.as.answer = answerToken((response) =>
      json(response, 200, { ...good(jwtFor('other')), issued_token_type: undefined, scope: 'x' }),
    );
    const auth = await hops.login(['notes:read']);
    for (const name of names) {
      Object.defineProperty(prototype, name, { value: true, configurable: true });
    }
    try {
      expect(await outcome(hops.upstream().token(auth))).toEqual(['exchange_invalid', 502]);
    } finally {
      for (const name of names) delete prototype[name];
    }
  });

  test("the caller's own token comes back [TE-1, T165]", async () => {
    hops.as.answer = answerToken((response, form) =>
      json(response, 200, good(form.get('subject_token') ?? '')),
    );
    const auth = await hops.login(['notes:read']);
    expect(
      await outcome(hops.upstream({ provider: undefined as never }).fetch(auth, '/n')),
    ).toEqual(['exchange_invalid', 502]);
    expect(hops.api.seen).toEqual([]);
  });

  test('the server is not there', async () => {
    await hops.as.close();
    const auth = await hops.login(['notes:read']);
    expect(await outcome(hops.upstream().fetch(auth, '/n'))).toEqual(['exchange_unavailable', 503]);
  });

  test('an auth that this gate did not make [TE-14, T170]', async () => {
    const upstream = hops.upstream();
    const auth = await hops.login(['notes:read']);
    const other = createGate<Scope>({
      ...{ resource: RESOURCE, scopes: ['notes:read', 'notes:write', 'notes:admin'] },
      verifier: hops.issuer.verifier(),
    });
    const foreign = upstreamTokens(other, {
      ...{ issuer: hops.as.origin, clientId: 'x', audience: 'y', allowInsecureLoopback: true },
      clientAuthentication: { method: 'client_secret_post', secret: 's' },
    });
    for (const forged of [undefined, null, {}, { ...auth }, Object.create(auth), auth.token]) {
      expect(await outcome(upstream.token(forged as never))).toBeInstanceOf(TypeError);
    }
    expect(await outcome(foreign.token(auth))).toBeInstanceOf(TypeError);
    expect(hops.exchanges()).toEqual([]);
  });

  test('a token of another issuer, unless it is named [TE-14, T170]', async () => {
    const claims = { ...{ aud: RESOURCE, sub: 'ray', client_id: 'desk', scope: 'notes:read' } };
    const gate = createGate<Scope>({
      ...{ resource: RESOURCE, scopes: ['notes:read', 'notes:write', 'notes:admin'] },
      verifier: (token) => ({ claims: { ...claims, iss: token.split('|')[0] } }),
      tokenSyntax: 'opaque',
    });
    const authOf = async (iss: string): Promise<Auth<Scope>> => {
      const headers = { authorization: `Bearer ${iss}|a-token-of-one-issuer` };
      const decision = await gate.check(new Request(RESOURCE, { headers }), 'notes:read');
      if (!decision.allowed || decision.auth === undefined) throw new Error('not allowed');
      return decision.auth;
    };
    const options = {
      ...{ issuer: hops.as.origin, clientId: 'x', audience: 'y', allowInsecureLoopback: true },
      clientAuthentication: { method: 'client_secret_post', secret: 's' } as const,
    };
    const other = 'https://other.example.com';
    expect(await outcome(upstreamTokens(gate, options).token(await authOf(other)))).toEqual([
      'not_exchangeable',
      503,
    ]);
    expect(hops.exchanges()).toEqual([]);
    const partner = upstreamTokens(gate, { ...options, subjectIssuers: [other] });
    await partner.token(await authOf(other));
    await partner.token(await authOf(hops.as.origin));
    expect(hops.exchanges()).toHaveLength(2);
  });

  test.each<[string, unknown, unknown]>([
    ['this server', { sub: 'notes-api' }, 1],
    ['this server by client_id', { client_id: 'notes-api' }, 1],
    ['this server by another name', { sub: 'notes@clients' }, 1],
    ['another party', { sub: 'eve' }, 0],
    ['this name at another issuer', { sub: 'notes-api', iss: 'https://other.example.com' }, 0],
    ['nobody', {}, 0],
    ['a text', 'notes-api', 0],
    ['null', null, 0],
  ])('`may_act` names %s: %s exchanges [DL-6]', async (_, may_act, count) => {
    const auth = await hops.login(['notes:read'], 'ray', { may_act });
    const upstream = hops.upstream({ actorSubject: 'notes@clients' });
    const ended = await outcome(upstream.token(auth));
    expect(hops.exchanges()).toHaveLength(Number(count));
    if (count === 0) expect(ended).toEqual([]);
  });
});

describe('missing consent, in the scopes of the gate', () => {
  const refuse = (body: unknown, status = 400) =>
    answerToken((response) => json(response, status, body));
  /** A baseline that the caller's scopes do not bring. */
  const baseline = {
    scope: ['api.read', 'api.write'],
    scopes: { 'notes:write': 'api.write', 'notes:read': 'api.read' },
  } as const;

  test.each<[string, unknown, unknown]>([
    ['invalid_scope', { error: 'invalid_scope' }, ['notes:read', 'notes:write']],
    ['insufficient_scope', { error: 'insufficient_scope' }, ['notes:read', 'notes:write']],
    ['consent_required', { error: 'consent_required' }, ['notes:read', 'notes:write']],
    ['interaction_required', { error: 'interaction_required' }, ['notes:read', 'notes:write']],
    [
      "Entra's suberror",
      { error: 'invalid_grant', suberror: 'consent_required' },
      ['notes:read', 'notes:write'],
    ],
    [
      "Entra's code",
      { error: 'invalid_grant', error_codes: [65001] },
      ['notes:read', 'notes:write'],
    ],
    [
      'invalid_target',
      { error: 'invalid_target', suberror: 'consent_required' },
      ['exchange_refused', 502],
    ],
    ['invalid_grant', { error: 'invalid_grant', error_codes: [50013] }, ['exchange_refused', 502]],
    [
      "Entra's bad_token",
      { error: 'invalid_grant', suberror: 'bad_token' },
      ['exchange_refused', 502],
    ],
    ['an error that is no text', { error: ['invalid_scope'] }, ['exchange_invalid', 502]],
  ])('%s [TE-12]', async (_, body, expected) => {
    hops.as.answer = refuse(body);
    const ended = await outcome(hops.upstream(baseline).token(await hops.login(['notes:read'])));
    expect(ended).toEqual(expected);
  });

  test('a narrower answer is missing consent, and nothing is called [TE-8, TE-12]', async () => {
    hops.as.answer = answerToken((response) =>
      json(response, 200, { ...good(), scope: 'api.read' }),
    );
    const upstream = hops.upstream(baseline);
    const auth = await hops.login(['notes:read']);
    expect(await outcome(upstream.fetch(auth, '/notes'))).toEqual(['notes:read', 'notes:write']);
    expect(hops.api.seen).toEqual([]);
  });

  test('a caller that has all of it is denied, without scopes [T174]', async () => {
    hops.as.answer = refuse({ error: 'consent_required' });
    const auth = await hops.login(['notes:read', 'notes:write']);
    expect(await outcome(hops.upstream(baseline).token(auth))).toEqual([]);
  });

  test('what the call needs and the caller lacks is known before any request', async () => {
    const upstream = hops.upstream();
    const auth = await hops.login(['notes:read']);
    expect(await outcome(upstream.token(auth, { scope: 'api.write' }))).toEqual(['notes:write']);
    expect(await outcome(upstream.token(await hops.login(['notes:admin'])))).toEqual([]);
    expect(hops.as.seen).toEqual([]);
    expect(await outcome(upstream.token(auth, { scope: 'api.admin' }))).toBeInstanceOf(TypeError);
    expect(await upstream.token(auth, { scope: ['api.read'] })).toMatch(/^up~ray/);
  });
});

describe('providers', () => {
  const tenant = '11111111-2222-3333-4444-555555555555';
  const through = (answer: Record<string, unknown>) => {
    const seen: { url: string; form: URLSearchParams }[] = [];
    return {
      seen,
      fetch: async (url: string, init: RequestInit) => {
        seen.push({ url, form: new URLSearchParams(init.body as URLSearchParams) });
        return Response.json(answer);
      },
    };
  };

  test('Entra: the on-behalf-of grant, at the endpoint of the tenant [TE-15]', async () => {
    const scope = 'https://graph.microsoft.com/Files.Read';
    const { seen, fetch } = through({
      ...{ access_token: 'up', token_type: 'Bearer', expires_in: 3599 },
      scope: 'https://graph.microsoft.com/files.read https://graph.microsoft.com/User.Read',
    });
    const upstream = hops.upstream({
      ...{ provider: entraOnBehalfOf({ tenant }), fetch, resource: undefined as never },
      ...{ scopes: { 'notes:read': scope }, subjectIssuers: [hops.as.origin] },
    });
    const auth = await hops.login(['notes:read']);
    expect(await upstream.token(auth)).toBe('up');
    expect(seen[0]?.url).toBe(`https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`);
    expect(Object.fromEntries(seen[0]?.form ?? [])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      ...{ assertion: auth.token, requested_token_use: 'on_behalf_of', scope },
      ...{ client_id: 'notes-api', client_secret: SECRET },
    });
  });

  test.each([
    [
      'Auth0',
      auth0Exchange({ domain: 'x.eu.auth0.com' }),
      'https://x.eu.auth0.com/oauth/token',
      undefined,
    ],
    [
      'Keycloak',
      keycloakExchange({ issuer: 'https://id.example.com/realms/m' }),
      'https://id.example.com/realms/m/protocol/openid-connect/token',
      'api.read profile email',
    ],
    [
      'Okta',
      oktaExchange({ issuer: 'https://x.okta.com/oauth2/a' }),
      'https://x.okta.com/oauth2/a/v1/token',
      'api.read',
    ],
  ])(
    '%s: the grant of RFC 8693, at its own endpoint [TE-2]',
    async (name, provider, url, scope) => {
      const issued = name === 'Auth0' ? undefined : ACCESS_TOKEN;
      const answer = { access_token: 'up', token_type: 'Bearer', expires_in: 300, scope };
      const { seen, fetch } = through({ ...answer, issued_token_type: issued });
      const upstream = hops.upstream({
        ...{ provider, fetch, resource: undefined as never, audience: 'orders' },
        subjectIssuers: [hops.as.origin],
      });
      expect(await upstream.token(await hops.login(['notes:read']))).toBe('up');
      expect(seen[0]?.url).toBe(url);
      expect(seen[0]?.form.get('audience')).toBe('orders');
    },
  );

  test('only known hosts and tenants', () => {
    expect(() => entraOnBehalfOf({ tenant: 'common' })).toThrow(/entraOnBehalfOf\.tenant/);
    expect(() => hops.upstream({ provider: auth0Exchange({ domain: 'x/../y' }) })).toThrow(
      /issuer/,
    );
    expect(() =>
      hops.upstream({ provider: keycloakExchange({ issuer: 'http://k.example.com' }) }),
    ).toThrow(/issuer/);
  });
});

describe('options', () => {
  test.each<[string, object, RegExp]>([
    ['no client authentication', { clientAuthentication: undefined }, /clientAuthentication/],
    [
      'no secret',
      { clientAuthentication: { method: 'client_secret_post', secret: '' } },
      /clientAuthentication\.secret/,
    ],
    ['no client', { clientId: '' }, /upstreamTokens\.clientId/],
    ['a fragment', { resource: 'https://api.example.com/#x' }, /upstreamTokens\.resource/],
    ['no URL', { resource: 'orders' }, /upstreamTokens\.resource/],
    ['two targets', { audience: 'orders' }, /upstreamTokens\.audience/],
    ['no target', { resource: undefined, scopes: undefined }, /upstreamTokens\.resource/],
    [
      'a scope that the gate does not have',
      { scopes: { 'notes:drop': 'api.drop' } },
      /scopes\['notes:drop'\].*catalogue/,
    ],
    ['no scope of the API', { scopes: { 'notes:read': '' } }, /scopes\['notes:read'\]/],
    ['a list of anything', { scopes: { 'notes:read': ['a b'] } }, /scopes\['notes:read'\]/],
    ['an empty baseline', { scope: [] }, /upstreamTokens\.scope/],
    ['http', { allowInsecureLoopback: false }, /must use https/],
    [
      'two servers',
      {
        provider: oktaExchange({ issuer: 'https://x.okta.com/a' }),
        issuer: 'https://x.example.com',
      },
      /upstreamTokens\.issuer/,
    ],
    ['a parameter of ours', { parameters: { subject_token: 'x' } }, /parameters\.subject_token/],
    [
      'a secret as a parameter',
      { parameters: { client_secret: 'x' } },
      /parameters\.client_secret/,
    ],
    ['a misspelt option', { audiences: 'x' }, /upstreamTokens\.audiences: unknown option/],
    [
      'shared tokens that are bound to a key of one process',
      {
        dpop: true,
        cache: { shared: { find: async () => undefined, store: async () => undefined } },
      },
      /upstreamTokens\.cache\.shared/,
    ],
    [
      'a cache of another kind',
      { cache: { shared: { get: () => undefined, set: () => undefined } } },
      /upstreamTokens\.cache\.shared/,
    ],
    ['a time of no use', { cache: { ttl: Infinity } }, /upstreamTokens\.cache\.ttl/],
  ])('%s: a TypeError that names it [TE-4, TE-5]', (_, options, message) => {
    expect(() => hops.upstream(options)).toThrow(message);
    expect(() => hops.upstream(options)).toThrow(TypeError);
  });

  test('a gate of another copy', () => {
    expect(() => upstreamTokens({} as never, {} as never)).toThrow(TypeError);
  });
});

test('the error carries a status that frameworks know, and nothing else', async () => {
  const error = new UpstreamTokenError('exchange_refused', 'secret');
  expect(error).toMatchObject({ status: 502, statusCode: 502 });
  const response = error.getResponse();
  expect([response.status, await response.text()]).toEqual([502, '']);
  expect(subjectOf('up~ray~1')).toBe('ray');
});
