import { describe, expect, test, vi } from 'vitest';
import { allOf, anyOf, authenticated, createGate, defineScopes, where } from '../../src/index.js';
import type { Gate, GateOptions } from '../../src/index.js';
import { mcpPolicy } from '../../src/mcp/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import { fromWebRequest } from '../../src/web/index.js';

const good: GateOptions = {
  resource: 'https://notes.example.com/mcp',
  authorizationServers: ['https://idp.example.com'],
  verifier: () => undefined,
  scopes: ['notes:read', 'notes:write'],
};

/** Options as plain JavaScript would give them. */
const gate = (changes: Record<string, unknown>) => (): unknown =>
  createGate({ ...good, ...changes } as unknown as GateOptions);

describe('a gate is refused at construction, with the option named', () => {
  const cases: readonly [why: string, changes: Record<string, unknown>, message: RegExp][] = [
    ['no resource', { resource: undefined }, /^resource: /],
    ['a relative resource', { resource: '/mcp' }, /^resource: .*absolute/],
    ['an http resource', { resource: 'http://notes.example.com/mcp' }, /^resource: .*https/],
    [
      'a look-alike of loopback',
      { resource: 'http://127.0.0.1.example.com/' },
      /^resource: .*https/,
    ],
    ['a fragment', { resource: 'https://notes.example.com/mcp#x' }, /^resource: .*fragment/],
    ['an empty fragment', { resource: 'https://notes.example.com/mcp#' }, /^resource: .*fragment/],
    ['user information', { resource: 'https://me:x@notes.example.com/' }, /^resource: .*user info/],
    ['another spelling', { resource: 'https://Notes.example.com/mcp' }, /^resource: write/],
    ['dot segments', { resource: 'https://notes.example.com/a/../mcp' }, /^resource: write/],
    ['an unknown option', { scope: ['a'] }, /^scope: unknown option/],
    ['an inherited name', { toString: 1 }, /^toString: unknown option/],
    ['no verifier', { verifier: undefined }, /^verifier: /],
    ['a verifier that is none', { verifier: {} }, /^verifier: expected a function/],
    ['an empty scope list', { scopes: [] }, /^scopes: /],
    ['no scopes', { scopes: undefined }, /^scopes: /],
    ['a scope twice', { scopes: ['a', 'a'] }, /^scopes: 'a' is listed twice/],
    ['an illegal scope', { scopes: ['a b'] }, /^scopes\['a b'\]: .*not a scope token/],
    ['a quote in a scope', { scopes: ['a"b'] }, /^scopes/],
    ['offline_access', { scopes: ['a', 'offline_access'] }, /^scopes\['offline_access'\]/],
    ['a scope that reads like a parameter', { scopes: ['x:error=y'] }, /^scopes/],
    ['an unknown initial scope', { initialScopes: ['notes:raed'] }, /^initialScopes\[0\]: /],
    [
      'an empty list of initial scopes',
      { initialScopes: [] },
      /^initialScopes: .*leave the option/,
    ],
    ['a relative issuer', { authorizationServers: ['idp'] }, /^authorizationServers\[0\]: /],
    ['an issuer with a query', { authorizationServers: ['https://i.example/?a'] }, /query/],
    [
      'an http issuer',
      { authorizationServers: ['http://i.example'] },
      /^authorizationServers\[0\]/,
    ],
    [
      'no list of issuers',
      { authorizationServers: 'https://i.example' },
      /^authorizationServers: /,
    ],
    ['a policy that is none', { policy: {} }, /^policy: /],
    ['an unknown mode', { challengeScopes: 'all' }, /^challengeScopes: /],
    ['an unknown token syntax', { tokenSyntax: 'any' }, /^tokenSyntax: /],
    ['no body at all', { bodyLimit: 0 }, /^bodyLimit: /],
    ['an endless wait', { verifierTimeout: Infinity }, /^verifierTimeout: /],
    [
      'an unknown metadata option',
      { metadata: { resource_name: 'x' } },
      /^metadata\.resource_name/,
    ],
    [
      'offline_access advertised',
      { metadata: { scopesSupported: ['offline_access'] } },
      /offline_/,
    ],
    ['an origin with a path', { allowedOrigins: ['https://a.example/'] }, /^allowedOrigins\[0\]/],
    ['an unknown CORS option', { cors: { credentials: true } }, /^cors\.credentials/],
    ['a realm that is no text', { realm: 'a"b' }, /^realm: /],
    ['a realm that reads like a parameter', { realm: 'scope=x' }, /^realm: /],
    ['a resource that does', { resource: 'https://h.example/m?scope=x' }, /resourceMetadata: /],
  ];
  test.each(cases)('%s [T01, T132]', (_why, changes, message) => {
    expect(gate(changes)).toThrow(TypeError);
    expect(gate(changes)).toThrow(message);
  });
});

