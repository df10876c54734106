/**
 * Tokens without cryptography: a token is the name of its claims, and core checks the claims.
 *
 * @module
 */
import type { Verifier } from '@scopegate/core';
import { RESOURCE } from './gates.js';

/** What the claims of each token add to the usual ones; `undefined` removes one. Times count from now. */
const CLAIMS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  reader: {},
  writer: { scope: 'notes:write' },
  admin: { scope: 'profile admin:notes' },
  readerOfOther: { aud: 'https://notes.example.com/other' },
  repeatedScope: { scope: 'profile  notes:read notes:read' },
  scpClaim: { scope: undefined, scp: ['notes:read'] },
  wrongAudience: { aud: 'https://other.example.com/mcp' },
  expired: { exp: -120 },
  expiryAsText: { exp: '9999999999' },
  notYet: { nbf: 300 },
  boundToKey: { cnf: { jkt: 'A'.repeat(43) } },
  boundToCertificate: { cnf: { 'x5t#S256': 'A'.repeat(43) } },
  boundToUnknown: { cnf: {} },
  numberSubject: { sub: 42 },
  listedClient: { client_id: ['c1'] },
  booleanId: { jti: true },
  noScope: { scope: undefined },
  emptyScope: { scope: '' },
  numberScope: { scope: 7 },
  nullScope: { scope: null },
  objectScope: { scope: { 'notes:read': true } },
  mixedScope: { scope: ['notes:read', 7] },
  upperScope: { scope: 'Notes:Read' },
  tabScope: { scope: 'notes:read\tnotes:write' },
  prefixScope: { scope: 'notes notes:* notes:readonly' },
  scopeInRoles: { scope: undefined, roles: ['notes:read'], permissions: ['notes:read'] },
};

/** The claims of each token, with times that count from now. */
export const TOKENS: ReadonlyMap<string, Readonly<Record<string, unknown>>> = new Map(
  Object.entries(CLAIMS).map(([token, own]) => {
    const claims = {
      ...{ iss: 'https://idp.example.com', aud: RESOURCE, sub: 'ray', client_id: 'c1' },
      ...{ scope: 'notes:read', exp: 300 },
      ...own,
    };
    const present = Object.entries(claims).filter(([, value]) => value !== undefined);
    return [token, Object.fromEntries(present)];
  }),
);

/** Verifies the tokens of the suite. It is asynchronous, as verifiers are. */
export const verifier: Verifier = async (token) => {
  const claims = TOKENS.get(token);
  return claims && { claims: { ...claims, ...fromNow(claims, 'exp'), ...fromNow(claims, 'nbf') } };
};

/** A verifier whose issuer cannot be reached. */
export const down: Verifier = async () => {
  throw new Error('the issuer cannot be reached');
};

function fromNow(claims: Readonly<Record<string, unknown>>, name: string): object {
  const time = claims[name];
  return typeof time === 'number' ? { [name]: Math.floor(Date.now() / 1000) + time } : {};
}
