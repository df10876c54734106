/** What a guard covers: scopes and routes outside of them, rules in a route's config, gates in gates. */
import { publicAccess } from '@scopegate/core';
import type { Rule } from '@scopegate/core';
import fastify from 'fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { describe, expect, test } from 'vitest';
import { notesGate } from '../../core/test/support/mcp.js';
import { authOf, protect, resourceMetadata } from '../src/index.js';
import { FORMS } from './support/harness.js';
import { serve } from './support/serve.js';
import type { Send } from './support/serve.js';

const gate = notesGate();
const ran = async (): Promise<string> => 'ran';
const METADATA = '/.well-known/oauth-protected-resource/mcp';

async function outcome(send: Send, target: string, token?: string, method = 'GET') {
  const headers = token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const];
  const { status, body } = await send({ method, target, headers });
  return body === 'ran' ? 'ran' : status;
}

describe('a guarded scope', () => {
  test('guards everything in it, and nothing outside [T32]', async () => {
    const send = await serve((app) => {
      app.get('/outside', ran);
      app.register(
        async (scope) => {
          scope.get('/earlier', ran);
          scope.register(protect(gate, 'notes:read'));
          scope.get('/inside', ran);
          scope.register(async (inner) => void inner.get('/further', ran));
          scope.setNotFoundHandler(ran);
        },
        { prefix: '/guarded' },
      );
      app.register(async (sibling) => void sibling.get('/sibling', ran));
      app.get('/guarded-not', ran);
    });
    for (const target of ['/outside', '/sibling', '/guarded-not']) {
      expect(await outcome(send, target), target).toBe('ran');
    }
    for (const path of ['/earlier', '/inside', '/further', '/nowhere']) {
      expect(await outcome(send, `/guarded${path}`), path).toBe(401);
      expect(await outcome(send, `/guarded${path}`, 'none'), path).toBe(403);
      expect(await outcome(send, `/guarded${path}`, 'notes.read'), path).toBe('ran');
    }
  });

  test('at the root is the whole app, except the metadata [PR-1, PR-2, T32]', async () => {
    const send = await serve((app) => {
      app.register(resourceMetadata(gate));
      app.get('/earlier', ran);
      app.register(protect(gate, 'notes:read'));
      app.register(async (inner) => void inner.get('/inner', ran));
    });
    expect(await outcome(send, '/earlier')).toBe(401);
    expect(await outcome(send, '/inner')).toBe(401);
    expect(await outcome(send, '/nowhere')).toBe(401);
    expect(await outcome(send, '/nowhere', 'notes.read')).toBe(404);
    expect(await outcome(send, METADATA)).toBe(200);
    expect(await outcome(send, METADATA, undefined, 'HEAD')).toBe(200);
    expect(await outcome(send, METADATA, undefined, 'DELETE')).toBe(405);
  });

  test('guards its routes under other names: HEAD, and the 404 of another route [T31]', async () => {
    const send = await serve((app) => {
      app.register(protect(gate, 'notes:read'));
      app.get('/notes', ran);
      app.get('/gone', async (_request, reply) => reply.callNotFound());
      app.setNotFoundHandler(ran);
    });
    for (const target of ['/notes', '/gone']) {
      expect(await outcome(send, target, undefined, 'HEAD'), target).toBe(401);
      expect(await outcome(send, target, 'none', 'HEAD'), target).toBe(403);
      expect(await outcome(send, target, 'notes.read'), target).toBe('ran');
    }
  });

  test('registered twice evaluates once', async () => {
    let asked = 0;
    const counting = notesGate(
      {},
      { verifier: () => ({ scopes: [`notes:${++asked && 'read'}`] }) },
    );
    const guard = protect(counting, 'notes:read');
    const send = await serve((app) => {
      app.register(guard).register(guard);
      app.get('/notes', guard, ran);
    });
    expect(await outcome(send, '/notes', 'any')).toBe('ran');
    expect(asked).toBe(1);
  });
});

