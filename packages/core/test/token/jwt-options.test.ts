import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createGate } from '../../src/index.js';
import type { Gate } from '../../src/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import type { JwtVerifierOptions, JwtWarning } from '../../src/token/jwt/index.js';
import { startIssuer } from '../support/issuer.js';
import type { TestIssuer } from '../support/issuer.js';

const RESOURCE = 'https://notes.example.com/mcp';
const OTHER = 'https://other.example.com';

let idp: TestIssuer;
let neighbour: TestIssuer;
beforeAll(async () => {
  [idp, neighbour] = await Promise.all([startIssuer(RESOURCE), startIssuer(RESOURCE)]);
});
afterAll(() => Promise.all([idp.close(), neighbour.close()]));

let later = 0;
const clock = (): number => Date.now() + later;

function gateWith(options: Partial<JwtVerifierOptions> = {}): Gate {
  const jwks = { keys: [idp.publicJwk] };
  const source = options.issuers === undefined ? { issuer: idp.issuer, jwks } : {};
  const verifier = jwtVerifier({ ...source, clock, ...options });
  return createGate({ resource: RESOURCE, verifier, clock, scopes: ['notes:read'] });
}

async function statusOf(token: string, gate: Gate): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const decision = await gate.check(new Request(RESOURCE, { headers }), 'notes:read');
  return decision.allowed ? 200 : decision.status;
}

describe('several issuers', () => {
  const both = (): readonly { issuer: string; jwks: { keys: object[] } }[] =>
    [idp, neighbour].map(({ issuer, publicJwk }) => ({ issuer, jwks: { keys: [publicJwk] } }));

  test("each with keys of its own, and never another's [JW-2, T64]", async () => {
    const gate = gateWith({ issuers: both() as never });
    expect(await statusOf(await idp.token(), gate)).toBe(200);
    expect(await statusOf(await neighbour.token(), gate)).toBe(200);
    // The same `kid`, another issuer's name.
    expect(await statusOf(await neighbour.token({ iss: idp.issuer }), gate)).toBe(401);
    expect(await statusOf(await idp.token({ iss: neighbour.issuer }), gate)).toBe(401);
    expect(await statusOf(await idp.token({ iss: 'https://third.example' }), gate)).toBe(401);
  });

  test.each(['__proto__', 'constructor', 'toString'])('`%s` is no issuer [T09]', async (iss) => {
    expect(await statusOf(await idp.token({ iss }), gateWith())).toBe(401);
  });

  test('keys of each issuer are fetched when its first token arrives', async () => {
    const [one, two] = await Promise.all([startIssuer(RESOURCE), startIssuer(RESOURCE)]);
    try {
      const issuers = [one.issuer, { issuer: two.issuer }];
      const gate = gateWith({ issuers, allowInsecureLoopback: true });
      expect(await statusOf(await one.token(), gate)).toBe(200);
      expect(two.requests).toEqual([]);
      expect(await statusOf(await two.token(), gate)).toBe(200);
      // One that is down does not stand in the way of the other.
      await two.close();
      expect(await statusOf(await one.token(), gate)).toBe(200);
    } finally {
      await one.close();
    }
  });
});

