/** The result of a tool that is made of a refusal: its text, and challenges as hosts want them. */
import { describe, expect, test } from 'vitest';
import { createGate, insufficientScope } from '../../src/index.js';
import type { Refusal } from '../../src/index.js';
import { insufficientScopeResult } from '../../src/mcp/index.js';
import { RESOURCE, check, header, notesGate } from '../support/mcp.js';

const gate = notesGate();
const METADATA = `resource_metadata="${gate.metadata.url}"`;

function challengesOf(refusal: Refusal): readonly string[] | undefined {
  return insufficientScopeResult(refusal)._meta?.['mcp/www_authenticate'];
}

test('the text is that of the refusal, and the status where it has none', () => {
  const refusal = insufficientScope(gate, 'notes:write', { description: 'Ask the owner' });
  expect(insufficientScopeResult(refusal).content).toEqual([
    { type: 'text', text: 'Ask the owner' },
  ]);
  for (const body of ['', '{}', '{"error_description":1}', '{"error":{"message":["x"]}}']) {
    expect(insufficientScopeResult({ ...refusal, body }).content).toEqual([
      { type: 'text', text: 'The call was refused (403)' },
    ]);
  }
});

test('a challenge with an error and a description is that of the refusal, to the byte [IB-1]', () => {
  const refusal = insufficientScope(gate, 'notes:write', { description: 'Ask the owner' });
  expect(challengesOf(refusal)).toEqual([header(refusal, 'www-authenticate')]);
});

describe('a challenge that is too long for its description gets it back, for it is no header here', () => {
  const scopes = Array.from({ length: 200 }, (_, index) => `notes:${'x'.repeat(20)}${index}`);
  const wide = createGate({ resource: RESOURCE, verifier: () => undefined, scopes });
  const description = 'All of them, please: '.padEnd(300, 'x');

  test('with its scopes', () => {
    const some = scopes.slice(0, 135);
    const refusal = insufficientScope(wide, some, { description });
    expect(header(refusal, 'www-authenticate')).not.toContain('error_description');
    expect(challengesOf(refusal)).toEqual([
      `Bearer error="insufficient_scope", scope="${some.join(' ')}", ${METADATA}, error_description="${description}"`,
    ]);
  });

  test('without scopes, where there was no place for them', () => {
    const refusal = insufficientScope(wide, scopes, { description });
    expect(header(refusal, 'www-authenticate')).not.toContain('scope=');
    expect(challengesOf(refusal)).toEqual([
      `Bearer error="insufficient_scope", ${METADATA}, error_description="${description}"`,
    ]);
  });
});

describe('a refusal that code of the application changed', () => {
  const refusal = insufficientScope(gate, 'notes:write');
  const asked = { scopes: ['notes:write'], resourceMetadata: gate.metadata.url };
  const withChallenge = (value: string, challenge: Refusal['challenge']): Refusal => ({
    ...refusal,
    headers: [['WWW-Authenticate', value]],
    challenge,
  });

  test('keeps a challenge of which nothing is known', () => {
    const value = 'Negotiate a87421000492aa874209af8bc028';
    expect(challengesOf(withChallenge(value, undefined))).toEqual([value]);
  });

  test.each([
    ['neither', {}, 'insufficient_scope', 'This request needs notes:write'],
    ['no description', { error: 'x' }, 'x', 'This request needs notes:write'],
    ['no error', { description: 'y' }, 'insufficient_scope', 'y'],
  ])('that has %s gets both', (_what, has, error, description) => {
    expect(challengesOf(withChallenge('Bearer', { ...asked, ...has }))).toEqual([
      `Bearer error="${error}", scope="notes:write", ${METADATA}, error_description="${description}"`,
    ]);
  });

  test.each([
    ['Bearer realm="a", DPoP algs="ES256 PS256"', 'Bearer', ', DPoP algs="ES256 PS256"'],
    ['DPoP realm="a", algs="ES256"', 'DPoP', ', algs="ES256"'],
    // A text that looks like an offer is none.
    ['Bearer realm="a, algs=", DPoP algs="ES256"', 'Bearer', ', DPoP algs="ES256"'],
    ['Bearer realm="a, DPoP algs=", charset="b"', 'Bearer', ''],
  ])('still offers DPoP if it did: %s', (value, scheme, offer) => {
    expect(challengesOf(withChallenge(value, asked))).toEqual([
      `${scheme} error="insufficient_scope", scope="notes:write", ${METADATA}, error_description="This request needs notes:write"${offer}`,
    ]);
  });
});

test('a 401 for no token names an error, too [IB-3]', async () => {
  const decision = await check(gate, {});
  if (decision.allowed) throw new Error('expected a refusal');
  expect(challengesOf(decision)).toEqual([
    `Bearer error="insufficient_scope", scope="notes:read", ${METADATA}, error_description="This resource needs an access token"`,
  ]);
});

test('a refusal without a challenge makes none [C403-6]', () => {
  const refusal = insufficientScope(gate, []);
  expect(insufficientScopeResult(refusal)).toEqual({
    isError: true,
    content: [{ type: 'text', text: 'This request is not allowed' }],
  });
});