describe('a rule in the config of a route', () => {
  test('takes the place of the rule around it [C403-1]', async () => {
    const send = await serve((app) => {
      app.register(protect(gate, 'admin:notes'));
      app.get('/default', ran);
      app.get('/write', { config: { scopegate: 'notes:write' } }, ran);
      app.get('/open', { config: { scopegate: publicAccess() } }, ran);
      app.get('/route', { ...protect(gate), config: { scopegate: 'notes:write' } }, ran);
    });
    const of = async (target: string) => [
      await outcome(send, target),
      await outcome(send, target, 'notes.read'),
      await outcome(send, target, 'notes.write'),
      await outcome(send, target, 'admin.notes'),
    ];
    expect(await of('/default')).toEqual([401, 403, 403, 'ran']);
    expect(await of('/write')).toEqual([401, 403, 'ran', 'ran']);
    expect(await of('/open')).toEqual(['ran', 'ran', 'ran', 'ran']);
    // Two gates around one route: both must agree.
    expect(await of('/route')).toEqual([401, 403, 'ran', 'ran']);
    expect(await outcome(send, '/write', undefined, 'HEAD')).toBe(401);
  });

  test('is read from the config itself, not from a prototype [T09]', async () => {
    const send = await serve((app) => {
      app.register(protect(gate, 'notes:read'));
      app.get('/notes', ran);
      app.get('/config', { config: Object.create({ scopegate: publicAccess() }) as object }, ran);
    });
    const prototype = Object.prototype as { scopegate?: Rule };
    prototype.scopegate = publicAccess();
    try {
      expect(await outcome(send, '/notes')).toBe(401);
      expect(await outcome(send, '/config')).toBe(401);
    } finally {
      delete prototype.scopegate;
    }
  });

  test.each([
    ['that is missing', undefined],
    ['that is null', null],
    ['that is empty', ''],
    ['of an unknown scope', 'notes:raed'],
    ['of another kind', { scopes: ['notes:read'] }],
  ])('%s fails at start in a scope, and on a route at every request [T01]', async (_what, rule) => {
    const config = { scopegate: rule } as object;
    const app = fastify();
    app.register(protect(gate, 'notes:read'));
    app.register(async (scope) => void scope.get('/notes', { config }, ran));
    await expect(app.ready()).rejects.toThrow(TypeError);
    await app.close();
    const send = await serve((other) => other.get('/notes', { ...protect(gate), config }, ran));
    expect([500, 503]).toContain(await outcome(send, '/notes', 'admin.notes'));
  });
});

describe('several gates', () => {
  test.each(Object.entries(FORMS))(
    '%s in a guarded scope: both must agree [T43]',
    async (_form, mount) => {
      const outer = notesGate({}, { realm: 'outer' });
      const seen: unknown[] = [];
      const send = await serve((app) => {
        app.register(protect(outer, 'notes:read'));
        mount(app, { path: '/notes', gate: gate as never, rule: 'notes:write' }, (request) => {
          seen.push(authOf(gate, request).subject, (request.raw as { auth?: unknown }).auth);
          expect(() => authOf(outer, request)).toThrow('no auth');
          return 'ran';
        });
      });
      const refused = await send({ target: '/notes' });
      expect(refused.status).toBe(401);
      expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer .*realm="outer"$/);
      expect(await outcome(send, '/notes', 'notes.read')).toBe(403);
      expect(await outcome(send, '/notes', 'notes.write')).toBe('ran');
      expect(seen).toEqual(['ray', expect.objectContaining({ subject: 'ray' })]);
    },
  );

  test('several resources in one app, each with its metadata and its own tokens [PR-1, AH-10]', async () => {
    const other = notesGate({}, { resource: 'https://notes.example.com/other' });
    const send = await serve((app) => {
      app.register(resourceMetadata(gate, other));
      app.get('/mcp', protect(gate, 'notes:read'), ran);
      app.get('/other', protect(other, 'notes:read'), ran);
    });
    for (const name of ['mcp', 'other']) {
      const url = `https://notes.example.com/.well-known/oauth-protected-resource/${name}`;
      const refused = await send({ target: `/${name}` });
      expect(refused.headers.get('www-authenticate')).toContain(`resource_metadata="${url}"`);
      const document = await send({ target: new URL(url).pathname });
      expect(JSON.parse(document.body)).toMatchObject({
        resource: `https://notes.example.com/${name}`,
      });
    }
  });
});

