import { describe, expect, test } from 'vitest';
import {
  allOf,
  anyOf,
  authenticated,
  clientsOnly,
  createGate,
  defineScopes,
  deny,
  evaluate,
  parseChallenges,
  publicAccess,
  recentLogin,
  rule,
  usersOnly,
  where,
} from '../../src/index.js';
import { describeRule } from '../../src/policy/index.js';
import type { Rule } from '../../src/index.js';
import { compileRule } from '../../src/policy/index.js';
import { mcpPolicy } from '../../src/mcp/index.js';

type Scope = 'read' | 'write' | 'admin';
const NOW = 1_800_000_000;
const scopes = defineScopes(['read', 'write', 'admin']);

function gateFor(claims: object, tools?: Record<string, Rule<Scope>>) {
  return createGate({
    resource: 'https://notes.example.com/api',
    verifier: () => ({ claims: { sub: 'ray', client_id: 'c1', exp: NOW + 60, ...claims } }),
    scopes,
    ...(tools !== undefined && { policy: mcpPolicy(scopes, { tools }) }),
    clock: () => NOW * 1000,
  });
}

/** What a caller with these claims is told. */
async function told(needed: Rule<Scope>, claims: object, token: string | undefined = 't') {
  const headers: HeadersInit = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const request = new Request('https://notes.example.com/api', { headers });
  const decision = await gateFor(claims).check(request, needed);
  if (decision.allowed) return 'allowed';
  const value = decision.headers.find(([name]) => name === 'WWW-Authenticate')?.[1];
  const [challenge] = value === undefined ? [] : parseChallenges(value);
  const { error, scope, max_age, acr_values } = Object.fromEntries(challenge?.params ?? []);
  return [decision.status, error, scope, max_age, acr_values].map((one) => one ?? '-').join(' ');
}

const recent = recentLogin({ maxAge: 300 });
const strong = recentLogin({ acrValues: ['phrh', 'phr'] });
const both = recentLogin({ maxAge: 300, acrValues: ['phrh', 'phr'] });
const now = { auth_time: NOW - 300 };

describe('a rule about the login', () => {
  const cases: readonly [what: string, rule: Rule<Scope>, claims: object, answer: string][] = [
    ['as old as it may be [SU-2]', recent, now, 'allowed'],
    ['a second older [SU-1, SU-2]', recent, { auth_time: NOW - 301 }, LOGIN('-', '300')],
    ['no auth_time [SU-2]', recent, {}, LOGIN('-', '300')],
    ['auth_time as text [SU-2, T63]', recent, { auth_time: String(NOW) }, LOGIN('-', '300')],
    ['auth_time not a number [SU-2]', recent, { auth_time: Number.NaN }, LOGIN('-', '300')],
    ['the issuer is half a minute ahead', recent, { auth_time: NOW + 30 }, 'allowed'],
    ['a login to come', recent, { auth_time: NOW + 31 }, LOGIN('-', '300')],
    ['in milliseconds', recent, { auth_time: NOW * 1000 }, LOGIN('-', '300')],
    ['one of the classes [SU-2]', strong, { acr: 'phr' }, 'allowed'],
    ['another class [SU-1, SU-2]', strong, { acr: 'pwd' }, LOGIN('-', '-', 'phrh phr')],
    ['another case [SU-2]', strong, { acr: 'PHR' }, LOGIN('-', '-', 'phrh phr')],
    ['a list of classes [SU-2]', strong, { acr: ['phr'] }, LOGIN('-', '-', 'phrh phr')],
    ['no acr [SU-2]', strong, {}, LOGIN('-', '-', 'phrh phr')],
    ['both, both held', both, { ...now, acr: 'phr' }, 'allowed'],
    ['both, one held: both are told', both, now, LOGIN('-', '300', 'phrh phr')],
    ['both, the other held', both, { acr: 'phr' }, LOGIN('-', '300', 'phrh phr')],
  ];
  test.each(cases)('%s', async (_what, needed, claims, answer) => {
    expect(await told(needed, claims)).toBe(answer);
  });
});

