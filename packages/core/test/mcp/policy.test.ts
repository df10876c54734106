import { describe, expect, test } from 'vitest';
import { allOf, anyOf, authenticated, deny, publicAccess, where } from '../../src/index.js';
import type { Rule } from '../../src/index.js';
import { mcpPolicy } from '../../src/mcp/index.js';
import type { McpPolicyOptions } from '../../src/mcp/index.js';
import { callTool, check, header, notesGate, rpc, scopes } from '../support/mcp.js';
import type { Call, NotesScope } from '../support/mcp.js';

/** A short word for an answer: `allowed`, or status and reason. */
async function answer(gate: ReturnType<typeof notesGate>, call: Call): Promise<string> {
  const decision = await check(gate, call);
  return decision.allowed ? 'allowed' : `${decision.status} ${decision.reason}`;
}

const READ = 'notes.read';
const WRITE = 'notes.write';
const ADMIN = 'admin.notes';

describe('tools by scope', () => {
  const gate = notesGate();
  test.each([
    ['no token', undefined, 'read_notes', '401 no_credentials'],
    ['a bad token', 'bad', 'read_notes', '401 invalid_token'],
    ['no scopes', 'none', 'read_notes', '403 insufficient_scope'],
    ['the scope', READ, 'read_notes', 'allowed'],
    ['more than enough', `x+${ADMIN}+y`, 'read_notes', 'allowed'],
    ['a broader scope', ADMIN, 'add_note', 'allowed'],
    ['a narrower scope', READ, 'add_note', '403 insufficient_scope'],
    ['a narrower scope, two floors down', READ, 'admin_purge', '403 insufficient_scope'],
    ['another case of the scope', 'NOTES.READ', 'read_notes', '403 insufficient_scope'],
    ['an unknown tool', ADMIN, 'drop_all', '403 denied'],
    ['another case of the tool', ADMIN, 'Read_Notes', '403 denied'],
    ['a space behind the tool', ADMIN, 'read_notes ', '403 denied'],
    ['a prototype name', ADMIN, '__proto__', '403 denied'],
    ['a constructor', ADMIN, 'constructor', '403 denied'],
    ['a look-alike letter', ADMIN, 'read_note\u017f', '403 denied'],
    ['a NUL', ADMIN, 'read_notes\0', '403 denied'],
  ] as const)('%s [C403-1, SC-2, T02, T07, T09, OP-12]', async (_what, token, tool, expected) => {
    expect(await answer(gate, { token, body: callTool(tool) })).toBe(expected);
  });

  test('a denial that no scope can change names none [C403-6]', async () => {
    const decision = await check(gate, { token: ADMIN, body: callTool('drop_all') });
    expect(header(decision, 'www-authenticate')).toBeUndefined();
    expect(JSON.stringify(decision)).not.toContain('drop_all');
  });
});

