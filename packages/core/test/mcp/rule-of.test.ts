import { expect, test } from 'vitest';
import { authenticated, deny, publicAccess } from '../../src/index.js';
import { mcpPolicy } from '../../src/mcp/index.js';
import { scopes } from '../support/mcp.js';

const policy = mcpPolicy(scopes, {
  tools: { add_note: 'notes:write', constructor: 'admin:notes' as const },
  prompts: { audit: 'admin:notes' },
  resources: { 'notes://all': 'notes:read', 'notes://one/{id}': 'notes:write' },
  methods: { 'x/run': 'notes:write' },
  tasks: 'notes:read',
  taskRules: { add_note: 'admin:notes' },
  otherTools: publicAccess(),
  otherMethods: 'admin:notes',
});

const DENIED = 'what no token has';

test.each<readonly [method: string, name: string | undefined, rule: string]>([
  ['tools/call', 'add_note', 'notes:write'],
  ['tools/call', 'constructor', 'admin:notes'],
  ['tools/call', 'toString', 'no token'],
  ['tools/call', undefined, 'no token'],
  ['prompts/get', 'audit', 'admin:notes'],
  ['prompts/get', 'other', DENIED],
  ['prompts/get', undefined, DENIED],
  ['resources/read', 'notes://all', 'notes:read'],
  ['resources/subscribe', 'notes://one/7', 'notes:write'],
  ['resources/unsubscribe', 'notes://other', DENIED],
  ['resources/read', 'notes://one/%2e%2e', DENIED],
  ['resources/read', undefined, DENIED],
  ['subscriptions/listen', undefined, DENIED],
  ['completion/complete', 'audit', DENIED],
  ['resources/templates/list', undefined, 'a valid token'],
  ['resources/templates/list', 'notes://one/{number}', 'notes:write'],
  ['resources/templates/list', 'notes://{name}', 'notes:read'],
  ['resources/templates/list', 'other://{name}', DENIED],
  ['x/run', undefined, 'notes:write'],
  ['x/other', undefined, 'admin:notes'],
  ['tasks/get', 'a-task', 'notes:read'],
  ['initialize', undefined, 'a valid token'],
  ['notifications/initialized', undefined, 'a valid token'],
  ['response', undefined, 'a valid token'],
  ['GET', undefined, 'a valid token'],
  ['HEAD', undefined, 'a valid token'],
  ['DELETE', undefined, 'a valid token'],
])('%s %s: %s', (method, name, rule) => {
  const operation = { protocol: 'mcp', method, ...(name !== undefined && { name }) } as const;
  expect(policy.ruleOf(operation).description).toBe(rule);
});

test('an operation of HTTP has no rule here', () => {
  const operation = { protocol: 'http', method: 'tools/call', name: 'add_note' } as const;
  expect(policy.ruleOf(operation).description).toBe(DENIED);
});

test.each<readonly [method: string, name: string | undefined, rule: string | undefined]>([
  ['tools/call', 'add_note', 'admin:notes'],
  ['tools/call', 'constructor', undefined],
  ['tools/call', 'toString', undefined],
  ['tools/call', undefined, undefined],
  ['prompts/get', 'add_note', undefined],
  ['tasks/get', 'add_note', undefined],
])('tasks of %s %s: %s', (method, name, rule) => {
  const operation = { protocol: 'mcp', method, ...(name !== undefined && { name }) } as const;
  expect(policy.taskRuleOf?.(operation)?.description).toBe(rule);
});

test('every rule is listed, with the option that would decide without it', () => {
  expect(policy.entries().map(({ operation, otherwise }) => ({ ...operation, otherwise }))).toEqual(
    [
      ['tools/call', 'add_note', 'otherTools'],
      ['tools/call', 'constructor', 'otherTools'],
      ['prompts/get', 'audit', 'otherPrompts'],
      ['resources/read', 'notes://all', 'otherResources'],
      ['resources/read', 'notes://one/{id}', 'otherResources'],
      ['x/run', undefined, 'otherMethods'],
    ].map(([method, name, otherwise]) => ({
      ...{ protocol: 'mcp', method, otherwise },
      ...(name !== undefined && { name }),
    })),
  );
  expect(policy.entries().map(({ rule }) => rule)).toEqual([
    ...['notes:write', 'admin:notes', 'admin:notes', 'notes:read', 'notes:write', 'notes:write'],
  ]);
  expect(policy.taskEntries?.()).toEqual([
    { operation: { protocol: 'mcp', method: 'tasks/*', name: 'add_note' }, rule: 'admin:notes' },
  ]);
  expect(policy.defaults()).toEqual(
    [
      ['floor', 'handshake, lists, notifications, sessions', authenticated()],
      ['tasks', 'any task', 'notes:read'],
      ['otherTools', 'any other tool', publicAccess()],
      ['otherPrompts', 'any other prompt', deny()],
      ['otherResources', 'any other resource', deny()],
      ['otherMethods', 'any other method', 'admin:notes'],
    ].map(([name, label, rule]) => ({ name, label, rule })),
  );
});
