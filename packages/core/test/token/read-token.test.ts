/** What a gate reads in the answer of a verifier. */
import { expect, test } from 'vitest';
import { freezeToken, readToken } from '../../src/token/read-token.js';

test('scopes beside claims are those that are scopes, once each', () => {
  const { facts } = readToken({ scopes: ['a', 'b c', '', 'größe', 'a', 'b'] });
  expect(facts.scopeList).toEqual(['a', 'b']);
  expect([...facts.scopes]).toEqual(['a', 'b']);
  expect(Object.isFrozen(facts.scopeList)).toBe(true);
  expect(facts.frozen).toBe(false);
});

test.each([
  undefined,
  null,
  'x',
  true,
  {},
  [],
  { claims: [] },
  { claims: 'x' },
  { claims: null },
  { scopes: 'a b' },
  { scopes: ['a', 7] },
  { scopes: null },
  { claims: {}, payload: {} },
  { payload: [] },
  Object.create({ claims: {} }),
])('%j is no answer, in these words', (answer) => {
  expect(() => readToken(answer)).toThrow(
    new TypeError('the verifier must return { claims }, { payload } or { scopes: [...] }'),
  );
});

test('a payload is read as claims, and may be given as both', () => {
  const claims = { sub: 'ray', scope: 'a' };
  for (const answer of [{ payload: claims }, { claims, payload: claims }, { claims }]) {
    expect(readToken(answer).facts).toMatchObject({ claims, subject: 'ray', scopeList: ['a'] });
  }
});

test('what stands beside the claims counts with them: times, audiences, names, bindings [T152]', () => {
  const claims = { exp: 20, aud: 'a', sub: 'ray', iss: 'i', nbf: 5, client_id: 'c' };
  const read = readToken({
    ...{ claims, expiresAt: 10, audience: 'b', resource: new URL('https://c.test/mcp') },
    ...{ subject: 'eve', clientId: 'd', cnf: { jkt: 'x' } },
  });
  expect(read).toMatchObject({
    facts: { subject: 'eve', clientId: 'd', issuer: 'i', expiresAt: 10, kind: 'user' },
    expiries: [20, 10],
    notBefore: 5,
    audiences: ['a', 'b', 'https://c.test/mcp'],
    observedUntil: -Infinity,
    confirmation: { jkt: 'x' },
  });
  expect(read.texts).toEqual(expect.arrayContaining(['ray', 'i', 'c', 'eve', 'd']));
  expect(read.facts.bindingKey).toBe('["i","d","eve"]');
});

test('what is not said is left out', () => {
  const read = readToken({ claims: {}, expiresAt: null });
  expect(read).toMatchObject({ expiries: [], audiences: [], notBefore: undefined });
  expect(read.facts).toMatchObject({
    ...{ clientId: '', subject: undefined, issuer: undefined, kind: undefined },
    ...{ bindingKey: undefined, expiresAt: undefined, scopeList: [], actors: [] },
  });
  expect(read.confirmation).toBeUndefined();
  // `null` in the claims binds, whatever stands beside them.
  expect(readToken({ claims: { cnf: null }, cnf: { jkt: 'x' } }).confirmation).toBeNull();
  expect(readToken({ claims: { exp: 'x' } }).facts.expiresAt).toBeNaN();
});

test.each<readonly [claims: object, clientId: string]>([
  [{ client_id: 'a', azp: 'b', cid: 'c' }, 'a'],
  [{ client_id: '', azp: 'b', cid: 'c' }, 'b'],
  [{ client_id: 7, azp: ['b'], cid: 'c' }, 'c'],
  [{ appid: 'd' }, ''],
])('the client of %j is "%s"', (claims, clientId) => {
  expect(readToken({ claims }).facts.clientId).toBe(clientId);
});

test.each<readonly [answer: object, kind: string | undefined]>([
  [{ claims: { sub: 'a', client_id: 'a' } }, 'client'],
  [{ claims: { sub: 'a', client_id: 'b' } }, 'user'],
  [{ claims: { sub: 'a' } }, undefined],
  [{ claims: { client_id: 'a' } }, undefined],
  [{ claims: { sub: 'a', client_id: 'a' }, kind: 'user' }, 'user'],
  [{ claims: {}, kind: 'client' }, 'client'],
])('who acts in %j: %s [SB-2]', (answer, kind) => {
  expect(readToken(answer).facts.kind).toBe(kind);
});

test('another kind is refused', () => {
  expect(() => readToken({ claims: {}, kind: 'admin' })).toThrow(
    "kind: expected 'user' or 'client'",
  );
});

test('a frozen token is read once, with what its verifier knows', () => {
  const claims = { sub: 'ray', client_id: 'c', scope: 'a' };
  let asked = 0;
  const token = freezeToken(claims, {
    ...{ issuer: 'https://idp.test', scopes: ['b'], observedUntil: 5_000 },
    identify: () => {
      asked += 1;
      return { subject: 'eve', expiresAt: 9 };
    },
  });
  const read = readToken(token);
  expect(read).toMatchObject({
    facts: { frozen: true, subject: 'eve', scopeList: ['b'], expiresAt: 9 },
    observedUntil: 5,
  });
  expect(read.facts.bindingKey).toBe('["https://idp.test","c","eve"]');
  expect(readToken(token)).toBe(read);
  expect(asked).toBe(1);
  expect(Object.isFrozen(token)).toBe(true);
  // A copy is not what the verifier made.
  expect(readToken({ ...token }).facts).toMatchObject({ frozen: false, subject: 'ray' });
  expect(readToken(freezeToken({ sub: 'ray' })).facts.bindingKey).toBe('["","","ray"]');
});
