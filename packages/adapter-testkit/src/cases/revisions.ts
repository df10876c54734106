/**
 * Cases about the revisions of MCP: what a challenge names, and headers that must agree with the body.
 *
 * @module
 */
import type { HeaderList } from '@scopegate/core';
import { ADD, PURGE, WRITE, missing, missingWrite, rpcError } from './case.js';
import type { Case, Ids, ProvingCase, Refused } from './case.js';

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'parity', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** A call in the stateless form of MCP 2026-07-28. */
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
  ids: Ids,
  tool: string,
  headers: HeaderList,
  expected: Case['expected'],
  token: string = 'reader',
): ProvingCase {
  return { name, ids, token, headers, body: statelessCall(tool, { text: 'x' }), expected };
}

/** Calls of MCP 2026-07-28 and of earlier revisions. */
export const REVISIONS: readonly ProvingCase[] = [
  stateless('2026-07-28, enough', '[OP-3, T24]', 'read_notes', statelessHeaders('read_notes'), {
    runs: ['read_notes'],
  }),
  stateless(
    '2026-07-28: only what the operation needs',
    '[C403-3]',
    'add_note',
    statelessHeaders('add_note'),
    missing('add_note', 'notes:write', 'notes:write', [WRITE]),
  ),
  {
    name: '2025-11-25: what the token holds is repeated',
    ids: '[C403-3, OP-9]',
    token: 'reader',
    headers: [['MCP-Protocol-Version', '2025-11-25']],
    body: ADD,
    expected: missingWrite,
  },
  stateless(
    'names in any case, values with white space around',
    '[OP-4]',
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
    '[OP-6, T24]',
    'read_notes',
    statelessHeaders('=?BASE64?cmVhZF9ub3Rlcw==?='),
    mismatch('Mcp-Name and body disagree'),
  ),
  stateless(
    'a name in Base64',
    '[OP-6]',
    'read_notes',
    statelessHeaders('=?base64?cmVhZF9ub3Rlcw==?='),
    {
      runs: ['read_notes'],
    },
  ),
  stateless(
    'a name in bad Base64',
    '[OP-6, T24]',
    'read_notes',
    statelessHeaders('=?base64?cmVhZF9ub3Rlcw?='),
    mismatch('Mcp-Name is not valid Base64'),
  ),
  stateless(
    'headers that claim less than the body does',
    '[OP-3, OP-7, T24]',
    'admin_purge',
    statelessHeaders('read_notes'),
    mismatch('Mcp-Name and body disagree'),
    'admin',
  ),
  stateless(
    'a method that is not the one of the body',
    '[OP-3, T24]',
    'admin_purge',
    statelessHeaders('admin_purge', 'tools/list'),
    mismatch('Mcp-Method and body disagree'),
  ),
  stateless(
    'a method in capitals',
    '[OP-4, T24]',
    'read_notes',
    statelessHeaders('read_notes', 'TOOLS/CALL'),
    mismatch('Mcp-Method and body disagree'),
  ),
  stateless(
    'no Mcp-Name',
    '[OP-3, T24]',
    'read_notes',
    statelessHeaders('read_notes').slice(0, 2),
    mismatch('Mcp-Name is missing'),
  ),
  stateless(
    'no headers',
    '[OP-3, T24]',
    'read_notes',
    [],
    mismatch('MCP-Protocol-Version is missing'),
  ),
  stateless(
    'an older revision in the header',
    '[OP-3, T24]',
    'read_notes',
    [['MCP-Protocol-Version', '2025-11-25'], ...statelessHeaders('read_notes').slice(1)],
    mismatch('MCP-Protocol-Version and body disagree'),
  ),
  {
    name: 'headers of another operation, on the older wire',
    ids: '[OP-7, OP-9, T24]',
    token: 'admin',
    headers: [['Mcp-Name', 'read_notes']],
    body: PURGE,
    expected: mismatch('Mcp-Name and body disagree'),
  },
];
