import { describe, expect, test } from 'vitest';
import { allOf, createGate, deny, parseChallenges, recentLogin } from '../../src/index.js';
import type { GateRequest, Refusal } from '../../src/index.js';
import { callTool, check, header, notesGate, request, scopesAsToken } from '../support/mcp.js';
import type { Call } from '../support/mcp.js';

const METADATA = 'https://notes.example.com/.well-known/oauth-protected-resource/mcp';

async function refusal(call: Call, gate = notesGate()): Promise<Refusal> {
  const decision = await check(gate, call);
  if (decision.allowed) throw new Error('expected a refusal');
  return decision;
}

/** What a client reads in the header. */
function parsed(decision: Refusal): unknown {
  const params = parseChallenges(header(decision, 'www-authenticate') ?? null)[0]?.params;
  if (params === undefined) return undefined;
  const members = {
    error: params.get('error'),
    scopes: params.get('scope')?.split(' ') ?? [],
    description: params.get('error_description'),
    resourceMetadata: params.get('resource_metadata'),
    acrValues: params.get('acr_values')?.split(' '),
    maxAge: params.has('max_age') ? Number(params.get('max_age')) : undefined,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

const add = callTool('add_note');

describe('the challenge of a refusal, as data', () => {
  test.each<readonly [what: string, call: Call, challenge: object | undefined]>([
    ['no credentials', { body: add }, { scopes: ['notes:read'] }],
    [
      'a bad token',
      { token: 'bad', body: add },
      {
        error: 'invalid_token',
        scopes: ['notes:read'],
        description: 'The access token is invalid or expired',
      },
    ],
    [
      'a missing scope',
      { token: 'notes.read', body: add },
      {
        error: 'insufficient_scope',
        scopes: ['notes:write', 'notes:read'],
        description: 'add_note needs notes:write',
      },
    ],
    [
      'two credentials',
      { body: add, headers: { authorization: 'Bearer a,b' } },
      {
        error: 'invalid_request',
        scopes: [],
        description: 'The request carries more than one credential',
      },
    ],
    ['a denial that no scope cures', { token: 'none', body: callTool('unknown') }, undefined],
    ['a body that is not JSON', { token: 'none', body: '{' }, undefined],
  ])('%s [C401-2, C403-1]', async (_what, call, challenge) => {
    const gate = notesGate();
    // The second answer comes from the prepared refusals.
    for (const _again of [1, 2]) {
      const decision = await refusal(call, gate);
      expect(decision.challenge).toEqual(challenge && { ...challenge, resourceMetadata: METADATA });
      expect(decision.challenge).toEqual(parsed(decision));
    }
  });

  test('it is frozen in depth, on copies with further headers too', async () => {
    const gate = notesGate({}, { cors: true, onDecision: () => undefined });
    const { challenge, headers } = await refusal({ token: 'notes.read', body: add }, gate);
    expect(headers.some(([name]) => name === 'Access-Control-Allow-Origin')).toBe(true);
    expect(challenge).toMatchObject({ error: 'insufficient_scope' });
    expect(Object.isFrozen(challenge)).toBe(true);
    expect(Object.isFrozen(challenge?.scopes)).toBe(true);
  });

  test('a login that is too old [CH-1]', async () => {
    const login = recentLogin({ maxAge: 300, acrValues: ['urn:mfa', 'urn:pin'] });
    const gate = notesGate({ tools: { add_note: login } });
    const decision = await refusal({ token: 'notes.read', body: add }, gate);
    expect(decision.challenge).toMatchObject({ acrValues: ['urn:mfa', 'urn:pin'], maxAge: 300 });
    expect(decision.challenge).toEqual(parsed(decision));
    expect(Object.isFrozen(decision.challenge?.acrValues)).toBe(true);
  });

  test('members that are too long for the header are absent here too', async () => {
    const [first = '', ...others] = Array.from(
      { length: 100 },
      (_, index) => `area${index}:${'x'.repeat(60)}`,
    );
    const gate = createGate({
      resource: 'https://notes.example.com/mcp',
      authorizationServers: ['https://idp.example.com'],
      verifier: scopesAsToken,
      scopes: [first, ...others],
    });
    const decision = await gate.check(request({ token: 'none' }), allOf(first, ...others));
    if (decision.allowed) throw new Error('expected a refusal');
    expect(decision.challenge).toEqual({
      error: 'insufficient_scope',
      scopes: [],
      resourceMetadata: METADATA,
    });
    expect(decision.challenge).toEqual(parsed(decision));
  });
});

describe('a refusal to the byte: its headers and its body', () => {
  const COMMON = [
    ['Content-Type', 'application/json'],
    ['Cache-Control', 'no-store'],
    ['Vary', 'Authorization'],
  ];
  const READ = {
    scope: 'notes:read',
    scopes: [{ name: 'notes:read', description: 'Read notes' }],
  };
  const fails = (): never => {
    throw new Error('unreachable');
  };
  const silent = { onError: (): void => undefined };
  type Options = Parameters<typeof notesGate>[1];

  test.each<
    readonly [
      reason: string,
      call: Call,
      options: Options,
      status: number,
      body: object,
      headers: readonly (readonly [string, string])[],
    ]
  >([
    [
      'origin_not_allowed',
      { headers: { origin: 'https://evil.example' } },
      { allowedOrigins: ['https://app.example'] },
      403,
      { error: 'forbidden', error_description: 'This origin may not call this resource' },
      [],
    ],
    [
      'verifier_unavailable',
      { token: 'notes.read', body: add },
      { verifier: fails, ...silent },
      503,
      {
        error: 'temporarily_unavailable',
        error_description: 'The request cannot be checked at the moment',
      },
      [['Retry-After', '5']],
    ],
    [
      'no_credentials',
      {},
      {},
      401,
      { error: 'unauthorized', error_description: 'This resource needs an access token', ...READ },
      [['WWW-Authenticate', `Bearer scope="notes:read", resource_metadata="${METADATA}"`]],
    ],
    [
      'invalid_token',
      { token: 'bad', body: add },
      {},
      401,
      {
        error: 'invalid_token',
        error_description: 'The access token is invalid or expired',
        ...READ,
      },
      [
        [
          'WWW-Authenticate',
          `Bearer error="invalid_token", scope="notes:read", resource_metadata="${METADATA}", error_description="The access token is invalid or expired"`,
        ],
      ],
    ],
    [
      'malformed_credentials',
      { headers: { authorization: `Bearer ${'a'.repeat(17_000)}` } },
      {},
      400,
      { error: 'invalid_request', error_description: 'The Authorization header is too long' },
      [
        [
          'WWW-Authenticate',
          `Bearer error="invalid_request", resource_metadata="${METADATA}", error_description="The Authorization header is too long"`,
        ],
      ],
    ],
  ])('%s', async (reason, call, options, status, body, headers) => {
    const decision = await refusal(call, notesGate({}, options));
    expect(decision).toMatchObject({ status, reason });
    expect(decision.headers).toEqual([...headers, ...COMMON]);
    expect(JSON.parse(decision.body)).toEqual(body);
  });

  test.each<readonly [what: string, call: Call, status: number, code: number, message: string]>([
    ['no JSON', { token: 'none', body: '{' }, 400, -32_700, 'The body is not JSON'],
    [
      'a method of no transport',
      { token: 'none', method: 'PUT', body: '{}' },
      405,
      405,
      'MCP uses POST, GET and DELETE',
    ],
    [
      'no JSON by its type',
      { token: 'none', body: '{}', headers: { 'content-type': 'text/plain' } },
      415,
      415,
      'Send application/json in UTF-8',
    ],
    [
      'too large',
      { token: 'none', body: `{"a":"${'x'.repeat(100)}"}` },
      413,
      413,
      'The body is larger than 100 bytes',
    ],
  ])('a request that cannot be evaluated: %s', async (_what, call, status, code, message) => {
    const decision = await refusal(call, notesGate({}, { bodyLimit: 100 }));
    expect(decision.status).toBe(status);
    const allow = status === 405 ? [['Allow', 'GET, POST, DELETE']] : [];
    expect(decision.headers).toEqual([...COMMON, ...allow]);
    expect(JSON.parse(decision.body)).toEqual({
      jsonrpc: '2.0',
      id: null,
      error: {
        ...{ code, message },
        data: { error: 'invalid_request', error_description: message },
      },
    });
  });

  test('a denial: OAuth has no word for it, and a call gets it as JSON-RPC', async () => {
    const denied = { error: 'forbidden', error_description: expect.any(String) as unknown };
    const call = { token: 'admin.notes', body: callTool('unknown') };
    const decision = await refusal(call, notesGate());
    expect(decision).toMatchObject({ status: 403, reason: 'denied', headers: COMMON });
    expect(JSON.parse(decision.body)).toEqual({
      jsonrpc: '2.0',
      id: 1,
      error: { code: 403, message: denied.error_description, data: denied },
    });
    const plain = await notesGate().check(request({ token: 'admin.notes' }), deny());
    expect(plain).toMatchObject({ status: 403, reason: 'denied', headers: COMMON });
    expect(plain.allowed || JSON.parse(plain.body)).toEqual(denied);
  });

  test('a login that is too old, in a call', async () => {
    const gate = notesGate({ tools: { add_note: recentLogin({ maxAge: 300 }) } });
    const decision = await refusal({ token: 'notes.read', body: add }, gate);
    const error = 'insufficient_user_authentication';
    expect(JSON.parse(decision.body)).toMatchObject({
      ...{ jsonrpc: '2.0', id: 1 },
      error: { code: 401, data: { error, max_age: 300 } },
    });
  });

  test('what fails inside of the gate, and what cannot be read', async () => {
    const gate = notesGate({}, { ...silent, allowedOrigins: [] });
    const fail = (): never => {
      throw new Error('unreadable');
    };
    // One fails at every name, the other where no caller's credential is read.
    const some = (name: string): string =>
      name === 'authorization' ? 'Bearer notes.read' : fail();
    const decide = async (one: GateRequest): Promise<Refusal> => {
      const decision = await gate.check(one, 'notes:read');
      if (decision.allowed) throw new Error('expected a refusal');
      return decision;
    };
    const internal = await decide({ method: 'GET', url: '/mcp', headers: { get: some } });
    const unreadable = await decide({ method: 'GET', url: '/mcp', headers: { get: fail } });
    expect(internal).toMatchObject({ status: 503, reason: 'internal' });
    expect(internal.headers).toEqual([['Retry-After', '5'], ...COMMON]);
    expect(JSON.parse(internal.body)).toEqual({
      error: 'temporarily_unavailable',
      error_description: 'The request cannot be checked at the moment',
    });
    expect(unreadable).toMatchObject({ status: 400, reason: 'invalid_body', headers: COMMON });
    expect(JSON.parse(unreadable.body)).toEqual({
      error: 'invalid_request',
      error_description: 'The request could not be read',
    });
  });
});