describe('messages that are not one plain request', () => {
  const gate = notesGate();
  const purge = callTool('admin_purge');
  test.each<readonly [what: string, body: unknown, expected: string]>([
    ['a batch [OP-10, T21]', [callTool('read_notes')], '400 invalid_body'],
    [
      'a batch with a forbidden call [OP-10, T21]',
      [callTool('read_notes'), purge],
      '400 invalid_body',
    ],
    ['an empty batch [OP-10, T21]', [], '400 invalid_body'],
    ['a nested batch [OP-10, T21]', [[purge]], '400 invalid_body'],
    ['null [OP-12]', 'null', '400 invalid_body'],
    ['a string [OP-12]', '"tools/call"', '400 invalid_body'],
    ['nothing [OP-12]', '', '400 invalid_body'],
    ['no JSON [OP-12]', '{', '400 invalid_body'],
    ['two documents [OP-12]', `${JSON.stringify(callTool('read_notes'))} {}`, '400 invalid_body'],
    ['a byte order mark', `\ufeff${JSON.stringify(callTool('read_notes'))}`, '400 invalid_body'],
    ['a list as method [OP-12, T23]', { ...purge, method: ['tools/call'] }, '400 invalid_body'],
    ['an object as method [OP-12, T23]', { ...purge, method: {} }, '400 invalid_body'],
    ['a null method [OP-12, T23]', { ...purge, method: null }, '400 invalid_body'],
    ['no method [OP-12]', { jsonrpc: '2.0', id: 1 }, '400 invalid_body'],
    ['no version', { ...purge, jsonrpc: undefined }, '400 invalid_body'],
    ['version 1', { ...purge, jsonrpc: '1.0' }, '400 invalid_body'],
    ['a list as name [OP-12, T23]', callTool(['read_notes']), '400 invalid_body'],
    ['an object as name [OP-12, T23]', callTool({ toString: 'read_notes' }), '400 invalid_body'],
    ['a number as name [OP-12, T23]', callTool(1), '400 invalid_body'],
    ['no name [OP-12]', rpc('tools/call', {}), '400 invalid_body'],
    ['no params [OP-12]', rpc('tools/call'), '400 invalid_body'],
    ['a list as params [OP-12, T23]', { ...purge, params: ['read_notes'] }, '400 invalid_body'],
    ['another case of the method', { ...purge, method: 'Tools/Call' }, '403 denied'],
    ['a space behind the method', { ...purge, method: 'tools/call ' }, '403 denied'],
    ['an unknown method', rpc('tools/cull'), '403 denied'],
    ['a prototype name as method', rpc('__proto__'), '403 denied'],
    ['a call as notification [T22]', { ...purge, id: undefined }, '403 insufficient_scope'],
    ['a call with an id of null [T22]', { ...purge, id: null }, '403 insufficient_scope'],
    ['a call that is a response too [T22]', { ...purge, result: {} }, '403 insufficient_scope'],
    ['a call that is an error too [T22]', { ...purge, error: {} }, '403 insufficient_scope'],
    [
      'a name given twice: the last counts, as for the handler',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_notes","name":"admin_purge"}}',
      '403 insufficient_scope',
    ],
    [
      'an escape in a member name',
      '{"jsonrpc":"2.0","id":1,"\\u006dethod":"tools/call","params":{"n\\u0061me":"admin_purge"}}',
      '403 insufficient_scope',
    ],
    [
      'members of a prototype [OP-12]',
      '{"jsonrpc":"2.0","id":1,"__proto__":{"method":"ping"}}',
      '400 invalid_body',
    ],
    ['deep nesting', `${'['.repeat(200)}${']'.repeat(200)}`, '400 invalid_body'],
    ['brackets in a string', callTool('read_notes', { text: '['.repeat(200) }), 'allowed'],
  ])('%s', async (_what, body, expected) => {
    expect(await answer(gate, { token: READ, body })).toBe(expected);
  });

  test('the token comes first: without one, the refusal discloses nothing of the body [OP-13, AH-15]', async () => {
    for (const body of [[purge], '{', rpc('tools/cull'), callTool(1)]) {
      expect(await answer(gate, { body })).toBe('401 no_credentials');
    }
  });
});

describe('protocol methods', () => {
  const methods = [
    ...['initialize', 'ping', 'server/discover', 'logging/setLevel', 'notifications/initialized'],
    ...['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'],
  ];
  test.each(methods)('%s needs a token, and the floor [OP-14]', async (method) => {
    expect(await answer(notesGate(), { body: rpc(method) })).toBe('401 no_credentials');
    expect(await answer(notesGate(), { token: 'none', body: rpc(method) })).toBe('allowed');
    const floor = notesGate({ floor: 'notes:read' });
    expect(await answer(floor, { token: 'x', body: rpc(method) })).toBe('403 insufficient_scope');
    expect(await answer(floor, { token: WRITE, body: rpc(method) })).toBe('allowed');
  });

  test.each(['GET', 'HEAD', 'DELETE'])('%s of a session needs it too [OP-14]', async (method) => {
    expect(await answer(notesGate(), { method })).toBe('401 no_credentials');
    expect(await answer(notesGate(), { method, token: 'none' })).toBe('allowed');
    const session = { 'mcp-session-id': 'abc', 'last-event-id': '1' };
    expect(await answer(notesGate(), { method, headers: session })).toBe('401 no_credentials');
    const floor = notesGate({ floor: 'notes:read' });
    expect(await answer(floor, { method, token: 'x' })).toBe('403 insufficient_scope');
  });

  test('a DELETE with a body is refused: nobody evaluated it [T31]', async () => {
    const body = callTool('admin_purge');
    expect(await answer(notesGate(), { method: 'DELETE', token: READ, body })).toBe(
      '400 invalid_body',
    );
  });

  test.each(['PUT', 'PATCH', 'OPTIONS'])('%s is not a verb of MCP [T31]', async (method) => {
    expect(await answer(notesGate(), { method })).toBe('401 no_credentials');
    const decision = await check(notesGate(), { method, token: READ });
    expect(decision).toMatchObject({ allowed: false, status: 405, reason: 'method_not_allowed' });
    expect(header(decision, 'allow')).toBe('GET, POST, DELETE');
    expect(JSON.parse(decision.body as string)).toMatchObject({
      id: null,
      error: { code: 405, message: 'MCP uses POST, GET and DELETE' },
    });
  });

  test('responses to the server need the floor [OP-14]', async () => {
    const body = { jsonrpc: '2.0', id: 1, result: {} };
    expect(await answer(notesGate(), { body })).toBe('401 no_credentials');
    expect(await answer(notesGate(), { token: 'none', body })).toBe('allowed');
    expect(await answer(notesGate({ floor: 'notes:read' }), { token: 'x', body })).toBe(
      '403 insufficient_scope',
    );
  });
});