describe('audiences', () => {
  const audience = ['api://notes', OTHER];
  test.each<readonly [options: Partial<JwtVerifierOptions>, aud: unknown, status: number]>([
    // One of them is enough, wherever it stands.
    [{ audience }, 'api://notes', 200],
    [{ audience }, ['api://notes', OTHER], 200],
    [{ audience }, ['userinfo', OTHER, 'x'], 200],
    [{ audience }, ['userinfo'], 401],
    // Configured in the place of the resource.
    [{ audience }, RESOURCE, 401],
    [{}, ['x', RESOURCE], 200],
    [{}, [RESOURCE, 7], 401],
    [{}, [[RESOURCE]], 401],
    [{}, [RESOURCE, null], 401],
    [{}, [], 401],
    // Alone, or with these only.
    [{ audience, exclusiveAudience: true }, ['api://notes', OTHER], 200],
    [{ audience, exclusiveAudience: true }, ['api://notes', 'x'], 401],
    [{ audience, exclusiveAudience: ['userinfo'] }, ['userinfo', OTHER], 200],
    [{ audience, exclusiveAudience: ['userinfo'] }, ['userinfo', OTHER, 'x'], 401],
    [{ audience, exclusiveAudience: ['userinfo'] }, 'userinfo', 401],
    [{ exclusiveAudience: [] }, [RESOURCE, 'x'], 401],
    [{ exclusiveAudience: [] }, [RESOURCE, `${RESOURCE}/`], 401],
  ])('%j: a token for %j is %i [JW-3, T65]', async (options, aud, status) => {
    expect(await statusOf(await idp.token({ aud } as never), gateWith(options))).toBe(status);
  });

  test("the gate's own look is the same, whatever the verifier says [JW-3, T65]", async () => {
    const allowed = async (aud: unknown): Promise<boolean> => {
      const verifier = () => ({ claims: { scope: 'notes:read', aud } });
      const gate = createGate({ resource: RESOURCE, verifier, scopes: ['notes:read'] });
      return (await statusOf('t', gate)) === 200;
    };
    for (const aud of [RESOURCE, [RESOURCE], [OTHER, RESOURCE]])
      expect(await allowed(aud)).toBe(true);
    for (const aud of [OTHER, [OTHER], [], [RESOURCE, 7], [[RESOURCE]], null, { 0: RESOURCE }]) {
      expect(await allowed(aud)).toBe(false);
    }
  });

  test('each gate of a process checks its own audience [JW-3, T65]', async () => {
    const verifier = jwtVerifier({ issuer: idp.issuer, jwks: { keys: [idp.publicJwk] } });
    const [notes, other] = [RESOURCE, OTHER].map((resource) =>
      createGate({ resource, verifier, scopes: ['notes:read'] }),
    ) as [Gate, Gate];
    const both = await idp.token({ aud: [RESOURCE, OTHER] });
    const one = await idp.token({ aud: [RESOURCE, 'https://third.example.com'] });
    // Twice: the verified token is remembered for one gate, and is none of the other.
    for (let i = 0; i < 2; i++) {
      expect([await statusOf(both, notes), await statusOf(both, other)]).toEqual([200, 200]);
      expect([await statusOf(one, notes), await statusOf(one, other)]).toEqual([200, 401]);
    }
  });

  test('only the root path may differ in spelling [T65]', async () => {
    const root = 'https://notes.example.com';
    const gate = gateWith({ audience: root });
    expect(await statusOf(await idp.token({ aud: `${root}/` }), gate)).toBe(200);
    expect(await statusOf(await idp.token({ aud: `${root}//` }), gate)).toBe(401);
    expect(await statusOf(await idp.token({ aud: root.toUpperCase() }), gate)).toBe(401);
  });

  test('observed: reported and accepted until the given time, then refused [JW-3, T65]', async () => {
    later = 0;
    const warnings: JwtWarning[] = [];
    const until = new Date(Date.now() + 60_000);
    const gate = gateWith({
      audience: { mode: 'observe', until: until.toISOString() },
      onWarning: (warning) => warnings.push(warning),
    });
    expect(warnings).toMatchObject([{ code: 'audience_observed' }]);
    const foreign = await idp.token({ aud: OTHER });
    const missing = await idp.token({ aud: undefined as never });
    for (const token of [foreign, missing, foreign]) expect(await statusOf(token, gate)).toBe(200);
    expect(warnings.slice(1)).toMatchObject([
      { code: 'audience_mismatch', found: OTHER, accepted: [RESOURCE] },
      { code: 'audience_mismatch', found: undefined },
    ]);
    expect(warnings[1]?.message).toContain(until.toISOString());
    expect(JSON.stringify(warnings)).not.toContain(foreign.slice(0, 20));
    // The right audience is no news, and everything else is checked as always.
    expect(await statusOf(await idp.token(), gate)).toBe(200);
    expect(await statusOf(await idp.token({ aud: OTHER, exp: 1 }), gate)).toBe(401);
    expect(await statusOf(await neighbour.token({ aud: OTHER }), gate)).toBe(401);
    expect(warnings.length).toBe(3);
    later = 60_000;
    for (const token of [foreign, missing, await idp.token({ aud: OTHER })]) {
      expect(await statusOf(token, gate)).toBe(401);
    }
    expect(await statusOf(await idp.token(), gate)).toBe(200);
    later = 0;
  });

  test('the given time is the first at which another audience is refused [T65]', async () => {
    let now = Date.now();
    const until = new Date(now + 1_000);
    const observed = { mode: 'observe', until } as const;
    const gate = gateWith({
      ...{ audience: observed, clock: () => now },
      onWarning: () => undefined,
    });
    const token = await idp.token({ aud: OTHER });
    now += 999;
    expect(await statusOf(token, gate)).toBe(200);
    now += 1;
    expect(await statusOf(token, gate)).toBe(401);
    expect(await statusOf(await idp.token({ aud: OTHER, jti: 'new' }), gate)).toBe(401);
  });

  test('the warning names what was found, shortened, and what is accepted', async () => {
    const warnings: JwtWarning[] = [];
    const accepted = ['api://notes', 'api://old'];
    const gate = gateWith({
      audience: { mode: 'observe', until: '2100-01-01', accepted },
      onWarning: (warning) => warnings.push(warning),
    });
    for (const aud of [[OTHER, 7], undefined, 'x'.repeat(600)]) {
      expect(await statusOf(await idp.token({ aud } as never), gate)).toBe(200);
    }
    const rest = 'was accepted in the place of one for api://notes api://old; from 2100-01-01';
    expect(
      warnings.slice(1).map(({ message }) => message.slice(0, message.indexOf('T00'))),
    ).toEqual([
      `a token for ["${OTHER}",7] ${rest}`,
      `a token for no audience ${rest}`,
      `a token for "${'x'.repeat(499)} ${rest}`,
    ]);
  });

  test('a hook that throws changes nothing', async () => {
    const gate = gateWith({
      audience: { mode: 'observe', until: new Date(Date.now() + 60_000) },
      onWarning: () => {
        throw new Error('x');
      },
    });
    expect(await statusOf(await idp.token({ aud: OTHER }), gate)).toBe(200);
  });

  test("a verifier of the application's own cannot observe [JW-3, T65]", async () => {
    const verifier = () => ({ claims: { scope: 'notes:read', aud: OTHER, observedUntil: 1e15 } });
    const gate = createGate({ resource: RESOURCE, verifier, scopes: ['notes:read'] });
    expect(await statusOf('t', gate)).toBe(401);
  });
});

