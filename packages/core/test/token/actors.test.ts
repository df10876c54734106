/** Delegation: which actors a token names, and what a rule may make of them (RFC 8693 s4.1). */
import { beforeAll, describe, expect, test } from 'vitest';
import { actedBy, allOf, anyOf, createGate, notDelegated } from '../../src/index.js';
import type { Auth, DecisionEvent, Rule, Verifier } from '../../src/index.js';
import { introspectionVerifier } from '../../src/token/introspection/index.js';
import { createTestIssuer } from '../../../testing/src/index.js';

const RESOURCE = 'https://notes.example.com/mcp';
const ISSUER = 'https://idp.example.com';
const issuer = createTestIssuer({ resource: RESOURCE, issuer: ISSUER });

const usual = (): Record<string, unknown> => ({
  ...{ iss: ISSUER, aud: RESOURCE, sub: 'ray', client_id: 'desk', scope: 'a' },
  exp: Math.floor(Date.now() / 1000) + 300,
});

/** Every way in which the claim `act` reaches a gate. A cycle can come from an own verifier alone. */
const WAYS: Readonly<Record<string, (act: unknown) => Promise<[Verifier, string]>>> = {
  JWT: async (act) => [
    issuer.verifier(),
    await issuer.mintToken({ scopes: ['a'], subject: 'ray', clientId: 'desk', claims: { act } }),
  ],
  introspection: async (act) => [
    introspectionVerifier({
      endpoint: `${ISSUER}/introspect`,
      clientId: 'api',
      clientAuthentication: { method: 'client_secret_basic', secret: 's' },
      fetch: async () => Response.json({ ...usual(), act, active: true }),
    }),
    'an-opaque-token',
  ],
  'own verifier': async (act) => [() => ({ claims: { ...usual(), act } }), 'an-opaque-token'],
  'own verifier with scopes': async (act) => [
    () => ({ scopes: ['a'], subject: 'ray', clientId: 'desk', claims: { iss: ISSUER, act } }),
    'an-opaque-token',
  ],
};

const events: DecisionEvent[] = [];

async function ask(
  way: string,
  act: unknown,
  rule: Rule<'a'> = 'a',
): Promise<{ readonly status: number; readonly auth: Auth | undefined }> {
  const [verifier, token] = await (WAYS[way] as (typeof WAYS)[string])(act);
  const gate = createGate({
    ...{ resource: RESOURCE, verifier, scopes: ['a'] },
    onDecision: (event) => events.push(event),
  });
  const headers = { authorization: `Bearer ${token}` };
  const decision = await gate.check(new Request(RESOURCE, { headers }), rule);
  return decision.allowed
    ? { status: 200, auth: decision.auth }
    : { status: decision.status, auth: undefined };
}

/** `depth` actors, the current one first: `a1`, whose `act` is `a2`, and so on. */
function chain(depth: number, from = 1): unknown {
  const inner = from < depth ? { act: chain(depth, from + 1) } : {};
  return { sub: `a${from}`, ...inner };
}

/** A chain that is too deep to build by recursion. */
function longChain(depth: number): unknown {
  let act: unknown = { sub: 'last' };
  for (let i = 1; i < depth; i++) act = { sub: 'one', act };
  return act;
}

