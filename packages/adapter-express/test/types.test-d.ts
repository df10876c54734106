import type { McpHandlerRequestOptions } from '@modelcontextprotocol/server';
import type { AuthInfo as AuthInfoV1 } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { AuthInfo as AuthInfoV2 } from '@modelcontextprotocol/server';
import { allOf, anyOf, createGate, defineScopes, publicAccess } from '@scopegate/core';
import type { Auth, Verifier } from '@scopegate/core';
import express from 'express';
import type { Request, RequestHandler, Response } from 'express';
import { describe, expectTypeOf, test } from 'vitest';
import { authOf, protect, resourceMetadata } from '../src/index.js';
import { toNodeHandler } from './support/notes-mcp.js';

declare const verifier: Verifier;
declare const mcp: Parameters<typeof toNodeHandler>[0];
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
    protect(gate, 'notes:raed', (_req, res) => res.end());
  });

  test('infers the arguments of its handler', () => {
    protect(gate, 'notes:read', (req, res) => {
      expectTypeOf(req).toExtend<Request>();
      expectTypeOf(res).toExtend<Response>();
      expectTypeOf(authOf(gate, req)).toEqualTypeOf<Auth<S>>();
    });
    expectTypeOf(protect(gate, 'notes:read')).toExtend<RequestHandler>();
  });

  test('fits into every method of an app, and before the SDK’s handler', () => {
    const app = express();
    app.use(resourceMetadata(gate, createGate({ resource, verifier, scopes: ['other'] })));
    app.all('/mcp', protect(gate), toNodeHandler(mcp));
    app.all('/mcp', protect(gate), (req, res) => toNodeHandler(mcp)(req, res, req.body));
    app.get('/notes/:id', protect(gate, 'notes:read'), (req, res) => {
      expectTypeOf(req.params.id).toEqualTypeOf<string>();
      res.json(authOf(gate, req).subject);
    });
  });
});

describe('authOf', () => {
  test('is what both generations of the SDK take, without a cast', () => {
    const auth = authOf(gate, {} as Request);
    expectTypeOf(auth).not.toBeAny();
    expectTypeOf(auth).toExtend<AuthInfoV1>();
    expectTypeOf(auth).toExtend<AuthInfoV2>();
    const scopesOf = (info: AuthInfoV1 & AuthInfoV2): string[] => info.scopes;
    scopesOf({ ...auth, token: auth.token });
    const options: McpHandlerRequestOptions = { authInfo: auth };
    return options;
  });

  test('knows the scopes to ask for', () => {
    authOf(gate, {} as Request).has('notes:read');
    // @ts-expect-error -- unknown scope
    authOf(gate, {} as Request).has('notes:raed');
  });
});