describe('what no table names', () => {
  const open = notesGate({
    otherTools: 'notes:read',
    otherPrompts: authenticated(),
    otherResources: authenticated(),
    otherMethods: authenticated(),
    tasks: 'notes:write',
    methods: { 'notes/export': 'notes:write' },
  });
  const closed = notesGate();
  test.each<readonly [string, object, open: string, closed: string]>([
    ['a tool', callTool('other'), 'allowed', '403 denied'],
    ['a prompt', rpc('prompts/get', { name: 'other' }), 'allowed', '403 denied'],
    ['a resource', rpc('resources/read', { uri: 'notes://a/1' }), 'allowed', '403 denied'],
    ['a method', rpc('other/thing'), 'allowed', '403 denied'],
    ['a task', rpc('tasks/get', { taskId: '1' }), '403 insufficient_scope', '403 denied'],
    ['a named method', rpc('notes/export'), '403 insufficient_scope', '403 denied'],
  ])('%s [T02, OP-2, OP-12]', async (_what, body, whenOpen, whenClosed) => {
    expect(await answer(open, { token: READ, body })).toBe(whenOpen);
    expect(await answer(closed, { token: ADMIN, body })).toBe(whenClosed);
  });
});

describe('prompts, resources, completions, subscriptions', () => {
  const gate = notesGate({
    prompts: { summary: 'notes:read', audit: 'admin:notes' },
    resources: {
      'notes://all': 'notes:read',
      'notes://note/{id}': 'notes:write',
      'file:///pub/{name}': 'notes:read',
      'file:///secret': 'admin:notes',
    },
    otherResources: authenticated(),
  });
  const read = (uri: unknown): object => rpc('resources/read', { uri });
  test.each<readonly [what: string, body: object, expected: string]>([
    ['a prompt', rpc('prompts/get', { name: 'summary' }), 'allowed'],
    ['a prompt out of reach', rpc('prompts/get', { name: 'audit' }), '403 insufficient_scope'],
    ['a resource', read('notes://all'), 'allowed'],
    ['a template', read('notes://note/1'), '403 insufficient_scope'],
    ['two segments where one stands', read('notes://note/1/2'), 'allowed'],
    ['an empty segment', read('notes://note/'), 'allowed'],
    ['a public file', read('file:///pub/a.txt'), 'allowed'],
    ['a secret file', read('file:///secret'), '403 insufficient_scope'],
    ['dot segments', read('file:///pub/../secret'), '400 invalid_body'],
    ['encoded dot segments', read('file:///pub/%2e%2e/secret'), '400 invalid_body'],
    ['an encoded slash', read('file:///pub/..%2fsecret'), '400 invalid_body'],
    ['a backslash', read('file:///pub/..\\secret'), '400 invalid_body'],
    ['another case of the scheme', read('FILE:///secret'), '400 invalid_body'],
    ['a host that is none', read('file://localhost/secret'), '400 invalid_body'],
    ['white space in front', read(' file:///secret'), '400 invalid_body'],
    ['a tab inside', read('file:///sec\tret'), '400 invalid_body'],
    ['a relative URI', read('secret'), '400 invalid_body'],
    ['a query behind a variable', read('notes://note/1?x'), '403 insufficient_scope'],
    ['a fragment with slashes', read('notes://note/1#a/b'), '403 insufficient_scope'],
    ['a query behind an exact URI', read('file:///secret?x'), '403 insufficient_scope'],
    [
      'a completion of another template',
      rpc('completion/complete', { ref: { type: 'ref/resource', uri: 'other://{+path}' } }),
      'allowed',
    ],
    [
      'a completion of a template that covers a rule',
      rpc('completion/complete', { ref: { type: 'ref/resource', uri: 'notes://note/{+path}' } }),
      '403 insufficient_scope',
    ],
    ['a list as URI', read(['notes://all']), '400 invalid_body'],
    ['no URI', rpc('resources/read', {}), '400 invalid_body'],
    [
      'a subscription out of reach',
      rpc('resources/subscribe', { uri: 'file:///secret' }),
      '403 insufficient_scope',
    ],
    [
      'an unsubscription out of reach',
      rpc('resources/unsubscribe', { uri: 'notes://note/1' }),
      '403 insufficient_scope',
    ],
    [
      'a completion of a prompt out of reach',
      rpc('completion/complete', { ref: { type: 'ref/prompt', name: 'audit' } }),
      '403 insufficient_scope',
    ],
    [
      'a completion of a template, by its text',
      rpc('completion/complete', { ref: { type: 'ref/resource', uri: 'notes://note/{id}' } }),
      '403 insufficient_scope',
    ],
    [
      'a completion of a prompt',
      rpc('completion/complete', { ref: { type: 'ref/prompt', name: 'summary' } }),
      'allowed',
    ],
    [
      'a completion of nothing known',
      rpc('completion/complete', { ref: { type: 'ref/tool', name: 'summary' } }),
      '400 invalid_body',
    ],
    [
      'a completion of nothing known, with a URI',
      rpc('completion/complete', { ref: { type: 'ref/tool', uri: 'notes://all' } }),
      '400 invalid_body',
    ],
    [
      'a completion of a resource without a URI',
      rpc('completion/complete', { ref: { type: 'ref/resource', name: 'summary' } }),
      '400 invalid_body',
    ],
    ['a completion without ref', rpc('completion/complete', {}), '400 invalid_body'],
    ['a stream of list changes', rpc('subscriptions/listen', { notifications: {} }), 'allowed'],
    [
      'a stream of a resource',
      rpc('subscriptions/listen', { notifications: { resourceSubscriptions: ['notes://all'] } }),
      'allowed',
    ],
    [
      'a stream with one out of reach',
      rpc('subscriptions/listen', {
        notifications: { resourceSubscriptions: ['notes://all', 'file:///secret'] },
      }),
      '403 insufficient_scope',
    ],
    [
      'a stream of a folded URI',
      rpc('subscriptions/listen', {
        notifications: { resourceSubscriptions: ['file:///pub/../secret'] },
      }),
      '400 invalid_body',
    ],
    [
      'a stream of no list',
      rpc('subscriptions/listen', { notifications: { resourceSubscriptions: 'notes://all' } }),
      '400 invalid_body',
    ],
    [
      'a stream of no strings',
      rpc('subscriptions/listen', { notifications: { resourceSubscriptions: [1] } }),
      '400 invalid_body',
    ],
  ])('%s [OP-14, OP-16, T34]', async (_what, body, expected) => {
    expect(await answer(gate, { token: READ, body })).toBe(expected);
    expect(await answer(gate, { body })).toBe('401 no_credentials');
  });
});