test('a challenge for a login names the scopes, also where only missing ones are named [SU-1]', async () => {
  const gate = createGate({
    resource: 'https://notes.example.com/api',
    verifier: () => ({ claims: { sub: 'ray', client_id: 'c1', exp: NOW + 60, scope: 'write' } }),
    ...{ scopes, clock: () => NOW * 1000, challengeScopes: 'missing' },
  });
  const headers = { authorization: 'Bearer t' };
  const request = new Request('https://notes.example.com/api', { headers });
  const decision = await gate.check(request, allOf('write', recent));
  expect(decision).toMatchObject({ status: 401, challenge: { scopes: ['write'], maxAge: 300 } });
});

describe('a login and scopes', () => {
  const writing = allOf('write', recent);
  const write = { scope: 'write' };
  const cases: readonly [what: string, rule: Rule<Scope>, claims: object, answer: string][] = [
    ['both held', writing, { ...write, ...now }, 'allowed'],
    ['neither: the scope first', writing, {}, '403 insufficient_scope write - -'],
    ['the scope lacks', writing, now, '403 insufficient_scope write - -'],
    ['the login lacks: scopes are named too [SU-1]', writing, write, LOGIN('write', '300')],
    ['another way in is held', anyOf('admin', writing), { scope: 'admin' }, 'allowed'],
    ['the way nearest', anyOf('admin', writing), write, LOGIN('write', '300')],
    ['no way near', anyOf(allOf('admin', 'read'), writing), {}, '403 insufficient_scope write - -'],
    ['a way that nobody has', anyOf(deny(), writing), write, LOGIN('write', '300')],
    ['nothing helps', allOf<Scope>(recent, deny()), {}, '403 - - - -'],
    [
      'a condition fails',
      allOf<Scope>(
        recent,
        where(() => false),
      ),
      {},
      '403 - - - -',
    ],
    ['behind a condition', where(() => true, writing), write, LOGIN('write', '300')],
    ['behind one that fails: not told', where(() => false, writing), write, '403 - - - -'],
    ['computed', rule(() => writing), write, LOGIN('write', '300')],
    [
      'two logins: the nearer one',
      anyOf<Scope>(allOf<Scope>(recent, strong), recent),
      {},
      LOGIN('-', '300'),
    ],
    ['two logins at once', allOf<Scope>(recent, strong), {}, LOGIN('-', '300', 'phrh phr')],
    [
      'two logins at once, the narrower of each',
      allOf<Scope>(both, recentLogin({ maxAge: 60, acrValues: ['phr', 'x'] })),
      {},
      LOGIN('-', '60', 'phr'),
    ],
    [
      'two logins that no token can have at once',
      allOf('write', strong, recentLogin({ acrValues: ['x'] })),
      write,
      '403 - - - -',
    ],
    ['with any valid token', allOf<Scope>(authenticated(), recent), {}, LOGIN('-', '300')],
    ['with a public part', allOf<Scope>(publicAccess(), recent), {}, LOGIN('-', '300')],
    ['the same part in two places', anyOf(allOf(recent, 'write'), recent), {}, LOGIN('-', '300')],
  ];
  test.each(cases)('%s', async (_what, needed, claims, answer) => {
    expect(await told(needed, claims)).toBe(answer);
  });

  test('the answer to a request without a token does not mention the login [SU-4, AH-7]', async () => {
    const request = new Request('https://notes.example.com/api');
    const decision = await gateFor({}).check(request, writing);
    expect(decision).toMatchObject({ allowed: false, status: 401, reason: 'no_credentials' });
    expect(JSON.stringify(decision)).toContain('scope=\\"write\\"');
    expect(JSON.stringify(decision)).not.toMatch(/max_age|login|300/);
  });

  test('nor with a token that does not hold [SU-4]', async () => {
    const expired = await told(writing, { exp: NOW - 100, ...write });
    expect(expired).toBe('401 invalid_token write - -');
  });

  test('claims that a prototype has are none [SU-2, T09]', async () => {
    const polluted = Object.prototype as { auth_time?: number };
    polluted.auth_time = NOW;
    try {
      expect(await told(recent, {})).toBe(LOGIN('-', '300'));
    } finally {
      delete polluted.auth_time;
    }
  });

  test('a rule with more alternatives than are spelt out', async () => {
    const pairs = ['read', 'write', 'admin'].map(() => anyOf('read', 'write', 'admin'));
    const many = allOf(recent, ...pairs, ...pairs, anyOf('write', recent)) as Rule<Scope>;
    expect(await told(many, { scope: 'write' })).toBe(LOGIN('write', '300'));
  });

  test('what no token can be is no way', () => {
    const compiled = compileRule(
      anyOf<Scope>(
        deny(),
        where(() => true),
        recent,
      ),
      scopes,
      'rule',
    );
    expect(compiled.logins?.missing(compiled, () => false)).toMatchObject({ maxAge: 300 });
  });

  const older = recentLogin({ maxAge: 600 });
  test.each([
    ['of equals the first', anyOf<Scope>(older, recent), 600],
    ['scopes that are held count for nothing', anyOf<Scope>(allOf('read', older), recent), 600],
    ['nor does any valid token', anyOf<Scope>(allOf<Scope>(authenticated(), older), recent), 600],
    ['the fewest, wherever they stand', anyOf<Scope>(allOf<Scope>(older, strong), recent), 300],
    ['nothing lacks', anyOf<Scope>('read', recent), undefined],
    ['nothing ever lacked', authenticated(), undefined],
  ])('what lacks: %s', (_what, needed, maxAge) => {
    // Of a rule that names no login nobody asks; the answer must be the same.
    const found = recent.logins.missing(compileRule(needed, scopes, 'rule'), () => true);
    expect(found).toStrictEqual(maxAge === undefined ? undefined : { maxAge });
  });

  test('30 choices, each around the one before twice, are no more work than their parts', () => {
    let doubled: Rule<Scope> = recent;
    for (let level = 0; level < 30; level++) doubled = anyOf(allOf(doubled, 'read'), doubled);
    const compiled = compileRule(doubled, undefined, 'rule');
    expect(compiled.logins?.missing(compiled, () => true)).toStrictEqual({ maxAge: 300 });
  });

  test('a static question has no login to look at', () => {
    expect(evaluate(writing, 'write', scopes)).toMatchObject({ satisfied: false, missing: [] });
  });
});

