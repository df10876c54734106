/** Which tokens a revocation means, and what a list that cannot tell means. */
import { expect, test } from 'vitest';
import type { Auth } from '../../src/index.js';
import { fitsRevocation, revocableName, wasIssuedBefore } from '../../src/token/fits-revocation.js';
import { mayBeRevoked } from '../../src/token/may-be-revoked.js';
import type { RevocableToken, Revocation } from '../../src/token/stores.js';

const token: RevocableToken = {
  ...{ issuer: 'https://idp.example.com', subject: 'ray', clientId: 'notes-app' },
  ...{ bindingKey: undefined, claims: { jti: 'j', iat: 1_000 } },
};
const introspected: RevocableToken = {
  ...token,
  issuer: undefined,
  bindingKey: '["https://idp.example.com","ray","notes-app"]',
};

test.each<readonly [of: RevocableToken, revocation: Revocation, fits: boolean]>([
  [token, { jti: 'j' }, true],
  [token, { jti: 'k' }, false],
  [token, { subject: 'ray' }, true],
  [token, { subject: 'ray', clientId: 'another' }, false],
  [token, { clientId: 'notes-app', issuer: 'https://idp.example.com' }, true],
  [token, { issuer: 'https://other.example.com' }, false],
  [token, { subject: 'ray', issuedBefore: 1_001 }, true],
  [token, { subject: 'ray', issuedBefore: 1_000 }, false],
  [{ ...token, claims: {} }, { jti: 'undefined' }, false],
  [{ ...token, claims: { jti: 7 } }, { jti: '7' }, false],
  [{ ...token, claims: Object.create({ jti: 'j' }) as object }, { jti: 'j' }, false],
  // Where the answer of an introspection names no issuer, the key that binds an id to its owner does.
  [introspected, { issuer: 'https://idp.example.com' }, true],
  [introspected, { issuer: 'https://other.example.com' }, false],
  [{ ...introspected, bindingKey: undefined }, { issuer: 'https://idp.example.com' }, false],
  [{ ...introspected, bindingKey: '[7]' }, { issuer: '7' }, false],
  [{ ...introspected, bindingKey: 'no JSON' }, { issuer: 'no JSON' }, false],
  [{ ...introspected, subject: undefined }, { subject: 'https://idp.example.com' }, false],
] as never)('%j fits %j: %s [T70]', (of, revocation, fits) => {
  expect(fitsRevocation(of, revocation)).toBe(fits);
});

test.each<readonly [claims: object, isBefore: boolean]>([
  [{ iat: 9 }, true],
  [{ iat: 10 }, false],
  [{ iat: 11 }, false],
  [{}, true],
  [{ iat: '11' }, true],
  [{ iat: Number.NaN }, true],
])('%j was issued before 10: %s', (claims, isBefore) => {
  expect(wasIssuedBefore({ ...token, claims } as RevocableToken, 10)).toBe(isBefore);
});

test.each<readonly [what: string, isRevoked: (() => unknown) | undefined, answer: boolean]>([
  ['no list', undefined, false],
  ['no', () => false, false],
  ['yes', () => true, true],
  ['nothing', () => undefined, true],
  ['a number', () => 0, true],
  ['a promise', async () => false, true],
  ['a promise that is rejected', () => Promise.reject(new Error('x')), true],
  [
    'an error',
    () => {
      throw new Error('x');
    },
    true,
  ],
])('a list that answers with %s', async (_what, isRevoked, answer) => {
  const asked: unknown[] = [];
  const revocations = isRevoked && {
    isRevoked: (named: unknown) => {
      asked.push(named);
      return isRevoked();
    },
  };
  const auth = { ...token, scopes: [], token: 'secret' } as unknown as Auth;
  expect(mayBeRevoked(auth, revocations as never)).toBe(answer);
  // The list gets what names the token, and not the token.
  if (isRevoked) expect(asked).toEqual([token]);
  // A rejection that nobody handles would fail the test.
  await new Promise((resolve) => setImmediate(resolve));
});

test('a name is a text, or there is none', () => {
  expect(revocableName({ ...token, claims: { jti: 7 } } as RevocableToken, 'jti')).toBeUndefined();
  expect(revocableName({ ...introspected, bindingKey: '[7]' }, 'issuer')).toBeUndefined();
  expect(revocableName(introspected, 'issuer')).toBe('https://idp.example.com');
});
