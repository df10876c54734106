import { describe, expect, test } from 'vitest';
import { allOf, createGate, parseChallenges, recentLogin } from '../../src/index.js';
import type { Refusal } from '../../src/index.js';
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