test('the refusal of a tool call is a JSON-RPC error that names the missing login [SU-1]', async () => {
  const gate = gateFor({ scope: 'write' }, { purge: allOf('write', both) });
  const call = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'purge' } };
  const request = new Request('https://notes.example.com/api', {
    method: 'POST',
    headers: { authorization: 'Bearer t', 'content-type': 'application/json' },
    body: JSON.stringify(call),
  });
  const decision = await gate.check(request);
  if (decision.allowed) throw new Error('allowed');
  expect(decision).toMatchObject({ status: 401, reason: 'insufficient_user_authentication' });
  expect(Object.fromEntries(decision.headers)['WWW-Authenticate']).toBe(
    'Bearer error="insufficient_user_authentication", scope="write", resource_metadata="https://notes.example.com/.well-known/oauth-protected-resource/api", acr_values="phrh phr", max_age="300", error_description="purge needs a login at most 300 seconds old, of acr phrh or phr"',
  );
  expect(JSON.parse(decision.body)).toMatchObject({
    id: 7,
    error: { data: { acr_values: 'phrh phr', max_age: 300, scope: 'write' } },
  });
});

describe('who holds the token', () => {
  const user = {};
  const client = { sub: 'c1' };
  // Made in the test, so that the mutation run sees the making.
  test.each([
    ['a user', () => usersOnly(), user, 'allowed'],
    ['a client for itself', () => usersOnly(), client, '403 - - - -'],
    ['no subject', () => usersOnly(), { sub: undefined }, '403 - - - -'],
    ['no subject: no client either', () => clientsOnly(), { sub: undefined }, '403 - - - -'],
    ['no client', () => usersOnly(), { client_id: undefined }, '403 - - - -'],
    ['no client beside it', () => clientsOnly(), { client_id: undefined }, '403 - - - -'],
    ['clients only, a client', () => clientsOnly(), client, 'allowed'],
    ['clients only, a user', () => clientsOnly(), user, '403 - - - -'],
    ['users with a scope', () => usersOnly('write'), user, '403 insufficient_scope write - -'],
    [
      'clients with a scope they have',
      () => clientsOnly('write'),
      { ...client, scope: 'write' },
      'allowed',
    ],
    [
      'clients with a scope they lack',
      () => clientsOnly('write'),
      client,
      '403 insufficient_scope write - -',
    ],
    ['a user: the scope is not told', () => clientsOnly('write'), user, '403 - - - -'],
    ['a client: the scope is not told', () => usersOnly('write'), client, '403 - - - -'],
  ] as const)('%s', async (_what, make, claims, answer) => {
    expect(await told(make(), claims)).toBe(answer);
  });
});

