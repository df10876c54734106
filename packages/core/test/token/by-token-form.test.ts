import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { InvalidTokenError, createGate, byTokenForm } from '../../src/index.js';
import type { Verifier } from '../../src/index.js';
import { expectationsOf, issuersOf } from '../../src/token/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';

const RESOURCE = 'https://notes.example.com/mcp';
const context = { resource: RESOURCE, signal: new AbortController().signal };

const encode = (text: string): string => Buffer.from(text).toString('base64url');
const header = (value: unknown): string => encode(JSON.stringify(value));

/** Says which verifier was asked. */
function spies() {
  const asked: string[] = [];
  const spy =
    (name: string): Verifier =>
    (token, given) => {
      asked.push(name);
      return { scopes: [name, token, given.resource] };
    };
  return { asked, options: { jwt: spy('jwt'), opaque: spy('opaque') } };
}

test.each<readonly [kind: 'jwt' | 'opaque', what: string, token: string]>([
  ['jwt', 'a signed JWT', `${header({ alg: 'ES256', typ: 'at+jwt' })}.e30.c2ln`],
  ['jwt', 'one without a signature', `${header({ alg: 'none' })}.e30.`],
  ['jwt', 'one without a payload', `${header({ alg: 'ES256' })}..`],
  ['jwt', 'an odd alg', `${header({ alg: null })}.e30.c2ln`],
  ['jwt', 'a header with other letters', `${header({ alg: 'ES256', kid: 'ÿþ>?é' })}.e30.c2ln`],
  ['opaque', 'no dots', 'ya29'],
  ['opaque', 'nothing', ''],
  ['opaque', 'dots alone', '..'],
  ['opaque', 'two parts', `${header({ alg: 'ES256' })}.e30`],
  ['opaque', 'four parts', `${header({ alg: 'ES256' })}.e30.a.b`],
  ['opaque', 'five parts: a JWE', `${header({ alg: 'dir', enc: 'A256GCM' })}.a.b.c.d`],
  ['opaque', 'a header without alg', `${header({ typ: 'JWT' })}.e30.c2ln`],
  ['opaque', 'a header that is a list', `${header(['alg'])}.e30.c2ln`],
  ['opaque', 'a header that is null', `${header(null)}.e30.c2ln`],
  ['opaque', 'a header that is no JSON', `${encode('alg')}.e30.c2ln`],
  ['opaque', 'a header that is no base64', 'a.b.c'],
  ['opaque', 'padding', `${encode('{"alg":"ES256" }')}=.e30.c2ln`],
  ['opaque', 'letters of base64, not base64url', `${header({ alg: 'ES256' })}.e30.a+/b`],
  ['opaque', 'a line end behind it', `${header({ alg: 'ES256' })}.e30.c2ln\n`],
  ['opaque', 'many dots', '.'.repeat(100_000)],
])('%s: %s [T62, T68]', (kind, _what, token) => {
  const { asked, options } = spies();
  expect(byTokenForm(options)(token, context)).toEqual({ scopes: [kind, token, RESOURCE] });
  expect(asked).toEqual([kind]);
});

test('with a polluted prototype an opaque token is still opaque [T62]', () => {
  const all: object = Object.prototype;
  Object.defineProperty(all, 'alg', { value: 'ES256', configurable: true });
  try {
    const { asked, options } = spies();
    void byTokenForm(options)(`${header({ typ: 'JWT' })}.e30.c2ln`, context);
    expect(asked).toEqual(['opaque']);
  } finally {
    Reflect.deleteProperty(all, 'alg');
  }
});

test.each<readonly [what: string, answer: Verifier, status: number]>([
  ['nothing', () => undefined, 401],
  ['"invalid"', () => Promise.reject(new InvalidTokenError('x')), 401],
  ['"cannot tell"', () => Promise.reject(new Error('x')), 503],
])('where the first says %s, the second is not asked [T85]', async (_what, answer, status) => {
  const { asked, options } = spies();
  const request = (token: string): Request =>
    new Request(RESOURCE, { headers: { authorization: `Bearer ${token}` } });
  for (const [kind, token] of [
    ['jwt', `${header({ alg: 'ES256' })}.e30.c2ln`],
    ['opaque', 'ya29'],
  ] as const) {
    const verifier = byTokenForm({ ...options, [kind]: answer });
    const gate = createGate({ resource: RESOURCE, verifier, scopes: ['jwt', 'opaque'] });
    expect(await gate.check(request(token), 'jwt')).toMatchObject({ allowed: false, status });
  }
  expect(asked).toEqual([]);
});