describe('headers against the body', () => {
  const gate = notesGate();
  const headers = (method: string | null, name: string | null, version = '2026-07-28') => ({
    'mcp-protocol-version': version,
    ...(method !== null && { 'mcp-method': method }),
    ...(name !== null && { 'mcp-name': name }),
  });
  const call = callTool('read_notes');
  const inBody = (method: string, version: unknown): object =>
    rpc(method, { _meta: { 'io.modelcontextprotocol/protocolVersion': version } });
  const RESPONSE = { jsonrpc: '2.0', id: 1, result: {} };
  test.each<readonly [what: string, Record<string, string>, body: object, expected: string]>([
    ['all agree', headers('tools/call', 'read_notes'), call, 'allowed'],
    ['white space around', headers('tools/call', ' read_notes\t'), call, 'allowed'],
    ['encoded', headers('tools/call', '=?base64?cmVhZF9ub3Rlcw==?='), call, 'allowed'],
    ['no method', headers(null, 'read_notes'), call, '400 header_mismatch'],
    ['no name', headers('tools/call', null), call, '400 header_mismatch'],
    ['another method', headers('tools/list', 'read_notes'), call, '400 header_mismatch'],
    ['another case', headers('TOOLS/CALL', 'read_notes'), call, '400 header_mismatch'],
    ['another name', headers('tools/call', 'add_note'), call, '400 header_mismatch'],
    [
      'a public name over a forbidden body',
      headers('tools/call', 'read_notes'),
      callTool('admin_purge'),
      '400 header_mismatch',
    ],
    ['two names', headers('tools/call', 'read_notes, x'), call, '400 header_mismatch'],
    [
      'bad padding',
      headers('tools/call', '=?base64?cmVhZF9ub3Rlcw?='),
      call,
      '400 header_mismatch',
    ],
    [
      'another marker',
      headers('tools/call', '=?BASE64?cmVhZF9ub3Rlcw==?='),
      call,
      '400 header_mismatch',
    ],
    ['bad UTF-8', headers('tools/call', '=?base64?/w==?='), call, '400 header_mismatch'],
    ['an old version without headers', headers(null, null, '2025-11-25'), call, 'allowed'],
    [
      'an old version with a forged name',
      headers('tools/call', 'x', '2025-11-25'),
      call,
      '400 header_mismatch',
    ],
    ['no version at all', {}, call, 'allowed'],
    ['no name where none is due', headers('tools/list', null), rpc('tools/list'), 'allowed'],
    ['a version in the body only', {}, inBody('ping', '2026-07-28'), '400 header_mismatch'],
    [
      'two versions',
      headers('ping', null, '2025-11-25'),
      inBody('ping', '2026-07-28'),
      '400 header_mismatch',
    ],
    [
      'a task without its id',
      headers('tasks/get', null),
      rpc('tasks/get', { taskId: '7' }),
      '400 header_mismatch',
    ],
    ['the same version twice', headers('ping', null), inBody('ping', '2026-07-28'), 'allowed'],
    ['an old version in the body only', {}, inBody('ping', '2025-11-25'), 'allowed'],
    ['a list as version in the body only', {}, inBody('ping', ['2026-07-28']), 'allowed'],
    ['a response beside headers', headers('ping', 'x'), RESPONSE, 'allowed'],
    [
      'a member that no name is due from',
      headers('ping', null),
      rpc('ping', { undefined: 'x', name: 'y', uri: 'z' }),
      'allowed',
    ],
    // What is no date is older than any.
    ['a word as version', headers(null, null, 'draft'), call, 'allowed'],
    ['a date behind a sign', headers(null, null, 'x2026-07-28'), call, 'allowed'],
    ['a date and more', headers(null, null, '2026-07-28x'), call, 'allowed'],
  ])('%s [OP-3, OP-4, OP-5, OP-6, OP-7, OP-8, OP-9, T24]', async (_what, sent, body, expected) => {
    expect(await answer(gate, { token: READ, headers: sent, body })).toBe(expected);
  });

  test.each([
    ['tools/call', 'name'],
    ['prompts/get', 'name'],
    ['resources/read', 'uri'],
    ['tasks/get', 'taskId'],
    ['tasks/update', 'taskId'],
    ['tasks/cancel', 'taskId'],
  ])('%s: its name repeats %s [OP-6, T24]', async (method, member) => {
    const any = authenticated();
    const open = notesGate({
      ...{ otherTools: any, otherPrompts: any, otherResources: any, tasks: any },
    });
    const body = rpc(method, { [member]: 'notes://1' });
    const ask = (name: string | null, version?: string): Promise<string> =>
      answer(open, { token: READ, headers: headers(method, name, version), body });
    expect(await ask('notes://1')).toBe('allowed');
    expect(await ask('notes://2')).toBe('400 header_mismatch');
    expect(await ask(null)).toBe('400 header_mismatch');
    expect(await ask('notes://2', '2025-11-25')).toBe('400 header_mismatch');
    expect(await ask(null, '2025-11-25')).toBe('allowed');
  });

  test.each<readonly [message: string, sent: Record<string, string>, body: object]>([
    ['MCP-Protocol-Version is missing', {}, inBody('ping', '2026-07-28')],
    [
      'MCP-Protocol-Version and body disagree',
      headers('ping', null, '2025-11-25'),
      inBody('ping', '2026-07-28'),
    ],
    ['Mcp-Method is missing', headers(null, 'read_notes'), call],
    ['Mcp-Method and body disagree', headers('tools/list', 'read_notes'), call],
    ['Mcp-Name is missing', headers('tools/call', null), call],
    ['Mcp-Name is not valid Base64', headers('tools/call', '=?base64?cmVhZF9ub3Rlcw?='), call],
    ['Mcp-Name is not valid Base64', headers('tools/call', '=?base64?*?='), call],
    ['Mcp-Name is not valid Base64', headers('tools/call', '=?base64?/w==?='), call],
    ['Mcp-Name and body disagree', headers('tools/call', 'add_note'), call],
  ])('a mismatch says what is wrong: %s', async (message, sent, body) => {
    const decision = await check(gate, { token: READ, headers: sent, body });
    expect(JSON.parse(decision.body as string)).toMatchObject({ id: 1, error: { message } });
  });

  const base64 = (text: string): string => `=?base64?${Buffer.from(text).toString('base64')}?=`;
  test.each<readonly [what: string, tool: string, name: string, expected: string]>([
    ['one marker is not two that share a sign', '=?base64?=', '=?base64?=', 'allowed'],
    ['nothing may be encoded', '', '=?base64??=', 'allowed'],
    ['nothing encoded is not its own text', '=?base64??=', '=?base64??=', '400 header_mismatch'],
    ['bytes that are no text equal no name', '\ufffd', '=?base64?/w==?=', '400 header_mismatch'],
    ['a mark in front is a part of the name', '\ufeffx', base64('\ufeffx'), 'allowed'],
    ['and is not taken off', 'x', base64('\ufeffx'), '400 header_mismatch'],
  ])('an encoded name: %s [OP-5]', async (_what, tool, name, expected) => {
    const open = notesGate({ otherTools: authenticated() });
    const sent = headers('tools/call', name);
    expect(await answer(open, { token: READ, headers: sent, body: callTool(tool) })).toBe(expected);
  });

  test('a mismatch is JSON-RPC error -32020 with the id [OP-3]', async () => {
    const sent = headers('tools/list', 'read_notes');
    const decision = await check(gate, { token: READ, headers: sent, body: call });
    expect(JSON.parse(decision.body as string)).toMatchObject({ id: 1, error: { code: -32020 } });
  });

  test('a name outside ASCII comes encoded [OP-5]', async () => {
    const japanese = notesGate({ tools: { 日本語: 'notes:read' } });
    const sent = headers('tools/call', '=?base64?5pel5pys6Kqe?=');
    expect(await answer(japanese, { token: READ, headers: sent, body: callTool('日本語') })).toBe(
      'allowed',
    );
  });
});

