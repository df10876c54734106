import { describe, expect, test } from 'vitest';
import { InvalidTokenError, createGate, fromSdkVerifier } from '../../src/index.js';
import type { Decision, VerifiedToken, Verifier } from '../../src/index.js';

const RESOURCE = 'https://notes.example.com/mcp';

async function check(verifier: Verifier): Promise<Decision> {
  const gate = createGate({ resource: RESOURCE, verifier, scopes: ['a'], verifierTimeout: 50 });
  return gate.check(new Request(RESOURCE, { headers: { authorization: 'Bearer t' } }), 'a');
}

const now = (): number => Date.now() / 1000;

describe('what a verifier may return', () => {
  test.each<readonly [what: string, value: () => unknown, status: number]>([
    ['claims', () => ({ claims: { scope: 'a' } }), 200],
    ["jose's payload", () => ({ payload: { scope: 'a' } }), 200],
    ['scopes', () => ({ scopes: ['a'] }), 200],
    ['an AuthInfo of the SDK', () => ({ token: 't', clientId: 'c', scopes: ['a'] }), 200],
    [
      'scopes beside claims that say otherwise [T03]',
      () => ({ scopes: [], claims: { scope: 'a' } }),
      403,
    ],
    ['nothing [T04]', () => undefined, 401],
    ['null [T04]', () => null, 401],
    ['a boolean [T04]', () => true, 503],
    ['a string [T04]', () => 'a', 503],
    ['an empty object [T04]', () => ({}), 503],
    ['a list [T04]', () => ['a'], 503],
    ['scopes as text [T03]', () => ({ scopes: 'a' }), 503],
    ['scopes that are no strings [T03]', () => ({ scopes: [1] }), 503],
    ['scopes with claims that are none [T04]', () => ({ scopes: ['a'], claims: 'x' }), 503],
    ['claims that are a list [T04]', () => ({ claims: [] }), 503],
    ['claims that cannot be copied [T04]', () => ({ claims: { scope: 'a', f: () => 1 } }), 503],
    ['an expired token [T63]', () => ({ claims: { scope: 'a', exp: now() - 31 } }), 401],
    [
      'one that expired a moment ago [T63]',
      () => ({ claims: { scope: 'a', exp: now() - 29 } }),
      200,
    ],
    [
      'an expiry that is no number [T63]',
      () => ({ claims: { scope: 'a', exp: '9999999999' } }),
      401,
    ],
    ['an expiry that is no time [T63]', () => ({ claims: { scope: 'a', exp: Number.NaN } }), 401],
    ['one that is not valid yet [T63]', () => ({ claims: { scope: 'a', nbf: now() + 90 } }), 401],
    ['expired scopes [T63]', () => ({ scopes: ['a'], expiresAt: now() - 31 }), 401],
    ['another audience [T65]', () => ({ claims: { scope: 'a', aud: 'https://x.example' } }), 401],
    [
      'another audience beside scopes [T65]',
      () => ({ scopes: ['a'], audience: 'https://x.example' }),
      401,
    ],
    ['this audience beside scopes [T65]', () => ({ scopes: ['a'], audience: [RESOURCE] }), 200],
    ['a binding [T67]', () => ({ claims: { scope: 'a', cnf: { jkt: 'x' } } }), 401],
    [
      'two expiries, of which that of the claims has passed [T63]',
      () => ({ scopes: ['a'], expiresAt: now() + 300, claims: { exp: now() - 31 } }),
      401,
    ],
    [
      'two expiries, of which that beside the claims has passed [T63]',
      () => ({ scopes: ['a'], expiresAt: now() - 31, claims: { exp: now() + 300 } }),
      401,
    ],
    [
      'two expiries, of which one is no time [T63]',
      () => ({ scopes: ['a'], expiresAt: now() + 300, claims: { exp: `${now() + 300}` } }),
      401,
    ],
    ['an expiry that a database does not know', () => ({ scopes: ['a'], expiresAt: null }), 200],
    [
      'an AuthInfo of the SDK for another resource [T65]',
      () => ({ scopes: ['a'], clientId: 'c', resource: new URL('https://x.example') }),
      401,
    ],
    [
      'an AuthInfo of the SDK for this resource [T65]',
      () => ({ scopes: ['a'], clientId: 'c', resource: new URL(RESOURCE) }),
      200,
    ],
    [
      'claims beside another payload, of which only one could count [T04]',
      () => ({ claims: { scope: 'a' }, payload: { exp: 1 } }),
      503,
    ],
    ['scopes beside a payload that is none [T04]', () => ({ scopes: ['a'], payload: 'x' }), 503],
  ])('%s', async (_what, value, status) => {
    for (const verifier of [value, async () => value()] as Verifier[]) {
      const decision = await check(verifier);
      expect(decision.allowed ? 200 : decision.status).toBe(status);
    }
  });
});

