/** The path that a rule receives after mounts and middleware changed it: it is the path that is served. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createGate, deny, httpPolicy } from '@scopegate/core';
import type { Rule } from '@scopegate/core';
import { afterEach, describe, expect, test } from 'vitest';
import { close, listen } from '../../core/test/support/issuer.js';
import { exchange } from '../../adapter-testkit/src/wire/raw-http.js';
import { protect } from '../src/index.js';
import { FRAMEWORKS } from './support/harness.js';

const gate = createGate({
  resource: 'https://notes.example.com/mcp',
  // Every token is the name of its scope.
  verifier: (token) => ({ subject: token, scopes: [token] }),
  scopes: ['read', 'admin'],
  policy: httpPolicy([{ method: 'GET', path: '/open', rule: 'read' }]),
});

/** A rule that goes by the path: `/admin` and `/api/admin` are two. */
const RULES: Readonly<Record<string, 'read' | 'admin'>> = {
  ...{ '/open': 'read', '/v1/admin': 'read', '/admin': 'admin' },
  ...{ '/api': 'read', '/api/open': 'read', '/api/admin': 'admin' },
};
const byName: Rule<'read' | 'admin'> = ({ operation: { name = '' } }) =>
  RULES[new URL(name, 'http://h').pathname] ?? deny();

type Express = (typeof FRAMEWORKS)[number][1];
type App = ReturnType<Express>;

let server: Server | undefined;
const ran: string[] = [];
afterEach(async () => {
  ran.length = 0;
  if (server !== undefined) await close(server);
  server = undefined;
});

describe.each(FRAMEWORKS)('%s', (_name, express) => {
  async function status(mount: (app: App) => void, target: string, token?: string) {
    const app = express();
    app.set('env', 'test');
    mount(app);
    server = createServer(app);
    const headers = token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const];
    return (await exchange(await listen(server), { target, headers })).status;
  }

  /** Serves every path it is asked for, by the path that is left. */
  function routes() {
    const router = express.Router();
    router.use(protect(gate, byName));
    router.get(['/', '/open', '/admin'], (req, res) => {
      ran.push(req.baseUrl + req.path);
      res.end();
    });
    return router;
  }

  const rewrite =
    (from: string, to: string) =>
    (req: { url: string }, _res: unknown, next: () => void): void => {
      if (req.url.startsWith(from)) req.url = to + req.url.slice(from.length);
      next();
    };

  test.each([
    ['/v1/admin', undefined, 401],
    ['/v1/admin', 'read', 403],
    ['/v1/admin?x=1', 'admin', 200],
    ['/v1/open', 'read', 200],
    // Not rewritten by that middleware, and no route.
    ['http://notes.example.com/v1/admin', 'read', 404],
  ])(
    'a rewritten path is evaluated as it is served: %s for %s is %i [T31, T32]',
    async (...row) => {
      const [target, token, expected] = row;
      const mount = (app: App): unknown => app.use(rewrite('/v1', '')).use(routes());
      const found = await status(mount, target, token);
      expect(found).toBe(expected);
      expect(ran.includes('/admin')).toBe(expected === 200 && target.includes('admin'));
    },
  );

  test.each([
    ['/api/open', 'read', 200],
    ['/api/open', undefined, 401],
    ['/api/admin', 'read', 403],
    ['/api', 'read', 200],
    ['/api/', 'admin', 403],
    ['/api?x=1', 'read', 200],
    ['http://notes.example.com/api/admin', 'read', 403],
    ['http://notes.example.com/api/open', 'read', 200],
  ])(
    'a mounted path is evaluated whole: %s for %s is %i [T31, T32]',
    async (target, token, expected) => {
      expect(await status((app) => app.use('/api', routes()), target, token)).toBe(expected);
      expect(ran.length).toBe(expected === 200 ? 1 : 0);
    },
  );

  test('a path rewritten inside a mount is evaluated as it is served [T31, T32]', async () => {
    const inside = (app: App): unknown =>
      app.use('/api', express.Router().use(rewrite('/open', '/admin')).use(routes()));
    expect(await status(inside, '/api/open', 'read')).toBe(403);
    expect(ran).toEqual([]);
  });

  test('a policy over paths is refused at mount [T136]', () => {
    expect(() => protect(gate)).toThrow(TypeError);
    expect(() => protect(gate)).toThrow('give the route its own rule, protect(gate, rule)');
    expect(() => protect(gate, 'read')).not.toThrow();
  });
});