describe('public and protected operations together', () => {
  const gate = notesGate({
    tools: { hello: publicAccess(), read_notes: 'notes:read' },
    anonymous: true,
  });
  test.each<readonly [what: string, Call, expected: string]>([
    ['a public tool without a token', { body: callTool('hello') }, 'allowed'],
    ['a public tool with a token', { token: 'none', body: callTool('hello') }, 'allowed'],
    [
      'a public tool with a bad token',
      { token: 'bad', body: callTool('hello') },
      '401 invalid_token',
    ],
    ['a scoped tool without a token', { body: callTool('read_notes') }, '401 no_credentials'],
    ['an unknown tool without a token', { body: callTool('x') }, '401 no_credentials'],
    ['the handshake without a token', { body: rpc('initialize') }, 'allowed'],
    ['a batch without a token', { body: [callTool('hello')] }, '400 invalid_body'],
    ['a session without a token', { method: 'GET' }, 'allowed'],
  ])('%s [AH-15, OP-13, T46]', async (_what, call, expected) => {
    expect(await answer(gate, call)).toBe(expected);
  });

  test('a 401 behind the body names the scopes of the operation, in a JSON-RPC error [C401-2]', async () => {
    const both = notesGate({ tools: { hello: publicAccess(), add_note: 'notes:write' } });
    const decision = await check(both, { body: callTool('add_note') });
    expect(header(decision, 'www-authenticate')).toMatch(/^Bearer scope="notes:write", resource_m/);
    expect(JSON.parse(decision.body as string)).toMatchObject({ id: 1, error: { code: 401 } });
  });

  test('no auth without a token [T16]', async () => {
    expect(await check(gate, { body: callTool('hello') })).toMatchObject({ auth: undefined });
  });
});