describe('other checks', () => {
  test('required claims, each missing or empty [JW-6, SB-7]', async () => {
    const gate = gateWith({ requiredClaims: ['sub', 'client_id', 'iat', 'jti', 'roles'] });
    const roles = ['a'];
    expect(await statusOf(await idp.token({ roles }), gate)).toBe(200);
    for (const name of ['sub', 'client_id', 'iat', 'jti', 'roles']) {
      for (const value of [undefined, null, '', []]) {
        expect(await statusOf(await idp.token({ roles, [name]: value }), gate)).toBe(401);
      }
    }
  });

  /** Values of every type of JSON, and which registered claims may have them. */
  const values: readonly (readonly [
    value: unknown,
    type: 'text' | 'number' | 'texts' | 'other',
  ])[] = [
    ['x', 'text'],
    [42, 'number'],
    [1.5, 'number'],
    [true, 'other'],
    [['x'], 'texts'],
    [['x', 7], 'other'],
    [{ x: 1 }, 'other'],
    [[['x']], 'other'],
  ];
  const registered: readonly (readonly [name: string, types: readonly string[]])[] = [
    ...['sub', 'client_id', 'jti', 'azp', 'acr', 'sid', 'nonce', 'username'].map(
      (name) => [name, ['text']] as const,
    ),
    ...['iat', 'auth_time', 'updated_at'].map((name) => [name, ['number']] as const),
    ['amr', ['texts']],
    ['scp', ['text', 'texts']],
    ['tenant', ['text', 'number', 'texts', 'other']],
  ];
  test.each(registered)('a required %s is of its type: %j [SB-7, T152]', async (name, types) => {
    const gate = gateWith({ requiredClaims: [name] });
    for (const [value, type] of values) {
      const token = await idp.token({ [name]: value });
      expect([value, await statusOf(token, gate)]).toEqual([
        value,
        types.includes(type) ? 200 : 401,
      ]);
    }
  });

  test.each<readonly [name: string, id: string]>([
    ['sub', 'SB-1'],
    ['client_id', 'SB-4'],
    ['jti', 'SB-4'],
  ])('%s is a string or absent, whether or not it is required [SB-1, SB-4, T152]', async (name) => {
    const gate = gateWith();
    for (const value of ['x', undefined]) {
      expect(await statusOf(await idp.token({ [name]: value }), gate)).toBe(200);
    }
    for (const value of [42, 0, true, false, null, ['x'], [], {}, { x: 1 }]) {
      expect(await statusOf(await idp.token({ [name]: value }), gate)).toBe(401);
    }
  });

  test('with `exp`, an `iat` in the future lengthens nothing, and one that is no number is wrong [JW-1]', async () => {
    const hour = Math.floor(Date.now() / 1000) + 3_600;
    expect(await statusOf(await idp.token({ iat: hour }), gateWith())).toBe(200);
    for (const iat of ['x', String(hour), true, [hour], {}]) {
      expect(await statusOf(await idp.token({ iat } as never), gateWith())).toBe(401);
    }
  });

  test('an ID token, a refresh token and an event, also where `typ` is open [T66]', async () => {
    const gate = gateWith({ typ: ['at+jwt', 'JWT', null] });
    expect(await statusOf(await idp.token({}, { typ: 'JWT' }), gate)).toBe(200);
    const marks = [
      { typ: 'ID' },
      { typ: 'refresh' },
      { at_hash: 'x' },
      { c_hash: 'x' },
      { events: {} },
      { token_use: 'id' },
    ];
    for (const mark of marks) {
      expect(await statusOf(await idp.token(mark, { typ: 'JWT' }), gate)).toBe(401);
    }
  });

  test('a `typ` that is no string is none of the accepted [T66]', async () => {
    for (const gate of [gateWith(), gateWith({ typ: ['at+jwt', null] })]) {
      for (const typ of [7, true, ['at+jwt'], { x: 1 }, null, 'aapplication/t+jwt']) {
        expect(await statusOf(await idp.token({}, { typ } as never), gate)).toBe(401);
      }
    }
  });

  test('key ids that are no strings, and a nested token by its header [T61, T62]', async () => {
    const kids = [{ kid: 1 }, { kid: ['k1'] }, { kid: null }];
    const nested = [{ cty: 'JWT' }, { cty: 'jwt' }, { cty: 'application/JWT' }];
    for (const header of [...kids, ...nested]) {
      expect(await statusOf(await idp.token({}, header as never), gateWith())).toBe(401);
    }
    for (const cty of ['text/plain', 'jwt+x', 7, null]) {
      expect(await statusOf(await idp.token({}, { cty } as never), gateWith())).toBe(200);
    }
    expect(
      await statusOf(await idp.token({}, { x5c: ['x'], x5t: 'x', jku: OTHER }), gateWith()),
    ).toBe(200);
  });

  test('one algorithm, where one is configured [JW-4, T60]', async () => {
    expect(await statusOf(await idp.token(), gateWith({ algorithms: ['ES256'] }))).toBe(200);
    expect(await statusOf(await idp.token(), gateWith({ algorithms: ['RS256'] }))).toBe(401);
  });

  test('a key function sees only tokens that pass everything else [T60, T63, T64, T65, T66, T68]', async () => {
    const kids: unknown[] = [];
    const keys = await crypto.subtle.importKey(
      'jwk',
      idp.publicJwk as JsonWebKey,
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['verify'],
    );
    const good = await idp.token();
    const [head = '', body = '', signature = ''] = good.split('.');
    const header = (members: object): string =>
      `${encode({ alg: 'ES256', typ: 'at+jwt', kid: 'k1', ...members })}.${body}.${signature}`;
    const payload = (members: object): string => {
      const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
      return `${head}.${encode({ ...claims, ...members })}.${signature}`;
    };
    const bad = [
      ...['', 'x', 'a.b', `${good}.${body}`, `${good}=`, `${good} `, 'x'.repeat(17_000)],
      ...[{ alg: 'none' }, { alg: 'HS256' }, { typ: 'JWT' }, { crit: ['x'] }].map(header),
      ...[{ iss: OTHER }, { aud: OTHER }, { aud: [RESOURCE, 7] }, { exp: 1 }].map(payload),
      ...[{ exp: null }, { nbf: 9e9 }, { cnf: {} }, { typ: 'ID' }, { sub: 42 }].map(payload),
    ];
    const context = { resource: RESOURCE, signal: new AbortController().signal };
    const verifier = jwtVerifier({
      issuer: idp.issuer,
      jwks: (one) => {
        kids.push(one?.kid);
        return Promise.resolve(keys);
      },
    });
    for (const token of bad) {
      expect(await verifier(token, context)).toBeUndefined();
    }
    expect(kids).toEqual([]);
    expect(await verifier(good, context)).toBeDefined();
    expect(kids).toEqual(['k1']);
  });

  test('a key function that fails, hangs or returns no key lets nobody in [T04, AH-14]', async () => {
    const answers = [
      () => Promise.reject(new Error('x')),
      () => Promise.resolve(undefined),
      () => Promise.resolve(new Uint8Array(32)),
    ];
    for (const jwks of answers) {
      expect(await statusOf(await idp.token(), gateWith({ jwks: jwks as never }))).toBe(503);
    }
  });
});

