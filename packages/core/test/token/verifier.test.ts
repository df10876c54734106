import { describe, expect, test } from 'vitest';
import { InvalidTokenError, createGate } from '../../src/index.js';
import type { Decision, Verifier } from '../../src/index.js';

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
  ])('%s', async (_what, value, status) => {
    for (const verifier of [value, async () => value()] as Verifier[]) {
      const decision = await check(verifier);
      expect(decision.allowed ? 200 : decision.status).toBe(status);
    }
  });
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