test('a function that was not asked may need anything: no login alone is enough', () => {
  const compiled = compileRule(
    allOf<Scope>(recent, () => 'write'),
    scopes,
    'rule',
  );
  expect(compiled.logins?.missing(compiled, () => true)).toBe(undefined);
});

test('a login in words', () => {
  // Made here, so that the mutation run sees the making.
  expect(describeRule(recentLogin({ maxAge: 1 }))).toBe('a login at most 1 seconds old');
  expect(describeRule(recent)).toBe('a login at most 300 seconds old');
  expect(describeRule(strong)).toBe('a login of acr phrh or phr');
  expect(describeRule(allOf('write', both))).toBe(
    'both write and (a login at most 300 seconds old, of acr phrh or phr)',
  );
});

test('an age of a second and a single class can be asked for', () => {
  expect(recentLogin({ maxAge: 1 }).login).toStrictEqual({ maxAge: 1 });
  expect(recentLogin({ acrValues: ['phr'] }).login).toStrictEqual({ acrValues: ['phr'] });
});

test.each([
  [{}, 'expected maxAge, acrValues or both'],
  [{ maxAge: 0 }, 'recentLogin.maxAge'],
  [{ maxAge: 1.5 }, 'recentLogin.maxAge'],
  [{ maxAge: '300' }, 'recentLogin.maxAge'],
  // No challenge could carry it.
  [{ maxAge: 2 ** 31 }, 'recentLogin.maxAge'],
  [{ acrValues: [] }, 'recentLogin.acrValues'],
  [{ acrValues: 'phr' }, 'recentLogin.acrValues'],
  [{ acrValues: ['a', 'b c'] }, 'recentLogin.acrValues[1]'],
  [{ acrValues: [7] }, 'recentLogin.acrValues[0]'],
  [{ acrValues: ['x?scope=admin'] }, 'acrValues'],
  [{ maxage: 300 }, 'recentLogin.maxage: unknown option'],
])('recentLogin(%j) is refused at construction', (options, message) => {
  expect(() => recentLogin(options as never)).toThrow(TypeError);
  expect(() => recentLogin(options as never)).toThrow(message);
});

/** The 401 for a login, as `told` writes it. */
function LOGIN(scope: string, maxAge: string, acr = '-'): string {
  return `401 insufficient_user_authentication ${scope} ${maxAge} ${acr}`;
}
