/** What refusals and events call an operation, and what a refusal says of a message that is malformed. */
import { expect, test } from 'vitest';
import type { DecisionEvent } from '../../src/index.js';
import { check, header, notesGate, rpc } from '../support/mcp.js';
import type { Call } from '../support/mcp.js';

const events: DecisionEvent[] = [];
const gate = notesGate(
  {
    prompts: { report: 'notes:write' },
    resources: { 'notes://{id}': 'notes:write' },
    methods: { 'notes/export': 'notes:write' },
    floor: 'notes:write',
    ...{ tasks: 'notes:write', otherTools: 'notes:write', otherPrompts: 'notes:write' },
    ...{ otherResources: 'notes:write', otherMethods: 'notes:write' },
  },
  { onDecision: (event) => events.push(event) },
);

const complete = (ref: object): Call => ({ body: rpc('completion/complete', { ref }) });
const call = (method: string, params?: object): Call => ({ body: rpc(method, params) });

test.each<readonly [label: string, entry: string | undefined, Call]>([
  ['add_note', 'tools/call add_note', call('tools/call', { name: 'add_note' })],
  ['This tool', undefined, call('tools/call', { name: 'other' })],
  ['report', 'prompts/get report', call('prompts/get', { name: 'report' })],
  ['This prompt', undefined, call('prompts/get', { name: 'other' })],
  ['report', 'prompts/get report', complete({ type: 'ref/prompt', name: 'report' })],
  ['This prompt', undefined, complete({ type: 'ref/prompt', name: 'other' })],
  [
    'notes://{id}',
    'resources/read notes://{id}',
    call('resources/subscribe', { uri: 'notes://1' }),
  ],
  ['This resource', undefined, call('resources/read', { uri: 'other://1' })],
  [
    'notes://{id}',
    'resources/read notes://{id}',
    complete({ type: 'ref/resource', uri: 'notes://{name}' }),
  ],
  ['This resource', undefined, complete({ type: 'ref/resource', uri: 'other://{name}' })],
  ['This subscription', 'subscriptions/listen', call('subscriptions/listen', {})],
  [
    'This subscription',
    'subscriptions/listen',
    call('subscriptions/listen', { notifications: { resourceSubscriptions: ['notes://1'] } }),
  ],
  ['This response', 'response', { body: { jsonrpc: '2.0', id: 1, result: {} } }],
  ['This session', 'GET', { method: 'GET' }],
  ['This session', 'DELETE', { method: 'DELETE' }],
  ['notes/export', 'notes/export', call('notes/export')],
  ['initialize', 'initialize', call('initialize')],
  ['This notification', 'notifications', call('notifications/cancelled')],
  ['This task', 'tasks', call('tasks/get', { taskId: '1' })],
  ['This method', undefined, call('other/thing')],
])('%s, in events %s: %o', async (label, entry, asked) => {
  events.length = 0;
  const decision = await check(gate, { token: 'notes.read', ...asked });
  const challenge = header(decision, 'www-authenticate');
  expect(challenge).toContain(`error_description="${label} needs notes:write"`);
  // Clients of the session wire take the scopes of a challenge for all that they then have.
  expect(challenge).toContain('scope="notes:write notes:read"');
  expect(events.map(({ operation }) => operation?.entry)).toEqual([entry]);
});

const listen = (resourceSubscriptions: unknown): Call =>
  call('subscriptions/listen', { notifications: { resourceSubscriptions } });
const prompt = { type: 'ref/prompt', name: 'report' };
const NEITHER = 'params.ref names neither a prompt nor a resource';
const SPELLING =
  'A resource URI is not in normal form, or could be read as that of another resource';

test.each<readonly [message: string, Call]>([
  ['params.name is not a string', call('tools/call', {})],
  ['params.name is not a string', call('prompts/get', { name: 1 })],
  ['params.uri is not a string', call('resources/read', {})],
  ['params.uri is not a string', call('resources/subscribe', { uri: 1 })],
  [SPELLING, call('resources/read', { uri: 'NOTES://1' })],
  [SPELLING, complete({ type: 'ref/resource', uri: 'NOTES://1' })],
  [SPELLING, listen(['notes://1', 'NOTES://1'])],
  ['resourceSubscriptions is not a list', listen('notes://1')],
  ['resourceSubscriptions is not a list', listen({ 0: 'notes://1', length: 1 })],
  ['resourceSubscriptions is not a list', listen(null)],
  ['resourceSubscriptions holds more than 100 URIs', listen(Array(101).fill('notes://1'))],
  ['resourceSubscriptions holds no string', listen(['notes://1', 1])],
  ['resourceSubscriptions holds no string', listen([['notes://1']])],
  ['params.ref is not an object', call('completion/complete', {})],
  ['params.ref is not an object', call('completion/complete', { ref: [prompt] })],
  [NEITHER, complete({ type: 'ref/tool', name: 'report' })],
  [NEITHER, complete({ type: 'ref/tool', uri: 'notes://1' })],
  [NEITHER, complete({ type: 'ref/prompt', name: ['report'] })],
  [NEITHER, complete({ type: 'ref/resource', name: 'report' })],
  [
    'params.argument or params.context is malformed',
    call('completion/complete', { ref: prompt, argument: 'team' }),
  ],
])('400 "%s": %o', async (message, asked) => {
  const decision = await check(gate, { token: 'notes.read', ...asked });
  expect(decision).toMatchObject({ status: 400, reason: 'invalid_body' });
  expect(JSON.parse((decision as { body: string }).body)).toMatchObject({
    id: 1,
    error: { code: -32600, message },
  });
});
