/** `forwardAuth` without a proxy: its options, the headers that it reads, and the statuses that it answers. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  InsufficientScopeError,
  authenticated,
  createGate,
  deny,
  httpPolicy,
  publicAccess,
  rule,
} from '@scopegate/core';
import type { Gate, GateOptions, Policy, Verifier } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';
import { forwardAuth } from '../src/index.js';
import type { ForwardAuthOptions, ForwardingProxy } from '../src/index.js';

type Scope = 'notes:read' | 'notes:write';
const TOKEN = 'token-of-the-reader-1f8d';

const verifier: Verifier = (token) => {
  if (token === 'down') throw new Error('the issuer is down');
  return token === TOKEN ? { scopes: ['notes:read'], subject: 'ray', clientId: 'c1' } : undefined;
};

function gateFor(options: Partial<GateOptions<Scope>> = {}): Gate<Scope> {
  return createGate({
    resource: 'https://notes.example.com/notes',
    authorizationServers: ['https://idp.example.com'],
    verifier,
    scopes: ['notes:read', 'notes:write'],
    initialScopes: ['notes:read'],
    ...options,
  });
}

type Options = ForwardAuthOptions<Scope>;
type Handler = (request: Request) => Promise<Response>;

function handlerFor(options: Partial<Options> = {}, gate: Gate<Scope> = gateFor()): Handler {
  return forwardAuth(gate, {
    from: 'nginx',
    rule: 'notes:read',
    onError: () => undefined,
    ...options,
  });
}

const HEADERS: Readonly<Record<Exclude<ForwardingProxy, 'envoy'>, readonly [string, string]>> = {
  nginx: ['X-Original-Method', 'X-Original-URI'],
  caddy: ['X-Forwarded-Method', 'X-Forwarded-Uri'],
  traefik: ['X-Forwarded-Method', 'X-Forwarded-Uri'],
  haproxy: ['X-Forwarded-Method', 'X-Forwarded-Uri'],
};
const BEARER = { authorization: `Bearer ${TOKEN}` };

function asked(
  headers: Readonly<Record<string, string>> = BEARER,
  more: HeadersInit = [],
): Request {
  const named = new Headers({
    'x-original-method': 'GET',
    'x-original-uri': '/notes/1',
    ...headers,
  });
  for (const [name, value] of new Headers(more)) named.append(name, value);
  return new Request('http://127.0.0.1:9000/authorize/read', { headers: named });
}

describe('options', () => {
  const scopes = { 'notes:read': {}, 'notes:write': {} };
  test.each<[string, unknown, RegExp]>([
    ['no options', undefined, /^forwardAuth: expected an object/],
    ['no proxy', { rule: 'notes:read' }, /^forwardAuth\.from: is required: one of nginx, caddy/],
    [
      'another proxy',
      { from: 'apache', rule: 'notes:read' },
      /^forwardAuth\.from: expected one of/,
    ],
    ['no rule', { from: 'nginx' }, /^forwardAuth\.rule: expected the rule of the location/],
    ['an unknown scope', { from: 'nginx', rule: 'notes:raed' }, /^rule.*notes:raed/],
    [
      'an unknown option',
      { from: 'nginx', rule: 'notes:read', headers: {} },
      /^forwardAuth\.headers/,
    ],
    [
      'a policy over paths',
      { from: 'nginx', rule: httpPolicy([{ method: 'GET', path: '/notes', rule: 'notes:read' }]) },
      /^forwardAuth\.rule: .*a policy needs the body or the path/,
    ],
    [
      'a policy over bodies',
      { from: 'caddy', rule: mcpPolicy(scopes as never, { tools: {} }) },
      /^forwardAuth\.rule: .*a policy needs the body or the path/,
    ],
    [
      'a policy that somebody wrote',
      { from: 'caddy', rule: { reads: 'path', scopes: [], match: () => undefined } },
      /^forwardAuth\.rule: .*a policy/,
    ],
    [
      'a header that no answer has',
      { from: 'nginx', rule: 'notes:read', identity: { 'X User': 'x' } },
      /^forwardAuth\.identity\['X User'\]: is no header name/,
    ],
    [
      'a header that some servers read as another',
      { from: 'nginx', rule: 'notes:read', identity: { 'X-User': 'a', 'x-user': 'b' } },
      /^forwardAuth\.identity\['x-user'\]: is set twice/,
    ],
    [
      'a value from a variable that was not set',
      { from: 'nginx', rule: 'notes:read', identity: { 'X-User': undefined } },
      /^forwardAuth\.identity\['X-User'\]: expected a header value/,
    ],
  ])('%s is a TypeError [T194]', (_what, options, message) => {
    const make = (): unknown => forwardAuth(gateFor(), options as Options);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });

  test("the gate's own policy is no rule: one must be given [T194]", () => {
    const policy = httpPolicy([{ method: '*', path: '/notes', rule: publicAccess() }]);
    const gate = gateFor({ policy: policy as Policy<Scope> });
    expect(() => forwardAuth(gate, { from: 'nginx' } as Options)).toThrow(/^forwardAuth\.rule: /);
    expect(() => forwardAuth(gate, { from: 'nginx', rule: gate.policy as never })).toThrow(
      TypeError,
    );
  });
});

describe.each(Object.entries(HEADERS))('from %s', (from, [method, target]) => {
  const seen: string[] = [];
  const reported: string[] = [];
  const handler = handlerFor({
    from: from as ForwardingProxy,
    rule: rule(({ operation }) => {
      seen.push(`${operation.method} ${operation.name ?? '?'}`);
      return authenticated();
    }),
    onError: (error, { reason }) => reported.push(`${reason}: ${(error as Error).message}`),
  });
  const send = async (lines: readonly (readonly [string, string])[]): Promise<number> => {
    const headers = new Headers(BEARER);
    for (const [name, value] of lines) headers.append(name, value);
    return (await handler(new Request('http://127.0.0.1/authorize', { headers }))).status;
  };
  beforeEach(() => {
    seen.length = 0;
    reported.length = 0;
  });

  test('reads method and target of its family [T194]', async () => {
    expect(
      await send([
        [method, 'DELETE'],
        [target, '/notes/a%20b?x=1,2'],
      ]),
    ).toBe(204);
    expect(seen).toEqual(['DELETE /notes/a b']);
    expect(reported).toEqual([]);
  });

  test.each<[string, readonly (readonly [string, string])[], string]>([
    ['neither', [], method],
    ['no method', [[target, '/notes']], method],
    ['no target', [[method, 'GET']], target],
    [
      'two methods',
      [
        [method, 'GET'],
        [method, 'POST'],
        [target, '/notes'],
      ],
      method,
    ],
    [
      'one method twice',
      [
        [method, 'GET'],
        [method, 'GET'],
        [target, '/notes'],
      ],
      method,
    ],
    [
      'two targets',
      [
        [method, 'GET'],
        [target, '/a'],
        [target, '/b'],
      ],
      target,
    ],
    [
      'an empty method',
      [
        [method, ''],
        [target, '/notes'],
      ],
      method,
    ],
    [
      'an empty target',
      [
        [method, 'GET'],
        [target, ''],
      ],
      target,
    ],
    [
      'a method that is none',
      [
        [method, 'GET /x'],
        [target, '/notes'],
      ],
      method,
    ],
    [
      'a target that is no path',
      [
        [method, 'GET'],
        [target, 'notes'],
      ],
      target,
    ],
    [
      'a target of another origin',
      [
        [method, 'GET'],
        [target, 'https://evil.example/x'],
      ],
      target,
    ],
    [
      'a target with a space',
      [
        [method, 'GET'],
        [target, '/a b'],
      ],
      target,
    ],
    [
      'the asterisk',
      [
        [method, 'OPTIONS'],
        [target, '*'],
      ],
      target,
    ],
  ])('refuses %s, whatever the token [T194]', async (_what, lines, header) => {
    const others = Object.values(HEADERS)
      .flat()
      .filter((name) => ![method, target].includes(name));
    const forged = others.map(
      (name) => [name, name.endsWith('Method') ? 'GET' : '/notes'] as const,
    );
    expect(await send(lines)).toBe(403);
    // What stands in another family is not read in its place.
    expect(await send([...lines, ...forged])).toBe(403);
    expect(seen).toEqual([]);
    expect(reported[0]).toContain(`forwarded_invalid: ${header.toLowerCase()}: `);
  });
});

describe('from envoy', () => {
  test('reads the request itself, and no header [T194]', async () => {
    const seen: string[] = [];
    const handler = handlerFor({
      from: 'envoy',
      rule: rule(({ operation }) => {
        seen.push(`${operation.method} ${operation.name ?? '?'}`);
        return authenticated();
      }),
    });
    const headers = { ...BEARER, 'x-original-method': 'GET', 'x-forwarded-uri': '/x' };
    const request = new Request('http://notes.example.com/notes/1?x=1', { method: 'PUT', headers });
    expect((await handler(request)).status).toBe(204);
    expect(seen).toEqual(['PUT /notes/1']);
  });

  test('a preflight needs a token like every request [T31, T194]', async () => {
    const headers = { origin: 'https://app.example.com', 'access-control-request-method': 'POST' };
    for (const cors of [true, false]) {
      const handler = handlerFor({ from: 'envoy' }, gateFor({ cors }));
      const request = new Request('http://notes.example.com/notes', { method: 'OPTIONS', headers });
      expect((await handler(request)).status).toBe(401);
    }
  });
});

describe('answers', () => {
  const failing = (): never => {
    throw new Error('a rule broke');
  };
  const preflight = { origin: 'https://app.example.com', 'access-control-request-method': 'POST' };

  test.each<
    [string, Partial<Options>, Partial<GateOptions<Scope>>, Record<string, string>, number]
  >([
    ['a right token', {}, {}, BEARER, 204],
    ['a public rule', { rule: publicAccess() }, {}, {}, 204],
    ['no token', {}, {}, {}, 401],
    ['another scheme', {}, {}, { authorization: 'Basic x' }, 401],
    ['a bad token', {}, {}, { authorization: 'Bearer x' }, 401],
    [
      'a bad token at a public rule',
      { rule: publicAccess() },
      {},
      { authorization: 'Bearer x' },
      401,
    ],
    ['too few scopes', { rule: 'notes:write' }, {}, BEARER, 403],
    ['a denial', { rule: deny() }, {}, BEARER, 403],
    ['a rule that throws', { rule: rule(failing) }, {}, BEARER, 403],
    ['two tokens, 400 by itself', {}, {}, { authorization: `Bearer ${TOKEN}, Bearer x` }, 403],
    [
      'a long header, 400 by itself',
      {},
      {},
      { authorization: `Bearer ${'x'.repeat(20_000)}` },
      403,
    ],
    ['a verifier that is down, 503 by itself', {}, {}, { authorization: 'Bearer down' }, 403],
    [
      'a foreign origin',
      {},
      { allowedOrigins: ['https://a.example'] },
      { ...BEARER, origin: 'https://b.example' },
      403,
    ],
    [
      'a preflight, 204 by itself',
      {},
      { cors: true },
      { ...preflight, 'x-original-method': 'OPTIONS' },
      401,
    ],
  ])(
    '%s: %#, one of 204, 401 and 403 [T31, T194]',
    async (_what, options, gateOptions, headers, status) => {
      const gate = gateFor({ onError: () => undefined, ...gateOptions });
      const answer = await handlerFor(options, gate)(asked(headers));
      expect(answer.status).toBe(status);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      const challenge = answer.headers.get('www-authenticate');
      // Only the gate's own 401 and 403 for scopes have one.
      expect(challenge !== null, challenge ?? 'none').toBe(
        status === 401 || _what === 'too few scopes',
      );
      if (status === 204) expect(await answer.text()).toBe('');
      else expect(await answer.json()).toHaveProperty('error_description');
    },
  );

  test('a refusal of the gate is passed on byte for byte', async () => {
    const gate = gateFor({ cors: true });
    const direct = await gate.check(new Request('https://notes.example.com/notes/1'), 'notes:read');
    if (direct.allowed) throw new Error('it was let through');
    const answer = await handlerFor({}, gate)(asked({}));
    expect(Object.fromEntries(answer.headers)).toEqual(
      Object.fromEntries(direct.toResponse().headers),
    );
    expect(await answer.text()).toBe(direct.body);
  });
});

describe('identity', () => {
  test('names the caller, and is empty where there is nothing to say [T194, T195]', async () => {
    const identity: Options['identity'] = {
      'X-User': (auth) => auth?.subject,
      'X-Scopes': (auth) => auth?.scopes.join(' '),
      'X-Edge': 'gate',
      'X-Tenant': async (auth) => (auth === undefined ? undefined : 'acme'),
    };
    const known = await handlerFor({ identity })(asked());
    const of = ({ headers }: Response): (string | null)[] =>
      ['x-user', 'x-scopes', 'x-edge', 'x-tenant'].map((name) => headers.get(name));
    expect(of(known)).toEqual(['ray', 'notes:read', 'gate', 'acme']);
    const nobody = await handlerFor({ identity, rule: publicAccess() })(
      asked({}, [['x-user', 'admin']]),
    );
    expect(nobody.status).toBe(204);
    expect(of(nobody)).toEqual(['', '', 'gate', '']);
    const refused = await handlerFor({ identity, rule: 'notes:write' })(asked());
    expect(of(refused)).toEqual([null, null, null, null]);
  });

  test.each<[string, () => unknown]>([
    [
      'a throw',
      () => {
        throw new Error(`not this: ${TOKEN}`);
      },
    ],
    ['a rejection', () => Promise.reject(new Error(`not this: ${TOKEN}`))],
    ['the token of the caller', () => TOKEN],
    ['two lines', () => 'a\r\nX-Role: admin'],
    ['no text', () => 42],
    ['a name that was not set', () => 'user undefined'],
    ['an empty text', () => ''],
  ])('%s refuses, and no report has the value [T194]', async (_what, value) => {
    const reported: string[] = [];
    const handler = handlerFor({
      identity: { 'X-User': value as () => string },
      onError: (error, { reason }) => {
        reported.push(`${reason}: ${(error as Error).message}`);
        throw new Error('a hook changes nothing');
      },
    });
    const answer = await handler(asked());
    expect(answer.status).toBe(403);
    expect(answer.headers.get('x-user')).toBeNull();
    expect(reported).toEqual([expect.stringMatching(/^identity_unavailable: x-user: /)]);
    expect(`${reported.join()} ${await answer.text()}`).not.toContain(TOKEN);
  });

  test('a scope error is the 403 of the gate', async () => {
    const identity = {
      'X-User': () => {
        throw new InsufficientScopeError('notes:write');
      },
    };
    const answer = await handlerFor({ identity })(asked());
    expect(answer.status).toBe(403);
    expect(answer.headers.get('www-authenticate')).toContain('scope="notes:write"');
  });

  test('what never answers refuses after five seconds [T194]', async () => {
    vi.useFakeTimers();
    try {
      const identity = { 'X-User': () => new Promise<string>(() => undefined) };
      const answer = handlerFor({ identity })(asked());
      await vi.advanceTimersByTimeAsync(5_001);
      expect((await answer).status).toBe(403);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('without a hook', () => {
  afterEach(() => vi.restoreAllMocks());

  test('one line for each cause and minute, without a part of the token [T198]', async () => {
    const lines: string[] = [];
    vi.spyOn(console, 'error').mockImplementation((line: string) => void lines.push(line));
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1e6);
    const handler = forwardAuth(gateFor(), {
      ...{ from: 'nginx', rule: 'notes:read' },
      identity: {
        'X-User': () => {
          throw new RangeError(TOKEN);
        },
      },
    });
    const bare = (): Request => new Request('http://127.0.0.1/authorize', { headers: BEARER });
    for (let again = 0; again < 3; again++) {
      await handler(bare());
      await handler(asked());
    }
    expect(lines).toEqual([
      `scopegate: https://notes.example.com/notes: forwarded_invalid: Error: x-original-method: is absent, comes twice or has no value that fits; let nginx overwrite it (the request got 403; correct the proxy, or \`from\`; \`onError\` replaces this line)`,
      `scopegate: https://notes.example.com/notes: identity_unavailable: UpstreamError RangeError: x-user: finding its value failed (the request got 403; correct \`identity\`; \`onError\` replaces this line)`,
    ]);
    clock.mockReturnValue(1e6 + 60_000);
    await handler(bare());
    expect(lines).toHaveLength(3);
  });
});
