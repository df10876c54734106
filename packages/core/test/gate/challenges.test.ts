import { SignJWT, generateKeyPair, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import {
  InsufficientScopeError,
  allOf,
  anyOf,
  authenticated,
  createGate,
  defineScopes,
  deny,
  parseChallenges,
} from '../../src/index.js';
import type { ChallengeScopes, GateRequest, Refusal, Rule } from '../../src/index.js';
import {
  RESOURCE,
  callTool,
  check,
  header,
  notesGate,
  rpc,
  scopesAsToken,
} from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

const METADATA = 'https://notes.example.com/.well-known/oauth-protected-resource/mcp';
const STATELESS = {
  ...{ 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'add_note' },
};

describe('the bytes of a challenge', () => {
  const add = callTool('add_note');
  test.each<readonly [what: string, call: Parameters<typeof check>[1], challenge: string]>([
    ['no credentials', { body: add }, `Bearer scope="notes:read", resource_metadata="${METADATA}"`],
    [
      'a bad token',
      { token: 'bad', body: add },
      `Bearer error="invalid_token", scope="notes:read", resource_metadata="${METADATA}", ` +
        'error_description="The access token is invalid or expired"',
    ],
    [
      '2026-07-28',
      { token: 'notes.read', body: add, headers: STATELESS },
      `Bearer error="insufficient_scope", scope="notes:write", resource_metadata="${METADATA}", ` +
        'error_description="add_note needs notes:write"',
    ],
    [
      '2025-11-25',
      { token: 'notes.read', body: add, headers: { 'mcp-protocol-version': '2025-11-25' } },
      'Bearer error="insufficient_scope", scope="notes:write notes:read", ' +
        `resource_metadata="${METADATA}", error_description="add_note needs notes:write"`,
    ],
    [
      'two credentials',
      { body: add, headers: { authorization: 'Bearer a,b' } },
      `Bearer error="invalid_request", resource_metadata="${METADATA}", ` +
        'error_description="The request carries more than one credential"',
    ],
    [
      'a header that is too long to be read',
      { body: add, headers: { authorization: `Bearer ${'a'.repeat(16 * 1024)}` } },
      `Bearer error="invalid_request", resource_metadata="${METADATA}", ` +
        'error_description="The Authorization header is too long"',
    ],
  ])(
    '%s [CH-1, CH-2, CH-11, C401-2, C403-1, C403-2, C403-4, AH-7]',
    async (_what, call, expected) => {
      const gate = notesGate();
      for (const _again of [1, 2]) {
        expect(header(await check(gate, call), 'www-authenticate')).toBe(expected);
      }
    },
  );

  test.each<readonly [what: string, rule: Rule<NotesScope>, named: string]>([
    ['its scopes', 'notes:write', 'notes:write'],
    ['the initial scopes, if it needs none', authenticated(), 'notes:read'],
    ['the initial scopes, if it is not known yet', () => 'notes:write', 'notes:read'],
  ])('a route’s rule: a 401 names %s [C401-2]', async (_what, rule, expected) => {
    const request = { method: 'GET', url: '/x', headers: new Headers() };
    const decision = await notesGate().check(request, rule);
    expect(header(decision, 'www-authenticate')).toContain(`Bearer scope="${expected}", `);
  });

  test('a route’s refusal does not repeat the target', async () => {
    const headers = new Headers({ authorization: 'Bearer notes.read' });
    const request = { method: 'GET', url: '/a-path', headers };
    const lacking = await notesGate().check(request, 'notes:write');
    expect(header(lacking, 'www-authenticate')).toContain(
      'error_description="This request needs notes:write"',
    );
    expect(JSON.stringify(lacking)).not.toContain('a-path');
    const denied = await notesGate().check(request, deny());
    expect(JSON.parse((denied as Refusal).body)).toMatchObject({
      error_description: 'This request is not allowed',
    });
  });

  test('a realm comes last, before the description only [CH-8]', async () => {
    const gate = notesGate({}, { realm: 'notes' });
    expect(header(await check(gate, { body: add }), 'www-authenticate')).toBe(
      `Bearer scope="notes:read", resource_metadata="${METADATA}", realm="notes"`,
    );
  });

  test('challenge and metadata have the name that a provider wants to be asked for [C403-1, PR-5]', async () => {
    const gate = createGate({
      resource: 'https://notes.example.com/mcp',
      verifier: scopesAsToken,
      scopes: defineScopes({ read: { requestAs: 'api://notes/read' } }),
    });
    const request = { method: 'GET', url: '/x', headers: new Headers() };
    const decision = await gate.check(request, 'read');
    expect(header(decision, 'www-authenticate')).toContain('scope="api://notes/read"');
    expect(gate.metadata.document.scopes_supported).toEqual(['api://notes/read']);
  });
});

describe('which scopes a 403 names', () => {
  const modes: readonly [ChallengeScopes, old: string, stateless: string][] = [
    ['revision', 'notes:write notes:read', 'notes:write'],
    ['operation', 'notes:write', 'notes:write'],
    ['union', 'notes:write notes:read', 'notes:write notes:read'],
    ['missing', 'notes:write', 'notes:write'],
  ];
  test.each(modes)('%s [C403-3, SC-3]', async (challengeScopes, old, stateless) => {
    const gate = notesGate({}, { challengeScopes });
    const named = async (headers: Record<string, string>): Promise<string | undefined> => {
      const call = { token: 'x+notes.read', headers, body: callTool('add_note') };
      const [challenge] = parseChallenges(
        header(await check(gate, call), 'www-authenticate') ?? '',
      );
      return challenge?.params.get('scope');
    };
    expect(await named({})).toBe(old);
    expect(await named(STATELESS)).toBe(stateless);
  });

  test('missing leaves out scopes that the token has', async () => {
    const both = { tools: { t: allOf('notes:read', 'admin:notes') } };
    const call = { token: 'notes.read', body: callTool('t') };
    const scope = async (challengeScopes: ChallengeScopes): Promise<string | undefined> => {
      const decision = await check(notesGate(both, { challengeScopes }), call);
      return /scope="([^"]*)"/.exec(header(decision, 'www-authenticate') ?? '')?.[1];
    };
    expect(await scope('missing')).toBe('admin:notes');
    expect(await scope('operation')).toBe('notes:read admin:notes');
  });

  test('scope names one complete alternative, the description all of them [SC-6, T13]', async () => {
    const gate = notesGate({
      tools: { t: anyOf(allOf('notes:read', 'notes:write'), 'admin:notes') },
    });
    const challengeOf = async (token: string): Promise<string | undefined> => {
      const call = { token, headers: { ...STATELESS, 'mcp-name': 't' }, body: callTool('t') };
      return header(await check(gate, call), 'www-authenticate');
    };
    const challenge = await challengeOf('other');
    expect(challenge).toContain('scope="admin:notes"');
    expect(challenge).toContain('t needs both notes:read and notes:write, or admin:notes');
    // A caller who has a part of an alternative is asked for the rest of it.
    expect(await challengeOf('notes.read')).toContain('scope="notes:read notes:write"');
  });
});

