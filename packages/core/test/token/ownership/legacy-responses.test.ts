/** Responses of clients of the transport before 2025-03-26, whose session is in the query. */
import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../src/index.js';
import { ownedId } from '../../../src/token/ownership/index.js';
import { rpc } from '../../support/mcp.js';
import { ANN, BOB, NOBODY, NOT_FOUND, authOf, ownGate, toRequest } from './support.js';

const gate = ownGate();

const BODIES: readonly (readonly [string, object])[] = [
  ['a result', { jsonrpc: '2.0', id: 7, result: { action: 'accept', content: {} } }],
  ['an error', { jsonrpc: '2.0', id: 7, error: { code: 1, message: '' } }],
  ['a request with a result', { ...rpc('ping'), result: {} }],
];

/** Sends a body of Bob, or of another, with what `OWN` and `FOREIGN` stand for. */
async function ask(body: object, query: string, headers = {}, token = BOB): Promise<Decision> {
  const [own = '', foreign = ''] = await Promise.all(
    [BOB, ANN].map(async (who) => ownedId(gate, await authOf(gate, who), { kind: 'session' })),
  );
  const fill = (text: string): string => text.replace('OWN', own).replace('FOREIGN', foreign);
  const filled = Object.entries<string>(headers).map(([name, value]) => [name, fill(value)]);
  const sent = toRequest({ token, body, headers: Object.fromEntries(filled) as object as never });
  return gate.check(new Request(`${sent.url}?${fill(query)}`, sent));
}

describe.each(BODIES)('%s', (_what, body) => {
  test('is let through in the own session [HO-12, T154]', async () => {
    expect(await ask(body, 'sessionId=OWN')).toMatchObject({ allowed: true });
    expect(await ask(body, 'session_id=OWN', { 'mcp-session-id': 'OWN' })).toMatchObject({
      allowed: true,
    });
  });

  test.each<[string, object?, string?]>([
    ['other=OWN'],
    ['sessionId='],
    ['sessionId=FOREIGN'],
    ['sessionId=OWN&sessionId=FOREIGN'],
    ['sessionId=OWN', { 'mcp-session-id': 'FOREIGN' }],
    ['sessionId=FOREIGN', { 'mcp-session-id': 'OWN' }],
    ['sessionId=OWN', {}, NOBODY],
  ])('is unknown elsewhere: %s %j [HO-12, T154]', async (query, headers, token) => {
    expect(await ask(body, query, headers, token)).toMatchObject(NOT_FOUND);
  });
});