test('warnings go to the console where no hook takes them', () => {
  const written = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  try {
    gateWith({ audience: { mode: 'observe', until: '2100-01-01' } });
    expect(written.mock.calls).toEqual([
      ['jwtVerifier: tokens for any audience are accepted until 2100-01-01T00:00:00.000Z'],
    ]);
  } finally {
    written.mockRestore();
  }
});

test('with keys or an address of its own, a loopback issuer is only a name', () => {
  const named = 'http://localhost:9';
  const jwks = { keys: [] };
  expect(() => jwtVerifier({ issuer: named })).toThrow(/^jwtVerifier\.issuer: .* must use https/);
  expect(() => jwtVerifier({ issuer: named, jwks })).not.toThrow();
  const internalUrl = 'https://idp.internal';
  expect(() => jwtVerifier({ issuer: named, internalUrl })).not.toThrow();
  expect(() => jwtVerifier({ issuer: named, jwks: `${internalUrl}/jwks` })).not.toThrow();
});

test('what a verifier says of itself', () => {
  const issuers = ['https://one.example.com', 'https://two.example.com'];
  const verifier = jwtVerifier({ issuers });
  expect({ ...verifier }).toMatchObject({ issuers, audiences: [], clockTolerance: 30 });
  expect(Object.isFrozen(verifier.issuers)).toBe(true);
  const named = jwtVerifier({ issuer: issuers[0] as string, audience: 'x', clockTolerance: 5 });
  expect({ ...named }).toMatchObject({
    issuers: issuers.slice(0, 1),
    audiences: ['x'],
    clockTolerance: 5,
  });
});

