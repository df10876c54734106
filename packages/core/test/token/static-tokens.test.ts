import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createGate, staticTokens } from '../../src/index.js';
import type { Decision, StaticToken } from '../../src/index.js';

const RESOURCE = 'https://notes.example.com/mcp';

async function check(
  tokens: Record<string, StaticToken>,
  token: string,
  clock = Date.now,
): Promise<Decision> {
  const gate = createGate({
    resource: RESOURCE,
    verifier: staticTokens(tokens),
    scopes: ['notes:read', 'notes:write'],
    tokenSyntax: 'opaque',
    clock,
  });
  const headers = { authorization: `Bearer ${token}` };
  return gate.check(new Request(RESOURCE, { headers }), 'notes:read');
}

const reader: StaticToken = { scopes: ['notes:read'], subject: 'ray', clientId: 'cli' };

test('a token of the list has its scopes, subject and client', async () => {
  const tokens = { 'dev-reader': reader, 'dev-writer': { scopes: ['notes:write'] } };
  expect(await check(tokens, 'dev-reader')).toMatchObject({
    allowed: true,
    auth: { scopes: ['notes:read'], subject: 'ray', clientId: 'cli', kind: 'user' },
  });
  expect(await check(tokens, 'dev-writer')).toMatchObject({ status: 403 });
});

test.each(['dev', 'dev-reader1', 'Dev-reader', 'dev-readedev-reader', 'x', 'dev-readerdev-reader'])(
  'one that is not in the list is invalid: %s',
  async (token) => {
    expect(await check({ 'dev-reader': reader }, token)).toMatchObject({ status: 401 });
  },
);

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'undefined'])(
  'no inherited name is a token: %s [T04]',
  async (token) => {
    expect(await check({ 'dev-reader': reader }, token)).toMatchObject({ status: 401 });
  },
);

test('what is in a prototype is neither a token nor a scope [T04]', async () => {
  const tokens = Object.create({ inherited: reader }) as Record<string, StaticToken>;
  tokens['own'] = reader;
  expect(await check(tokens, 'inherited')).toMatchObject({ status: 401 });
  const own = JSON.parse('{"__proto__":{"scopes":["notes:read"]}}') as Record<string, StaticToken>;
  expect(await check(own, '__proto__')).toMatchObject({ allowed: true });
  const make = (): unknown => staticTokens({ a: Object.create(reader) as StaticToken });
  expect(make).toThrow('staticTokens: token 1, scopes: ');
});

test('it ends at `expiresAt` [T63]', async () => {
  const tokens = { t: { ...reader, expiresAt: 1000 } };
  expect(await check(tokens, 't', () => 1000_000)).toMatchObject({ allowed: true });
  // The gate forgives a minute of clock difference.
  expect(await check(tokens, 't', () => 1060_000)).toMatchObject({ allowed: false, status: 401 });
});

test('it cannot be changed from outside afterwards', async () => {
  const entry = { scopes: ['notes:write'] };
  const tokens: Record<string, StaticToken> = { t: entry };
  const gate = createGate({
    ...{ resource: RESOURCE, verifier: staticTokens(tokens) },
    scopes: ['notes:read', 'notes:write'],
  });
  entry.scopes.push('notes:read');
  tokens['u'] = reader;
  for (const [token, status] of [
    ['t', 403],
    ['u', 401],
  ] as const) {
    const headers = { authorization: `Bearer ${token}` };
    const request = new Request(RESOURCE, { headers });
    expect(await gate.check(request, 'notes:read')).toMatchObject({ allowed: false, status });
  }
});

describe('construction', () => {
  const SECRET = 'nobody may see';
  test.each<readonly [says: string, tokens: unknown]>([
    ['staticTokens: expected an object', undefined],
    ['staticTokens: expected at least one token', {}],
    // The literal sets the prototype: no token is left.
    ['staticTokens: expected at least one token', { __proto__: reader }],
    ['staticTokens: token 1: is "undefined"', { [String(undefined)]: reader }],
    ['staticTokens: token 1: is "null"', { null: reader }],
    ['staticTokens: token 2: is ""', { a: reader, '': reader }],
    ['staticTokens: token 1: has a character', { [SECRET]: reader }],
    ['staticTokens: token 1: has a character', { 'nobody,may,see': reader }],
    ['staticTokens: token 1: has a character', { 'nobody\nmay see': reader }],
    ['staticTokens: token 1: has a character', { 'nobody may séé': reader }],
    ['staticTokens: token 1: expected { scopes }', { 'nobody-may-see': null }],
    ['staticTokens: token 1, scopes: ', { 'nobody-may-see': {} }],
    ['staticTokens: token 1, scopes: ', { 'nobody-may-see': { scopes: 'notes:read' } }],
    ['staticTokens: token 1, scopes: ', { 'nobody-may-see': { scopes: ['a b'] } }],
    ['staticTokens: token 1, subject: ', { 'nobody-may-see': { scopes: [], subject: 1 } }],
    ['staticTokens: token 1, clientId: ', { 'nobody-may-see': { scopes: [], clientId: '' } }],
    ['staticTokens: token 1, expiresAt: ', { t: { scopes: [], expiresAt: Date.now() } }],
    ['staticTokens: token 1, scope: ', { 'nobody-may-see': { scopes: [], scope: 'a' } }],
  ])('%s… [T72]', (says, tokens) => {
    const make = (): unknown => staticTokens(tokens as never);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(says);
    expect(make).not.toThrow(/nobody/);
  });

  test('another option is refused', () => {
    const make = (): unknown => staticTokens({ t: reader }, { tolerance: 5 } as never);
    expect(make).toThrow('staticTokens.tolerance: unknown option');
  });

  test('shows no token afterwards [T72]', () => {
    const verifier = staticTokens({ 'nobody-may-see': reader });
    expect(inspect(verifier, { depth: 9, showHidden: true })).not.toMatch(/nobody/);
  });
});

test('asked by nobody who wants a reason, it gives none', async () => {
  const verifier = staticTokens({ 'dev-token': { scopes: ['a'] } });
  const context = { resource: 'https://a.test', signal: new AbortController().signal };
  expect(await verifier('another', context)).toBeUndefined();
  const details: unknown[] = [];
  const explain = (detail: unknown): void => void details.push(detail);
  expect(await verifier('another', { ...context, explain })).toBeUndefined();
  expect(await verifier('dev-token', { ...context, explain })).toBeDefined();
  expect(details).toEqual([{ detail: 'unknown' }]);
});

test.each<readonly [entry: object, message: string]>([
  [{ scopes: 'a' }, 'staticTokens: token 1, scopes: expected a list of scope names'],
  [{ scopes: ['a b'] }, 'staticTokens: token 1, scopes: expected a list of scope names'],
  [{ scopes: [], subject: '' }, 'staticTokens: token 1, subject: expected a non-empty string'],
  [{ scopes: [], clientId: 7 }, 'staticTokens: token 1, clientId: expected a non-empty string'],
])('%j is refused in these words', (entry, message) => {
  expect(() => staticTokens({ t: entry as never })).toThrow(new TypeError(message));
});
