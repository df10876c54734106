/** Who acts: what a token says in strings, what it does not say, and what the application says. */
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import {
  clientsOnly,
  createGate,
  byTokenForm,
  fromSdkVerifier,
  staticTokens,
  usersOnly,
} from '../../src/index.js';
import type { Auth, SdkAuthInfo, VerifiedToken, Verifier } from '../../src/index.js';
import { keycloak } from '../../src/providers/index.js';
import { checkedIdentify } from '../../src/token/identify.js';
import { introspectionVerifier } from '../../src/token/introspection/index.js';
import type { IntrospectionVerifierOptions } from '../../src/token/introspection/index.js';
import { createTestIssuer } from '../../../testing/src/index.js';

const RESOURCE = 'https://notes.example.com/mcp';
const ISSUER = 'https://idp.example.com';
const issuer = createTestIssuer({ resource: RESOURCE, issuer: ISSUER });

type Claims = Record<string, unknown>;
type Identify = (claims: Readonly<Claims>) => { subject?: string; kind?: 'user' | 'client' };

/** What every claim set has that is not about who acts. */
const usual = (): Claims => ({
  aud: RESOURCE,
  scope: 'a',
  exp: Math.floor(Date.now() / 1000) + 300,
});

function introspecting(
  answer: Claims,
  options: Partial<IntrospectionVerifierOptions> = {},
): Verifier {
  return introspectionVerifier({
    endpoint: 'https://idp.example.com/introspect',
    clientId: 'api',
    clientAuthentication: { method: 'client_secret_basic', secret: 's' },
    fetch: async () => Response.json({ ...usual(), ...answer, active: true }),
    ...options,
  } as IntrospectionVerifierOptions);
}

const sdk = (info: Partial<SdkAuthInfo>, identify?: Identify): Verifier =>
  fromSdkVerifier(
    {
      verifyAccessToken: async () =>
        ({ scopes: ['a'], expiresAt: Date.now() / 1000 + 300, ...info }) as SdkAuthInfo,
    },
    identify && { identify },
  );

/** Every way in which claims about who acts reach a gate; `identify` where the way has one. */
const WAYS: Readonly<
  Record<string, (claims: Claims, identify?: Identify) => Promise<[Verifier, string?]>>
> = {
  JWT: async (claims, identify) => [
    issuer.verifier({ ...(identify && { identify }) }),
    await issuer.mintToken({
      scopes: ['a'],
      ...{ subject: null, clientId: null },
      claims: { jti: undefined, ...claims },
    }),
  ],
  'JWT without a cache': async (claims, identify) => [
    issuer.verifier({ cache: false, ...(identify && { identify }) }),
    await issuer.mintToken({ scopes: ['a'], subject: null, clientId: null, claims }),
  ],
  introspection: async (claims, identify) => [introspecting(claims, identify && { identify })],
  'SDK verifier': async ({ client_id: clientId, ...extra }, identify) => [
    sdk({ ...(clientId !== undefined && { clientId: clientId as string }), extra }, identify),
  ],
  'SDK verifier, all in extra': async (extra, identify) => [sdk({ extra }, identify)],
  'own verifier': async (claims) => [() => ({ claims: { ...usual(), ...claims } })],
  "own verifier, jose's shape": async (claims) => [
    async () => ({ payload: { ...usual(), ...claims } }),
  ],
  'own verifier, scopes and claims': async (claims) => [() => ({ scopes: ['a'], claims })],
  'own verifier, members': async ({ sub, client_id, ...claims }) => [
    () => ({ scopes: ['a'], subject: sub as string, clientId: client_id as string, claims }),
  ],
  'one of two': async (claims, identify) => [
    byTokenForm({ jwt: () => undefined, opaque: introspecting(claims, identify && { identify }) }),
  ],
};
const NAMES = Object.keys(WAYS);
/** Those of a verifier that takes `identify`. */
const IDENTIFYING = NAMES.filter((name) => !name.startsWith('own'));

interface Seen {
  /** Status of each rule: anybody, users only, clients only. */
  readonly statuses: readonly number[];
  readonly auth: Auth | undefined;
  readonly errors: readonly unknown[];
}