test('the audiences of both are accepted by the gate, once each [T65]', () => {
  const jwt = Object.assign(() => undefined, { audiences: ['a', 'b'] });
  const opaque = Object.assign(() => undefined, { audiences: ['b', 'c'] });
  expect(byTokenForm({ jwt, opaque }).audiences).toEqual(['a', 'b', 'c']);
  expect(byTokenForm({ jwt, opaque: () => undefined }).audiences).toEqual(['a', 'b']);
});

test('it names the issuers of both, if both name theirs', () => {
  const of = (...issuers: readonly string[]): Verifier =>
    Object.assign(() => undefined, { issuers });
  const plain: Verifier = () => undefined;
  const { issuers } = byTokenForm({ jwt: of('a', 'b'), opaque: of('c') });
  expect(issuers).toEqual(['a', 'b', 'c']);
  expect(Object.isFrozen(issuers)).toBe(true);
  for (const options of [
    { jwt: of('a'), opaque: plain },
    { jwt: plain, opaque: of('a') },
    { jwt: plain, opaque: plain },
  ]) {
    expect(Object.hasOwn(byTokenForm(options), 'issuers')).toBe(false);
  }
  expect(byTokenForm({ jwt: plain, opaque: plain }).audiences).toEqual([]);
});

test('its expectations are those of the verifier that it chooses for the token', () => {
  const jwt = jwtVerifier({ issuer: 'https://idp.example.com' });
  const token = `${header({ alg: 'ES256' })}.e30.c2ln`;
  const verifier = byTokenForm({ jwt, opaque: () => undefined });
  expect(expectationsOf(verifier, token)).toBe(expectationsOf(jwt));
  expect(expectationsOf(byTokenForm({ jwt: verifier, opaque: jwt }), token)).toBe(
    expectationsOf(jwt),
  );
  expect(expectationsOf(verifier, 'ya29')).toBe(undefined);
  expect(expectationsOf(verifier)).toBe(undefined);
  expect(expectationsOf(jwt, token)).toBe(expectationsOf(jwt));
  expect(expectationsOf(jwt)?.issuers).toEqual(['https://idp.example.com']);
});

test('options are checked at construction', () => {
  const verifier: Verifier = () => undefined;
  expect(() => byTokenForm({ jwt: verifier } as never)).toThrow(
    /^byTokenForm\.opaque: expected a verifier$/,
  );
  expect(() => byTokenForm({ jwt: {}, opaque: verifier } as never)).toThrow(/^byTokenForm\.jwt: /);
  expect(() => byTokenForm({ jwt: verifier, opaque: verifier, jwe: verifier } as never)).toThrow(
    /^byTokenForm\.jwe: /,
  );
});

test('without a token, nobody is chosen whose expectations it could have', () => {
  const jwt = jwtVerifier({ issuer: 'https://idp.example.com' });
  expect(expectationsOf(byTokenForm({ jwt: () => undefined, opaque: jwt }))).toBeUndefined();
});

test('it allows the issuers without https that either of both allows', () => {
  const of = (host: string): Verifier =>
    jwtVerifier({ issuer: `http://${host}`, allowInsecureHosts: [host] });
  const allows = byTokenForm({ jwt: of('a.test'), opaque: of('b.test') }).allowsIssuer;
  const asked = ['http://a.test', 'http://b.test', 'http://c.test'].map((url) =>
    allows?.(new URL(url)),
  );
  expect(asked).toEqual([true, true, false]);
  const plain: Verifier = () => undefined;
  expect(Object.hasOwn(byTokenForm({ jwt: plain, opaque: plain }), 'allowsIssuer')).toBe(false);
});

test('a list of issuers is one', () => {
  const verifier = Object.assign(() => undefined, { issuers: 'https://a.test' }) as never;
  expect(() => issuersOf(verifier)).toThrow('verifier.issuers: expected a list');
  expect(issuersOf(() => undefined)).toBeUndefined();
});