describe.each(Object.keys(WAYS))('the actors of a token: %s', (way) => {
  test('no `act` is no actor', async () => {
    const { auth } = await ask(way, undefined);
    expect(auth?.actors).toEqual([]);
    expect(Object.isFrozen(auth?.actors)).toBe(true);
  });

  test('the outermost is the current one, and the innermost the least recent [DL-2]', async () => {
    const { auth } = await ask(way, chain(3));
    expect(auth?.actors).toEqual([{ subject: 'a1' }, { subject: 'a2' }, { subject: 'a3' }]);
    expect(auth?.actors.every((actor) => Object.isFrozen(actor))).toBe(true);
  });

  test('only `sub` and `iss` count: `exp`, `nbf` and `aud` mean nothing in it [DL-3]', async () => {
    const past = { exp: 1, nbf: 9e9, aud: 'https://other.example.com', client_id: 7 };
    const { auth } = await ask(way, { sub: 'a1', iss: 'https://other.example.com', ...past });
    expect(auth?.actors).toEqual([{ subject: 'a1', issuer: 'https://other.example.com' }]);
  });

  test('8 actors are read, and an actor may equal the subject [DL-4, DL-7]', async () => {
    expect((await ask(way, chain(8))).auth?.actors).toHaveLength(8);
    expect((await ask(way, { sub: 'ray' })).auth?.actors).toEqual([{ subject: 'ray' }]);
  });

  test.each<[string, unknown]>([
    ['nine actors', chain(9)],
    ['three hundred', longChain(300)],
    ['a string', 'a1'],
    ['a number', 1],
    ['a boolean', false],
    ['null', null],
    ['a list', [{ sub: 'a1' }]],
    ['an empty object', {}],
    ['a `sub` that is a number', { sub: 1 }],
    ['a `sub` that is a list', { sub: ['a1'] }],
    ['an `iss` that is a number', { sub: 'a1', iss: 1 }],
    ['a prior actor without `sub`', { sub: 'a1', act: {} }],
    ['a prior actor that is null', { sub: 'a1', act: null }],
    ['a prior actor that is a string', { sub: 'a1', act: { sub: 'a2', act: 'a3' } }],
    ['`sub` in an own `__proto__`', JSON.parse('{"__proto__":{"sub":"a1"}}')],
  ])('%s: 401 [DL-4, DL-5, T171]', async (_, act) => {
    expect((await ask(way, act)).status).toBe(401);
  });
});

test.each(['own verifier', 'own verifier with scopes'])(
  'a cycle and 10,000 levels: 401, by %s [T171]',
  async (way) => {
    const cycle: Record<string, unknown> = { sub: 'a1' };
    cycle['act'] = { sub: 'a2', act: cycle };
    expect((await ask(way, cycle)).status).toBe(401);
    expect((await ask(way, longChain(10_000))).status).toBe(401);
  },
);

test('a polluted prototype makes no actor [DL-5, T171]', async () => {
  const prototype: { act?: unknown } = Object.prototype;
  Object.defineProperty(prototype, 'act', {
    value: { sub: 'a1' },
    configurable: true,
  });
  try {
    expect((await ask('own verifier', undefined)).auth?.actors).toEqual([]);
    expect((await ask('own verifier', { sub: 'a2' })).auth?.actors).toEqual([{ subject: 'a2' }]);
    expect((await ask('own verifier', undefined, actedBy('a1', 'a'))).status).toBe(403);
  } finally {
    delete prototype.act;
  }
});