async function see(verifier: Verifier, token = 't'): Promise<Seen> {
  const errors: unknown[] = [];
  const gate = createGate({
    ...{ resource: RESOURCE, verifier, scopes: ['a'], onError: (error) => errors.push(error) },
  });
  const statuses: number[] = [];
  let auth: Auth | undefined;
  for (const rule of ['a' as const, usersOnly('a'), clientsOnly('a')]) {
    const headers = { authorization: `Bearer ${token}` };
    const decision = await gate.check(new Request(RESOURCE, { headers }), rule);
    statuses.push(decision.allowed ? 200 : decision.status);
    if (decision.allowed) auth = decision.auth;
  }
  return { statuses, auth, errors };
}

/** What a gate makes of one request, and no more. */
async function keyBy(way: string, claims: Claims): Promise<string | undefined> {
  const [verifier, token = 't'] = await (WAYS[way] as (typeof WAYS)[string])(claims);
  const gate = createGate({ resource: RESOURCE, verifier, scopes: ['a'] });
  const headers = { authorization: `Bearer ${token}` };
  const decision = await gate.check(new Request(RESOURCE, { headers }), 'a');
  if (!decision.allowed) throw new Error(`${way}: ${decision.status}`);
  return decision.auth?.bindingKey;
}

async function seeBy(way: string, claims: Claims, identify?: Identify): Promise<Seen> {
  return see(...(await (WAYS[way] as (typeof WAYS)[string])(claims, identify)));
}

const ANYBODY = [200, 403, 403];
const USER = [200, 200, 403];
const CLIENT = [200, 403, 200];
const INVALID = [401, 401, 401];
const UNKNOWN = [503, 503, 503];

describe.each(NAMES)('%s', (way) => {
  test.each<readonly [what: string, claims: Claims]>(
    [42, 0, true, false, null, ['a'], [], {}, { a: 1 }].flatMap((value) =>
      ['sub', 'client_id', 'jti'].map(
        (name) => [`${name} ${JSON.stringify(value)}`, { [name]: value }] as const,
      ),
    ),
  )('%s is no token [T150, T152, SB-1, SB-4]', async (_what, wrong) => {
    const { statuses } = await seeBy(way, { sub: 'ray', client_id: 'c1', ...wrong });
    expect(statuses).toEqual(INVALID);
    // Nor where the others are missing, and the client might be taken for the one who acts.
    expect((await seeBy(way, wrong)).statuses).toEqual(INVALID);
  });

  test.each<readonly [what: string, claims: Claims, statuses: readonly number[]]>([
    ['a user through a client [SB-2, SB-6]', { sub: 'ray', client_id: 'c1' }, USER],
    ['a client for itself [SB-2, SB-6]', { sub: 'c1', client_id: 'c1' }, CLIENT],
    ['a user through a client, as OpenID Connect names it [SB-6]', { sub: 'ray', azp: 'c1' }, USER],
    ['a client for itself, as Okta names it [SB-6]', { sub: 'c1', cid: 'c1' }, CLIENT],
    ['a subject that differs by case [SB-6]', { sub: 'C1', client_id: 'c1' }, USER],
    ['no subject [SB-5, SB-6, T151]', { client_id: 'c1' }, ANYBODY],
    ['an empty subject [SB-6, T151]', { sub: '', client_id: 'c1' }, ANYBODY],
    [
      'a user name and no subject [SB-5, SB-6, T151]',
      { username: 'ray', client_id: 'c1' },
      ANYBODY,
    ],
    ['a user name that is the client [SB-3, SB-5]', { username: 'c1', client_id: 'c1' }, ANYBODY],
    ['a number of the application [SB-6, T151]', { userId: 7, client_id: 'c1' }, ANYBODY],
    ['no client [SB-3, SB-6]', { sub: 'ray' }, ANYBODY],
    ['an empty client [SB-6]', { sub: 'ray', client_id: '' }, ANYBODY],
    ['a client that is no string in another name [SB-6]', { sub: 'ray', azp: 7 }, ANYBODY],
    ['neither [SB-5, T151]', {}, ANYBODY],
    ['both empty [SB-6, T151]', { sub: '', client_id: '' }, ANYBODY],
  ])('%s', async (_what, claims, statuses) => {
    const seen = await seeBy(way, claims);
    expect(seen.statuses).toEqual(statuses);
    const kind = statuses === USER ? 'user' : statuses === CLIENT ? 'client' : undefined;
    expect(seen.auth).toHaveProperty('kind', kind);
    // Without a subject nothing tells one user from the others.
    const named = typeof claims['sub'] === 'string' && claims['sub'] !== '';
    expect(seen.auth?.bindingKey !== undefined).toBe(named);
  });
});

