/** Verifiers made of other libraries: each says "invalid" in words of its own. */
import { createHash, generateKeyPairSync, sign as signWith } from 'node:crypto';
import { InsufficientScopeError as V1InsufficientScope } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { InvalidTokenError as V1InvalidToken } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';
import { JwtVerifier } from 'aws-jwt-verify';
import { FetchError, JwtInvalidClaimError, JwtInvalidScopeError } from 'aws-jwt-verify/error';
import { createVerifier } from 'fast-jwt';
import { createRemoteJWKSet, importSPKI, jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { describe, expect, test } from 'vitest';
import {
  InsufficientScopeError,
  InvalidTokenError,
  createGate,
  fromSdkVerifier,
  parseChallenges,
  publicAccess,
  reportOnly,
  toSdkVerifier,
} from '../../src/index.js';
import type { Decision, DecisionEvent, Gate, GateOptions, Verifier } from '../../src/index.js';
import { explainToken } from '../../../testing/src/index.js';

const RESOURCE = 'https://notes.example.com/mcp';
const ISSUER = 'https://idp.example.com';
const now = Math.floor(Date.now() / 1000);

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const strangers = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const jwk = { ...keys.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256', use: 'sig' };

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function mint(claims: object = {}, header: object = {}, key = keys.privateKey): string {
  const good = { iss: ISSUER, aud: RESOURCE, sub: 'ray', client_id: 'c1', scope: 'a' };
  const head = encode({ alg: 'ES256', typ: 'at+jwt', kid: 'k1', ...header });
  const input = `${head}.${encode({ ...good, exp: now + 300, ...claims })}`;
  const signature = signWith('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

interface Library {
  readonly verifier: Verifier;
  /** One whose keys cannot be had. */
  readonly down: Verifier;
  /** One that was set up wrongly. */
  readonly wrong: Verifier;
}

const awsOptions = { issuer: ISSUER, audience: RESOURCE };
const aws = JwtVerifier.create({ ...awsOptions, jwksUri: 'https://idp.example.com/jwks' });
aws.cacheJwks({ keys: [jwk as never] });
const awsOfTwo = JwtVerifier.create([
  { ...awsOptions, jwksUri: 'https://idp.example.com/jwks' },
  {
    ...awsOptions,
    issuer: 'https://second.example.com',
    jwksUri: 'https://second.example.com/jwks',
  },
]);
awsOfTwo.cacheJwks({ keys: [jwk as never] }, ISSUER);
const awsDown = JwtVerifier.create({ ...awsOptions, jwksUri: 'https://localhost:1/jwks' });

const fast = createVerifier({ key: pem, allowedAud: RESOURCE, allowedIss: ISSUER });
const fastDown = createVerifier({
  key: async () => {
    throw new Error('the keys cannot be had');
  },
});
// Of an RSA key nothing of this issuer is ever signed.
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
const rsaPem = rsa.export({ type: 'spki', format: 'pem' }).toString();

const jwtOptions = { algorithms: ['ES256'], audience: RESOURCE, issuer: ISSUER };
const remote = createRemoteJWKSet(new URL('http://localhost:1/jwks'), { timeoutDuration: 500 });

const LIBRARIES: Readonly<Record<string, Library>> = {
  jose: {
    verifier: async (token) =>
      jwtVerify(token, await importSPKI(pem, 'ES256'), {
        ...{ issuer: ISSUER, audience: RESOURCE, algorithms: ['ES256'] },
      }),
    down: (token) => jwtVerify(token, remote),
    wrong: (token) => jwtVerify(token, 'no key' as never),
  },
  jsonwebtoken: {
    verifier: (token) => ({ claims: claimsOf(jsonwebtoken.verify(token, pem, jwtOptions)) }),
    down: (token) =>
      new Promise((resolve, reject) => {
        jsonwebtoken.verify(
          token,
          (_header, done) => done(new Error('the keys cannot be had')),
          jwtOptions,
          (error, claims = {}) => (error ? reject(error) : resolve({ claims: claimsOf(claims) })),
        );
      }),
    wrong: (token) => ({ claims: claimsOf(jsonwebtoken.verify(token, '', jwtOptions)) }),
  },
  'fast-jwt': {
    verifier: (token) => ({ claims: claimsOf(fast(token) as object) }),
    down: async (token) => ({ claims: claimsOf((await fastDown(token)) as object) }),
    wrong: (token) => ({
      claims: claimsOf(createVerifier({ key: rsaPem, algorithms: ['ES256'] })(token) as object),
    }),
  },
  'aws-jwt-verify': {
    verifier: async (token) => ({ claims: await aws.verify(token) }),
    down: async (token) => ({ claims: await awsDown.verify(token) }),
    wrong: async (token) => ({
      claims: await aws.verify(token, { audience: undefined } as never),
    }),
  },
  'aws-jwt-verify, for two issuers': {
    verifier: (token) => ({ claims: awsOfTwo.verifySync(token) }),
    down: (token) => ({ claims: awsDown.verifySync(token) }),
    wrong: (token) => ({ claims: awsOfTwo.verifySync(token, { audience: undefined } as never) }),
  },
};

function claimsOf(value: object): Readonly<Record<string, unknown>> {
  return value as Readonly<Record<string, unknown>>;
}

/** Tokens that no library may let in, and none may call an outage. */
const BAD: Readonly<Record<string, string>> = {
  expired: mint({ exp: now - 120 }),
  'not yet valid': mint({ nbf: now + 120 }),
  'for another audience': mint({ aud: 'https://other.example.com' }),
  'of another issuer': mint({ iss: 'https://evil.example.com' }),
  'signed by a stranger': mint({}, {}, strangers.privateKey),
  'changed after it was signed': (() => {
    const [head = '', , signature = ''] = mint().split('.');
    return `${head}.${encode({ iss: ISSUER, aud: RESOURCE, exp: now + 300, scope: 'a b' })}.${signature}`;
  })(),
  'with half of its signature': mint().slice(0, -43),
  'without its signature': mint().replace(/\.[^.]*$/, '.'),
  'of alg none': `${encode({ alg: 'none', typ: 'at+jwt', kid: 'k1' })}.${mint().split('.')[1] ?? ''}.`,
  'of a symmetric alg': `${encode({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' })}.${mint().split('.')[1] ?? ''}.${createHash('sha256').update(pem).digest('base64url')}`,
  'with claims that are no JSON': `${encode({ alg: 'ES256', typ: 'at+jwt', kid: 'k1' })}.e30x.${mint().split('.')[2] ?? ''}`,
  'of five parts': `${mint()}.a.b`,
  'of other letters': 'a.b.c',
  garbage: 'garbage',
};

function gateWith(
  verifier: Verifier,
  options: Partial<GateOptions<'a' | 'b'>> = {},
): Gate<'a' | 'b'> {
  return createGate({ resource: RESOURCE, verifier, scopes: ['a', 'b'], ...options });
}

async function ask(
  verifier: Verifier,
  token = 't',
  options: Partial<GateOptions<'a' | 'b'>> = {},
): Promise<{ status: number; challenge: Record<string, string>; told: unknown[]; body: string }> {
  const told: unknown[] = [];
  const gate = gateWith(verifier, { onError: (error) => told.push(error), ...options });
  const headers = { authorization: `Bearer ${token}` };
  const decision: Decision = await gate.check(new Request(RESOURCE, { headers }), 'a');
  if (decision.allowed) return { status: 200, challenge: {}, told, body: '' };
  const value = decision.headers.find(([name]) => name === 'WWW-Authenticate')?.[1];
  const params = value === undefined ? [] : (parseChallenges(value)[0]?.params ?? []);
  const { status, body } = decision;
  return { status, challenge: Object.fromEntries(params), told, body };
}

describe.each(Object.entries(LIBRARIES))('%s', (_name, library) => {
  test('lets a good token in', async () => {
    expect(await ask(library.verifier, mint())).toMatchObject({ status: 200, told: [] });
  });

  test.each(Object.entries(BAD))('a token %s is a 401 [T192, AH-19]', async (_what, token) => {
    const { status, challenge, told } = await ask(library.verifier, token);
    expect([status, challenge['error']]).toEqual([401, 'invalid_token']);
    expect(told).toEqual([]);
  });

  test.each(['down', 'wrong'] as const)(
    'a verifier that is %s is a 503 and is reported [T192, AH-14, AH-19, T45]',
    async (state) => {
      const { status, challenge, told } = await ask(library[state], mint());
      expect([status, challenge]).toEqual([503, {}]);
      expect(told.length).toBe(1);
    },
  );
});

test("aws-jwt-verify's unknown key is a bad token, one that it may not look up is none [T192]", async () => {
  // The synchronous form has looked; the other asks, and cannot.
  const unknown = mint({}, { kid: 'k2' });
  const sync: Verifier = (token) => ({ claims: aws.verifySync(token) });
  expect((await ask(sync, unknown)).status).toBe(401);
  expect(
    (await ask((token) => ({ claims: aws.verifySync(token) }), mint({}, { kid: undefined })))
      .status,
  ).toBe(401);
  expect((await ask((token) => ({ claims: awsDown.verifySync(token) }), unknown)).status).toBe(503);
});

/** A verifier that throws, in all the forms in which it may. */
const throwing = (error: unknown): readonly Verifier[] => [
  () => {
    throw error;
  },
  () => Promise.reject(error as Error),
  fromSdkVerifier({ verifyAccessToken: () => Promise.reject(error as Error) }),
];

describe('a scope error of a verifier', () => {
  const named = Object.assign(new Error('x'), {
    name: 'InsufficientScopeError',
    data: { requiredScopes: ['b'] },
  });
  test.each<readonly [what: string, error: unknown, scope: string | undefined]>([
    ['SDK v1', new V1InsufficientScope('x'), undefined],
    ['SDK v2', new OAuthError(OAuthErrorCode.InsufficientScope, 'x'), undefined],
    ['ours', new InsufficientScopeError('b'), 'b'],
    ['ours, two scopes', new InsufficientScopeError(['b', 'a']), 'b a'],
    ['ours, a scope that nobody knows', new InsufficientScopeError(['a', 'root']), undefined],
    ['one that carries them in data', named, 'b'],
    ['aws-jwt-verify', new JwtInvalidScopeError('x', ['a'], ['b']), undefined],
  ])('of %s is the 403 challenge [T192, AH-19]', async (_what, error, scope) => {
    for (const verifier of throwing(error)) {
      const { status, challenge, told, body } = await ask(verifier);
      expect([status, told]).toEqual([403, []]);
      expect(challenge).toMatchObject({
        error: 'insufficient_scope',
        resource_metadata: 'https://notes.example.com/.well-known/oauth-protected-resource/mcp',
      });
      expect(challenge['scope']).toBe(scope);
      expect(challenge['error_description']).toBe('The access token lacks a scope');
      expect(JSON.stringify([challenge, body])).not.toContain('root');
    }
  });

  test('is refused wherever a token is verified [T192, T71]', async () => {
    const [verifier] = throwing(new V1InsufficientScope('x')) as [Verifier];
    const gate = gateWith(verifier, { challengeScopes: 'union' });
    const headers = new Headers({ authorization: 'Bearer t' });
    const request = { method: 'POST', url: '/mcp', headers };
    const refused = { allowed: false, status: 403, reason: 'insufficient_scope' };
    // A token that does come must hold, also where none is needed.
    expect(await gate.check(request, publicAccess())).toMatchObject(refused);
    expect(await gate.route('a').authenticate(request)).toMatchObject(refused);
  });

  test('is refused in report-only mode too, and reported with its reason [T192]', async () => {
    const [verifier] = throwing(new V1InsufficientScope('x')) as [Verifier];
    const events: DecisionEvent[] = [];
    const until = new Date(Date.now() + 86_400_000);
    const gate = gateWith(verifier, {
      enforce: reportOnly(() => true, { until, onWarning: () => undefined }),
      onDecision: (event) => events.push(event),
    });
    const headers = { authorization: 'Bearer t' };
    const decision = await gate.check(new Request(RESOURCE, { headers }), 'a');
    expect(decision).toMatchObject({ allowed: false, status: 403 });
    expect(events).toMatchObject([{ reason: 'insufficient_scope', status: 403 }]);
  });

  test('reaches an SDK that uses this gate as its verifier, as an error of the SDK', async () => {
    const [verifier] = throwing(new InsufficientScopeError('b')) as [Verifier];
    const gate = gateWith(verifier);
    const classes = {
      InvalidTokenError: V1InvalidToken,
      InsufficientScopeError: V1InsufficientScope,
    };
    const v1 = toSdkVerifier(gate, classes).verifyAccessToken('t');
    await expect(v1).rejects.toBeInstanceOf(V1InsufficientScope);
    const v2 = toSdkVerifier(gate, { OAuthError }).verifyAccessToken('t');
    await expect(v2).rejects.toMatchObject({ code: 'insufficient_scope' });
    // Without the class the SDK answers 500: a login would end in the same place.
    const poor = toSdkVerifier(gate, { InvalidTokenError: V1InvalidToken }).verifyAccessToken('t');
    await expect(poor).rejects.not.toBeInstanceOf(V1InvalidToken);
  });

  test('is explained', async () => {
    const [verifier] = throwing(new InsufficientScopeError('b')) as [Verifier];
    const { outcome, checks } = await explainToken(gateWith(verifier), 't');
    expect(outcome).toBe('refused');
    expect(checks.find(({ check }) => check === 'verifier')?.found).toMatch(/insufficient_scope/);
  });
});

describe('an unknown error is a 503 and is reported', () => {
  const coded = (members: object): Error => Object.assign(new Error('x'), members);
  const made = (message: string, members: object): Error =>
    Object.assign(new Error(message), members);
  class Unreachable extends JwtInvalidClaimErrorLike() {}
  test.each<readonly [what: string, error: unknown]>([
    ...['INVALID_OPTION', 'INVALID_KEY', 'MISSING_KEY', 'KEY_FETCHING_ERROR', 'SIGN_ERROR'].map(
      (code) => [`FAST_JWT_${code}`, coded({ code: `FAST_JWT_${code}` })] as const,
    ),
    ['FAST_JWT_VERIFY_ERROR', coded({ code: 'FAST_JWT_VERIFY_ERROR' })],
    ['a later code of fast-jwt', coded({ code: 'FAST_JWT_EXPIRED_KEY' })],
    [
      'a key that cannot be fetched for a reason that would be one',
      coded({ code: 'FAST_JWT_KEY_FETCHING_ERROR', originalError: { code: 'invalid_token' } }),
    ],
    ...[
      'error in secret or public key callback: invalid signature',
      'secret or public key must be provided',
      'secretOrPublicKey is not valid key material',
      'secretOrPublicKey must be an asymmetric key when using ES256',
      'clockTimestamp must be a number',
      'please specify "none" in "algorithms" to verify unsigned tokens',
    ].map((text) => [`jsonwebtoken: ${text}`, made(text, { name: 'JsonWebTokenError' })] as const),
    ['the text of one, by another name', new Error('jwt malformed')],
    ['a parser', new SyntaxError('Unexpected token')],
    ['the network, for aws-jwt-verify', new FetchError('https://idp.example.com/jwks', 'down')],
    ['a name in another member', coded({ type: 'TokenExpiredError' })],
    ['a code that is no text', coded({ code: { toString: () => 'x' } })],
    ['a name with more behind it', made('x', { name: 'TokenExpiredErrors' })],
    ['a class of no such family', new Unreachable()],
    ['a function', () => 'invalid_token'],
    ['a list of words', ['invalid_token', 'TokenExpiredError']],
  ])('%s [T192, AH-19, T45]', async (_what, error) => {
    for (const verifier of throwing(error)) {
      const { status, told, challenge } = await ask(verifier);
      expect([status, challenge]).toEqual([503, {}]);
      expect(told).toEqual([error]);
    }
  });

  test('a subclass of a known class has the meaning of that class [T192]', async () => {
    class TooOld extends JwtInvalidClaimError {}
    for (const verifier of throwing(new TooOld('x', 1, '2'))) {
      expect((await ask(verifier)).status).toBe(401);
    }
  });

  test.each(['code', 'errorCode', 'name', 'constructor', 'message', 'originalError'])(
    'a polluted prototype does not change the meaning of every error: %s [T192]',
    async (name) => {
      const all: object = Object.prototype;
      const before = Object.getOwnPropertyDescriptor(all, name);
      const words = [
        'invalid_token',
        'insufficient_scope',
        'TokenExpiredError',
        'FAST_JWT_EXPIRED',
        { name: 'InsufficientScopeError' },
      ];
      for (const value of words) {
        let answers: number[];
        Object.defineProperty(all, name, { value, configurable: true, writable: true });
        try {
          const plain = await ask(() => Promise.reject(new Error('down')));
          const bare = await ask(() => Promise.reject({} as Error));
          answers = [plain.status, bare.status];
        } finally {
          if (before === undefined) Reflect.deleteProperty(all, name);
          else Object.defineProperty(all, name, before);
        }
        expect(answers).toEqual([503, 503]);
      }
    },
  );

  test('an error that cannot be read is a 503 [T192]', async () => {
    const hostile = new Proxy(new Error('x'), {
      getPrototypeOf() {
        throw new Error('no');
      },
      getOwnPropertyDescriptor() {
        throw new Error('no');
      },
    });
    const looped: Record<string, unknown> = { code: 'FAST_JWT_VERIFY_ERROR' };
    looped['originalError'] = looped;
    for (const error of [hostile, looped]) {
      expect((await ask(() => Promise.reject(error as Error))).status).toBe(503);
    }
  });

  test('an error of another copy of this package is recognized by its code [AH-19]', async () => {
    for (const [error, status] of [
      [new InvalidTokenError('x'), 401],
      [coded({ code: 'ERR_INSUFFICIENT_SCOPE' }), 403],
    ] as const) {
      expect((await ask(() => Promise.reject(error))).status).toBe(status);
    }
  });
});

/** A class whose name begins like one of aws-jwt-verify. */
function JwtInvalidClaimErrorLike(): new () => Error {
  return class JwtInvalidClaimErrorHandler extends Error {};
}
