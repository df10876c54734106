/** The path and method of a request: no handler is reached under a name that the gate did not evaluate. */
import { connect } from 'node:net';
import { Router } from '@koa/router';
import type Koa from 'koa';
import type { Middleware } from 'koa';
import mount from 'koa-mount';
import { createGate, httpPolicy } from '@scopegate/core';
import type { Rule } from '@scopegate/core';
import { afterEach, describe, expect, test } from 'vitest';
import { protect, resourceMetadata } from '../src/index.js';
import { FRAMEWORKS } from './support/harness.js';
import { serve } from './support/serve.js';

const METADATA = '/.well-known/oauth-protected-resource/mcp';
const READER = [['Authorization', 'Bearer read']] as const;

const options = {
  resource: 'https://notes.example.com/mcp',
  // Every token is the name of its scope.
  verifier: (token: string) => ({ subject: token, scopes: [token] }),
  scopes: ['read', 'admin'],
} as const;
const gate = createGate(options);

/** A rule that goes by the path. */
const RULES: Readonly<Record<string, 'read' | 'admin'>> = { '/open': 'read', '/admin': 'admin' };
const asked: (string | undefined)[] = [];
const byName: Rule<'read' | 'admin'> = ({ operation: { method, name = '' } }) => {
  asked.push(`${method} ${name}`);
  const rule = RULES[new URL(name, 'http://h').pathname];
  return method === 'GET' && rule !== undefined ? rule : 'admin';
};

/** What ran, by any name. */
const ran: string[] = [];
afterEach(() => {
  ran.length = 0;
  asked.length = 0;
});

const run: Middleware = (ctx) => {
  ran.push(`${ctx.method} ${ctx.path}`);
  ctx.body = 'ran';
};

/** Names under which a lenient router, proxy or file system might find `/admin`. */
const TARGETS = [
  ...['/admin', '/ADMIN', '/Admin', '/admin/', '/admin//', '//admin', '/./admin', '/x/../admin'],
  ...['/%61dmin', '/admin%2f', '/%2fadmin', '/admin%2F..', '/%2e/admin', '/admin%00', '/admin%20'],
  ...['/admin;a=b', '/admin;', '/;/admin', '/admin.', '/admin.json', '/admin?x', '/admin?/open'],
  ...['/admin#x', '/admin#/open', '\\admin', '/\\admin', '/open/../admin', '/open%2f..%2fadmin'],
  ...['http://notes.example.com/admin', 'HTTP://NOTES.EXAMPLE.COM/admin', 'http:///admin'],
  ...['http://notes.example.com//admin', 'https://u:p@h/admin?x#y', 'x:/admin', '//h/admin'],
  ...['admin', '*', '?/admin', 'http://h/open?/../admin', '///admin', '/ſadmin', '/admİn'],
] as const;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY'] as const;

/** Ways to put a gate in front of what a router serves. */
const PLACES: Readonly<Record<string, (app: Koa, router: Router) => void>> = {
  'on the route': (app, router) => {
    router.all('/admin', protect(gate, 'admin'), run);
    app.use(router.routes());
  },
  'around the handler': (app, router) => {
    router.all('/admin', protect(gate, 'admin', run));
    app.use(router.routes());
  },
  'on a route for GET': (app, router) => {
    router.get('/admin', protect(gate, 'admin'), run);
    app.use(router.routes()).use(router.allowedMethods());
  },
  'on a router': (app, router) => {
    router.use(protect(gate, 'admin')).all('/admin', run);
    app.use(router.routes());
  },
  'on a path of a router': (app, router) => {
    router.use('/admin', protect(gate, 'admin')).all('/admin', run);
    app.use(router.routes());
  },
  'on a router with a prefix': (app, router) => {
    router.prefix('/admin').all('/', protect(gate, 'admin'), run);
    app.use(router.routes());
  },
  'in a mounted app': (app, router) => {
    router.all(/.*/, protect(gate, 'admin'), run);
    app.use(mount('/admin', router.routes()));
  },
  'on the app': (app, router) => {
    router.all('/admin', run);
    app.use(protect(gate, 'admin')).use(router.routes());
  },
  'by a function, on the app': (app, router) => {
    router.all('/admin', run);
    app.use(protect(gate, byName)).use(router.routes());
  },
  'by a function, on the route': (app, router) => {
    router.all('/admin', protect(gate, byName), run);
    app.use(router.routes());
  },
};

