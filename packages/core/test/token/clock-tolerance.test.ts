/** One tolerance for every verifier, looked at in steps of a second, with and without a cache. */
import { describe, expect, test } from 'vitest';
import {
  createGate,
  byTokenForm,
  fromSdkVerifier,
  recentLogin,
  staticTokens,
} from '../../src/index.js';
import type { Rule, SdkAuthInfo, Verifier } from '../../src/index.js';
import { introspectionVerifier } from '../../src/token/introspection/index.js';
import { createTestIssuer } from '../../../testing/src/index.js';
import { clerk, google, okta } from '../../src/providers/index.js';

const RESOURCE = 'https://notes.example.com/mcp';
const NOW = 1_800_000_000;
const STEPS = [-61, -60, -59, -31, -30, -29, -1, 0, 1, 29, 30, 31, 59, 60, 61];

/** The time in seconds, as every clock here tells it. */
let time = NOW;
const clock = (): number => time * 1000;

const issuer = createTestIssuer({ resource: RESOURCE, clock });
const oktaIssuer = createTestIssuer({
  ...{ resource: RESOURCE, issuer: 'https://dev-1.okta.com/oauth2/default', clock },
});

interface Times {
  readonly exp?: number;
  readonly nbf?: number;
}
type Tolerance = { readonly clockTolerance?: number };

const introspecting = (times: Times, options: Tolerance & { readonly cache?: object }): Verifier =>
  introspectionVerifier({
    endpoint: 'https://idp.example.com/introspect',
    clientId: 'api',
    clientAuthentication: { method: 'client_secret_basic', secret: 's' },
    fetch: async () => Response.json({ active: true, aud: RESOURCE, scope: 'a', ...times }),
    clock,
    ...options,
  });

/** A verifier of each kind, and a token with these times. */
const KINDS: Readonly<
  Record<string, (times: Times, options: Tolerance) => Promise<readonly [Verifier, string]>>
> = {
  JWT: async (times, options) => [
    issuer.verifier(options),
    await issuer.mintToken({ scopes: ['a'], claims: { ...times } }),
  ],
  'JWT without a cache': async (times, options) => [
    issuer.verifier({ ...options, cache: false }),
    await issuer.mintToken({ scopes: ['a'], claims: { ...times } }),
  ],
  introspection: async (times, options) => [introspecting(times, options), 't'],
  'introspection without a cache': async (times, options) => [
    introspecting(times, { ...options, cache: { ttl: 0 } }),
    't',
  ],
  'SDK verifier': async ({ exp, nbf }, options) => [
    fromSdkVerifier(
      {
        verifyAccessToken: async () =>
          ({ clientId: 'c', scopes: ['a'], expiresAt: exp, extra: { nbf } }) as SdkAuthInfo,
      },
      options,
    ),
    't',
  ],
  'configured tokens': async ({ exp }, options) => [
    staticTokens({ t: { scopes: ['a'], ...(exp !== undefined && { expiresAt: exp }) } }, options),
    't',
  ],
  'own verifier': async (times, options) => [
    Object.assign(() => ({ claims: { scope: 'a', ...times } }), options),
    't',
  ],
  'own verifier, scopes': async ({ exp, nbf }, options) => [
    Object.assign(async () => ({ scopes: ['a'], expiresAt: exp, claims: { nbf } }), options),
    't',
  ],
  'one of two': async (times, options) => [
    // The other one forgives something else, and has no say in this token.
    byTokenForm({
      jwt: Object.assign(() => undefined, {
        clockTolerance: options.clockTolerance === 60 ? 0 : 60,
      }),
      opaque: Object.assign(() => ({ claims: { scope: 'a', ...times } }), options),
    }),
    't',
  ],
  'a provider': async (times, options) => [
    okta({ domain: 'dev-1.okta.com', fetch: oktaIssuer.fetch, clock, ...options }).verifier,
    await oktaIssuer.mintToken({
      scopes: ['a'],
      claims: { scp: ['a'], scope: undefined, cid: 'c', client_id: undefined, ...times },
    }),
  ],
};