test('an algorithm with a shared secret is none, and the message lists those that are [T60]', () => {
  expect(() => jwtVerifier({ issuer: 'https://idp.example.com', algorithms: ['HS256'] })).toThrow(
    /^jwtVerifier\.algorithms: HS256 is not one of (?:\w+ )*ES256\b/,
  );
});

describe('options that are refused', () => {
  const issuer = 'https://idp.example.com';
  test.each<readonly [path: string, options: object]>([
    ['issuer', {}],
    ['issuer', { issuer, issuers: [issuer] }],
    ['issuer', { issuer: 'idp.example.com' }],
    ['issuer', { issuer: `${issuer}#x` }],
    ['issuers', { issuers: [] }],
    ['issuers', { issuers: [issuer, { issuer }] }],
    ['issuers.x', { issuers: [{ issuer, x: 1 }] }],
    ['jwks', { issuers: [issuer], jwks: `${issuer}/jwks` }],
    ['jwks', { issuer, jwks: 7 }],
    ['jwks', { issuer, jwks: null }],
    ['jwks', { issuer, jwks: 'http://idp.example.com/jwks' }],
    ['jwks', { issuer, jwks: '/jwks' }],
    ['internalUrl', { issuer, internalUrl: '/internal' }],
    ['audience', { issuer, audience: [] }],
    ['audience', { issuer, audience: '' }],
    ['audience', { issuer, audience: [7] }],
    ['audience', { issuer, audience: null }],
    ['audience.mode', { issuer, audience: { until: '2026-01-01' } }],
    ['audience.until', { issuer, audience: { mode: 'observe' } }],
    ['audience.until', { issuer, audience: { mode: 'observe', until: 'soon' } }],
    ['audience.x', { issuer, audience: { mode: 'observe', until: '2026-01-01', x: 1 } }],
    ['exclusiveAudience', { issuer, exclusiveAudience: 'x' }],
    ['algorithms', { issuer, algorithms: 'ES256' }],
    ['algorithms', { issuer, algorithms: ['ES256', 'HS256'] }],
    ['allowInsecureHosts', { issuer, allowInsecureHosts: ['http://keycloak'] }],
    ['cache', { issuer, cache: [] }],
    ['clientIds', { issuer, dangerouslyAcceptMissingAudience: true, clientIds: [7] }],
    ['typ', { issuer, typ: ['at+jwt', 7] }],
    ['typ', { issuer, typ: ['at+jwt', ''] }],
    ['typ', { issuer, typ: [] }],
    ['typ', { issuer, typ: 7 }],
    ['clockTolerance', { issuer, clockTolerance: 61 }],
    ['clockTolerance', { issuer, clockTolerance: -1 }],
    ['cache.maxEntries', { issuer, cache: { maxEntries: 1e9 } }],
    ['cache.maxBytes', { issuer, cache: { maxBytes: 2 ** 40 } }],
    ['typ', { issuer, typ: '' }],
    [
      'audience.accepted',
      { issuer, audience: { mode: 'observe', until: '2026-01-01', accepted: [] } },
    ],
    ['jwks', { issuer, jwks: [] }],
    ['jwks', { issuer, jwks: { keys: 'x' } }],
    ['requiredClaims', { issuer, requiredClaims: 'sub' }],
    ['cache', { issuer, cache: true }],
    ['cache.maxEntries', { issuer, cache: { maxEntries: 0 } }],
    ['cache.maxBytes', { issuer, cache: { maxBytes: 1.5 } }],
    ['cache.x', { issuer, cache: { x: 1 } }],
    ['allowInsecureLoopback', { issuer, allowInsecureLoopback: 'yes' }],
    ['fetch', { issuer, fetch: 'x' }],
    ['clock', { issuer, clock: 1 }],
    ['onWarning', { issuer, onWarning: 'x' }],
    ['unknown', { issuer, unknown: true }],
  ])('%s: %j', (path, options) => {
    const make = (): unknown => jwtVerifier(options as JwtVerifierOptions);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(
      new RegExp(`^jwtVerifier\\.${path.replace('.', '\\.')}: (?!expected $).{12}`),
    );
  });
});

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
