/** How a gate treats what a policy's `readBody` returns. */
import { describe, expect, test } from 'vitest';
import { createGate, httpPolicy } from '../../src/index.js';
import type { Decision, Policy } from '../../src/index.js';
import { RESOURCE, request, scopes, scopesAsToken } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

const allowing = httpPolicy<NotesScope>([{ method: '*', path: '/mcp', rule: 'notes:read' }]);
const FAULT = {
  ...{ kind: 'fault', fault: 'body_too_large', code: 413, message: 'Too large', rpcId: null },
} as const;

/** Checks a request with a policy that would allow it, whatever its body. */
async function checkWith(
  readBody: () => unknown,
  bodies: unknown[] = [],
): Promise<Decision<NotesScope>> {
  const policy: Policy<NotesScope> = {
    ...{ reads: 'body', scopes: allowing.scopes, mayBePublic: false },
    readBody: readBody as Policy['readBody'],
    match(one, body) {
      bodies.push(body);
      return allowing.match(one, body);
    },
    ruleOf: (operation) => allowing.ruleOf(operation),
    entries: () => allowing.entries(),
    defaults: () => allowing.defaults(),
  };
  const gate = createGate({ resource: RESOURCE, verifier: scopesAsToken, scopes, policy });
  return gate.check(request({ token: 'notes.read', body: {} }));
}

describe('the decision is about the body that was read', () => {
  const value = { method: 'ping' };
  const thenable = {
    // oxlint-disable-next-line unicorn/no-thenable -- promises of other realms are thenables here
    then: (resolve: (read: object) => void): void => resolve({ value }),
  };
  test.each<readonly [what: string, readBody: () => unknown, body: unknown]>([
    ['at once', () => ({ value }), value],
    ['with a promise', async () => ({ value }), value],
    ['with a thenable', () => thenable, value],
    ['not at all', () => undefined, undefined],
  ])('%s', async (_how, readBody, body) => {
    const bodies: unknown[] = [];
    const decision = await checkWith(readBody, bodies);
    expect(decision.allowed && decision.body).toBe(body);
    expect(bodies).toEqual([body]);
  });
});

test.each<readonly [what: string, readBody: () => unknown, status: number]>([
  ['a fault', () => FAULT, 413],
  ['a promise of a fault', async () => FAULT, 413],
  ['a throw', () => expect.fail('fault'), 503],
  ['a rejection', () => Promise.reject(new Error('fault')), 503],
  ['a promise of nothing', async () => undefined, 503],
])('%s is a refusal, and no rule is asked', async (_what, readBody, status) => {
  const bodies: unknown[] = [];
  expect(await checkWith(readBody, bodies)).toMatchObject({ allowed: false, status });
  expect(bodies).toEqual([]);
});
