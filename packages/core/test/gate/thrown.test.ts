/** What a scope error that a handler throws becomes: which scopes are named, and why. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InsufficientScopeError, insufficientScope, publicAccess } from '../../src/index.js';
import type { Auth, ChallengeScopes, Gate, GateRequest, Refusal } from '../../src/index.js';
import { callTool, header, notesGate, scopes } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

const MODES: readonly ChallengeScopes[] = ['revision', 'operation', 'union', 'missing'];
const gates = new Map(MODES.map((mode) => [mode, notesGate({}, { challengeScopes: mode })]));

function requestWith(token: string): GateRequest {
  const get = (name: string): string | null =>
    name === 'authorization' ? `Bearer ${token}` : null;
  return { method: 'GET', url: '/x', headers: { get } };
}

async function authFor(gate: Gate<NotesScope>, token: string): Promise<Auth | undefined> {
  const decision = await gate.authenticate(requestWith(token));
  return decision.allowed ? decision.auth : undefined;
}

async function refused(
  thrown: unknown,
  { token = 'notes.read', mode = 'operation' as ChallengeScopes } = {},
): Promise<Refusal> {
  const gate = gates.get(mode) as Gate<NotesScope>;
  const refusal = gate.refuse(thrown, requestWith(token), await authFor(gate, token));
  if (refusal === undefined) throw new Error('expected a refusal');
  return refusal;
}

function named(refusal: Refusal): string | undefined {
  return /scope="([^"]*)"/.exec(header(refusal, 'www-authenticate') ?? '')?.[1];
}

describe('which scopes a challenge names', () => {
  test.each([
    ['notes.read', ['notes:read', 'notes:write'], 'notes:write'],
    ['notes.write', ['notes:read', 'admin:notes'], 'admin:notes'],
    ['none', ['notes:read', 'notes:write'], 'notes:read notes:write'],
    // Whoever throws may know more than scopes say; an empty list would read as "any token".
    ['admin.notes', ['notes:read', 'notes:write'], 'notes:read notes:write'],
  ])('missing: %s is told of %j only %s [C403-2, C403-3]', async (token, needed, expected) => {
    const refusal = await refused(new InsufficientScopeError(needed), { token, mode: 'missing' });
    expect(named(refusal)).toBe(expected);
    expect(JSON.parse(refusal.body)).toMatchObject({ scope: expected });
    const gate = gates.get('missing') as Gate<NotesScope>;
    const auth = await authFor(gate, token);
    expect(named(insufficientScope(gate, needed as NotesScope[], { auth }))).toBe(expected);
    // Nobody in particular lacks all of them.
    expect(named(insufficientScope(gate, needed as NotesScope[]))).toBe(needed.join(' '));
  });

  test('every mode, for every token and every error [C403-2, C403-3, C403-4]', async () => {
    const implied: Readonly<Record<string, readonly string[]>> = {
      'notes:read': ['notes:read'],
      'notes:write': ['notes:read', 'notes:write'],
      'admin:notes': ['notes:read', 'notes:write', 'admin:notes'],
    };
    const some = fc.shuffledSubarray([...scopes.names]);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...MODES),
        some,
        fc.shuffledSubarray([...scopes.names], { minLength: 1 }),
        async (mode, held, needed) => {
          const token = held.length === 0 ? 'none' : held.join('+').replaceAll(':', '.');
          const refusal = await refused(new InsufficientScopeError(needed), { token, mode });
          const has = new Set(held.flatMap((scope) => implied[scope] ?? []));
          const missing = needed.filter((scope) => !has.has(scope));
          const heldInOrder = scopes.names.filter((scope) => held.includes(scope));
          const expected = {
            revision: needed,
            operation: needed,
            union: [...new Set([...needed, ...heldInOrder])],
            missing: missing.length > 0 ? missing : needed,
          }[mode];
          expect(named(refusal)).toBe(expected.join(' '));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('the description', () => {
  const OURS = 'This request needs notes:write';
  const foreign = (members: object): unknown =>
    Object.assign(new Error('secret of the log'), {
      ...{ name: 'InsufficientScopeError', requiredScopes: ['notes:write'] },
      ...members,
    });
  const described = (description: string): unknown =>
    new InsufficientScopeError('notes:write', { description });

  test.each<readonly [what: string, thrown: unknown, header: string, body?: string]>([
    ['ours, without one', new InsufficientScopeError('notes:write'), OURS],
    ['ours', described('Row 7 is locked'), 'Row 7 is locked'],
    ['ours, empty', described(''), OURS],
    ['ours, of nothing that a header holds', described('\u65e5\u672c "\n'), OURS],
    ['ours, made safe', described('a "b"\\c\n\u00e9 d'), 'a b c d', 'a "b"\\c\n\u00e9 d'],
    [
      'ours, that would speak for the challenge',
      described('x", scope="admin:notes", error="y'),
      'x , scope admin:notes , error y',
      'x", scope="admin:notes", error="y',
    ],
    ['one of another library', foreign({ description: 'Row 7' }), 'Row 7'],
    ['one that keeps it in data', foreign({ data: { description: 'Row 8' } }), 'Row 8'],
    ['one whose message is for its log', foreign({}), OURS],
    ['one whose description is no text', foreign({ description: { secret: 1 } }), OURS],
    [
      'one whose prototype describes it',
      Object.assign(Object.create({ description: 'secret' }) as object, {
        ...{ name: 'InsufficientScopeError', requiredScopes: ['notes:write'] },
      }),
      OURS,
    ],
  ])('%s [C403-1, T40]', async (_what, thrown, expected, body = expected) => {
    const refusal = await refused(thrown);
    expect(header(refusal, 'www-authenticate')).toMatch(/, error_description="[^"]*"$/);
    expect(header(refusal, 'www-authenticate')).toContain(
      `error_description="${String(expected)}"`,
    );
    expect(JSON.parse(refusal.body)).toMatchObject({ error_description: body });
    expect(JSON.stringify(refusal)).not.toContain('secret');
  });

  test('one that is too long is left out of the header, alone [C403-1]', async () => {
    const refusal = await refused(described('x'.repeat(5000)));
    const challenge = header(refusal, 'www-authenticate') ?? '';
    expect(challenge).toContain('scope="notes:write"');
    expect(challenge).not.toContain('error_description');
  });

  test('it is left out where the scopes are [C403-6, T40]', async () => {
    const thrown = new InsufficientScopeError('other', { description: 'secret' });
    const refusal = await refused(thrown);
    expect(refusal).toMatchObject({ status: 403, reason: 'denied' });
    expect(JSON.stringify(refusal)).not.toContain('secret');
    const gate = gates.get('operation') as Gate<NotesScope>;
    const known = described('secret');
    expect(gate.refuse(known, requestWith('none'))).toMatchObject({ status: 401 });
    expect(JSON.stringify(gate.refuse(known, requestWith('none')))).not.toContain('secret');
  });

  test('it is the error’s message too, and the cause is kept', () => {
    const cause = new Error('x');
    const error = new InsufficientScopeError('a', { description: 'why', cause });
    expect(error).toMatchObject({ message: 'why', description: 'why', cause });
    expect(new InsufficientScopeError('a').message).toContain('lacks one of these scopes: a');
  });
});

describe('of a public operation that was called without a token', () => {
  const gate = notesGate({ tools: { t: publicAccess() } });
  const thrown = new InsufficientScopeError('notes:write');

  async function publicCall(headers: Readonly<Record<string, string>> = {}): Promise<GateRequest> {
    const request: GateRequest = {
      ...{ method: 'POST', url: '/mcp' },
      headers: new Headers({ 'content-type': 'application/json', ...headers }),
      readBody: async () => ({ parsed: callTool('t') }),
    };
    expect(await gate.check(request)).toMatchObject({ allowed: true, auth: undefined });
    return request;
  }

  test('the answer is one to the call [C403-1]', async () => {
    const refusal = gate.refuse(thrown, await publicCall());
    expect(refusal).toMatchObject({ status: 401 });
    expect(JSON.parse(String(refusal?.body))).toMatchObject({ id: 1, error: { code: 401 } });
    expect(named(refusal as Refusal)).toBe('notes:write');
    const unknown = gate.refuse(new InsufficientScopeError('other'), await publicCall());
    expect(unknown).toMatchObject({ status: 403, reason: 'denied' });
    expect(JSON.parse(String(unknown?.body))).toMatchObject({ id: 1 });
    expect(unknown?.body).toContain('t is not allowed');
  });

  test('a token that was checked apart is told what the revision of the client needs [C403-3]', async () => {
    const auth = await authFor(gate, 'notes.read');
    const old = gate.refuse(thrown, await publicCall(), auth);
    expect(named(old as Refusal)).toBe('notes:write notes:read');
    const stateless = {
      ...{ 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 't' },
    };
    const later = gate.refuse(thrown, await publicCall(stateless), auth);
    expect(named(later as Refusal)).toBe('notes:write');
  });
});