describe('a value of another kind is refused, and the kind named', () => {
  const milliseconds = 'a number of milliseconds from 1 to 2147483647';
  const cases: readonly [option: string, value: unknown, kind: string][] = [
    ['authorizationServers', 'https://idp.example.com', 'a list'],
    ['dpop', {}, 'a function'],
    ['mtls', {}, 'a function'],
    ['provider', 'https://idp.example.com', 'an object'],
    ['issuersDiffer', 'false', 'a boolean'],
    ['revocations', true, 'an object'],
    ['scopes', 'notes:read', 'an object'],
    ['initialScopes', 'notes:read', 'a list'],
    ['policy', 'mcp', 'an object'],
    ['challengeScopes', 'all', 'one of revision, operation, union, missing'],
    ['tokenSyntax', 'any', 'one of b64token, opaque'],
    ['tokenFrom', 'cookie', 'an object'],
    ['realm', 1, 'a string'],
    ['errorUri', new URL('https://notes.example.com/errors'), 'a string'],
    ['metadata', true, 'an object'],
    ['rootAlias', 'false', 'a boolean'],
    ['allowedOrigins', 'https://app.example.com', 'a list'],
    ['bodyLimit', '1mb', 'a number of bytes from 1 to 536870912'],
    ['bodyTimeout', '10', milliseconds],
    ['verifierTimeout', '5', milliseconds],
    ['ruleTimeout', '5', milliseconds],
    ['onError', 'log', 'a function'],
    ['onWarning', false, 'a function'],
    ['onDecision', {}, 'a function'],
    ['ownership', true, 'an object'],
    ['streams', true, 'one of end-with-access'],
    ['clock', 0, 'a function'],
    ['cors', 'https://app.example.com', 'an object'],
  ];
  test.each(cases)('%s [T01, T132]', (option, value, kind) => {
    expect(gate({ [option]: value })).toThrow(new TypeError(`${option}: expected ${kind}`));
  });

  test.each<[option: string, value: unknown, kind: string]>([
    ['origins', 'https://app.example.com', 'a list'],
    ['allowedHeaders', 'X-Mine', 'a list'],
    ['methods', 'GET', 'a list'],
    ['maxAge', '600', 'an integer of seconds from 0 to 2147483647'],
  ])('cors.%s [T01, T132]', (option, value, kind) => {
    const cors = { [option]: value };
    expect(gate({ cors })).toThrow(new TypeError(`cors.${option}: expected ${kind}`));
  });
});

