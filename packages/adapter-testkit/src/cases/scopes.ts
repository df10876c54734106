/**
 * What a caller may do: scopes, and what a challenge names on either wire.
 *
 * @module
 */
import {
  ADD,
  ADMIN,
  PURGE,
  READ,
  READER_SCOPES,
  WRITE,
  call,
  denied,
  invalidToken,
  lacking,
  lacksWrite,
  rpcError,
  unauthorized,
} from './case.js';
import type { Case, Refused } from './case.js';
import type { HeaderList } from '@scopegate/core';

/** The answer of a plain route to a token that lacks scopes. */
function lacksPlain(needs: string, scope: string, scopes: readonly object[]): Refused {
  const text = `This request needs ${needs}`;
  return {
    status: 403,
    reason: 'insufficient_scope',
    challenge: `Bearer error="insufficient_scope", scope="${scope}", resource_metadata="https://notes.example.com/.well-known/oauth-protected-resource/mcp", error_description="${text}"`,
    body: { error: 'insufficient_scope', error_description: text, scope, scopes },
  };
}

/** A reader who needs more; a handler that finds so by itself says it in the same bytes. */
export const lacksExport: Refused = lacksPlain('notes:write', 'notes:write', [WRITE]);

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
    name: 'two scopes lacking: both are named at once',
    method: 'GET',
    target: '/both',
    token: 'reader',
    expected: lacksPlain('both notes:write and admin:notes', 'notes:write admin:notes', [
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
    name: 'a choice: the alternative that lacks least is named, whole',
    method: 'GET',
    target: '/either',
    token: 'reader',
    expected: lacksPlain(
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
    expected: lacksWrite,
  },
  {
    name: 'a writer purges',
    token: 'writer',
    body: call('admin_purge', {}, 'seven'),
    expected: lacking(
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
    expected: lacksExport,
  },
  {
    name: 'a route with a rule of its own, enough',
    method: 'GET',
    target: '/export',
    token: 'admin',
    expected: { runs: ['plain'] },
  },
];

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'parity', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** A stateless call, as 2026-07-28 wants it. */
export function statelessCall(name: string, args: object = {}): object {
  return {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name, arguments: args, _meta: META },
  };
}

export function statelessHeaders(name: string, method = 'tools/call'): HeaderList {
  return [
    ['MCP-Protocol-Version', '2026-07-28'],
    ['Mcp-Method', method],
    ['Mcp-Name', name],
  ];
}

const mismatch = (message: string): Refused => rpcError(400, 'header_mismatch', -32020, message, 1);

function stateless(
  name: string,
  tool: string,
  headers: HeaderList,
  expected: Case['expected'],
  token: string = 'reader',
): Case {
  return { name, token, headers, body: statelessCall(tool, { text: 'x' }), expected };
}

/** Both wires: what a challenge names, and headers that must agree with the body. */
export const REVISIONS: readonly Case[] = [
  stateless('2026-07-28, enough', 'read_notes', statelessHeaders('read_notes'), {
    runs: ['read_notes'],
  }),
  stateless(
    '2026-07-28: only what the operation needs',
    'add_note',
    statelessHeaders('add_note'),
    lacking('add_note', 'notes:write', 'notes:write', [WRITE]),
  ),
  {
    name: '2025-11-25: what the token holds is repeated',
    token: 'reader',
    headers: [['MCP-Protocol-Version', '2025-11-25']],
    body: ADD,
    expected: lacksWrite,
  },
  stateless(
    'names in any case, values with white space around',
    'read_notes',
    [
      ['MCP-PROTOCOL-VERSION', ' 2026-07-28 '],
      ['mcp-method', '\ttools/call\t'],
      ['mCP-nAME', '  read_notes  '],
    ],
    { runs: ['read_notes'] },
  ),
  stateless(
    'a name in what only looks like Base64',
    'read_notes',
    statelessHeaders('=?BASE64?cmVhZF9ub3Rlcw==?='),
    mismatch('Mcp-Name and body disagree'),
  ),
  stateless('a name in Base64', 'read_notes', statelessHeaders('=?base64?cmVhZF9ub3Rlcw==?='), {
    runs: ['read_notes'],
  }),
  stateless(
    'a name in bad Base64',
    'read_notes',
    statelessHeaders('=?base64?cmVhZF9ub3Rlcw?='),
    mismatch('Mcp-Name is not valid Base64'),
  ),
  stateless(
    'headers that claim less than the body does',
    'admin_purge',
    statelessHeaders('read_notes'),
    mismatch('Mcp-Name and body disagree'),
    'admin',
  ),
  stateless(
    'a method that is not the one of the body',
    'admin_purge',
    statelessHeaders('admin_purge', 'tools/list'),
    mismatch('Mcp-Method and body disagree'),
  ),
  stateless(
    'a method in capitals',
    'read_notes',
    statelessHeaders('read_notes', 'TOOLS/CALL'),
    mismatch('Mcp-Method and body disagree'),
  ),
  stateless(
    'no Mcp-Name',
    'read_notes',
    statelessHeaders('read_notes').slice(0, 2),
    mismatch('Mcp-Name is missing'),
  ),
  stateless('no headers', 'read_notes', [], mismatch('MCP-Protocol-Version is missing')),
  stateless(
    'an older revision in the header',
    'read_notes',
    [['MCP-Protocol-Version', '2025-11-25'], ...statelessHeaders('read_notes').slice(1)],
    mismatch('MCP-Protocol-Version and body disagree'),
  ),
  {
    name: 'headers of another operation, on the older wire',
    token: 'admin',
    headers: [['Mcp-Name', 'read_notes']],
    body: PURGE,
    expected: mismatch('Mcp-Name and body disagree'),
  },
];