describe('computed rules and conditions', () => {
  const decide = (rule: unknown): ReturnType<typeof notesGate> =>
    notesGate({ tools: { t: rule as Rule<NotesScope> } });
  const call = { token: READ, body: callTool('t', { id: 7 }) };
  test.each<readonly [what: string, rule: unknown, expected: string]>([
    ['a function that allows', () => 'notes:read', 'allowed'],
    ['one that asks for more', () => 'notes:write', '403 insufficient_scope'],
    ['an async one', async () => authenticated(), 'allowed'],
    [
      'one of the arguments',
      (c: { args: { id: number } }) => (c.args.id === 7 ? 'notes:read' : deny()),
      'allowed',
    ],
    ['one that returns true', () => true, '403 rule_invalid'],
    ['one that returns nothing', () => undefined, '403 rule_invalid'],
    ['one that returns a look-alike', () => ({ kind: 'publicAccess' }), '403 rule_invalid'],
    ['one that returns an unknown scope', () => 'notes:raed', '403 rule_invalid'],
    [
      'one that throws',
      () => {
        throw new Error('x');
      },
      '403 rule_invalid',
    ],
    ['one that rejects', async () => Promise.reject(new Error('x')), '403 rule_invalid'],
    [
      'one without an end',
      function again(): unknown {
        return again;
      },
      '403 rule_invalid',
    ],
    ['a condition that holds', where(() => true, 'notes:read'), 'allowed'],
    [
      'one that holds, of a rule out of reach',
      where(() => true, 'notes:write'),
      '403 insufficient_scope',
    ],
    ['one that does not', where(() => false, 'notes:write'), '403 denied'],
    ['one that is only truthy', where((() => 1) as never), '403 denied'],
    [
      'one that throws',
      where(() => {
        throw new Error('x');
      }),
      '403 rule_invalid',
    ],
    [
      'a failed condition beside a scope',
      anyOf(
        where(() => false, 'admin:notes'),
        'notes:write',
      ),
      '403 insufficient_scope',
    ],
    [
      'a failed condition and a scope',
      allOf(
        'notes:read',
        where(() => false),
      ),
      '403 denied',
    ],
  ])('%s [T14, C403-6]', async (_what, rule, expected) => {
    expect(await answer(decide(rule), call)).toBe(expected);
    expect(await answer(decide(rule), { body: call.body })).toBe('401 no_credentials');
  });

  test('scopes behind a failed condition are not disclosed [T14]', async () => {
    const gate = decide(
      anyOf(
        where(() => false, 'admin:notes'),
        'notes:write',
      ),
    );
    const decision = await check(gate, call);
    expect(JSON.stringify(decision)).toContain('notes:write');
    expect(JSON.stringify(decision)).not.toContain('admin:notes');
  });
});

