/** How a gate treats what a policy's `readBody` returns. */
import { describe, expect, test } from 'vitest';
import { createGate, httpPolicy } from '../../src/index.js';
import type { Decision, Gate, GateRequest, Policy } from '../../src/index.js';
import { RESOURCE, request, scopes, scopesAsToken } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

const allowing = httpPolicy<NotesScope>([{ method: '*', path: '/mcp', rule: 'notes:read' }]);
const FAULT = {
  ...{ kind: 'fault', fault: 'body_too_large', code: 413, message: 'Too large', rpcId: null },
} as const;

/** A gate with a policy that would allow a request, whatever its body. */
function gateWith(readBody: () => unknown, bodies: unknown[] = []): Gate<NotesScope> {
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
  return createGate({ resource: RESOURCE, verifier: scopesAsToken, scopes, policy });
}

async function checkWith(
  readBody: () => unknown,
  bodies?: unknown[],
): Promise<Decision<NotesScope>> {
  return gateWith(readBody, bodies).check(request({ token: 'notes.read', body: {} }));
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

describe('what is known at once is decided at once', () => {
  const headers = new Headers({ authorization: 'Bearer notes.read' });
  const call: GateRequest = { method: 'POST', url: RESOURCE, headers };
  test.each<readonly [what: string, readBody: () => unknown, decision: object]>([
    ['a body', () => ({ value: 1 }), { allowed: true, body: 1 }],
    ['no body', () => undefined, { allowed: true }],
    ['a fault', () => FAULT, { status: 413 }],
  ])('%s', (_what, readBody, decision) => {
    expect(gateWith(readBody).decide(call)).toMatchObject(decision);
  });
});

test('the body of nobody is not read where every operation needs a token [T04]', async () => {
  let reads = 0;
  const gate = gateWith(() => {
    reads++;
    return FAULT;
  });
  const anonymous = { method: 'POST', url: RESOURCE, headers: new Headers() };
  const foreign = await checkWith(() => undefined);
  if (!foreign.allowed) throw new Error('expected auth');
  for (const auth of [undefined, foreign.auth]) {
    expect(await gate.authorize(auth, anonymous)).toMatchObject({ status: 401 });
  }
  expect(reads).toBe(0);
});