describe('a thrown scope error', () => {
  const gate = notesGate();
  const request: GateRequest = { method: 'POST', url: '/mcp', headers: new Headers() };
  const shapes: readonly [what: string, thrown: unknown][] = [
    ['ours', new InsufficientScopeError(['notes:write'])],
    ['one by its name', { name: 'InsufficientScopeError', requiredScopes: ['notes:write'] }],
    [
      'one with data',
      { name: 'InsufficientScopeError', data: { requiredScopes: ['notes:write'] } },
    ],
  ];
  test.each(shapes)('%s: without auth a 401, with auth a 403 [C403-1]', async (_what, thrown) => {
    expect(gate.refuse(thrown, request)).toMatchObject({ status: 401 });
    const headers = new Headers({ authorization: 'Bearer notes.read' });
    const decision = await gate.authenticate({ ...request, headers });
    if (!decision.allowed) throw new Error('expected auth');
    const refusal = gate.refuse(thrown, request, decision.auth);
    expect(refusal).toMatchObject({ status: 403, reason: 'insufficient_scope' });
  });

  test.each<readonly [what: string, thrown: unknown]>([
    ['an unknown scope', new InsufficientScopeError('other')],
    ['one unknown among known', new InsufficientScopeError(['notes:read', 'other'])],
    ['no scopes', { name: 'InsufficientScopeError' }],
    ['scopes that are no list', { name: 'InsufficientScopeError', requiredScopes: 'notes:read' }],
  ])('%s: 403 that names none [C403-6, T40]', (_what, thrown) => {
    const refusal = gate.refuse(thrown, request);
    expect(refusal).toMatchObject({ status: 403, reason: 'denied' });
    expect(JSON.stringify(refusal)).not.toContain('other');
    expect(refusal?.headers.some(([name]) => name === 'WWW-Authenticate')).toBe(false);
  });

  test.each<readonly [what: string, thrown: unknown]>([
    ['another error', new Error('x')],
    ['nothing', undefined],
    ['text', 'InsufficientScopeError'],
    [
      'one whose name cannot be read',
      Object.defineProperty({}, 'name', {
        get() {
          throw new Error('x');
        },
      }),
    ],
  ])('%s is the application’s', (_what, thrown) => {
    expect(gate.refuse(thrown, request)).toBeUndefined();
  });
});