test('metadata that cannot be answered is an error of its request, and ends no process', async () => {
  const stray: unknown[] = [];
  const listen = (reason: unknown): void => void stray.push(reason);
  process.on('unhandledRejection', listen);
  try {
    const send = await serve((app) => {
      app.addHook('onRequest', async (_request, reply) => {
        const header = reply.header.bind(reply);
        reply.header = () => {
          reply.header = header;
          throw new Error('broken by a plugin');
        };
      });
      app.register(resourceMetadata(gate));
    });
    expect((await send({ target: METADATA })).status).toBe(500);
    expect(stray).toEqual([]);
  } finally {
    process.off('unhandledRejection', listen);
  }
});

describe('authOf', () => {
  const tell = (request: FastifyRequest): object => {
    const { auth } = request as { auth?: unknown };
    const { auth: onRaw } = request.raw as { auth?: unknown };
    try {
      return { subject: authOf(gate, request).subject, same: auth === onRaw };
    } catch (error) {
      return { error: (error as Error).message, auth, onRaw: onRaw ?? null };
    }
  };

  test('returns what this gate allowed, and nothing else [T16]', async () => {
    const send = await serve((app) => {
      app.addHook('onRequest', async (request) => {
        const auth = { token: 't', clientId: '', scopes: ['admin:notes'] };
        Object.assign(request, { auth });
        Object.assign(request.raw, { auth });
      });
      app.get('/guarded', protect(gate, 'notes:read'), tell);
      app.get('/public', protect(gate, publicAccess()), tell);
      app.get('/other', protect(notesGate(), 'notes:read'), tell);
      app.get('/open', tell);
    });
    const ask = async (
      target: string,
      headers = [['Authorization', 'Bearer notes.read'] as const],
    ) => JSON.parse((await send({ target, headers })).body) as Record<string, unknown>;
    const error = 'no auth: this gate does not guard the route, or the caller is anonymous';
    expect(await ask('/guarded')).toEqual({ subject: 'ray', same: true });
    expect(await ask('/public')).toEqual({ subject: 'ray', same: true });
    // Nothing that somebody else put there survives the gate.
    expect(await ask('/public', [])).toEqual({ error, auth: null, onRaw: null });
    expect(await ask('/other')).toMatchObject({ error, auth: { subject: 'ray' } });
    expect(await ask('/open')).toMatchObject({ error });
  });
});

describe('mounting', () => {
  const starts = async (mount: (app: FastifyInstance) => unknown): Promise<unknown> => {
    const app = fastify();
    mount(app);
    const error: unknown = await app.ready().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    await app.close();
    return (error as Error | undefined)?.message;
  };

  test('metadata anywhere but at the root, or behind a guard, fails at start [PR-1]', async () => {
    const metadata = resourceMetadata(gate);
    expect(await starts((app) => app.register(metadata))).toBeUndefined();
    const inside = (app: FastifyInstance): unknown => app.register(metadata);
    for (const prefix of ['/api', '']) {
      expect(
        await starts((app) => app.register(async (scope) => void inside(scope), { prefix })),
      ).toBe('resourceMetadata belongs at the root of the app, not in a plugin');
    }
    expect(await starts((app) => app.register(protect(gate)).register(metadata))).toBe(
      'resourceMetadata belongs in front of what guards the app',
    );
  });

  test('what cannot guard does not mount', async () => {
    const bare = notesGate({}, { policy: undefined as never });
    expect(() => protect(bare)).toThrow('rule: the gate has no policy');
    expect(() => protect(gate, 'notes:raed' as never)).toThrow('"notes:raed"');
    expect(() => resourceMetadata()).toThrow(TypeError);
    // As the handler, a guard that came without one runs nothing.
    const send = await serve((app) => app.get('/notes', protect(gate, 'notes:read') as never));
    expect(await outcome(send, '/notes', 'notes.read')).toBe(500);
  });

  test('request.auth is decorated where a scope is guarded, and only once', async () => {
    const app = fastify();
    app.register(async (scope) => {
      scope.register(protect(gate)).register(protect(notesGate()));
      await scope.after();
      expect(scope.hasRequestDecorator('auth')).toBe(true);
    });
    await app.ready();
    expect(app.hasRequestDecorator('auth')).toBe(false);
    await app.close();
  });
});