describe('what is made elsewhere is refused unless it was made there, and the maker named', () => {
  const { verifier: _own, authorizationServers: _servers, ...bare } = good;
  const policy = mcpPolicy(['notes:read'], { tools: { read_notes: 'notes:read' } });
  const but = (members: object): unknown =>
    Object.create(policy, Object.getOwnPropertyDescriptors(members));
  const provider = { name: 'Idp', verifier: () => undefined, authorizationServers: [], hints: [] };
  const exclusive = 'provider: sets verifier and authorizationServers; leave them out';
  test.each<[what: string, changes: Record<string, unknown>, message: string]>([
    ['revocations', { revocations: {} }, 'revocations: expected what memoryRevocations() returns'],
    ['ownership', { ownership: {} }, 'ownership: expected what ownership() returns'],
    ['report-only mode', { enforce: {} }, 'enforce: expected what reportOnly() returns'],
    [
      'report-only mode by name',
      { enforce: 'report-only' },
      'enforce: expected what reportOnly() returns',
    ],
    [
      'a policy without match',
      { policy: but({ match: undefined }) },
      'policy: expected what mcpPolicy() returns',
    ],
    [
      'a policy without readBody',
      { policy: but({ readBody: undefined }) },
      'policy: expected what mcpPolicy() returns',
    ],
    [
      'a policy that reads something else',
      { policy: but({ reads: 'header' }) },
      "policy.reads: expected 'path' or 'body'",
    ],
    [
      'a policy with a scope of another catalogue',
      { policy: mcpPolicy(['other'], { tools: { read_notes: 'other' } }) },
      'policy: "other" is not in the scope catalogue',
    ],
    ['a catalogue', { scopes: { a: {} } }, 'scopes: expected defineScopes({...}) or a list'],
    ['a verifier', { verifier: undefined }, 'verifier: is required, or a provider'],
    [
      'streams that end, without owners',
      { streams: 'end-with-access' },
      'streams: needs ownership',
    ],
    ['a provider beside a verifier', { provider, authorizationServers: undefined }, exclusive],
    ['a provider beside issuers', { provider, verifier: undefined }, exclusive],
    ['a provider beside both', { provider }, exclusive],
    [
      'an origin',
      { allowedOrigins: ['https://a.example', 'https://b.example/'] },
      'allowedOrigins[1]: "https://b.example/" is not an origin',
    ],
  ])('%s [T01, T132]', (_what, changes, message) => {
    expect(gate(changes)).toThrow(new TypeError(message));
  });

  test('a provider alone sets verifier and issuers', () => {
    const made = createGate({
      ...bare,
      provider: { ...provider, authorizationServers: ['https://idp.example.com'] },
    });
    expect(made.metadata.document.authorization_servers).toEqual(['https://idp.example.com']);
  });
});

describe('the members of the metadata document', () => {
  test.each<[metadata: object, message: string]>([
    [
      { resource: 'https://evil.example.com' },
      'metadata.resource: unknown option; did you mean resourceName?',
    ],
    [
      { authorizationServers: ['https://evil.example.com'] },
      'metadata.authorizationServers: unknown option',
    ],
    [
      { dpopBoundAccessTokensRequired: true },
      'metadata.dpopBoundAccessTokensRequired: comes from the options dpop and mtls',
    ],
    [
      { tlsClientCertificateBoundAccessTokens: true },
      'metadata.tlsClientCertificateBoundAccessTokens: comes from the options dpop and mtls',
    ],
    [{ withTls: true, dpop: true }, 'metadata.withTls: unknown option'],
    [{ mtls: true }, 'metadata.mtls: unknown option'],
    [{ scopesSupported: 'notes:read' }, 'metadata.scopesSupported: expected a list'],
    [
      { scopesSupported: ['other'] },
      'metadata.scopesSupported[0]: "other" is not in the scope catalogue',
    ],
  ])('%j is refused [T01, T132]', (metadata, message) => {
    expect(gate({ metadata })).toThrow(new TypeError(message));
  });
});

