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
import type { Case, Refused } from './case.js';

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

export const SCOPES: readonly Case[] = [
  { name: 'exactly enough', token: 'reader', body: READ, expected: { runs: ['read_notes'] } },
  { name: 'enough to write', token: 'writer', body: ADD, expected: { runs: ['add_note'] } },
  { name: 'more than enough', token: 'admin', body: READ, expected: { runs: ['read_notes'] } },
  { name: 'implied twice over', token: 'admin', body: ADD, expected: { runs: ['add_note'] } },
  ...['repeatedScope', 'scpClaim'].map((token): Case => ({
    name: token,
    token,
    body: READ,
    expected: { runs: ['read_notes'] },
  })),
  {
    name: 'another resource of the same app, with its own token',
    target: '/other',
    token: 'readerOfOther',
    body: READ,
    expected: { runs: ['read_notes'] },
  },
  {
    name: 'another resource of the same app, with the token of this one',
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
    method: 'GET',
    target: '/both',
    token: 'admin',
    expected: { runs: ['plain'] },
  },
  {
    name: 'a choice: the alternative with the fewest missing scopes is named, whole',
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
    method: 'GET',
    target: '/either',
    token: 'writer',
    expected: { runs: ['plain'] },
  },
  {
    name: 'a reader writes',
    token: 'reader',
    body: ADD,
    expected: missingWrite,
  },
  {
    name: 'a writer purges',
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
    token: 'admin',
    body: call('drop_tables'),
    expected: denied('This tool is not allowed'),
  },
  ...['__proto__', 'constructor', 'toString', 'Read_notes', 'read_notes ', ''].map(
    (tool): Case => ({
      name: `a tool called ${JSON.stringify(tool)}`,
      token: 'admin',
      body: call(tool),
      expected: denied('This tool is not allowed'),
    }),
  ),
  {
    name: 'an unknown method, for an administrator',
    token: 'admin',
    body: { jsonrpc: '2.0', id: 1, method: 'notes/burn' },
    expected: denied('This method is not allowed'),
  },
  {
    name: 'an unknown method, without a token',
    body: { jsonrpc: '2.0', id: 1, method: 'notes/burn' },
    expected: unauthorized,
  },
  {
    name: 'a route with a rule of its own, without a token',
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
    method: 'GET',
    target: '/export',
    token: 'reader',
    expected: missingForExport,
  },
  {
    name: 'a route with a rule of its own, enough',
    method: 'GET',
    target: '/export',
    token: 'admin',
    expected: { runs: ['plain'] },
  },
];
