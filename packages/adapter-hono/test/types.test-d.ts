import type { AuthInfo as AuthInfoV1 } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { AuthInfo as AuthInfoV2, McpHttpHandler } from '@modelcontextprotocol/server';
import { allOf, anyOf, createGate, defineScopes, publicAccess } from '@scopegate/core';
import type { Auth, Verifier } from '@scopegate/core';
import { Hono } from 'hono';
import type { Context } from 'hono';
import { describe, expectTypeOf, test } from 'vitest';
import { authOf, protect, resourceMetadata } from '../src/index.js';
import type { GateVariables } from '../src/index.js';

declare const verifier: Verifier;
declare const mcp: McpHttpHandler;
const resource = 'https://notes.example.com/mcp';
const scopes = defineScopes({ 'notes:read': {}, 'notes:write': { implies: ['notes:read'] } });
const gate = createGate({ resource, verifier, scopes });
type S = 'notes:read' | 'notes:write';

describe('protect', () => {
  test('takes the scopes of its gate, and no others', () => {
    protect(gate, 'notes:read');
    protect(gate, anyOf('notes:read', allOf('notes:write', publicAccess())));
    // @ts-expect-error -- unknown scope
    protect(gate, 'notes:raed');
    // @ts-expect-error -- unknown scope
    protect(gate, anyOf('notes:raed', 'notes:write'));
    // @ts-expect-error -- unknown scope
    protect(gate, () => 'notes:raed' as const);
    // @ts-expect-error -- unknown scope, before a handler
    protect(gate, 'notes:raed', (c) => c.text(''));
  });

  test('infers the arguments of its handler', () => {
    protect(gate, 'notes:read', (c) => {
      expectTypeOf(c.var.auth).toEqualTypeOf<Auth<S> | undefined>();
      expectTypeOf(c.var.parsedBody).toEqualTypeOf<unknown>();
      return c.text(authOf(gate, c).clientId);
    });
  });

  test('types what handlers behind it find, and leaves the path to them', () => {
    const app = new Hono<{ Variables: { id: number }; Bindings: { KEY: string } }>();
    app.use(resourceMetadata(gate, createGate({ resource, verifier, scopes: ['other'] })));
    app.get('/notes/:id', protect(gate, 'notes:read'), (c) => {
      expectTypeOf(c.var.auth).toEqualTypeOf<Auth<S> | undefined>();
      expectTypeOf(c.var.id).toEqualTypeOf<number>();
      expectTypeOf(c.env.KEY).toEqualTypeOf<string>();
      expectTypeOf(c.req.param('id')).toEqualTypeOf<string>();
      return c.json(authOf(gate, c).subject);
    });
    app.all('/mcp', protect(gate), (c) =>
      mcp.fetch(c.req.raw, { authInfo: authOf(gate, c), parsedBody: c.get('parsedBody') }),
    );
  });

  test('declares its variables for apps that do so in one place', () => {
    const app = new Hono<{ Variables: GateVariables<S> }>();
    app.use('/mcp/*', protect(gate, 'notes:read'));
    app.get('/mcp/x', (c) => {
      expectTypeOf(c.var.auth).toEqualTypeOf<Auth<S> | undefined>();
      return c.text('');
    });
  });
});

describe('authOf', () => {
  test('is what both generations of the SDK take, without a cast', () => {
    const auth = authOf(gate, {} as Context);
    expectTypeOf(auth).not.toBeAny();
    expectTypeOf(auth).toEqualTypeOf<Auth<S>>();
    expectTypeOf(auth).toExtend<AuthInfoV1>();
    expectTypeOf(auth).toExtend<AuthInfoV2>();
  });

  test('knows the scopes to ask for', () => {
    authOf(gate, {} as Context).has('notes:read');
    // @ts-expect-error -- unknown scope
    authOf(gate, {} as Context).has('notes:raed');
  });
});