describe.each(['claims', 'payload'])('what a verifier says beside its %s counts', (name) => {
  const cnf = { jkt: 'x' };
  const other = 'https://x.example';
  test.each<readonly [what: string, claims: object, beside: object, status: number]>([
    ['an expiry that has passed [T63]', {}, { expiresAt: 1 }, 401],
    ['an expiry to come [T63]', {}, { expiresAt: 4e9 }, 200],
    ['an expiry that is no number [T63]', {}, { expiresAt: '4000000000' }, 401],
    ['another audience [T65]', {}, { audience: other }, 401],
    ['another audience than in the claims [T65]', { aud: RESOURCE }, { audience: other }, 401],
    ['another resource [T65]', {}, { resource: other }, 401],
    ['a binding [T67]', {}, { cnf }, 401],
    ['a subject that is no string [T150]', {}, { subject: 7 }, 401],
    ['a client that is no string [T150]', {}, { clientId: 7 }, 401],
    ['a kind that is none [T04]', {}, { kind: 'admin' }, 503],
    ['no scopes [T03]', {}, { scopes: [] }, 403],
    ['scopes that are no list [T03]', {}, { scopes: 'a' }, 503],
    ['scopes, beside an expiry in the claims [T63]', { exp: 1 }, { scopes: ['a'] }, 401],
    ['scopes, beside an audience in the claims [T65]', { aud: other }, { scopes: ['a'] }, 401],
    ['scopes, beside a binding in the claims [T67]', { cnf }, { scopes: ['a'] }, 401],
  ])('%s', async (_what, claims, beside, status) => {
    const decision = await check(
      () => ({ [name]: { scope: 'a', ...claims }, ...beside }) as unknown as VerifiedToken,
    );
    expect(decision.allowed ? 200 : decision.status).toBe(status);
  });

  test('who acts', async () => {
    const beside = { subject: 'ray', clientId: 'cli', kind: 'user' };
    const claims = { scope: 'a', sub: 'x', client_id: 'y' };
    const decision = await check(() => ({ [name]: claims, ...beside }) as unknown as VerifiedToken);
    expect(decision).toMatchObject({ allowed: true, auth: { ...beside, claims } });
  });
});

test('of two expiries the earlier one is the time when the token expires [T63]', async () => {
  const [early, late] = [now() + 100, now() + 300];
  for (const [expiresAt, exp] of [
    [early, late],
    [late, early],
  ]) {
    const decision = await check(() => ({ scopes: ['a'], expiresAt, claims: { exp } }));
    expect(decision).toMatchObject({ allowed: true, auth: { expiresAt: early } });
  }
});

test.each<readonly [what: string, verifier: Verifier]>([
  ['claims', () => ({ claims: { sub: 'ray', user: { id: 1, save() {} }, scope: 'a' } })],
  ['scopes beside claims', () => ({ scopes: ['a'], claims: { sub: 'ray', user: () => 1, x: 1 } })],
  [
    'the `extra` of an SDK verifier',
    fromSdkVerifier({
      verifyAccessToken: async () => ({
        ...{ clientId: 'c', scopes: ['a'], expiresAt: 4e9 },
        extra: { sub: 'ray', user: { id: 1, save() {} }, x: 1 },
      }),
    }),
  ],
])(
  'a function in %s: the error names the member, and what to do [T04]',
  async (_what, verifier) => {
    const errors: unknown[] = [];
    const gate = createGate({
      ...{ resource: RESOURCE, verifier, scopes: ['a'] },
      onError: (error) => void errors.push(error),
    });
    const headers = { authorization: 'Bearer t' };
    const decision = await gate.check(new Request(RESOURCE, { headers }), 'a');
    expect(decision).toMatchObject({ allowed: false, status: 503 });
    const message = 'the verifier must return data without functions: user';
    expect(errors).toEqual([expect.objectContaining({ name: 'TypeError', message })]);
  },
);

test('methods of a class do not stand in the way: they are left out', async () => {
  class User {
    readonly id = 1;
    save(): void {}
  }
  const decision = await check(() => ({ claims: { scope: 'a', user: new User() } }));
  expect(decision).toMatchObject({ allowed: true, auth: { claims: { user: { id: 1 } } } });
});

describe('what a verifier may throw', () => {
  const coded = (members: object): Error => Object.assign(new Error('x'), members);
  test.each<readonly [what: string, error: unknown, status: number]>([
    ['our error [AH-14]', new InvalidTokenError('x'), 401],
    ['our error of another copy [AH-14]', coded({ code: 'ERR_INVALID_TOKEN' }), 401],
    ['the error of SDK v1 [AH-14]', coded({ errorCode: 'invalid_token' }), 401],
    ['the error of SDK v2 [AH-14]', coded({ code: 'invalid_token' }), 401],
    ["jose's word for expired [AH-14]", coded({ code: 'ERR_JWT_EXPIRED' }), 401],
    [
      "jose's word for a bad signature [AH-14, T45]",
      coded({ code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' }),
      401,
    ],
    ["jose's word for a slow JWKS [AH-14]", coded({ code: 'ERR_JWKS_TIMEOUT' }), 503],
    ['a network error [AH-14]', coded({ code: 'ECONNREFUSED' }), 503],
    ['any error [T04, AH-14]', new Error('x'), 503],
    ['text [T04]', 'invalid_token', 503],
    ['nothing [T04]', undefined, 503],
    [
      'an object whose code cannot be read [T04]',
      Object.defineProperty({}, 'code', {
        get() {
          throw new Error('x');
        },
      }),
      503,
    ],
  ])('%s', async (_what, error, status) => {
    const verifier: Verifier = () => {
      throw error;
    };
    expect(await check(verifier)).toMatchObject({ allowed: false, status });
    expect(await check(() => Promise.reject(error as Error))).toMatchObject({ status });
  });

  test('its message is never sent to the client [T44]', async () => {
    for (const error of [new InvalidTokenError('secret detail'), new Error('secret detail')]) {
      const decision = await check(() => Promise.reject(error));
      expect(JSON.stringify(decision)).not.toContain('secret');
    }
  });
});

test('a verifier gets the resource, and a signal that is aborted when the gate stops waiting [T04, T05]', async () => {
  let seen: unknown;
  let aborted: Promise<unknown> = Promise.resolve();
  const decision = await check((token, context) => {
    const { resource, signal } = context;
    seen = { token, resource, waiting: !signal.aborted };
    aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    return new Promise(() => {});
  });
  expect(decision).toMatchObject({ status: 503 });
  expect(seen).toEqual({ token: 't', resource: RESOURCE, waiting: true });
  await aborted;
});
