/** `errorUri`: every challenge that has an error names the page that explains it, and no other does. */
import { describe, expect, test } from 'vitest';
import {
  InsufficientScopeError,
  allOf,
  insufficientScope,
  parseChallenges,
  recentLogin,
} from '../../src/index.js';
import type { Decision, Refusal } from '../../src/index.js';
import { insufficientScopeResult } from '../../src/mcp/index.js';
import { callTool, check, header, notesGate, request } from '../support/mcp.js';

const errorUri = 'https://notes.example.com/docs/errors#oauth';
const gate = notesGate({}, { errorUri });
const write = { token: 'notes.read', body: callTool('add_note') };

function refusalOf(decision: Decision | undefined): Refusal {
  if (decision === undefined || decision.allowed) throw new Error('it was let through');
  return decision;
}

describe('a challenge with an error names the page [CH-7]', () => {
  test.each<[string, () => Promise<Decision | undefined>]>([
    ['401 for a bad token', () => check(gate, { token: 'bad' })],
    ['400 for two credentials', () => check(gate, { token: 'a, Bearer b' })],
    ['403 for missing scopes', () => check(gate, write)],
    [
      '403 at a route',
      () => gate.check(request({ token: 'notes.read', method: 'GET' }), 'notes:write'),
    ],
    [
      '401 for an old login',
      () =>
        gate.check(
          request({ token: 'notes.read', method: 'GET' }),
          allOf('notes:read', recentLogin({ maxAge: 60 })),
        ),
    ],
    [
      '403 for a thrown scope error',
      async () => {
        const asked = {
          method: 'GET',
          url: '/mcp',
          headers: new Headers({ authorization: 'Bearer notes.read' }),
        };
        const passed = await gate.check(asked);
        const auth = passed.allowed ? passed.auth : undefined;
        return gate.refuse(new InsufficientScopeError('notes:write'), asked, auth);
      },
    ],
    ['403 made by hand', async () => insufficientScope(gate, 'notes:write')],
  ])('%s', async (_what, refuse) => {
    const value = header(refusalOf(await refuse()), 'www-authenticate') ?? '';
    expect(value).toMatch(
      /^Bearer error="[^"]+", .*resource_metadata="[^"]+", .*error_description="[^"]+"$/,
    );
    const [challenge] = parseChallenges(value);
    expect(challenge?.params.get('error_uri')).toBe(errorUri);
    const names = [...(challenge?.params.keys() ?? [])];
    // Readers without a parser take the first match: what they look for comes first.
    expect(names.slice(-2)).toEqual(['error_uri', 'error_description']);
  });

  test('in the result of a tool', () => {
    const result = insufficientScopeResult(insufficientScope(gate, 'notes:write'));
    expect(result._meta?.['mcp/www_authenticate'][0]).toContain(`error_uri="${errorUri}"`);
  });
});

test('a challenge without an error names none (RFC 6750 s3.1) [AH-7]', async () => {
  const refusal = refusalOf(await check(gate, {}));
  expect(header(refusal, 'www-authenticate')).not.toContain('error');
});

test('without the option no challenge has it', async () => {
  const refusal = refusalOf(await check(notesGate(), write));
  expect(header(refusal, 'www-authenticate')).not.toContain('error_uri');
});

test.each([
  ['/docs/errors'],
  ['https://notes.example.com/"'],
  ['https://notes.example.com/ x'],
  [''],
])('at set-up, %j is no URL for it [CH-7]', (wrong) => {
  expect(() => notesGate({}, { errorUri: wrong })).toThrow(/^errorUri: /);
});
