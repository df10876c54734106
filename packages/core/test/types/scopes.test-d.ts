import type { AuthInfo as AuthInfoV2 } from '@modelcontextprotocol/client';
import type { AuthInfo as AuthInfoV1 } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { describe, expectTypeOf, test } from 'vitest';
import {
  allOf,
  anyOf,
  authenticated,
  createGate,
  defineScopes,
  evaluate,
  publicAccess,
  where,
} from '../../src/index.js';
import type { Auth, Gate, Verifier } from '../../src/index.js';
import { mcpPolicy } from '../../src/mcp/index.js';

declare const verifier: Verifier;
const resource = 'https://notes.example.com/mcp';

const scopes = defineScopes({
  'notes:read': {},
  'notes:write': { implies: ['notes:read'] },
});
type S = 'notes:read' | 'notes:write';

describe('scope names are inferred from the catalogue', () => {
  test('a record and a list', () => {
    expectTypeOf(scopes.names).toEqualTypeOf<readonly S[]>();
    expectTypeOf(defineScopes(['a', 'b']).names).toEqualTypeOf<readonly ('a' | 'b')[]>();
  });

  test('a gate, by catalogue and by plain list', () => {
    expectTypeOf(createGate({ resource, verifier, scopes })).toEqualTypeOf<Gate<S>>();
    expectTypeOf(createGate({ resource, verifier, scopes: ['a', 'b'] })).toEqualTypeOf<
      Gate<'a' | 'b'>
    >();
  });
});

describe('a misspelt scope does not compile, wherever it stands', () => {
  test('in implies', () => {
    // @ts-expect-error -- unknown scope
    defineScopes({ a: { implies: ['b'] } });
  });

  test('in tools, by itself and in combinations', () => {
    mcpPolicy(scopes, { tools: { t: 'notes:read', u: allOf('notes:read', 'notes:write') } });
    // @ts-expect-error -- unknown scope
    mcpPolicy(scopes, { tools: { t: 'notes:raed' } });
    // @ts-expect-error -- unknown scope
    mcpPolicy(scopes, { tools: { t: anyOf('notes:raed', 'notes:write') } });
    // @ts-expect-error -- unknown scope
    mcpPolicy(scopes, { tools: { t: anyOf('notes:read', allOf('notes:raed', 'notes:write')) } });
    // @ts-expect-error -- unknown scope
    mcpPolicy(scopes, { tools: { t: where(() => true, 'notes:raed') } });
    // @ts-expect-error -- unknown scope
    mcpPolicy(scopes, { tools: { t: () => 'notes:raed' as const } });
    // @ts-expect-error -- unknown scope
    mcpPolicy(scopes, { floor: 'notes:raed' });
  });

  test('in initialScopes', () => {
    // @ts-expect-error -- unknown scope
    createGate({ resource, verifier, scopes, initialScopes: ['notes:raed'] });
  });

  test("in a gate's methods and in evaluate", () => {
    const gate = createGate({ resource, verifier, scopes });
    gate.route('notes:read');
    gate.route(anyOf('notes:read', authenticated(), publicAccess()));
    // @ts-expect-error -- unknown scope
    gate.route('notes:raed');
    // @ts-expect-error -- unknown scope
    evaluate('notes:raed', [], scopes);
  });

  test('in a policy of another catalogue', () => {
    const other = mcpPolicy(['admin'], { tools: { t: 'admin' } });
    // @ts-expect-error -- the policy names scopes that the gate does not know
    createGate({ resource, verifier, scopes, policy: other });
  });
});

describe('rules as functions', () => {
  test('get a typed context', () => {
    mcpPolicy(scopes, {
      tools: {
        t: ({ operation, args, auth }) => {
          expectTypeOf(operation.method).toEqualTypeOf<string>();
          expectTypeOf(args).toEqualTypeOf<unknown>();
          expectTypeOf(auth).toEqualTypeOf<Auth<S>>();
          return auth.has('notes:write') ? 'notes:write' : 'notes:read';
        },
      },
    });
  });
});

describe('auth', () => {
  test('fits the AuthInfo of both generations of the MCP SDK', () => {
    expectTypeOf<Auth<S>>().toExtend<AuthInfoV1>();
    expectTypeOf<Auth<S>>().toExtend<AuthInfoV2>();
  });

  test('is not any', () => {
    expectTypeOf<Auth<S>>().not.toBeAny();
    expectTypeOf<Auth<S>['claims']>().not.toBeAny();
    const auth = {} as Auth<S>;
    // @ts-expect-error -- unknown scope
    auth.has('notes:raed');
  });
});