describe('keys of distinct users', () => {
  /** Ids that would meet in a key which is glued together, and one that is a client's. */
  const IDS = [
    'u1',
    'u2',
    'c1',
    'c2',
    '',
    '","',
    'u1","c1',
    '["u1"]',
    'U1',
    'u1 ',
    '\u00fc',
    'u\u0308',
  ];
  const CLIENTS = ['c1', 'c2', '","', undefined];
  const ISSUERS = [ISSUER, 'https://other.example.com', undefined];

  interface Holder {
    readonly way: string;
    /** Who is behind the token in truth: what it names, in whatever member. */
    readonly who: string;
    readonly claims: Claims;
  }

  /** All who may come by a way: each id in each member that may carry it, or in none. */
  function holders(way: string): Holder[] {
    const issuers = way.startsWith('JWT') ? [undefined] : ISSUERS;
    return issuers.flatMap((iss) =>
      CLIENTS.flatMap((client) =>
        IDS.flatMap((id) =>
          ['sub', 'username', 'userId', 'email'].map((member) => ({
            way,
            who: JSON.stringify([iss, id]),
            claims: {
              [member]: id,
              ...(iss !== undefined && { iss }),
              ...(client !== undefined && { client_id: client }),
            },
          })),
        ),
      ),
    );
  }

  test.each(NAMES)('differ or are absent: %s [T151, T160, SB-6, SB-8]', async (way) => {
    const owners = new Map<string, string>();
    let absent = 0;
    for (const { who, claims } of holders(way)) {
      const bindingKey = await keyBy(way, claims);
      if (bindingKey === undefined) absent++;
      else {
        expect(owners.get(bindingKey) ?? who).toBe(who);
        owners.set(bindingKey, who);
      }
    }
    expect(owners.size).toBeGreaterThan(30);
    expect(absent).toBeGreaterThan(owners.size);
  });

  test('are the same for one user whose token is new [SB-6]', async () => {
    for (const way of NAMES) {
      const claims = { sub: 'ray', client_id: 'c1', iss: ISSUER };
      const first = await seeBy(way, claims);
      const second = await seeBy(way, { ...claims, jti: 'another' });
      expect(first.auth?.bindingKey).toBe(second.auth?.bindingKey);
      expect(first.auth?.bindingKey).toBeDefined();
    }
  });

  test('name the endpoint where an answer names no issuer [SB-8]', async () => {
    const keyOf = async (options: Partial<IntrospectionVerifierOptions>, answer: Claims = {}) => {
      const verifier = introspecting({ sub: 'ray', client_id: 'c1', ...answer }, options);
      return (await see(verifier)).auth?.bindingKey;
    };
    const here = await keyOf({});
    expect(here).toBe('["https://idp.example.com/introspect","c1","ray"]');
    expect(await keyOf({ endpoint: 'https://other.example.com/introspect' })).not.toBe(here);
    // With an issuer set, an answer with and one without `iss` are about the same user.
    const named = await keyOf({ issuer: ISSUER });
    expect(named).toBe(await keyOf({ issuer: ISSUER }, { iss: ISSUER }));
    expect(named).not.toBe(here);
  });

  test('have a type that says they may be missing [T160]', () => {
    expectTypeOf<Auth['bindingKey']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<Auth['kind']>().toEqualTypeOf<'user' | 'client' | undefined>();
  });
});

describe('a polluted prototype', () => {
  const all: object = Object.prototype;
  const polluted = { kind: 'user', bindingKey: 'k', sub: 'eve', client_id: 'eve', subject: 'eve' };
  beforeAll(() => {
    for (const [name, value] of Object.entries(polluted)) {
      Object.defineProperty(all, name, { value, configurable: true, writable: true });
    }
  });
  afterAll(() => {
    for (const name of Object.keys(polluted)) Reflect.deleteProperty(all, name);
  });

  test.each(NAMES)('says nothing of who acts: %s [T150, T151]', async (way) => {
    const { statuses, auth } = await seeBy(way, Object.assign(Object.create(null) as Claims, {}));
    expect(statuses).toEqual(ANYBODY);
    expect(auth?.kind).toBeUndefined();
    expect(auth?.bindingKey).toBeUndefined();
  });
});