async function statusOf(verifier: Verifier, token: string, rule: Rule<'a'> = 'a'): Promise<number> {
  const gate = createGate({ resource: RESOURCE, verifier, scopes: ['a'], clock });
  const headers = { authorization: `Bearer ${token}` };
  const decision = await gate.check(new Request(RESOURCE, { headers }), rule);
  return decision.allowed ? 200 : decision.status;
}

describe.each(Object.keys(KINDS))('%s', (kind) => {
  const make = KINDS[kind] as (typeof KINDS)[string];
  test.each<readonly [forgiven: number, options: Tolerance]>([
    [30, {}],
    [0, { clockTolerance: 0 }],
    [1, { clockTolerance: 1 }],
    [60, { clockTolerance: 60 }],
  ])(
    '%i s behind `exp` are forgiven, and no second more [T188, T63]',
    async (forgiven, options) => {
      time = NOW;
      const [verifier, token] = await make({ exp: NOW + 100 }, options);
      for (const step of STEPS) {
        time = NOW + 100 + step;
        expect([step, await statusOf(verifier, token)]).toEqual([
          step,
          step < forgiven ? 200 : 401,
        ]);
      }
      // A clock that goes back finds it good again: nothing was remembered that should not be.
      time = NOW;
      expect(await statusOf(verifier, token)).toBe(200);
    },
  );
});

describe.each(Object.keys(KINDS).filter((kind) => kind !== 'configured tokens'))('%s', (kind) => {
  const make = KINDS[kind] as (typeof KINDS)[string];
  test.each<readonly [forgiven: number, options: Tolerance]>([
    [30, {}],
    [0, { clockTolerance: 0 }],
    [60, { clockTolerance: 60 }],
  ])('%i s before `nbf` are forgiven [T188, T63]', async (forgiven, options) => {
    time = NOW;
    const [verifier, token] = await make({ exp: NOW + 500, nbf: NOW + 100 }, options);
    for (const step of STEPS) {
      time = NOW + 100 + step;
      expect([step, await statusOf(verifier, token)]).toEqual([
        step,
        step >= -forgiven ? 200 : 401,
      ]);
    }
  });

  test('an expiry in milliseconds is refused [T63]', async () => {
    time = NOW;
    const [verifier, token] = await make({ exp: NOW * 1000 }, {});
    expect(await statusOf(verifier, token)).toBe(401);
  });
});

test.each(['JWT', 'introspection', 'own verifier'])(
  "%s: a login may be as far ahead as the token's verifier forgives [T188]",
  async (kind) => {
    const make = KINDS[kind] as (typeof KINDS)[string];
    for (const [forgiven, options] of [
      [30, {}],
      [0, { clockTolerance: 0 }],
      [60, { clockTolerance: 60 }],
    ] as const) {
      for (const step of [0, 1, 29, 30, 31, 59, 60, 61]) {
        time = NOW;
        const times = { exp: NOW + 500, auth_time: NOW + step };
        const [verifier, token] = await make(times, options);
        const found = await statusOf(verifier, token, recentLogin({ maxAge: 300 }));
        expect([step, found]).toEqual([step, step <= forgiven ? 200 : 401]);
      }
    }
  },
);

test('a verifier of Google states its tolerance too [T188]', () => {
  const { verifier } = google({ clientIds: ['x'], clockTolerance: 7 });
  expect(verifier.clockTolerance).toBe(7);
});