describe('options that are refused', () => {
  test.each<readonly [options: object, message: string]>([
    ...['tools', 'prompts', 'resources', 'methods', 'taskRules'].map(
      (name) => [{ [name]: 'notes:read' }, `mcpPolicy.${name}: expected an object`] as const,
    ),
    ...['floor', 'tasks', 'otherTools', 'otherPrompts', 'otherResources', 'otherMethods'].map(
      (name) => [{ [name]: 'notes:raed' }, `${name}: "notes:raed" is not in the scope`] as const,
    ),
    ...['tools', 'prompts', 'methods', 'taskRules'].map(
      (name) =>
        [
          { [name]: { x: 'notes:raed' } },
          `${name}['x']: "notes:raed" is not in the scope`,
        ] as const,
    ),
    [{ resources: { 'notes://{id': 'notes:read' } }, "resources['notes://{id']: "],
    [{ resources: { 'notes://a/../{id}': 'notes:read' } }, "resources['notes://a/../{id}']: "],
    [{ anonymous: 'yes' }, 'mcpPolicy.anonymous: expected a boolean'],
    [{ maxSubscriptions: 0 }, 'mcpPolicy.maxSubscriptions: expected a'],
    [
      { methods: { 'tools/call': 'notes:read' } },
      "mcpPolicy.methods['tools/call']: its rule belongs into tools",
    ],
    [
      { methods: { 'completion/complete': 'notes:read' } },
      "mcpPolicy.methods['completion/complete']: its rule belongs into prompts or resources",
    ],
    [{ tool: {} }, 'mcpPolicy.tool: unknown option'],
  ])('%j: %s', (options, message) => {
    const make = (): unknown => mcpPolicy(scopes, options as McpPolicyOptions<NotesScope>);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });
});

test('a template may leave open what a URI cannot be without', () => {
  const resources = { 'https://{host}/a': 'notes:read' } as const;
  expect(() => mcpPolicy(scopes, { resources })).not.toThrow();
});