describe('metadata of a gate', () => {
  const get = (gate: ReturnType<typeof notesGate>, url: string): unknown =>
    gate.metadata.respond({ method: 'GET', url, headers: new Headers() });

  test('is served at the root too with rootAlias only [PR-11]', () => {
    const root = '/.well-known/oauth-protected-resource';
    expect(get(notesGate(), root)).toBeUndefined();
    expect(get(notesGate({}, { rootAlias: true }), root)).toMatchObject({ status: 200 });
  });

  test('carries a signature, which is given, or made once [PR-6]', async () => {
    const path = '/.well-known/oauth-protected-resource/mcp';
    let calls = 0;
    const { document } = notesGate().metadata;
    const signedMetadata = async (...given: unknown[]): Promise<string> => {
      // What it is to sign, as a plain object, and nothing else: a signer may have parameters of its own.
      expect(given).toEqual([{ ...document, iss: RESOURCE }]);
      expect(Object.getPrototypeOf(given[0])).toBe(Object.prototype);
      expect(given[0]).not.toHaveProperty('signed_metadata');
      return `jwt${++calls}`;
    };
    for (const [given, expected] of [
      ['jwt', 'jwt'],
      [signedMetadata, 'jwt1'],
    ] as const) {
      const gate = notesGate({}, { signedMetadata: given });
      for (const _again of [1, 2]) {
        const reply = (await get(gate, path)) as { body: string };
        expect(JSON.parse(reply.body)).toMatchObject({ signed_metadata: expected });
      }
    }
    expect(calls).toBe(1);
  });

  test('is signed by a library for JWTs as it stands [PR-6]', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const gate = notesGate(
      {},
      {
        signedMetadata: (claims) =>
          new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(privateKey),
      },
    );
    const reply = (await get(gate, '/.well-known/oauth-protected-resource/mcp')) as {
      body: string;
    };
    const { signed_metadata: signed, ...plain } = JSON.parse(reply.body) as Record<string, string>;
    const { payload } = await jwtVerify(signed ?? '', publicKey, { issuer: RESOURCE });
    expect(payload).toEqual({ ...plain, iss: RESOURCE });
  });
});

test.each([
  ['application/json', true],
  ['Application/JSON; charset="UTF-8"', true],
  ['application/json; charset=utf-7', false],
  ['application/json; charset=utf-16', false],
  ['application/x-www-form-urlencoded', false],
])('a body that a parser made of %s is evaluated: %s [T25, T28]', async (type, evaluated) => {
  const decision = await notesGate().check({
    ...{ method: 'POST', url: '/mcp' },
    headers: new Headers({ authorization: 'Bearer notes.read', 'content-type': type }),
    readBody: async () => ({ parsed: callTool('read_notes') }),
  });
  expect(decision).toMatchObject(evaluated ? { allowed: true } : { allowed: false, status: 415 });
});

test('authenticate and authorize decide together as decide does', async () => {
  const gate = notesGate();
  const headers = new Headers({
    authorization: 'Bearer notes.read',
    'content-type': 'application/json',
  });
  const request = (body: object): GateRequest => ({
    ...{ method: 'POST', url: '/mcp', headers },
    readBody: async () => ({ parsed: body }),
  });
  for (const body of [callTool('read_notes'), callTool('add_note'), rpc('x')]) {
    const whole = await gate.check(request(body));
    const early = await gate.authenticate(request(body));
    if (!early.allowed) throw new Error('expected auth');
    const late = await gate.authorize(early.auth, request(body));
    // The form that is prepared at set-up decides alike.
    const route = gate.route();
    const expected = { ...whole, auth: null, toResponse: null };
    for (const decision of [
      await route.check(request(body)),
      await route.authorize(early.auth, request(body)),
    ]) {
      expect({ ...decision, auth: null, toResponse: null }).toEqual(expected);
    }
    expect(await route.authorize(undefined, request(body))).toMatchObject({ status: 401 });
    expect({ ...late, auth: null, toResponse: null }).toEqual({
      ...whole,
      auth: null,
      toResponse: null,
    });
  }
});
