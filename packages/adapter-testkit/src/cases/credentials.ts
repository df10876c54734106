/**
 * Who calls: tokens, good and bad, and the ways to bring them.
 *
 * @module
 */
import {
  AFTER,
  READ,
  READER_SCOPES,
  invalidToken,
  missing,
  several,
  unauthorized,
} from './case.js';
import type { Case, Refused } from './case.js';

/** Every bad token gets the same answer, which does not reveal the check that failed. */
export function badToken(token: string): Case {
  return { name: token, token, body: READ, expected: invalidToken };
}

/** What a gate finds by itself in the claims of any verifier. */
export const BAD_TOKENS: readonly Case[] = [
  ...['wrongAudience', 'readerOfOther', 'expired', 'expiryAsText', 'notYet', 'garbage'],
  ...['boundToKey', 'boundToCertificate', 'boundToUnknown'],
  ...['numberSubject', 'listedClient', 'booleanId'],
].map(badToken);

const missingRead = missing('read_notes', 'notes:read', 'notes:read', READER_SCOPES);

/** Tokens that hold, but grant nothing: never an error, never a scope. */
export const EMPTY_TOKENS: readonly Case[] = [
  ...['noScope', 'emptyScope', 'numberScope', 'nullScope', 'objectScope', 'mixedScope'],
  ...['upperScope', 'tabScope', 'prefixScope', 'scopeInRoles'],
].map((token) => ({ name: token, token, body: READ, expected: missingRead }));

/** A scheme without a token, as an empty variable makes it: no credentials. */
export const BARE_SCHEMES: readonly Case[] = ['Bearer', 'Bearer ', 'bearer', 'DPoP', 'DPoP  '].map(
  (value) => withCredentials(value, unauthorized),
);

/** A token that is none by its grammar: a bad token like any other. */
export const ILL_FORMED: readonly Case[] = [
  ...['Bearer a b', 'Bearer bad key', 'Bearer {reader} x', 'Bearer {reader}=x', 'Bearer a=b'],
  ...['Bearer "a"', 'Bearer an"x"', String.raw`Bearer a\b`, 'Bearer \u00e9', 'Bearer a\u00ff'],
  ...['Bearer\ta', 'Bearer a\tb', 'Bearer: a', 'DPoP a b', '=a', '"Bearer a"'],
].map((value) => withCredentials(value, invalidToken));

/** A comma anywhere separates a second credential. */
export const JOINED: readonly Case[] = [
  ...['Bearer a,b', 'Bearer {reader},', ', Bearer {reader}', 'Bearer, Bearer {reader}'],
  ...['Bearer ,', 'Bearer "a,b"', 'Bearer a b, Bearer {reader}', 'DPoP a,b', ','],
].map((value) => withCredentials(value, several));

function withCredentials(value: string, expected: Refused): Case {
  return { name: JSON.stringify(value), headers: [['Authorization', value]], body: READ, expected };
}

export const CREDENTIALS: readonly Case[] = [
  { name: 'none', body: READ, expected: unauthorized },
  ...['bearer', 'BEARER', 'Bearer  ', 'Bearer       '].map((scheme): Case => ({
    name: `${JSON.stringify(scheme)} and a token`,
    headers: [['Authorization', `${scheme} {reader}`]],
    body: READ,
    expected: { runs: ['read_notes'] },
  })),
  {
    name: 'a name in upper case',
    headers: [['AUTHORIZATION', 'Bearer {reader}']],
    body: READ,
    expected: { runs: ['read_notes'] },
  },
  {
    name: 'two lines, both good',
    headers: [
      ['Authorization', 'Bearer {reader}'],
      ['authorization', 'Bearer {reader}'],
    ],
    body: READ,
    expected: several,
  },
  {
    name: 'two lines, the first good',
    headers: [
      ['Authorization', 'Bearer {admin}'],
      ['Authorization', 'Basic cmF5OnJheQ=='],
    ],
    body: READ,
    expected: several,
  },
  {
    name: 'two lines, of two schemes',
    headers: [
      ['Authorization', 'DPoP {reader}'],
      ['Authorization', 'Bearer {reader}'],
    ],
    body: READ,
    expected: several,
  },
  {
    name: 'two lines, the first without a token',
    headers: [
      ['Authorization', 'Bearer'],
      ['Authorization', 'Bearer {reader}'],
    ],
    body: READ,
    expected: several,
  },
  {
    name: 'two on one line',
    headers: [['Authorization', 'Bearer {reader}, Bearer {admin}']],
    body: READ,
    expected: several,
  },
  ...['Basic cmF5OnJheQ==', 'Negotiate abc', 'Bearerx {reader}', 'DPoP {reader}'].map(
    (value): Case => ({
      name: `another scheme: ${value}`,
      headers: [['Authorization', value]],
      body: READ,
      expected: unauthorized,
    }),
  ),
  {
    name: 'in the query',
    target: '/mcp?access_token=x',
    body: READ,
    expected: unauthorized,
  },
  {
    name: 'in a form',
    headers: [['Content-Type', 'application/x-www-form-urlencoded']],
    body: 'access_token=x',
    parsers: AFTER,
    expected: unauthorized,
  },
  {
    name: 'in a cookie, and in headers that proxies use',
    headers: [
      ['Cookie', 'access_token={reader}'],
      ['X-Authorization', 'Bearer {reader}'],
      ['Proxy-Authorization', 'Bearer {reader}'],
      ['Mcp-Session-Id', '{reader}'],
    ],
    body: READ,
    expected: unauthorized,
  },
  {
    name: 'an issuer that cannot be reached',
    target: '/down',
    token: 'readerOfDead',
    body: READ,
    expected: {
      status: 503,
      reason: 'verifier_unavailable',
      headers: { 'retry-after': '5' },
      body: {
        error: 'temporarily_unavailable',
        error_description: 'The request cannot be checked at the moment',
      },
    },
  },
];