const columns = FRAMEWORKS.flatMap(([name, Koa]) =>
  Object.entries(PLACES).map(([place, put]) => ({ name, Koa, place, put })),
);

describe.each(columns)('$name, a gate $place', ({ Koa, put }) => {
  test('serves what it guards under several names, to those who may', async () => {
    const { send } = await serve(Koa, (app) => put(app, new Router()));
    const headers = [['Authorization', 'Bearer admin']] as const;
    const targets = ['/admin', '/admin?x', 'http://notes.example.com/admin'];
    for (const target of targets) {
      expect(await send({ target, headers }), target).toMatchObject({ status: 200, body: 'ran' });
    }
    expect(ran).toHaveLength(targets.length);
  });

  test('guards its route under every name and for every method [T31, T32]', async () => {
    const { origin, send } = await serve(Koa, (app) => put(app, new Router()));
    const lines = METHODS.flatMap((method) => TARGETS.map((target) => `${method} ${target}`));
    await Promise.all(lines.map((line) => knock(origin, line)));
    expect(ran).toEqual([]);
    expect((await send({ target: '/admin', headers: READER })).status).toBe(403);
    expect(ran).toEqual([]);
  });
});

/** A reader's request, written as it is; any answer or a closed connection will do. */
async function knock(origin: string, line: string): Promise<void> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined).resume();
  const head = [`${line} HTTP/1.1`, 'Host: h', 'Authorization: Bearer read', 'Connection: close'];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  await closed;
}

