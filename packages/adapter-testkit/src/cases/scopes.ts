/**
 * Cases about scopes: what a caller may do, and what a challenge names.
 *
 * @module
 */
import {
  ADD,
  ADMIN,
  READ,
  READER_SCOPES,
  WRITE,
  call,
  denied,
  invalidToken,
  missing,
  missingWrite,
  unauthorized,
} from './case.js';
import type { ProvingCase, Refused } from './case.js';

/** The answer of a plain route to a token without the scopes. */
function missingOnRoute(needs: string, scope: string, scopes: readonly object[]): Refused {
  const text = `This request needs ${needs}`;
  return {
    status: 403,
    reason: 'insufficient_scope',
    challenge: `Bearer error="insufficient_scope", scope="${scope}", resource_metadata="https://notes.example.com/.well-known/oauth-protected-resource/mcp", error_description="${text}"`,
    body: { error: 'insufficient_scope', error_description: text, scope, scopes },
  };
}

/** A reader who needs more; the same bytes answer a scope error that the handler throws. */
export const missingForExport: Refused = missingOnRoute('notes:write', 'notes:write', [WRITE]);

export const SCOPES: readonly ProvingCase[] = [
  {
    name: 'exactly enough',
    ids: '[SC-1]',
    token: 'reader',
    body: READ,
    expected: { runs: ['read_notes'] },
  },
  {
    name: 'enough to write',
    ids: '[SC-1]',
    token: 'writer',
    body: ADD,
    expected: { runs: ['add_note'] },
  },
  {
    name: 'more than enough',
    ids: '[SC-2]',
    token: 'admin',
    body: READ,
    expected: { runs: ['read_notes'] },
  },
  {
    name: 'implied twice over',
    ids: '[SC-2]',
    token: 'admin',
    body: ADD,
    expected: { runs: ['add_note'] },
  },
  ...(
    [
      ['repeatedScope', '[SC-1]'],
      ['scpClaim', '[SC-8]'],
    ] as const
  ).map(([token, ids]): ProvingCase => ({
    name: token,
    ids,
    token,
    body: READ,
    expected: { runs: ['read_notes'] },
  })),
  {
    name: 'another resource of the same app, with its own token',
    ids: '[JW-3]',
    target: '/other',
    token: 'readerOfOther',
    body: READ,
    expected: { runs: ['read_notes'] },
  },
  {
    name: 'another resource of the same app, with the token of this one',
    ids: '[AH-10, JW-3]',
    target: '/other',
    token: 'reader',
    body: READ,
    expected: {
      ...invalidToken,
      challenge: String(invalidToken.challenge).replace('resource/mcp', 'resource/other'),
    },
  },
  {
    name: 'two scopes missing: both are named at once',
    ids: '[C403-2, SC-5]',
    method: 'GET',
    target: '/both',
    token: 'reader',
    expected: missingOnRoute('both notes:write and admin:notes', 'notes:write admin:notes', [
      WRITE,
      ADMIN,
    ]),
  },
  {
    name: 'two scopes, both there',
    ids: '[SC-5]',
    method: 'GET',
    target: '/both',
    token: 'admin',
    expected: { runs: ['plain'] },
  },
  {
    name: 'a choice: the alternative with the fewest missing scopes is named, whole',
    ids: '[C403-2, SC-6, T13]',
    method: 'GET',
    target: '/either',
    token: 'reader',
    expected: missingOnRoute(
      'both admin:notes and notes:write, or both notes:read and notes:write',
      'notes:read notes:write',
      [...READER_SCOPES, WRITE],
    ),
  },
  {
    name: 'a choice, met by implication',
    ids: '[SC-2, SC-5]',
    method: 'GET',
    target: '/either',
    token: 'writer',
    expected: { runs: ['plain'] },
  },
  {
    name: 'a reader writes',
    ids: '[C403-1, C403-5]',
    token: 'reader',
    body: ADD,
    expected: missingWrite,
  },
  {
    name: 'a writer purges',
    ids: '[C403-1, C403-5, SC-3]',
    token: 'writer',
    body: call('admin_purge', {}, 'seven'),
    expected: missing(
      'admin_purge',
      'admin:notes',
      'admin:notes notes:write',
      [ADMIN, WRITE],
      'seven',
    ),
  },
  {
    name: 'an unknown tool, for an administrator',
    ids: '[C403-6, T02]',
    token: 'admin',
    body: call('drop_tables'),
    expected: denied('This tool is not allowed'),
  },
  ...(
    [
      ['__proto__', '[T02, T09]'],
      ['constructor', '[T02, T09]'],
      ['toString', '[T02, T09]'],
      ['Read_notes', '[T02]'],
      ['read_notes ', '[T02]'],
      ['', '[T02]'],
    ] as const
  ).map(([tool, ids]): ProvingCase => ({
    name: `a tool called ${JSON.stringify(tool)}`,
    ids,
    token: 'admin',
    body: call(tool),
    expected: denied('This tool is not allowed'),
  })),
  {
    name: 'an unknown method, for an administrator',
    ids: '[C403-6, T02]',
    token: 'admin',
    body: { jsonrpc: '2.0', id: 1, method: 'notes/burn' },
    expected: denied('This method is not allowed'),
  },
  {
    name: 'an unknown method, without a token',
    ids: '[OP-13]',
    body: { jsonrpc: '2.0', id: 1, method: 'notes/burn' },
    expected: unauthorized,
  },
  {
    name: 'a route with a rule of its own, without a token',
    ids: '[C401-2]',
    method: 'GET',
    target: '/export',
    expected: {
      status: 401,
      reason: 'no_credentials',
      challenge:
        'Bearer scope="notes:write", resource_metadata="https://notes.example.com/.well-known/oauth-protected-resource/mcp"',
      body: {
        error: 'unauthorized',
        error_description: 'This resource needs an access token',
        scope: 'notes:write',
        scopes: [WRITE],
      },
    },
  },
  {
    name: 'a route with a rule of its own, too little',
    ids: '[C403-1, C403-2]',
    method: 'GET',
    target: '/export',
    token: 'reader',
    expected: missingForExport,
  },
  {
    name: 'a route with a rule of its own, enough',
    ids: '[SC-2]',
    method: 'GET',
    target: '/export',
    token: 'admin',
    expected: { runs: ['plain'] },
  },
];
