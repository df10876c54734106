import type { AuthInfo as AuthInfoV1 } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { AuthInfo as AuthInfoV2 } from '@modelcontextprotocol/server';
import { Router } from '@koa/router';
import { allOf, anyOf, createGate, defineScopes, publicAccess } from '@scopegate/core';
import type { Auth, Verifier } from '@scopegate/core';
import Koa from 'koa';
import type { Context, Middleware } from 'koa';
import mount from 'koa-mount';
import { describe, expectTypeOf, test } from 'vitest';
import type { toNodeHandler } from '../../adapter-express/test/support/notes-mcp.js';
import { authOf, protect, resourceMetadata } from '../src/index.js';
import type { GateContext, GateState } from '../src/index.js';
import type { NodeRequest } from './support/harness.js';

declare const verifier: Verifier;
declare const node: ReturnType<typeof toNodeHandler>;
declare const transport: StreamableHTTPServerTransport;
const resource = 'https://notes.example.com/mcp';
const scopes = defineScopes({ 'notes:read': {}, 'notes:write': { implies: ['notes:read'] } });
const gate = createGate({ resource, verifier, scopes });
type S = 'notes:read' | 'notes:write';

interface MyState {
  id: number;
}

interface MyContext {
  db: { name: string };
}

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
    protect(gate, 'notes:raed', (ctx) => ctx.status);
  });

  test('infers the arguments of its handler', () => {
    protect(gate, 'notes:read', (ctx, next) => {
      expectTypeOf(ctx.state.auth).toEqualTypeOf<Auth<S> | undefined>();
      expectTypeOf(ctx.req.auth).toEqualTypeOf<Auth<S> | undefined>();
      expectTypeOf(ctx.request.body).toEqualTypeOf<unknown>();
      ctx.body = authOf(gate, ctx).clientId;
      return next();
    });
  });

  test('types what handlers behind it find, in an app of its own types', () => {
    const app = new Koa<MyState, MyContext>();
    app.use(resourceMetadata(gate, createGate({ resource, verifier, scopes: ['other'] })));
    app.use(protect(gate, 'notes:read')).use(async (ctx) => {
      expectTypeOf(ctx.state.auth).toEqualTypeOf<Auth<S> | undefined>();
      expectTypeOf(ctx.req.auth).toEqualTypeOf<Auth<S> | undefined>();
      expectTypeOf(ctx.request.body).toEqualTypeOf<unknown>();
      expectTypeOf(ctx.state.id).toEqualTypeOf<number>();
      expectTypeOf(ctx.db.name).toEqualTypeOf<string>();
      // @ts-expect-error -- the gate does not loosen the context
      expectTypeOf(ctx.nothing).toBeAny();
      ctx.body = authOf(gate, ctx).subject;
      await transport.handleRequest(ctx.req, ctx.res, ctx.request.body);
      await node(ctx.req as NodeRequest, ctx.res, ctx.request.body);
    });
  });

  test('types it in an app without types, too', () => {
    new Koa().use(protect(gate)).use(async (ctx) => {
      expectTypeOf(ctx.state.auth).toEqualTypeOf<Auth<S> | undefined>();
      await node(ctx.req as NodeRequest, ctx.res, ctx.request.body);
    });
  });

  test('fits into a router, and leaves the path to it', () => {
    const router = new Router();
    router.all('/mcp', protect(gate), async (ctx) => {
      expectTypeOf(ctx.state.auth).toEqualTypeOf<Auth<S> | undefined>();
      await node(ctx.req as NodeRequest, ctx.res, ctx.request.body);
      await transport.handleRequest(ctx.req, ctx.res, ctx.request.body);
    });
    router.get('/notes/:id', protect(gate, 'notes:read'), (ctx) => {
      expectTypeOf(ctx.params['id']).toEqualTypeOf<string | undefined>();
      ctx.body = authOf(gate, ctx).subject;
    });
    const typed = new Router<GateState<S>, GateContext<S>>();
    typed.use(protect(gate, 'notes:read'));
    typed.get('/x', (ctx) => {
      expectTypeOf(ctx.state.auth).toEqualTypeOf<Auth<S> | undefined>();
      expectTypeOf(ctx.req.auth).toEqualTypeOf<Auth<S> | undefined>();
    });
  });

  test('is a middleware like every other', () => {
    const guard = protect(gate, 'notes:read');
    new Koa().use(async (ctx, next) => {
      if (ctx.path === '/x') await guard(ctx, next);
    });
    expectTypeOf(protect(gate, 'notes:read')).toExtend<Middleware>();
    expectTypeOf(resourceMetadata(gate)).toExtend<Middleware>();
    new Koa().use(mount('/api', protect(gate, 'notes:read')));
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
