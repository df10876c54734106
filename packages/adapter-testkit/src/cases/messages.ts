/**
 * Methods and messages: which operation a request is.
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
  missing,
  missingWrite,
  rpcError,
  unauthorized,
} from './case.js';
import type { ProvingCase, Refused } from './case.js';

const preflight: Refused = { status: 204, reason: 'preflight' };
const notAllowed: Refused = {
  ...rpcError(405, 'method_not_allowed', 405, 'MCP uses POST, GET and DELETE'),
  headers: { allow: 'GET, POST, DELETE' },
};

export const VERBS: readonly ProvingCase[] = [
  ...['GET', 'HEAD', 'DELETE', 'PUT', 'PATCH', 'OPTIONS'].map((method): ProvingCase => ({
    name: `${method} without a token`,
    ids: '[OP-14, T31]',
    method,
    expected: unauthorized,
  })),
  ...['PUT', 'PATCH', 'OPTIONS'].map((method): ProvingCase => ({
    name: `${method} with a token`,
    ids: '[T31]',
    method,
    token: 'admin',
    expected: notAllowed,
  })),
  {
    name: 'PUT of a good message',
    ids: '[T31]',
    method: 'PUT',
    token: 'admin',
    body: READ,
    expected: notAllowed,
  },
  {
    name: 'a preflight',
    ids: '[T31]',
    method: 'OPTIONS',
    headers: [
      ['Origin', 'https://app.example.com'],
      ['Access-Control-Request-Method', 'POST'],
    ],
    expected: preflight,
  },
  {
    name: 'a preflight with a message in it',
    ids: '[T31]',
    method: 'OPTIONS',
    token: 'admin',
    headers: [
      ['Origin', 'https://app.example.com'],
      ['Access-Control-Request-Method', 'POST'],
    ],
    body: PURGE,
    expected: preflight,
  },
  {
    name: 'POST with headers that claim GET',
    ids: '[T31]',
    headers: [['X-HTTP-Method-Override', 'GET']],
    token: 'reader',
    body: PURGE,
    expected: missing('admin_purge', 'admin:notes', 'admin:notes notes:read', [
      ADMIN,
      ...READER_SCOPES,
    ]),
  },
  ...['GET', 'HEAD'].map((method): ProvingCase => ({
    name: `${method} with a body`,
    ids: '[T31]',
    method,
    token: 'admin',
    body: PURGE,
    expected: rpcError(400, 'invalid_body', -32600, 'This request must not have a body'),
  })),
  {
    name: 'DELETE with a body',
    ids: '[T31]',
    method: 'DELETE',
    token: 'admin',
    body: PURGE,
    expected: rpcError(400, 'invalid_body', -32600, 'This request must not have a body'),
  },
  {
    name: 'GET with chunks',
    ids: '[T31]',
    method: 'GET',
    token: 'admin',
    headers: [
      ['Transfer-Encoding', 'chunked'],
      ['Content-Type', 'application/json'],
    ],
    body: '2\r\n{}\r\n0\r\n\r\n',
    expected: rpcError(400, 'invalid_body', -32600, 'This request must not have a body'),
  },
];

const invalidMessage = (message: string, id: unknown = null): Refused =>
  rpcError(400, 'invalid_body', -32600, message, id);
const batch = invalidMessage('Send one JSON-RPC message, not a batch');

const notSelfContained = invalidMessage('A member of the body would become a prototype', 1);

/** Well-formed JSON of any content: the same answer for every place of the parser. */
export const MESSAGES: readonly ProvingCase[] = [
  {
    name: 'a batch of what is allowed',
    ids: '[OP-10, T21]',
    token: 'admin',
    body: [READ],
    expected: batch,
  },
  {
    name: 'a batch of both kinds',
    ids: '[OP-10, T21]',
    token: 'reader',
    body: [READ, PURGE],
    expected: batch,
  },
  { name: 'an empty batch', ids: '[OP-10, T21]', token: 'admin', body: [], expected: batch },
  { name: 'a batch without a token', ids: '[T21]', body: [READ], expected: unauthorized },
  ...[{}, { jsonrpc: '2.0' }, { method: 'tools/call' }].map((body): ProvingCase => ({
    name: JSON.stringify(body),
    ids: '[OP-10, OP-12]',
    token: 'admin',
    body,
    expected: invalidMessage(
      'jsonrpc' in body ? 'The message has no method' : 'The body is not a JSON-RPC 2.0 message',
    ),
  })),
  {
    name: 'a method in a list',
    ids: '[OP-12, T23]',
    token: 'admin',
    body: { jsonrpc: '2.0', id: 1, method: ['tools/call'], params: { name: 'read_notes' } },
    expected: invalidMessage('The method is not a string', 1),
  },
  {
    name: 'params in a list',
    ids: '[OP-12, T23]',
    token: 'admin',
    body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: ['read_notes'] },
    expected: invalidMessage('The params are no object', 1),
  },
  ...[undefined, null, 7, true, ['read_notes'], { name: 'read_notes' }].map(
    (name): ProvingCase => ({
      name: `a tool called ${JSON.stringify(name)}`,
      ids: '[OP-12, T23]',
      token: 'admin',
      body: call(name),
      expected: invalidMessage('params.name is not a string', 1),
    }),
  ),
  {
    name: 'a name from the prototype',
    ids: '[OP-12, T20]',
    token: 'admin',
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"__proto__":{"name":"read_notes"}}}',
    expected: notSelfContained,
  },
  {
    name: 'arguments from the prototype',
    ids: '[OP-12, T20]',
    token: 'admin',
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add_note","__proto__":{"arguments":{"text":"x"}}}}',
    expected: notSelfContained,
  },
  {
    name: 'a prototype deep in the arguments',
    ids: '[OP-12, T20]',
    token: 'admin',
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add_note","arguments":{"text":"x","a":[{"\\u005f_proto__":{}}]}}}',
    expected: notSelfContained,
  },
  {
    name: 'a method twice: the last one runs and is evaluated',
    ids: '[T20]',
    token: 'reader',
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call","params":{"name":"read_notes","name":"add_note","arguments":{"text":"x"}}}',
    expected: missingWrite,
  },
  {
    name: 'a name in escapes',
    ids: '[T20]',
    token: 'reader',
    body: '{"jsonrpc":"2.0","id":1,"method":"tools\\/call","params":{"name":"\\u0061dd_note"}}',
    expected: missingWrite,
  },
  {
    name: 'a name that only looks like another',
    ids: '[T20]',
    token: 'admin',
    body: call('read_note\u017f'),
    expected: denied('This tool is not allowed'),
  },
  {
    name: 'a call as a notification',
    ids: '[T22]',
    token: 'reader',
    body: { jsonrpc: '2.0', method: 'tools/call', params: { name: 'add_note' } },
    expected: missing(
      'add_note',
      'notes:write',
      'notes:write notes:read',
      [WRITE, ...READER_SCOPES],
      null,
    ),
  },
  {
    name: 'a call that is a response too',
    ids: '[T22]',
    token: 'reader',
    body: { ...ADD, result: {} },
    expected: missingWrite,
  },
  {
    name: 'a hundred kilobytes of every script',
    ids: '[T27]',
    token: 'writer',
    body: call('add_note', { text: 'ж字🙂é'.repeat(8_500) }),
    expected: { runs: ['add_note'] },
  },
];