describe('a polluted prototype completes no `auth`', () => {
  // A name that is new in `Auth` and optional must be entered here.
  type Name = 'subject' | 'issuer' | 'expiresAt' | 'kind' | 'bindingKey';
  type Optional = {
    [N in keyof Auth]-?: undefined extends Auth[N] ? N : never;
  }[keyof Auth];
  const names: Readonly<Record<Name, true>> = {
    ...{ subject: true, issuer: true, expiresAt: true, kind: true, bindingKey: true },
  };

  test('every optional member is named here', () => {
    expectTypeOf<Optional>().toEqualTypeOf<Name>();
  });

  test.each(Object.keys(names) as Name[])('with its %s [T09, T151]', async (name) => {
    const decide = gateCheck();
    const prototype = Object.prototype as Record<string, unknown>;
    Object.defineProperty(prototype, name, { value: 'user', configurable: true, writable: true });
    let read: unknown;
    let actor: unknown;
    try {
      const { auth } = await decide({ scopes: ['a'], claims: { act: { sub: 'a1' } } });
      read = auth?.[name];
      actor = auth?.actors[0]?.issuer;
    } finally {
      delete prototype[name];
    }
    expect(read).toBeUndefined();
    expect(actor).toBeUndefined();
  });

  test('and copies, comparisons and JSON of one without them are as if they were absent', async () => {
    const { auth } = await gateCheck()({ scopes: ['a'] });
    const plain = {
      ...{ clientId: '', scopes: ['a'], extra: {}, claims: {}, actors: [] },
      resourceMetadataUrl: auth?.resourceMetadataUrl,
    };
    expect({ ...auth }).toEqual(plain);
    expect(JSON.parse(JSON.stringify(auth))).toEqual(plain);
  });
});

function gateCheck(): (verified: VerifiedToken) => Promise<{ readonly auth: Auth | undefined }> {
  return async (verified) => {
    const gate = createGate({ resource: RESOURCE, verifier: () => verified, scopes: ['a'] });
    const headers = { authorization: 'Bearer t' };
    const decision = await gate.check(new Request(RESOURCE, { headers }), 'a');
    return { auth: decision.allowed ? decision.auth : undefined };
  };
}

describe.each(IDENTIFYING)('identify: %s', (way) => {
  const byUserName: Identify = ({ username }) => ({ subject: username as string });

  test('says who acts where the token does not [T151, SB-6]', async () => {
    const ray = await seeBy(way, { username: 'ray', client_id: 'c1' }, byUserName);
    expect(ray.statuses).toEqual(USER);
    expect(ray.auth).toMatchObject({ subject: 'ray', kind: 'user' });
    const eve = await seeBy(way, { username: 'eve', client_id: 'c1' }, byUserName);
    expect(eve.auth?.bindingKey).toBeDefined();
    expect(eve.auth?.bindingKey).not.toBe(ray.auth?.bindingKey);
    const itself = await seeBy(way, { username: 'c1', client_id: 'c1' }, byUserName);
    expect(itself.statuses).toEqual(CLIENT);
  });

  test('may say the kind alone, or against the names', async () => {
    const kind = (said: 'user' | 'client'): Identify => {
      return () => ({ kind: said });
    };
    expect((await seeBy(way, {}, kind('user'))).statuses).toEqual(USER);
    expect((await seeBy(way, {}, kind('user'))).auth?.bindingKey).toBeUndefined();
    const service = { sub: 'service-account-7', client_id: 'c1' };
    expect((await seeBy(way, service, kind('client'))).statuses).toEqual(CLIENT);
  });

  test('what it leaves out stays as the token has it', async () => {
    for (const said of [undefined, {}, { subject: undefined, kind: undefined }, { subject: '' }]) {
      const seen = await seeBy(way, { sub: 'ray', client_id: 'c1' }, () => said as object);
      expect(seen.statuses).toEqual(USER);
      expect(seen.auth?.subject).toBe('ray');
    }
  });

  test('is no way around the types of claims [T150]', async () => {
    const seen = await seeBy(way, { sub: 42, username: 'ray', client_id: 'c1' }, byUserName);
    expect(seen.statuses).toEqual(INVALID);
  });

  test('cannot change the claims it looks at', async () => {
    const changing: Identify = (claims) => {
      try {
        Object.assign(claims, { scope: 'a b', cnf: undefined });
      } catch {
        // They are frozen where others look at them too.
      }
      return {};
    };
    const seen = await seeBy(way, { sub: 'ray', client_id: 'c1' }, changing);
    expect(seen.auth?.scopes).toEqual(['a']);
  });

  test.each<readonly [what: string, identify: () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('the table is locked');
      },
    ],
    ['answers later', async () => ({ subject: 'ray' })],
    // oxlint-disable-next-line unicorn/no-thenable -- what a foreign promise is
    ['answers later, with a foreign promise', () => ({ then: () => undefined })],
    ['returns text', () => 'ray'],
    ['returns null', () => null],
    ['returns a list', () => ['ray']],
    ['returns a number for a subject', () => ({ subject: 42 })],
    ['returns null for a subject', () => ({ subject: null })],
    ['returns a word of its own', () => ({ kind: 'admin' })],
    ['returns a member of another name', () => ({ sub: 'ray' })],
  ])('one that %s: nobody knows who acts, and it is told', async (_what, identify) => {
    const claims = { sub: 'ray', client_id: 'c1' };
    const seen = await seeBy(way, claims, identify as Identify);
    expect(seen.statuses).toEqual(UNKNOWN);
    expect(seen.errors.length).toBe(3);
  });
});