describe('rules about the current actor', () => {
  const other = 'https://other.example.com';
  test.each<[string, Rule<'a'>, unknown, number]>([
    ['the named actor', actedBy('a1', 'a'), { sub: 'a1' }, 200],
    ['one of several', actedBy(['a0', 'a1'], 'a'), { sub: 'a1' }, 200],
    ['any valid token beside the actor', actedBy('a1'), { sub: 'a1' }, 200],
    ['by the issuer of the token', actedBy({ subject: 'a1', issuer: ISSUER }), { sub: 'a1' }, 200],
    [
      'of another issuer',
      actedBy({ subject: 'a1', issuer: other }),
      { sub: 'a1', iss: other },
      200,
    ],
    ['with the rule of an operation', allOf('a', actedBy('a1')), { sub: 'a1' }, 200],
    ['no actor', actedBy('a1', 'a'), undefined, 403],
    ['another actor', actedBy('a1', 'a'), { sub: 'a2' }, 403],
    ['only a prior actor', actedBy('a1', 'a'), { sub: 'a2', act: { sub: 'a1' } }, 403],
    ['the same name at another issuer', actedBy('a1'), { sub: 'a1', iss: other }, 403],
    ['another issuer expected', actedBy({ subject: 'a1', issuer: other }), { sub: 'a1' }, 403],
    ['the subject, which is no actor', actedBy('ray', 'a'), undefined, 403],
    ['any valid token that names no actor', notDelegated(), undefined, 200],
    ['no actor expected, and one named', notDelegated(), { sub: 'a1' }, 403],
    ['no actor wanted', notDelegated('a'), undefined, 200],
    ['an actor where none may be', notDelegated('a'), { sub: 'a1' }, 403],
    ['the subject as its own actor', notDelegated('a'), { sub: 'ray' }, 403],
  ])('%s [DL-1, DL-5, T171]', async (_, rule, act, status) => {
    expect((await ask('JWT', act, rule)).status).toBe(status);
  });

  test('an actor does not replace the scopes [DL-8]', async () => {
    const gate = createGate({
      ...{ resource: RESOURCE, scopes: ['a', 'b'] as const },
      verifier: () => ({ claims: { ...usual(), act: { sub: 'a1' } } }),
    });
    const request = new Request(RESOURCE, { headers: { authorization: 'Bearer an-opaque-token' } });
    expect(await gate.check(request, actedBy('a1', 'b'))).toMatchObject({ status: 403 });
    expect(await gate.check(request, anyOf('b', actedBy('a1', 'a')))).toMatchObject({
      allowed: true,
    });
  });

  test('a token without a known issuer has no actor that a name alone fits [DL-5]', async () => {
    const gate = createGate({
      ...{ resource: RESOURCE, scopes: ['a'] as const },
      verifier: () => ({ scopes: ['a'], claims: { act: { sub: 'a1' } } }),
    });
    const request = new Request(RESOURCE, { headers: { authorization: 'Bearer an-opaque-token' } });
    expect(await gate.check(request, actedBy('a1', 'a'))).toMatchObject({ status: 403 });
  });

  test('`may_act` is no grant, and no rule sees an actor in it [DL-6, T172]', async () => {
    const verifier: Verifier = () => ({ claims: { ...usual(), may_act: { sub: 'a1' } } });
    const gate = createGate({ resource: RESOURCE, verifier, scopes: ['a'] });
    const request = new Request(RESOURCE, { headers: { authorization: 'Bearer an-opaque-token' } });
    expect(await gate.check(request, actedBy('a1', 'a'))).toMatchObject({ status: 403 });
    expect(await gate.check(request, notDelegated('a'))).toMatchObject({ allowed: true });
  });

  test('the binding key is that of the subject, whoever acts [DL-8]', async () => {
    const keys = [undefined, { sub: 'a1' }].map(async (act) => (await ask('JWT', act)).auth);
    const [alone, acted] = await Promise.all(keys);
    expect(acted?.bindingKey).toBe(alone?.bindingKey);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['no actor', () => actedBy([]), /actedBy: expected at least one actor/],
    ['an empty name', () => actedBy(''), /actedBy\[0\]: expected a non-empty string/],
    ['a number', () => actedBy(['a', 1 as never]), /actedBy\[1\]: expected/],
    ['an issuer', () => actedBy({ subject: 'a', issuer: 1 as never }), /actedBy\[0\]\.issuer/],
  ])('a rule for %s is a TypeError', (_, make, message) => {
    expect(make).toThrow(message);
    expect(make).toThrow(TypeError);
  });
});

describe('events', () => {
  beforeAll(() => {
    events.length = 0;
  });

  test('name the actors, frozen, and only if there are some [DL-2, DL-8]', async () => {
    await ask('JWT', chain(2));
    await ask('JWT', chain(2), actedBy('a2', 'a'));
    await ask('JWT', undefined);
    await ask('JWT', chain(9));
    const actors = [{ subject: 'a1' }, { subject: 'a2' }];
    expect(events.map((event) => [event.outcome, event.actors])).toEqual([
      ['allowed', actors],
      ['refused', actors],
      ['allowed', undefined],
      ['refused', undefined],
    ]);
    expect(Object.isFrozen(events[0]?.actors)).toBe(true);
    expect(events[2]).not.toHaveProperty('actors');
  });
});
