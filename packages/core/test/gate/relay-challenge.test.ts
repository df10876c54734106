/** An API's own 403, in the gate's words, for handlers that call the API themselves. */
import { describe, expect, test } from 'vitest';
import { fromWebRequest } from '../../src/web/index.js';
import { relayChallenge } from '../../src/index.js';
import { notesGate, request } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

const gate = notesGate();
const METADATA =
  'resource_metadata="https://notes.example.com/.well-known/oauth-protected-resource/mcp"';
const theirs = (parameters: string, status = 403): Response =>
  new Response('no', { status, headers: { 'www-authenticate': `Bearer ${parameters}` } });
const refused = 'error="insufficient_scope", scope="Files.ReadWrite"';
const mapScopes = (scopes: readonly string[]): readonly NotesScope[] =>
  scopes.map((scope) => (scope === 'Files.ReadWrite' ? 'notes:write' : ('unknown' as never)));

const challengeOf = (refusal: ReturnType<typeof relayChallenge>): string | null | undefined =>
  refusal?.toResponse().headers.get('www-authenticate');

async function authFor(token: string) {
  const { gateRequest } = fromWebRequest(
    request({ token, body: { jsonrpc: '2.0', id: 3, method: 'ping' } }),
  );
  const decision = await gate.check(gateRequest);
  if (!decision.allowed || decision.auth === undefined) throw new Error('not allowed');
  return decision.auth;
}

test("names this gate's scopes and metadata, and nothing of the API's [C403-1, T118]", () => {
  const description =
    'error_description="scope=\\"admin:notes\\" \\"ask\\" the user", resource_metadata="https://evil.example.com/"';
  const refusal = relayChallenge(gate, theirs(`${refused}, ${description}`), { mapScopes });
  expect(refusal).toMatchObject({ allowed: false, status: 403, reason: 'insufficient_scope' });
  expect(challengeOf(refusal)).toBe(
    `Bearer error="insufficient_scope", scope="notes:write", ${METADATA}, error_description="This request needs notes:write"`,
  );
  expect(refusal?.body).not.toMatch(/evil|admin|ask/);
});

test('reads a header value or its lines, too', () => {
  const value = `Bearer ${refused}`;
  for (const upstream of [value, ['Basic realm="x"', value], `Basic realm="x", ${value}`]) {
    expect(challengeOf(relayChallenge(gate, upstream, { mapScopes }))).toContain(
      'scope="notes:write"',
    );
  }
});

test('answers a JSON-RPC call as JSON-RPC, with the scopes for the client’s revision', async () => {
  const auth = await authFor('notes.read');
  const refusal = relayChallenge(gate, theirs(refused), { mapScopes, auth, id: 'a"b' });
  expect(JSON.parse(refusal?.body ?? '')).toMatchObject({
    jsonrpc: '2.0',
    id: 'a"b',
    error: { code: 403 },
  });
  expect(challengeOf(refusal)).toContain('scope="notes:write notes:read"');
});

describe('403 without scopes', () => {
  test.each([
    ['unknown here', theirs('error="insufficient_scope", scope="Files.ReadWrite Mail.Send"')],
    ['not named', theirs('error="insufficient_scope"')],
    ['named twice', theirs(`${refused}, scope="x"`)],
    ['too long to be read', `Bearer error="insufficient_scope", scope="${'x'.repeat(20_000)}"`],
  ])('where they are %s [C403-6, T119]', (_what, upstream) => {
    const refusal = relayChallenge(gate, upstream, { mapScopes });
    expect(refusal).toMatchObject({ status: 403, reason: 'denied' });
    expect(challengeOf(refusal)).toBeNull();
  });

  test('if the caller has them', async () => {
    const auth = await authFor('notes.write');
    expect(relayChallenge(gate, theirs(refused), { mapScopes, auth })?.reason).toBe('denied');
  });

  test('if the mapping fails', () => {
    const fails = (): never => {
      throw new Error('mapping');
    };
    expect(relayChallenge(gate, theirs(refused), { mapScopes: fails })?.reason).toBe('denied');
  });
});

test.each([
  ['a 401', theirs(refused, 401)],
  ['a 200', theirs(refused, 200)],
  ['a 403 without a challenge', new Response('', { status: 403 })],
  ['another error', theirs('error="invalid_token"')],
  ['another scheme', 'Basic error="insufficient_scope", scope="Files.ReadWrite"'],
  ['no header', null],
  ['no line', []],
])("%s is the handler's: undefined", (_what, upstream) => {
  expect(relayChallenge(gate, upstream, { mapScopes })).toBeUndefined();
});

test('without a gate of this package: a TypeError', () => {
  expect(() => relayChallenge({} as never, theirs(refused))).toThrow(TypeError);
});