describe.each(FRAMEWORKS)('%s', (_name, Koa) => {
  /** Koa's way to send a request elsewhere. */
  const rewrite =
    (from: RegExp, to: string): Middleware =>
    (ctx, next) => {
      ctx.path = ctx.path.replace(from, to);
      return next();
    };

  const overrideMethod: Middleware = (ctx, next) => {
    ctx.method = ctx.get('X-HTTP-Method-Override') || ctx.method;
    return next();
  };

  const READ = { headers: READER };

  test('a rewritten path is evaluated as it was rewritten [T32]', async () => {
    const { send } = await serve(Koa, (app) => {
      app.use(rewrite(/^\/v1/, '')).use(protect(gate, byName)).use(run);
    });
    expect(await send({ target: '/v1/open', ...READ })).toMatchObject({ status: 200 });
    expect(ran).toEqual(['GET /open']);
    expect(await send({ target: '/v1/admin' })).toMatchObject({ status: 401 });
    expect(await send({ target: '/v1/admin', ...READ })).toMatchObject({ status: 403 });
    expect(await send({ target: 'http://h/v1/admin?/open', ...READ })).toMatchObject({
      status: 403,
    });
    expect(ran).toHaveLength(1);
  });

  test.each<[what: string, put: (one: Middleware) => Middleware, target: string, path?: string]>([
    ['a mount', (inner) => mount('/api', inner), '/api/admin'],
    ['a mount with a slash', (inner) => mount('/a/b/', inner), '/a/b/admin', 'admin'],
    ['a mount in a mount', (inner) => mount('/a', mount('/b', inner)), '/a/b/admin'],
    ['an app in a mount', (inner) => mount('/api', new Koa().use(inner)), '/api/admin'],
  ])('in %s, a path is evaluated as Koa has it there [T32]', async (...row) => {
    const [, put, target, path = '/admin'] = row;
    const { send } = await serve(Koa, (app) => app.use(put(protect(gate, byName, run))));
    expect((await send({ target: `${target}?x`, ...READ })).status).toBe(403);
    expect(ran).toEqual([]);
    expect(asked).toEqual([`GET ${path}`]);
    expect((await send({ target: target.replace('admin', 'open'), ...READ })).status).toBe(200);
    expect(ran).toEqual([`GET ${path.replace('admin', 'open')}`]);
  });

  test('mounted and rewritten, too [T32]', async () => {
    const before = await serve(Koa, (app) => {
      app.use(rewrite(/^\/v1/, '/api')).use(mount('/api', protect(gate, byName, run)));
    });
    expect((await before.send({ target: '/v1/admin', ...READ })).status).toBe(403);
    const within = await serve(Koa, (app) => {
      const inner = new Koa().use(rewrite(/.*/, '/admin')).use(protect(gate, byName, run));
      app.use(mount('/api', inner));
    });
    expect((await within.send({ target: '/api/open', ...READ })).status).toBe(403);
    const left = await serve(Koa, (app) => {
      app.use(mount('/api', (_ctx, next) => next())).use(rewrite(/^\/api/, ''));
      app.use(protect(gate, byName)).use(run);
    });
    expect((await left.send({ target: '/api/admin', ...READ })).status).toBe(403);
    expect(ran).toEqual([]);
    expect(asked).toEqual(['GET /admin', 'GET /admin', 'GET /admin']);
  });

  test.each([
    ['cut it', { url: '/admin', baseUrl: '/api' }],
    ['rewrote it', { url: '/admin', baseUrl: '' }],
    ['cut or rewrote it', { url: '/admin' }],
  ])('in another framework that %s, a path is not evaluated as it came [T32]', async (...row) => {
    const [, change] = row;
    const { send } = await serve(Koa, (app) => {
      const callback = app.callback.bind(app);
      app.callback = () => (req, res) =>
        callback()(Object.assign(req, { originalUrl: req.url }, change), res);
      app.use(protect(gate, byName, run));
    });
    expect((await send({ target: '/open', ...READ })).status).toBe(403);
    expect(ran).toEqual([]);
  });

  test('a policy over paths is refused at mount [T136]', () => {
    const byPath = createGate({
      ...options,
      policy: httpPolicy([{ method: 'GET', path: '/open', rule: 'read' }]),
    });
    expect(() => protect(byPath)).toThrow(TypeError);
    expect(() => protect(byPath)).toThrow('give the route its own rule, protect(gate, rule)');
    expect(() => protect(byPath, 'read')).not.toThrow();
  });

  test('a method that was overridden is evaluated as overridden [T31]', async () => {
    const { send } = await serve(Koa, (app) => {
      app.use(overrideMethod).use(protect(gate, byName)).use(run);
    });
    const as = (method: string) => ({
      target: '/open',
      headers: [
        ...READER,
        ['X-HTTP-Method-Override', method],
        ['Origin', 'https://app.example.com'],
        ['Access-Control-Request-Method', 'GET'],
      ] as const,
    });
    for (const [method, status] of [
      ['DELETE', 403],
      ['delete', 403],
      ['get', 403],
      ['POST', 403],
      // What looks like a preflight is answered, and ends here.
      ['OPTIONS', 204],
    ] as const) {
      expect((await send(as(method))).status, method).toBe(status);
    }
    expect(ran).toEqual([]);
    expect((await send({ ...as('GET'), method: 'POST' })).status).toBe(200);
  });

  describe('metadata', () => {
    test('under a mount is an error that says so [PR-1]', async () => {
      const metadata = resourceMetadata(gate);
      for (const [mounted, prefix] of [
        [mount('/api', metadata), '/api'],
        [mount('/a', mount('/api', metadata)), '/a/api'],
        [mount('/api', new Koa().use(metadata)), '/api'],
      ] as const) {
        const { send, errors } = await serve(Koa, (app) => app.use(mounted));
        const targets = [prefix, `${prefix}/x?y`, `${prefix}${METADATA}`];
        for (const target of targets) {
          expect((await send({ target })).status).toBe(500);
        }
        expect(errors.map(String)).toEqual(
          targets.map(() => 'Error: resourceMetadata belongs at the root of the app, not /api'),
        );
      }
    });

    test('is found by the name that came, behind mounts and rewriting, and by no other [PR-1]', async () => {
      const { send } = await serve(Koa, (app) => {
        app.use(mount('/.well-known', (_ctx, next) => next()));
        app.use(rewrite(/^(?:\/v1)?/, '/x')).use(resourceMetadata(gate));
      });
      expect(await send({ target: METADATA })).toMatchObject({ status: 200 });
      expect(await send({ target: `http://h${METADATA}` })).toMatchObject({ status: 200 });
      expect(await send({ target: `/v1${METADATA}` })).toMatchObject({ status: 404 });
    });

    test('does not follow a proxy that says where it is [PR-1, T42]', async () => {
      const { send } = await serve(Koa, (app) => {
        app.proxy = true;
        app.use(resourceMetadata(gate)).use(protect(gate, 'read'));
      });
      const headers = [
        ['X-Forwarded-Host', 'evil.example'],
        ['X-Forwarded-Proto', 'http'],
        ['X-Forwarded-Prefix', '/evil'],
      ] as const;
      const { body } = await send({ target: METADATA, headers });
      expect(JSON.parse(body)).toEqual(gate.metadata.document);
      const challenge = (await send({ target: '/mcp', headers })).headers.get('www-authenticate');
      expect(challenge).toContain('https://notes.example.com/.well-known');
      expect(challenge).not.toContain('evil');
    });
  });
});
