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
import type { Case, Refused } from './case.js';

const preflight: Refused = { status: 204, reason: 'preflight' };
const notAllowed: Refused = {
  ...rpcError(405, 'method_not_allowed', 405, 'MCP uses POST, GET and DELETE'),
  headers: { allow: 'GET, POST, DELETE' },
};

export const VERBS: readonly Case[] = [
  ...['GET', 'HEAD', 'DELETE', 'PUT', 'PATCH', 'OPTIONS'].map((method): Case => ({
    name: `${method} without a token`,
    method,
    expected: unauthorized,
  })),
  ...['PUT', 'PATCH', 'OPTIONS'].map((method): Case => ({
    name: `${method} with a token`,
    method,
    token: 'admin',
    expected: notAllowed,
  })),
  {
    name: 'PUT of a good message',
    method: 'PUT',
    token: 'admin',
    body: READ,
    expected: notAllowed,
  },
  {
    name: 'a preflight',
    method: 'OPTIONS',
    headers: [
      ['Origin', 'https://app.example.com'],
      ['Access-Control-Request-Method', 'POST'],
    ],
    expected: preflight,
  },
  {
    name: 'a preflight with a message in it',
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
    headers: [['X-HTTP-Method-Override', 'GET']],
    token: 'reader',
    body: PURGE,
    expected: missing('admin_purge', 'admin:notes', 'admin:notes notes:read', [
      ADMIN,
      ...READER_SCOPES,
    ]),
  },
  ...['GET', 'HEAD'].map((method): Case => ({
    name: `${method} with a body`,
    method,
    token: 'admin',
    body: PURGE,
    expected: rpcError(400, 'invalid_body', -32600, 'This request must not have a body'),
  })),
  {
    name: 'DELETE with a body',
    method: 'DELETE',
    token: 'admin',
    body: PURGE,
    expected: rpcError(400, 'invalid_body', -32600, 'This request must not have a body'),
  },
  {
    name: 'GET with chunks',
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
export const MESSAGES: readonly Case[] = [
  { name: 'a batch of what is allowed', token: 'admin', body: [READ], expected: batch },
  { name: 'a batch of both kinds', token: 'reader', body: [READ, PURGE], expected: batch },
  { name: 'an empty batch', token: 'admin', body: [], expected: batch },
  { name: 'a batch without a token', body: [READ], expected: unauthorized },
  ...[{}, { jsonrpc: '2.0' }, { method: 'tools/call' }].map((body): Case => ({
    name: JSON.stringify(body),
    token: 'admin',
    body,
    expected: invalidMessage(
      'jsonrpc' in body ? 'The message has no method' : 'The body is not a JSON-RPC 2.0 message',
    ),
  })),
  {
    name: 'a method in a list',
    token: 'admin',
    body: { jsonrpc: '2.0', id: 1, method: ['tools/call'], params: { name: 'read_notes' } },
    expected: invalidMessage('The method is not a string', 1),
  },
  {
    name: 'params in a list',
    token: 'admin',
    body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: ['read_notes'] },
    expected: invalidMessage('The params are no object', 1),
  },
  ...[undefined, null, 7, true, ['read_notes'], { name: 'read_notes' }].map((name): Case => ({
    name: `a tool called ${JSON.stringify(name)}`,
    token: 'admin',
    body: call(name),
    expected: invalidMessage('params.name is not a string', 1),
  })),
  {
    name: 'a name from the prototype',
    token: 'admin',
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"__proto__":{"name":"read_notes"}}}',
    expected: notSelfContained,
  },
  {
    name: 'arguments from the prototype',
    token: 'admin',
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add_note","__proto__":{"arguments":{"text":"x"}}}}',
    expected: notSelfContained,
  },
  {
    name: 'a prototype deep in the arguments',
    token: 'admin',
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add_note","arguments":{"text":"x","a":[{"\\u005f_proto__":{}}]}}}',
    expected: notSelfContained,
  },
  {
    name: 'a method twice: the last one runs and is evaluated',
    token: 'reader',
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call","params":{"name":"read_notes","name":"add_note","arguments":{"text":"x"}}}',
    expected: missingWrite,
  },
  {
    name: 'a name in escapes',
    token: 'reader',
    body: '{"jsonrpc":"2.0","id":1,"method":"tools\\/call","params":{"name":"\\u0061dd_note"}}',
    expected: missingWrite,
  },
  {
    name: 'a name that only looks like another',
    token: 'admin',
    body: call('read_note\u017f'),
    expected: denied('This tool is not allowed'),
  },
  {
    name: 'a call as a notification',
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
    token: 'reader',
    body: { ...ADD, result: {} },
    expected: missingWrite,
  },
  {
    name: 'a hundred kilobytes of every script',
    token: 'writer',
    body: call('add_note', { text: 'ж字🙂é'.repeat(8_500) }),
    expected: { runs: ['add_note'] },
  },
];
