/**
 * Who calls: good and bad tokens, and the ways to send them.
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
import type { Ids, ProvingCase, Refused } from './case.js';

/** Every bad token gets the same answer, which does not reveal the check that failed. */
function badToken(token: string, ids: Ids): ProvingCase {
  return { name: token, ids, token, body: READ, expected: invalidToken };
}

/** Tokens that the gate itself refuses by their claims, whatever the verifier, and one that is unknown. */
export const BAD_TOKENS: readonly ProvingCase[] = [
  ...['wrongAudience', 'readerOfOther', 'expired', 'expiryAsText', 'notYet', 'garbage'].map(
    (token) => badToken(token, '[AH-8, AH-10, CH-1, T45]'),
  ),
  ...['boundToKey', 'boundToCertificate', 'boundToUnknown'].map((token) =>
    badToken(token, '[AH-10, CH-1, T45, T67]'),
  ),
  ...['numberSubject', 'listedClient', 'booleanId'].map((token) =>
    badToken(token, '[AH-8, AH-10, CH-1, T45]'),
  ),
];

const missingRead = missing('read_notes', 'notes:read', 'notes:read', READER_SCOPES);

/** Valid tokens without usable scopes: a 403 answers them, never a 401 or 500. */
export const EMPTY_TOKENS: readonly ProvingCase[] = (
  [
    ['noScope', '[T03]'],
    ['emptyScope', '[SC-1, T03]'],
    ['numberScope', '[SC-8, T03]'],
    ['nullScope', '[SC-8, T03]'],
    ['objectScope', '[SC-8, T03]'],
    ['mixedScope', '[SC-8, T03]'],
    ['upperScope', '[SC-1, T07]'],
    ['tabScope', '[SC-1, T06]'],
    ['prefixScope', '[SC-1, T08]'],
    ['scopeInRoles', '[SC-8]'],
  ] as const
).map(([token, ids]) => ({ name: token, ids, token, body: READ, expected: missingRead }));

/** A scheme without a token, which clients send if a variable is empty. It counts as no credentials. */
export const BARE_SCHEMES: readonly ProvingCase[] = (
  [
    ['Bearer', '[AH-11, C401-2, T193]'],
    ['Bearer ', '[AH-11, T193]'],
    ['bearer', '[AH-2, AH-11]'],
    ['DPoP', '[AH-7, AH-11]'],
    ['DPoP  ', '[AH-7, AH-11]'],
  ] as const
).map(([value, ids]) => withCredentials(value, ids, unauthorized));

/** Texts that are no tokens by the grammar (RFC 6750 s2.1). They are refused like other bad tokens. */
export const ILL_FORMED: readonly ProvingCase[] = (
  [
    ['Bearer a b', '[AH-16, T193]'],
    ['Bearer bad key', '[AH-16, T193]'],
    ['Bearer {reader} x', '[AH-16, T193]'],
    ['Bearer {reader}=x', '[AH-16]'],
    ['Bearer a=b', '[AH-16]'],
    ['Bearer "a"', '[AH-16, T193]'],
    ['Bearer an"x"', '[AH-16, T193]'],
    [String.raw`Bearer a\b`, '[AH-16]'],
    ['Bearer \u00e9', '[AH-16]'],
    ['Bearer a\u00ff', '[AH-16]'],
    ['Bearer\ta', '[AH-12, AH-16]'],
    ['Bearer a\tb', '[AH-12, AH-16]'],
    ['Bearer: a', '[AH-12]'],
    ['DPoP a b', '[AH-16]'],
    ['=a', '[AH-12]'],
    ['"Bearer a"', '[AH-12]'],
  ] as const
).map(([value, ids]) => withCredentials(value, ids, invalidToken));

/** A comma anywhere separates a second credential. */
export const JOINED: readonly ProvingCase[] = [
  ...['Bearer a,b', 'Bearer {reader},', ', Bearer {reader}', 'Bearer, Bearer {reader}'],
  ...['Bearer ,', 'Bearer "a,b"', 'Bearer a b, Bearer {reader}', 'DPoP a,b', ','],
].map((value) => withCredentials(value, '[AH-6, AH-17]', several));

function withCredentials(value: string, ids: Ids, expected: Refused): ProvingCase {
  const headers = [['Authorization', value]] as const;
  return { name: JSON.stringify(value), ids, headers, body: READ, expected };
}

export const CREDENTIALS: readonly ProvingCase[] = [
  { name: 'none', ids: '[AH-7, C401-2, C401-6, T46, T49]', body: READ, expected: unauthorized },
  ...(
    [
      ['bearer', '[AH-2, T71]'],
      ['BEARER', '[AH-2, T71]'],
      ['Bearer  ', '[AH-1, T71]'],
      ['Bearer       ', '[AH-1, T71]'],
    ] as const
  ).map(([scheme, ids]): ProvingCase => ({
    name: `${JSON.stringify(scheme)} and a token`,
    ids,
    headers: [['Authorization', `${scheme} {reader}`]],
    body: READ,
    expected: { runs: ['read_notes'] },
  })),
  {
    name: 'a name in upper case',
    ids: '[AH-1, T71]',
    headers: [['AUTHORIZATION', 'Bearer {reader}']],
    body: READ,
    expected: { runs: ['read_notes'] },
  },
  {
    name: 'two lines, both good',
    ids: '[AH-6, AH-9, T71]',
    headers: [
      ['Authorization', 'Bearer {reader}'],
      ['authorization', 'Bearer {reader}'],
    ],
    body: READ,
    expected: several,
  },
  {
    name: 'two lines, the first good',
    ids: '[AH-6, T71]',
    headers: [
      ['Authorization', 'Bearer {admin}'],
      ['Authorization', 'Basic cmF5OnJheQ=='],
    ],
    body: READ,
    expected: several,
  },
  {
    name: 'two lines, of two schemes',
    ids: '[AH-6, T71]',
    headers: [
      ['Authorization', 'DPoP {reader}'],
      ['Authorization', 'Bearer {reader}'],
    ],
    body: READ,
    expected: several,
  },
  {
    name: 'two lines, the first without a token',
    ids: '[AH-6, T71]',
    headers: [
      ['Authorization', 'Bearer'],
      ['Authorization', 'Bearer {reader}'],
    ],
    body: READ,
    expected: several,
  },
  {
    name: 'two on one line',
    ids: '[AH-6, AH-17, T71]',
    headers: [['Authorization', 'Bearer {reader}, Bearer {admin}']],
    body: READ,
    expected: several,
  },
  ...['Basic cmF5OnJheQ==', 'Negotiate abc', 'Bearerx {reader}', 'DPoP {reader}'].map(
    (value): ProvingCase => ({
      name: `another scheme: ${value}`,
      ids: '[AH-7, T46]',
      headers: [['Authorization', value]],
      body: READ,
      expected: unauthorized,
    }),
  ),
  {
    name: 'in the query',
    ids: '[AH-4, T71]',
    target: '/mcp?access_token=x',
    body: READ,
    expected: unauthorized,
  },
  {
    name: 'in a form',
    ids: '[AH-5, T71]',
    headers: [['Content-Type', 'application/x-www-form-urlencoded']],
    body: 'access_token=x',
    parsers: AFTER,
    expected: unauthorized,
  },
  {
    name: 'in a cookie, and in headers that proxies use',
    ids: '[T71]',
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
    ids: '[AH-14]',
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
