import type { AuthInfo as AuthInfoV1 } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { AuthInfo as AuthInfoV2 } from '@modelcontextprotocol/server';
import { allOf, anyOf, createGate, defineScopes, publicAccess } from '@scopegate/core';
import type { Auth, Verifier } from '@scopegate/core';
import fastify from 'fastify';
import type { FastifyBaseLogger, FastifyReply, FastifyRequest, FastifyTypeProvider } from 'fastify';
import { describe, expectTypeOf, test } from 'vitest';
import { authOf, protect, resourceMetadata } from '../src/index.js';
// oxlint-disable-next-line import/no-unassigned-import -- it only declares
import '../src/augment.js';

declare const verifier: Verifier;
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
    protect(gate, 'notes:raed', (_request, reply) => reply.send());
  });

  test('infers the arguments of its handler', () => {
    protect(gate, 'notes:read', (request, reply) => {
      expectTypeOf(request).toExtend<FastifyRequest>();
      expectTypeOf(reply).toExtend<FastifyReply>();
      expectTypeOf(authOf(gate, request)).toEqualTypeOf<Auth<S>>();
      return reply.send();
    });
  });

  test('fits into a scope and into every route, and leaves their types alone', () => {
    const guard = protect(gate, 'notes:read');
    const app = fastify();
    app.register(resourceMetadata(gate, createGate({ resource, verifier, scopes: ['other'] })));
    app.register(guard);
    app.all('/mcp', guard, async (_request, reply) => reply.send());
    app.get<{ Params: { id: string } }>('/notes/:id', guard, async (request) => {
      expectTypeOf(request.params.id).toEqualTypeOf<string>();
      return authOf(gate, request).subject;
    });
    app.post<{ Body: { text: string }; Reply: { ok: true } }>(
      '/notes',
      { ...guard, bodyLimit: 10 },
      async (request) => {
        expectTypeOf(request.body.text).toEqualTypeOf<string>();
        return { ok: true } as const;
      },
    );
    app.route({ method: 'GET', url: '/notes', ...guard, handler: async () => 'notes' });
    app.get(
      '/export',
      protect(gate, 'notes:read', async () => 'notes'),
    );
    // @ts-expect-error -- a guard is not a handler
    app.get('/nothing', guard);
  });

  test('fits other servers, loggers and type providers', () => {
    interface Provider extends FastifyTypeProvider {
      readonly validator: this['schema'];
    }
    const guard = protect(gate, 'notes:read');
    const guarded = protect(gate, 'notes:read', async () => 'notes');
    const typed = fastify().withTypeProvider<Provider>();
    typed.register(guard);
    const schema = { body: { a: 1 } } as const;
    typed.post('/notes', { ...guard, schema }, async (request) => {
      expectTypeOf(request.body).toEqualTypeOf<{ readonly a: 1 }>();
    });
    const overHttp2 = fastify({ http2: true });
    overHttp2.register(guard);
    overHttp2.get('/notes', guard, async () => 'notes');
    overHttp2.get('/export', guarded);
    const loggerInstance = {} as FastifyBaseLogger & { readonly extra: 1 };
    const logging = fastify({ loggerInstance });
    logging.register(guard);
    logging.get('/notes', guard, async () => 'notes');
    logging.get('/export', guarded);
  });

  test('types the rule in a config', () => {
    const app = fastify();
    app.get('/notes', { config: { scopegate: anyOf('notes:read') } }, async () => 'notes');
    // @ts-expect-error -- no rule
    app.get('/notes', { config: { scopegate: 7 } }, async () => 'notes');
  });
});

describe('authOf', () => {
  test('is what both generations of the SDK take, without a cast', () => {
    const auth = authOf(gate, {} as FastifyRequest);
    expectTypeOf(auth).not.toBeAny();
    expectTypeOf(auth).toEqualTypeOf<Auth<S>>();
    expectTypeOf(auth).toExtend<AuthInfoV1>();
    expectTypeOf(auth).toExtend<AuthInfoV2>();
  });

  test('knows the scopes to ask for', () => {
    authOf(gate, {} as FastifyRequest).has('notes:read');
    // @ts-expect-error -- unknown scope
    authOf(gate, {} as FastifyRequest).has('notes:raed');
  });

  test('the augmentation, where it is imported, types request.auth', () => {
    expectTypeOf({} as FastifyRequest['auth']).toEqualTypeOf<Auth | null>();
  });
});