describe('what verifiers say of who acts by themselves', () => {
  test('an own verifier says the kind beside scopes', async () => {
    const own = (members: object): Promise<Seen> =>
      see(() => ({ scopes: ['a'], ...members }) as never);
    expect((await own({ kind: 'user' })).statuses).toEqual(USER);
    expect((await own({ subject: 'x', clientId: 'y', kind: 'client' })).statuses).toEqual(CLIENT);
    expect((await own({ kind: undefined })).statuses).toEqual(ANYBODY);
    for (const kind of ['admin', 'User', 1, null, ['user'], {}]) {
      expect((await own({ kind })).statuses).toEqual(UNKNOWN);
    }
  });

  test('a configured token says it', async () => {
    const seen = (entry: object): Promise<Seen> =>
      see(staticTokens({ t: { scopes: ['a'], ...entry } }));
    expect((await seen({ subject: 'ray', clientId: 'cli' })).statuses).toEqual(USER);
    expect((await seen({ subject: 'ray' })).statuses).toEqual(ANYBODY);
    expect((await seen({ subject: 'ray', kind: 'user' })).statuses).toEqual(USER);
    expect((await seen({ clientId: 'job', kind: 'client' })).statuses).toEqual(CLIENT);
    expect(() => staticTokens({ t: { scopes: ['a'], kind: 'admin' as never } })).toThrow(
      'staticTokens: token 1, kind: expected one of user, client',
    );
  });

  test('a provider takes `identify`, and it goes before what the provider marks', async () => {
    const realm = createTestIssuer({
      ...{ resource: RESOURCE, issuer: 'https://sso.example.com/realms/notes' },
    });
    const claims = { azp: 'job', typ: 'Bearer', preferred_username: 'service-account-job' };
    const token = await realm.mintToken({
      ...{ scopes: ['a'], subject: '0f1e', clientId: 'job', claims, header: { typ: 'JWT' } },
    });
    const seen = (identify?: Identify): Promise<Seen> => {
      const { verifier } = keycloak({
        ...{ url: 'https://sso.example.com', realm: 'notes', fetch: realm.fetch },
        ...(identify && { identify }),
      });
      return see(verifier, token);
    };
    expect((await seen()).statuses).toEqual(CLIENT);
    expect((await seen(() => ({ kind: 'user' }))).statuses).toEqual(USER);
    expect((await seen(() => ({ subject: 'ray' }))).auth?.subject).toBe('ray');
  });
});

test('requiredClaims is no way in for a claim of another type [T152, SB-7]', async () => {
  for (const [name, value] of [
    ['sub', 1],
    ['client_id', ['bar']],
    ['jti', true],
  ] as const) {
    const verifier = issuer.verifier({ requiredClaims: [name] });
    const token = await issuer.mintToken({ scopes: ['a'], claims: { [name]: value } });
    expect((await see(verifier, token)).statuses).toEqual(INVALID);
  }
});

test.each<readonly [said: unknown, message: string]>([
  [Promise.resolve({}), 'identify: expected { subject?, kind? }, not a promise'],
  [{ kind: 'admin' }, 'identify.kind: expected one of user, client'],
  [{ subject: 7 }, 'identify.subject: expected a string'],
  [{ sub: 'ray' }, 'identify.sub: unknown option'],
])('identify that returns %j is refused in these words', (said, message) => {
  expect(() => checkedIdentify(() => said as never)?.({})).toThrow(message);
});

test('what identify leaves out is left out', () => {
  expect(checkedIdentify(undefined)).toBeUndefined();
  expect(checkedIdentify(() => undefined)?.({})).toBeUndefined();
  const said = checkedIdentify(() => ({ subject: 'ray', kind: undefined }) as never)?.({});
  expect(Object.keys(said ?? {})).toEqual(['subject']);
});