test.each(['5', '', Number.NaN, Infinity, -1, 61, null, true, {}, [5], 5n])(
  'an own verifier that states %s: not made into a gate, and never let in by it [T188]',
  async (clockTolerance) => {
    const verify = (): object => ({ claims: { scope: 'a', exp: NOW - 86_400 } });
    const stating = Object.assign(verify, { clockTolerance }) as unknown as Verifier;
    const make = (): unknown =>
      createGate({ resource: RESOURCE, verifier: stating, scopes: ['a'] });
    expect(make).toThrow('verifier.clockTolerance: expected a number of seconds from 0 to 60');
    // One that changes its mind later.
    time = NOW;
    const later = Object.assign(verify, { clockTolerance: 5 }) as Verifier;
    const gate = createGate({ resource: RESOURCE, verifier: later, scopes: ['a'], clock });
    Object.assign(later, { clockTolerance });
    const headers = { authorization: 'Bearer t' };
    const decision = await gate.check(new Request(RESOURCE, { headers }), 'a');
    expect(decision).toMatchObject({ allowed: false, status: 503 });
  },
);

test('a polluted prototype widens neither times nor audiences [T188, T65]', async () => {
  const all: object = Object.prototype;
  const polluted = { clockTolerance: 60, audiences: ['https://x.example'], choose: undefined };
  for (const [name, value] of Object.entries(polluted)) {
    Object.defineProperty(all, name, { value, configurable: true, writable: true });
  }
  try {
    time = NOW;
    expect(await statusOf(() => ({ claims: { scope: 'a', exp: NOW - 45 } }), 't')).toBe(401);
    expect(await statusOf(() => ({ claims: { scope: 'a', aud: 'https://x.example' } }), 't')).toBe(
      401,
    );
  } finally {
    for (const name of Object.keys(polluted)) Reflect.deleteProperty(all, name);
  }
});

test('the audiences of the verifier that decided apply [T65]', async () => {
  time = NOW;
  const opaque = Object.assign(() => ({ claims: { scope: 'a', aud: 'api://jwt' } }), {
    audiences: ['api://opaque'],
  });
  const jwt = Object.assign(() => undefined, { audiences: ['api://jwt'] });
  expect(await statusOf(byTokenForm({ jwt, opaque }), 't')).toBe(401);
  expect(
    await statusOf(byTokenForm({ jwt, opaque: byTokenForm({ jwt: opaque, opaque: jwt }) }), 't'),
  ).toBe(401);
  const fitting = Object.assign(opaque, { audiences: ['api://jwt'] });
  expect(
    await statusOf(byTokenForm({ jwt, opaque: byTokenForm({ jwt, opaque: fitting }) }), 't'),
  ).toBe(200);
});

test('a chosen verifier is not called instead of the given one', async () => {
  time = NOW;
  const both = byTokenForm({ jwt: () => undefined, opaque: () => ({ scopes: ['a'] }) });
  expect(await statusOf(both, 't')).toBe(200);
  // One that checks more, and states what the one inside states.
  const stricter = Object.assign((() => undefined) as Verifier, both);
  expect(await statusOf(stricter, 't')).toBe(401);
});

test('a verifier whose `choose` returns none lets no token pass', async () => {
  time = NOW;
  const choices = [
    () => undefined,
    () => null,
    () => {
      throw new Error('none');
    },
  ];
  for (const choose of choices) {
    const verify = (): object => ({ scopes: ['a'] });
    const verifier = Object.assign(verify, { choose }) as unknown as Verifier;
    expect(await statusOf(verifier, 't')).toBe(503);
  }
});

test('Clerk: each of its two kinds of tokens has its own tolerance [T188]', async () => {
  const idp = createTestIssuer({ resource: RESOURCE, issuer: 'https://clerk.example.com', clock });
  const opaque = introspecting({ exp: NOW + 100 }, { clockTolerance: 0 });
  const options = { domain: 'clerk.example.com', fetch: idp.fetch, clock, clockTolerance: 60 };
  const { verifier } = clerk({ ...options, opaque });
  const token = await idp.mintToken({ scopes: ['a'], claims: { exp: NOW + 100 } });
  for (const step of STEPS) {
    time = NOW + 100 + step;
    expect([step, await statusOf(verifier, 'oat_x')]).toEqual([step, step < 0 ? 200 : 401]);
    expect([step, await statusOf(verifier, token)]).toEqual([step, step < 60 ? 200 : 401]);
  }
});
