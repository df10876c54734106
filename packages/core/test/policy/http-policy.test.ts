import { describe, expect, test } from 'vitest';
import { anyOf, authenticated, createGate, httpPolicy, publicAccess } from '../../src/index.js';
import { describeRule } from '../../src/policy/index.js';
import type { HttpRoute, Rule } from '../../src/index.js';
import { scopesAsToken, scopes } from '../support/mcp.js';

// Made anew for each request, so that the mutation run sees what the construction does.
const gate = () =>
  createGate({
    resource: 'https://notes.example.com',
    verifier: scopesAsToken,
    scopes,
    initialScopes: ['notes:read'],
    policy: httpPolicy([
      { method: 'GET', path: '/', rule: publicAccess() },
      { method: 'GET', path: '/public/{page}', rule: publicAccess() },
      { method: 'GET', path: '/notes', rule: 'notes:read' },
      { method: 'GET', path: '/notes/{id}', rule: 'notes:read' },
      { method: 'POST', path: '/notes', rule: anyOf('notes:write', 'admin:notes') },
      { method: '*', path: '/admin', rule: 'admin:notes' },
    ]),
  });

async function answer(method: string, url: string, token?: string): Promise<string> {
  const headers = new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` });
  const decision = await gate().check({ method, url, headers });
  return decision.allowed ? 'allowed' : `${decision.status} ${decision.reason}`;
}

test('functions get the operation, and HEAD has a route of its own if given [T14, T31]', async () => {
  const seen: unknown[] = [];
  const policy = httpPolicy([
    { method: 'HEAD', path: '/a', rule: 'notes:write' },
    { method: 'GET', path: '/a', rule: 'notes:read' },
    {
      method: '*',
      path: '/b/{id}',
      rule: ({ operation }) => {
        seen.push(operation);
        return 'notes:read' as const;
      },
    },
  ]);
  const one = createGate({
    resource: 'https://a.example',
    verifier: scopesAsToken,
    scopes,
    policy,
  });
  const headers = new Headers({ authorization: 'Bearer notes.read' });
  const check = async (method: string, url: string): Promise<boolean> =>
    (await one.check({ method, url, headers })).allowed;
  expect(await check('HEAD', '/a')).toBe(false);
  expect(await check('GET', '/a')).toBe(true);
  expect(await check('HEAD', '/b/7')).toBe(true);
  expect(await check('PUT', 'http://h.example/b/http://x')).toBe(false);
  expect(seen).toEqual([{ protocol: 'http', method: 'HEAD', name: '/b/7' }]);
});

describe('routes by method and path', () => {
  test.each([
    ['GET', '/', undefined, 'allowed'],
    ['GET', '/public/a', undefined, 'allowed'],
    ['GET', '/notes', undefined, '401 no_credentials'],
    ['GET', '/notes', 'bad', '401 invalid_token'],
    ['GET', '/', 'bad', '401 invalid_token'],
    ['GET', '/notes', 'notes.read', 'allowed'],
    ['HEAD', '/notes', 'notes.read', 'allowed'],
    ['HEAD', '/notes', undefined, '401 no_credentials'],
    ['GET', '/notes/7', 'notes.read', 'allowed'],
    ['GET', '/notes?x=/admin', 'notes.read', 'allowed'],
    ['GET', 'https://elsewhere.example/notes', 'notes.read', 'allowed'],
    ['POST', '/notes', 'notes.read', '403 insufficient_scope'],
    ['POST', '/notes', 'notes.write', 'allowed'],
    ['DELETE', '/notes', 'admin.notes', '403 denied'],
    ['PURGE', '/admin', 'notes.write', '403 insufficient_scope'],
    ['PURGE', '/admin', 'admin.notes', 'allowed'],
    ['OPTIONS', '/admin', undefined, '401 no_credentials'],
    ['get', '/notes', 'notes.read', '403 denied'],
  ] as const)('%s %s with %s: %s [AH-15, T31]', async (method, url, token, expected) => {
    expect(await answer(method, url, token)).toBe(expected);
  });

  test.each([
    ...['/Notes', '/notes/', '//notes', '/notes//7', '/./notes', '/x/../notes', '/notes;a=b'],
    ...['/%6eotes', '/notes%2f7', '/public/..%2fadmin', '/public/%2e%2e', '/public/..\\admin'],
    ...['/public/', '/public/a/b', 'notes', '', '*', 'https://h.example/Notes', '/admin%00'],
    // No authority: what stands behind the first slash is path, whatever it looks like.
    ...['/x://h', '/x://h/notes'],
    // Nothing is left of the segment in front of the semicolon.
    ...['/notes/;x', '/public/;x'],
  ])('%s is no route of another spelling [T32]', async (url) => {
    expect(await answer('GET', url, 'notes.read')).toMatch(url === '' ? /allowed/ : /^403/);
    expect(await answer('GET', url)).toMatch(url === '' ? /allowed/ : /^401/);
  });
});

test('a refusal speaks of the request, whose path is no name for people', async () => {
  const headers = new Headers({ authorization: 'Bearer notes.read' });
  const decision = await gate().check({ method: 'POST', url: '/notes', headers });
  const body: unknown = decision.allowed ? {} : JSON.parse(decision.body);
  expect(body).toHaveProperty(
    'error_description',
    'This request needs notes:write, or admin:notes',
  );
});

test('what is no route is refused at construction [T01, T132]', () => {
  const route = { method: 'GET', path: '/a', rule: 'a' };
  const make = (changes: object) => (): unknown =>
    httpPolicy([{ ...route, ...changes } as unknown as HttpRoute]);
  expect(() => httpPolicy([])).toThrow(/^httpPolicy: /);
  expect(make({ method: 'get' })).toThrow(/^httpPolicy\[0\]\.method/);
  for (const method of ['GET ', ' GET', 'G3T', '', '**', undefined, ['GET']]) {
    expect(make({ method })).toThrow(/^httpPolicy\[0\]\.method: expected an upper-case method/);
  }
  const odd = ['/a%2fb', '/a%2E', '/./a', '/a/..', '/a/../b'];
  for (const path of ['a', '', '/a#b', '/a\\b', '/a//b', '//a', undefined, ['/a'], ...odd]) {
    expect(make({ path })).toThrow(/^httpPolicy\[0\]\.path: expected a path such as/);
  }
  expect(() => httpPolicy({} as never)).toThrow(/^httpPolicy: expected at least one route/);
  expect(make({ path: '/a?b' })).toThrow(/^httpPolicy\[0\]\.path/);
  expect(make({ path: '/a{b}' })).toThrow(
    'httpPolicy[0].path: a template variable must be a whole segment',
  );
  expect(make({ rule: undefined })).toThrow(/^httpPolicy\[0\]\.rule/);
  const policy = httpPolicy([{ method: 'GET', path: '/a', rule: 'x' as 'notes:read' }]);
  const options = { resource: 'https://a.example', verifier: scopesAsToken, scopes, policy };
  expect(() => createGate(options)).toThrow(/^policy: "x" is not in the scope catalogue/);
});

test('a policy over HTTP lists what it knows, for the scope map', () => {
  const policy = httpPolicy([
    { method: 'GET', path: '/notes', rule: 'read' },
    { method: '*', path: '/notes/{id}', rule: anyOf('write', 'read') },
    { method: 'GET', path: '/', rule: authenticated() },
  ]);
  expect(policy.scopes).toEqual(['read', 'write']);
  expect(policy.mayBePublic).toBe(false);
  expect(policy.entries().map(({ operation, rule }) => [operation, describeRule(rule)])).toEqual([
    [{ protocol: 'http', method: 'GET', name: '/notes' }, 'read'],
    [{ protocol: 'http', method: '*', name: '/notes/{id}' }, 'write, or read'],
    [{ protocol: 'http', method: 'GET', name: '/' }, 'a valid token'],
  ]);
  expect(
    policy.defaults().map(({ name, label, rule }) => [name, label, describeRule(rule)]),
  ).toEqual([['otherRoutes', 'any other route', 'what no token has']]);
  expect(policy.entries().map(({ otherwise }) => otherwise)).toEqual(
    policy.entries().map(() => 'otherRoutes'),
  );
});

test('logs and metrics get the route as it was written, never the path that came', () => {
  const policy = httpPolicy([
    { method: 'GET', path: '/notes/{id}', rule: 'read' },
    { method: '*', path: '/notes', rule: 'read' },
  ]);
  const matched = (method: string, url: string) =>
    policy.match({ method, url, headers: new Headers() }, undefined);
  expect(matched('HEAD', '/notes/7?x=y')).toHaveProperty('entry', 'GET /notes/{id}');
  expect(matched('PUT', '/notes')).toHaveProperty('entry', '* /notes');
  expect(matched('PUT', '/notes/7')).not.toHaveProperty('entry');
});

test('the rule of a route is looked up without a request', () => {
  const policy = httpPolicy([
    { method: 'GET', path: '/notes/{id}', rule: 'read' },
    { method: '*', path: '/notes', rule: 'write' },
  ]);
  const ruleOf = (method: string, name?: string, protocol: 'http' | 'mcp' = 'http') =>
    policy.ruleOf({ protocol, method, ...(name !== undefined && { name }) }).description;
  expect(ruleOf('HEAD', '/notes/7')).toBe('read');
  expect(ruleOf('PUT', '/notes')).toBe('write');
  for (const denied of [ruleOf('PUT', '/notes/7'), ruleOf('GET'), ruleOf('GET', '/notes/7', 'mcp')])
    expect(denied).toBe('what no token has');
});

test('of the targets of one character only the slash is a route, and what is cut to it [T32]', () => {
  const policy = httpPolicy([
    { method: 'GET', path: '/', rule: 'read' },
    { method: 'POST', path: '/', rule: 'write' },
  ]);
  const needed = (url: string): unknown => {
    const matched = policy.match({ method: 'GET', url, headers: new Headers() }, undefined);
    return matched.kind === 'operation' ? describeRule(matched.rule.rule) : matched;
  };
  const visible = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
  const routes = visible.filter((url) => needed(url) !== 'what no token has');
  expect(routes).toEqual(['#', '/', '?']);
});

test('two rules for one route are refused', () => {
  const twice =
    (...paths: readonly string[]) =>
    () =>
      httpPolicy(paths.map((path) => ({ method: 'GET', path, rule: 'read' as const })));
  expect(twice('/a', '/a')).toThrow("httpPolicy['GET /a']: there is a rule for 'GET /a'");
  expect(twice('/a/{b}/c', '/a/{x}/c')).toThrow(
    "httpPolicy['GET /a/{x}/c']: there is a rule for 'GET /a/{b}/c'",
  );
  expect(twice('/a/{b}', '/{a}/b', '/a/b', '/a/{b}/', '/A/{b}', '/A/b')).not.toThrow();
});

describe('of several routes that fit, the most specific', () => {
  type Row = readonly [route: string, rule: Rule];
  const policyOf = (...rows: readonly Row[]) =>
    httpPolicy(
      rows.map(([route, rule]) => {
        const [method = '', path = ''] = route.split(' ');
        return { method, path, rule };
      }),
    );
  const needed = (policy: ReturnType<typeof policyOf>, operation: string): unknown => {
    const [method = '', url = ''] = operation.split(' ');
    const matched = policy.match({ method, url, headers: new Headers() }, undefined);
    return matched.kind === 'operation' ? matched.rule.rule : undefined;
  };

  test.each<readonly [rows: readonly Row[], operation: string, rule: string]>([
    [
      [
        ['GET /files/{a}/{b}', 'read'],
        ['GET /files/admin/{b}', 'admin'],
      ],
      'GET /files/admin/x',
      'admin',
    ],
    [
      [
        ['GET /{page}', 'read'],
        ['POST /admin', 'admin'],
      ],
      'GET /admin',
      'read',
    ],
    [
      [
        ['* /{page}', 'read'],
        ['GET /admin', 'admin'],
      ],
      'HEAD /admin',
      'admin',
    ],
    [
      [
        ['* /admin', 'admin'],
        ['GET /{page}', 'read'],
        ['GET /admin', 'other'],
      ],
      'HEAD /admin',
      'other',
    ],
    [
      [
        ['GET /x/{id}', 'read'],
        ['HEAD /x/{id}', 'other'],
        ['GET /x/secret', 'admin'],
        ['HEAD /x/secret', 'secret'],
      ],
      'HEAD /x/secret',
      'secret',
    ],
  ])('%j: %s needs %s, in either order [T136]', (rows, operation, rule) => {
    expect(needed(policyOf(...rows), operation)).toBe(rule);
    expect(needed(policyOf(...rows.toReversed()), operation)).toBe(rule);
  });

  test.each([
    ['* /admin', 'GET /{page}', 'GET /admin', 'GET /admin'],
    ['GET /x/secret', 'HEAD /x/{id}', 'HEAD /x/secret', 'HEAD /x/secret'],
    ['* /{a}/{b}/x', '* /files/{id}/{c}', 'GET /files/x/x', '* /files/{id}/x'],
    ['GET /files/{name}/admin', 'GET /files/x/{b}', 'GET /files/x/admin', 'GET /files/x/admin'],
    // No two segments are the same, but to a router that folds case.
    ['GET /A/{x}/c', 'GET /a/b/{z}', 'GET /a/b/c to a lenient router', 'GET /a/b/c'],
  ])('%s beside %s is refused: both match %s [T136]', (one, other, operation, missing) => {
    const rows: readonly Row[] = [
      [one, 'read'],
      [other, 'admin'],
    ];
    expect(() => policyOf(...rows)).toThrow(TypeError);
    expect(() => policyOf(...rows)).toThrow(
      `httpPolicy['${other}']: it and '${one}' both match ${operation}, and neither is a part of ` +
        `the other: add a rule for '${missing}'`,
    );
    expect(() => policyOf(...rows.toReversed())).toThrow(`both match ${operation}`);
    expect(() => policyOf(...rows, [missing, 'other'])).not.toThrow();
    expect(() => policyOf([one, 'read'], [other, 'read'])).not.toThrow();
  });

  test('rules are the same by their structure, functions by being one [T136]', () => {
    const pair = (one: Rule, other: Rule) => () =>
      policyOf(['* /admin', one], ['GET /{page}', other]);
    const fn = () => 'read';
    expect(pair(anyOf('read', 'write'), anyOf('read', 'write'))).not.toThrow();
    expect(pair(fn, fn)).not.toThrow();
    expect(pair(anyOf('read', 'write'), anyOf('write', 'read'))).toThrow(TypeError);
    expect(pair(fn, () => 'read')).toThrow(TypeError);
  });

  test('a template that a lenient router takes for another is refused: it would never apply [T32, T136]', () => {
    expect(() => policyOf(['GET /A/{x}', 'read'], ['GET /a/{y}', 'admin'])).toThrow(
      "httpPolicy['GET /a/{y}']: a lenient router takes it for 'GET /A/{x}': give both the same rule",
    );
    expect(() => policyOf(['GET /a/{x}/', 'read'], ['GET /a/{y}', 'admin'])).toThrow(TypeError);
    const same = policyOf(['GET /A/{x}', 'read'], ['GET /a/{y}', 'read']);
    expect(needed(same, 'GET /a/7')).toBe('read');
    expect(needed(same, 'GET /A/7')).toBe('read');
  });

  test('what is exact in two spellings is denied in any other [T32]', () => {
    const policy = policyOf(
      ['GET /Notes', 'read'],
      ['GET /notes', 'admin'],
      ['GET /{page}', 'read'],
      ['GET /About', 'read'],
      ['GET /about', 'read'],
    );
    expect(needed(policy, 'GET /Notes')).toBe('read');
    expect(needed(policy, 'GET /notes')).toBe('admin');
    expect(needed(policy, 'GET /other')).toBe('read');
    expect(needed(policy, 'GET /ABOUT')).toBe('read');
    for (const path of ['/NOTES', '/%6eotes', '/notes;x', '/notes%3Bx']) {
      expect(needed(policy, `GET ${path}`)).toMatchObject({ kind: 'deny' });
    }
  });
});

describe('a path that a router may read as another route', () => {
  const policy = httpPolicy([
    { method: 'GET', path: '/notes/{id}', rule: 'notes:read' },
    { method: 'GET', path: '/notes/secret', rule: 'admin:notes' },
    { method: '*', path: '/{section}/{id}/x', rule: 'notes:read' },
    { method: 'GET', path: '/Admin/{id}/x', rule: 'admin:notes' },
    { method: '*', path: '/any/{id}', rule: 'notes:read' },
    { method: 'POST', path: '/end/{id}', rule: 'notes:read' },
    { method: 'POST', path: '/end/secret/', rule: 'admin:notes' },
    { method: 'GET', path: '/{a}/{b}', rule: 'notes:read' },
    { method: 'GET', path: '/any/caf\u00e9', rule: 'admin:notes' },
  ]);
  const one = createGate({
    resource: 'https://a.example',
    verifier: scopesAsToken,
    scopes,
    policy,
  });

  test.each([
    ['GET', '/notes/%73ecret', false],
    ['GET', '/notes/SECRET', false],
    ['HEAD', '/notes/Secret', false],
    ['GET', '/notes/secret;v=1', false],
    ['GET', '/notes/s%65cret;%2', false],
    ['GET', '/any/caf%C3%A9', false],
    ['GET', '/any/CAF%c3%89', false],
    ['GET', '/notes/secrets', true],
    ['GET', '/notes/a%20b', true],
    ['GET', '/notes/100%', true],
    ['GET', '/notes/a;b', true],
    ['GET', '/notes/Straße', true],
    // With rules of their own for what a server makes of them that cuts each segment, or the path.
    ['GET', '/notes/..', false],
    ['GET', '/notes/.', false],
    ['GET', '/notes/..;x', false],
    ['GET', '/notes/%2e;x', false],
    ['GET', '/notes/secret%3Bx', false],
    ['GET', '/notes/secret%20', false],
    ['GET', '/notes/%20secret', false],
    ['GET', '/notes/secret%20.', false],
    ['GET', '/notes/se%09cret', false],
    ['GET', '/notes/secret%00', false],
    ['GET', '/notes/%20.', false],
    ['GET', '/notes/...', true],
    ['GET', '/notes/v1.0.', true],
    ['GET', '/notes;x/secret', false],
    ['POST', '/end/secret', false],
    ['POST', '/end/other', true],
    ['PUT', '/any/caf%C3%A9', true],
    ['GET', '/any/7', true],
  ])('%s %s: let in by the template: %s [T32]', async (method, url, allowed) => {
    const headers = new Headers({ authorization: 'Bearer notes.read' });
    expect((await one.check({ method, url, headers })).allowed).toBe(allowed);
  });

  test('what a route names exactly is that route, beside one of another case too', () => {
    const routes = httpPolicy([
      { method: 'GET', path: '/Notes', rule: 'notes:read' },
      { method: 'GET', path: '/notes', rule: 'admin:notes' },
    ]);
    const needed = (url: string): unknown => {
      const matched = routes.match({ method: 'GET', url, headers: new Headers() }, undefined);
      return matched.kind === 'operation' ? matched.rule.rule : undefined;
    };
    expect([needed('/Notes'), needed('/notes')]).toEqual(['notes:read', 'admin:notes']);
  });

  test('the order of templates counts as it does without folding', async () => {
    const templates = createGate({
      resource: 'https://a.example',
      verifier: scopesAsToken,
      scopes,
      policy: httpPolicy([
        { method: 'GET', path: '/admin/{id}', rule: 'admin:notes' },
        { method: 'GET', path: '/{section}/{id}', rule: 'notes:read' },
      ]),
    });
    const headers = new Headers({ authorization: 'Bearer notes.read' });
    const check = async (url: string): Promise<boolean> =>
      (await templates.check({ method: 'GET', url, headers })).allowed;
    expect(await check('/notes/7')).toBe(true);
    expect(await check('/admin/7')).toBe(false);
    expect(await check('/%61dmin/7')).toBe(false);
    expect(await check('/ADMIN/7')).toBe(false);
  });
});