describe('an option that is not set', () => {
  test('rootAlias: the document has its own address alone', async () => {
    const root = new Request('https://notes.example.com/.well-known/oauth-protected-resource');
    const respond = async (rootAlias?: true): Promise<unknown> => {
      const made = createGate({ ...good, ...(rootAlias && { rootAlias }) });
      return made.metadata.respond(fromWebRequest(root).gateRequest);
    };
    expect(await respond()).toBeUndefined();
    expect(await respond(true)).toMatchObject({ status: 200 });
  });

  test('initialScopes: a 401 names a single scope, and none of several', async () => {
    const named = async (scopes: string[]): Promise<unknown> => {
      const made = createGate({ ...good, scopes });
      const decision = await made.check(new Request(good.resource), authenticated());
      return decision.allowed || decision.challenge?.scopes;
    };
    expect(await named(['notes:read'])).toEqual(['notes:read']);
    expect(await named(['notes:read', 'notes:write'])).toEqual([]);
  });

  test('onWarning: the console is told, and who says it', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    try {
      const policy = mcpPolicy(['notes:read'], { tools: { read_notes: 'notes:read' } });
      gate({ policy, authorizationServers: undefined })();
      expect(warn.mock.calls).toEqual([
        [expect.stringMatching(/^createGate: authorizationServers is not set, so /)],
        [expect.stringMatching(/^createGate: initialScopes is not set, so /)],
      ]);
    } finally {
      warn.mockRestore();
    }
  });

  test('bodyLimit: a mebibyte is read, and not a byte more', async () => {
    const policy = mcpPolicy(['notes:read'], { tools: { read_notes: 'notes:read' } });
    const made = createGate({
      ...good,
      verifier: () => ({ scopes: ['notes:read'] }),
      ...{ policy, initialScopes: ['notes:read'] },
    });
    const statusOf = async (length: number): Promise<number> => {
      const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'read_notes' } };
      const headers = { authorization: 'Bearer t', 'content-type': 'application/json' };
      const body = JSON.stringify(call).padEnd(length);
      const request = new Request(good.resource, { method: 'POST', headers, body });
      const decision = await made.check(request);
      return decision.allowed ? 200 : decision.status;
    };
    expect(await statusOf(1024 * 1024)).toBe(200);
    expect(await statusOf(1024 * 1024 + 1)).toBe(413);
  });

  test.each([
    ['a text in ASCII', 'x', 1],
    ['a text of two bytes each', 'é', 2],
    ['a text of three bytes each', '€', 3],
  ])('bodyLimit counts bytes, also of %s that a binding read', async (_name, character, size) => {
    const policy = mcpPolicy(['notes:read'], { tools: { read_notes: 'notes:read' } });
    const limit = 1_200;
    const made = createGate({
      ...{ ...good, verifier: () => ({ scopes: ['notes:read'] }), bodyLimit: limit },
      ...{ policy, initialScopes: ['notes:read'] },
    });
    const statusOf = async (length: number): Promise<number> => {
      const start =
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_notes"},"_":"';
      const rest = length - start.length - 2;
      const filler = character.repeat(Math.floor(rest / size)) + 'x'.repeat(rest % size);
      const bytes = `${start}${filler}"}`;
      const decision = await made.check({
        ...{ method: 'POST', url: good.resource },
        headers: new Headers({ authorization: 'Bearer t', 'content-type': 'application/json' }),
        readBody: () => ({ bytes, contentType: 'application/json', contentEncoding: null }),
      });
      return decision.allowed ? 200 : decision.status;
    };
    expect(await statusOf(limit)).toBe(200);
    expect(await statusOf(limit + 1)).toBe(413);
  });

  test('timeouts: five seconds for a verifier and a rule, ten for a body', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const never = new Promise<never>(() => {});
      const policy = mcpPolicy(['notes:read'], { tools: { read_notes: 'notes:read' } });
      const headers = new Headers({
        authorization: 'Bearer t',
        'content-type': 'application/json',
      });
      const request = { method: 'POST', url: '/mcp', headers, readBody: () => never };
      const fine = (): unknown => ({ scopes: ['notes:read'] });
      const made = (changes: object): Gate => gate({ verifier: fine, ...changes })() as Gate;
      const onError = (): void => undefined;
      const checks = {
        verifier: () => made({ verifier: () => never, onError }).check(request, 'notes:read'),
        rule: () =>
          made({ onError }).check(
            request,
            where(() => never),
          ),
        body: () => made({ policy, initialScopes: ['notes:read'] }).check(request),
      };
      for (const [what, check] of Object.entries(checks)) {
        const limit = what === 'body' ? 10_000 : 5000;
        let decision: unknown;
        void check().then((settled) => (decision = settled));
        await vi.advanceTimersByTimeAsync(limit - 1);
        expect(decision, what).toBeUndefined();
        await vi.advanceTimersByTimeAsync(1);
        expect(decision, what).toMatchObject({
          allowed: false,
          status: { verifier: 503, rule: 403, body: 408 }[what],
        });
      }
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('invalid rules are refused where they are given', () => {
  const scopes = defineScopes(['notes:read', 'notes:write']);
  const unknown = 'notes:raed' as 'notes:read';

  test('an unknown scope in a policy, however deep [T01]', () => {
    const policy = (): unknown =>
      mcpPolicy(scopes, { tools: { a: anyOf('notes:read', allOf('notes:write', unknown)) } });
    expect(policy).toThrow(TypeError);
    expect(policy).toThrow(/^tools\['a'\]\.anyOf\[1\]\.allOf\[1\]: "notes:raed"/);
  });

  test('an unknown scope in a route, and a route without a rule [T01]', () => {
    const route = createGate(good);
    expect(() => route.route('notes:raed')).toThrow(/^rule: "notes:raed"/);
    expect(() => route.route()).toThrow(/^rule: the gate has no policy/);
  });

  test('empty combinations, and values that are no rules [T01, SC-5]', () => {
    const bare = anyOf as (...rules: unknown[]) => unknown;
    const all = allOf as (...rules: unknown[]) => unknown;
    expect(() => bare()).toThrow(/authenticated\(\)/);
    expect(() => all()).toThrow(/authenticated\(\)/);
    for (const foreign of [undefined, null, 1, true, {}, [], { kind: 'publicAccess' }]) {
      expect(() => bare(foreign)).toThrow(TypeError);
    }
  });

  test('a circular implication is named [SC-4, T10]', () => {
    const circle = (): unknown =>
      defineScopes({ a: { implies: ['b'] }, b: { implies: ['c'] }, c: { implies: ['a'] } });
    expect(circle).toThrow(TypeError);
    expect(circle).toThrow(/'a' -> 'b' -> 'c' -> 'a'/);
  });

  test('options of the policy [T01, OP-12]', () => {
    const policy = (options: object) => (): unknown => mcpPolicy(scopes, options);
    expect(policy({ tool: {} })).toThrow(/^mcpPolicy\.tool: unknown option/);
    expect(policy({ tools: 'x' })).toThrow(/^mcpPolicy\.tools: /);
    expect(policy({ methods: { 'tools/call': 'notes:read' } })).toThrow(/belongs into tools/);
    expect(policy({ resources: { 'a://{id}.txt': 'notes:read' } })).toThrow(/whole segment/);
    const twice = { 'a://{id}': 'notes:read', 'a://{name}': 'notes:write' };
    expect(policy({ resources: twice })).toThrow(
      "resources['a://{name}']: there is a rule for 'a://{id}'",
    );
    expect(policy({ anonymous: 'yes' })).toThrow(/^mcpPolicy\.anonymous/);
  });

  test('options of the JWT verifier [T60, JW-4]', () => {
    const issuer = 'https://idp.example.com';
    const verifier = (options: object) => (): unknown => jwtVerifier({ issuer, ...options });
    expect(verifier({ algorithms: ['none'] })).toThrow(/algorithms: none/);
    expect(verifier({ algorithms: ['HS256'] })).toThrow(/algorithms: HS256/);
    expect(verifier({ algorithms: [] })).toThrow(/algorithms/);
    expect(verifier({ issuer: 'http://idp.example.com' })).toThrow(/issuer: .*https/);
    expect(verifier({ audience: [] })).toThrow(/audience/);
    expect(verifier({ clockTolerance: 61 })).toThrow(/clockTolerance/);
    expect(verifier({ clockTolerance: Number.NaN })).toThrow(/clockTolerance/);
    expect(verifier({ jwks: 'http://idp.example.com/jwks' })).toThrow(/jwks: .*https/);
    expect(verifier({ algorithm: 'ES256' })).toThrow(/algorithm: unknown option/);
  });
});

test('changes of the options after construction have no effect [T11]', async () => {
  const scopes = ['notes:read', 'notes:write'];
  const initialScopes = ['notes:read'];
  const issuers = ['https://idp.example.com'];
  const options = { ...good, scopes, initialScopes, authorizationServers: issuers };
  const made = createGate(options);
  const before = JSON.stringify(made.metadata.document);
  scopes.push('everything');
  initialScopes.push('everything');
  issuers.push('https://evil.example.com');
  options.verifier = () => ({ scopes: ['notes:read'] });
  expect(JSON.stringify(made.metadata.document)).toBe(before);
  expect(() => made.route('everything')).toThrow(TypeError);
  const request = new Request('https://notes.example.com/x', {
    headers: { authorization: 'Bearer t' },
  });
  expect(await made.check(request, 'notes:read')).toMatchObject({ allowed: false, status: 401 });
});

test.each<[string, unknown]>([
  ['jwksUri', 'https://evil.example/keys'],
  ['scopesSupported', ['notes:write']],
  ['extensions', { evil: true }],
  ['maxLength', 1],
  ['requestAs', 'evil'],
  ['description', 'evil'],
  ['match', () => true],
  ['status', 500],
  ['evil', 'evil'],
])(
  '%s on a prototype changes no document, no challenge, no grant and no event [T09]',
  async (name, value) => {
    const tell = async (): Promise<string> => {
      const events: unknown[] = [];
      const made = createGate({
        ...good,
        verifier: () => ({ claims: { scope: 'notes:read' } }),
        onDecision: (event) => void events.push({ ...event, ms: 0, time: 0 }),
      });
      const headers = { authorization: 'Bearer t' };
      const decisions = await Promise.all(
        ['notes:read', 'notes:write'].map((rule) =>
          made.check(new Request('https://notes.example.com/x', { headers }), rule),
        ),
      );
      const said = decisions.map((one) => (one.allowed ? one.headers : [...one.headers, one.body]));
      return JSON.stringify([made.metadata.document, said, events]);
    };
    const clean = await tell();
    const prototype = Object.prototype as unknown as Record<string, unknown>;
    prototype[name] = value;
    try {
      expect(await tell()).toBe(clean);
    } finally {
      delete prototype[name];
    }
  },
);

test('an option on a polluted prototype is ignored [T09]', async () => {
  const prototype = Object.prototype as unknown as Record<string, unknown>;
  const refuse = async (made: Gate): Promise<string> => {
    const decision = await made.check(new Request('https://notes.example.com/x'), 'notes:read');
    return JSON.stringify(decision.headers);
  };
  const before = createGate(good);
  const clean = await refuse(before);
  prototype['realm'] = 'evil';
  try {
    expect(await refuse(before)).toBe(clean);
    expect(await refuse(createGate(good))).toBe(clean);
  } finally {
    delete prototype['realm'];
  }
});

test('a gate shows its policy, for tools that read it', () => {
  const policy = mcpPolicy(['notes:read'], { tools: { read_notes: 'notes:read' } });
  expect(createGate({ ...good, policy }).policy).toBe(policy);
  expect(createGate(good).policy).toBeUndefined();
});
