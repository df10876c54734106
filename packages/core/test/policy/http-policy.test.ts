import { expect, test } from 'vitest';
import { anyOf, authenticated, describeRule, http } from '../../src/index.js';

test('a policy over HTTP lists what it knows, for the scope map', () => {
  const policy = http([
    { method: 'GET', path: '/notes', rule: 'read' },
    { method: '*', path: '/notes/{id}', rule: anyOf('write', 'read') },
    { method: 'GET', path: '/', rule: authenticated() },
  ]);
  expect(policy.scopes).toEqual(['read', 'write']);
  expect(policy.mayBePublic).toBe(false);
  expect(policy.entries().map(({ operation, rule }) => [operation, describeRule(rule)])).toEqual([
    [{ protocol: 'http', method: 'GET', name: '/notes' }, 'read'],
    [{ protocol: 'http', method: '*', name: '/notes/{id}' }, 'write, or read'],
    [{ protocol: 'http', method: 'GET', name: '/' }, 'a valid token'],
  ]);
});
