import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { authenticated, createGate, publicAccess } from '../../src/index.js';
import type { Decision, GateOptions, GateRequest, Rule } from '../../src/index.js';
import { header } from '../support/mcp.js';

/** A gate that knows which tokens reached its verifier. */
function watched(options: Partial<GateOptions<'a'>> = {}): {
  readonly seen: string[];
  readonly ask: (authorization: string | null, rule?: Rule<'a'>) => Promise<Decision>;
} {
  const seen: string[] = [];
  const gate = createGate({
    resource: 'https://notes.example.com',
    authorizationServers: ['https://idp.example.com'],
    scopes: ['a'],
    verifier: (token) => {
      seen.push(token);
      return { scopes: ['a'] };
    },
    ...options,
  });
  return {
    seen,
    ask: (authorization, rule = 'a') => gate.check(requestWith(authorization), rule),
  };
}

function requestWith(authorization: string | null): GateRequest {
  const get = (name: string): string | null => (name === 'authorization' ? authorization : null);
  return { method: 'GET', url: '/', headers: { get } };
}

/** What a refusal says of the credentials: its status and the challenge's `error`. */
function told(decision: Decision): readonly [status: number, error?: string | undefined] {
  if (decision.allowed) return [200];
  const challenge = header(decision, 'www-authenticate') ?? '';
  return [decision.status, /error="([^"]*)"/.exec(challenge)?.[1]];
}

describe('a scheme without a token counts as no credentials', () => {
  test.each(['Bearer', 'Bearer ', 'bearer', '\tBearer  ', 'DPoP', 'DPoP '])(
    '%j: 401 without an error, and a public operation runs [AH-11, T193]',
    async (value) => {
      const { ask, seen } = watched();
      expect(told(await ask(value))).toEqual([401, undefined]);
      expect(await ask(value, publicAccess())).toMatchObject({ allowed: true, auth: undefined });
      expect(seen).toEqual([]);
    },
  );
});

describe('a token that breaks the grammar is an invalid token', () => {
  test.each([
    ...['Bearer bad key', 'Bearer an"x"', 'Bearer "x"', 'Bearer a b', 'Bearer caf\u00e9'],
    ...['Bearer a=b', String.raw`Bearer a\b`, 'Bearer\ta', 'Bearer: a', 'DPoP a b', '"Bearer a"'],
    ...['=a', 'Bearer \u65e5', 'Bearer a\u0000'],
  ])('%j: 401 invalid_token, also where none is needed [AH-16, T193]', async (value) => {
    const { ask, seen } = watched();
    for (const rule of ['a', authenticated(), publicAccess()] as const) {
      expect(told(await ask(value, rule))).toEqual([401, 'invalid_token']);
    }
    expect(seen).toEqual([]);
  });
});

describe('a comma counts as a second credential', () => {
  test.each([
    ...['Bearer a,b', 'Bearer a, Bearer b', 'Bearer, Bearer a', ', Bearer a', 'Bearer a,', ','],
    ...[
      'Bearer ,',
      'Bearer a b, Bearer c',
      '"x", Bearer a',
      'DPoP a, Bearer b',
      'Basic a, Bearer b',
    ],
  ])('%j: 400 invalid_request [AH-6, AH-17]', async (value) => {
    const { ask, seen } = watched();
    for (const rule of ['a', publicAccess()] as const) {
      expect(told(await ask(value, rule))).toEqual([400, 'invalid_request']);
    }
    expect(seen).toEqual([]);
  });
});

test('with opaque tokens, the verifier decides about what is no b64token [AH-16, AH-17]', async () => {
  const { ask, seen } = watched({ tokenSyntax: 'opaque' });
  expect(told(await ask('Bearer an"x"'))).toEqual([200]);
  expect(seen).toEqual(['an"x"']);
  expect(told(await ask('Bearer a b'))).toEqual([401, 'invalid_token']);
  expect(told(await ask('Bearer a,b'))).toEqual([400, 'invalid_request']);
  expect(told(await ask('Bearer '))).toEqual([401, undefined]);
  expect(seen).toHaveLength(1);
});

test('any text behind a scheme is classified by the grammar [AH-11, AH-16, AH-17]', async () => {
  const { ask, seen } = watched();
  const text = fc.string({
    unit: fc.constantFrom(...'aZ9-._~+/= \t",\\:;()\u00e9\u0000'.split('')),
    maxLength: 8,
  });
  const scheme = fc.constantFrom('Bearer', 'bearer', 'BEARER');
  await fc.assert(
    fc.asyncProperty(scheme, text, async (name, rest) => {
      seen.length = 0;
      const token = rest.replace(/^ +/, '').replace(/[\t ]+$/, '');
      const value = `${name} ${rest}`;
      const expected = rest.includes(',')
        ? [400, 'invalid_request']
        : token === ''
          ? [401, undefined]
          : /^[\w.~+/-]+=*$/.test(token)
            ? [200]
            : [401, 'invalid_token'];
      expect(told(await ask(value))).toEqual(expected);
      expect(seen).toEqual(expected[0] === 200 ? [token] : []);
    }),
    { numRuns: 2000 },
  );
});

test('a header of 16 KiB is read, one character more is refused [AH-12]', async () => {
  const { ask, seen } = watched();
  const token = 'a'.repeat(16 * 1024 - 'Bearer '.length);
  expect(told(await ask(`Bearer ${token}`))).toEqual([200]);
  expect(seen).toEqual([token]);
  expect(await ask(`Bearer ${token}a`)).toMatchObject({ status: 400 });
  // A cheaper answer would be the same as to no credentials, and a public operation would run.
  expect(await ask(' '.repeat(16 * 1024 + 1), publicAccess())).toMatchObject({ status: 400 });
  expect(seen).toHaveLength(1);
});
