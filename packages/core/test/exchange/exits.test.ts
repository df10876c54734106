/** One missing consent, by every exit of a server: the same scopes of the gate, and nothing of the API. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { authenticated } from '../../src/index.js';
import type { Auth } from '../../src/index.js';
import { guardPrompt, guardTool, insufficientScopeResult } from '../../src/mcp/index.js';
import { RESOURCE, startHops } from './support.js';
import type { Scope, Hops } from './support.js';

let hops: Hops;
let auth: Auth<Scope>;
beforeEach(async () => {
  hops = await startHops();
  auth = await hops.login(['notes:read']);
  hops.api.answer = (_, response) =>
    response
      .writeHead(403, {
        'www-authenticate': 'Bearer error="insufficient_scope", scope="api.write"',
      })
      .end();
});
afterEach(() => hops.close());

const write = (): Promise<Response> => hops.upstream().fetch(auth, '/notes', { method: 'POST' });

describe('missing consent leaves', () => {
  test('as the 403 of a route and of gate.fetch [TE-12]', async () => {
    const headers = { authorization: `Bearer ${auth.token}` };
    const handler = hops.gate.fetch(write, authenticated());
    const response = await handler(new Request(RESOURCE, { headers }));
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toContain('scope="notes:write"');
  });

  test('in band, as the result of a tool [TE-12]', async () => {
    const tool = guardTool(
      hops.gate,
      authenticated(),
      async (_context: unknown) => ({ content: [(await write()).status] }),
      {
        challengeStyle: 'in-band',
      },
    );
    const result = await tool({ http: { authInfo: auth } });
    expect(result).toMatchObject({
      isError: true,
      _meta: { 'mcp/www_authenticate': [expect.stringContaining('scope="notes:write ')] },
    });
    expect(JSON.stringify(result)).not.toContain('api.write');
  });

  test('as the error of a prompt [TE-12]', async () => {
    const prompt = guardPrompt(
      hops.gate,
      authenticated(),
      async (_context: unknown) => (await write()).statusText,
    );
    await expect(prompt({ http: { authInfo: auth } })).rejects.toMatchObject({
      ...{ code: 403, data: { error: 'insufficient_scope' } },
    });
  });

  test('as a value, by hand [TE-12]', async () => {
    const thrown: unknown = await write().catch((error: unknown) => error);
    const request = { method: 'POST', url: '/mcp', headers: new Headers() };
    const refusal = hops.gate.refuse(thrown, request, auth);
    expect(refusal?.challenge?.scopes).toEqual(['notes:write']);
    expect(refusal && insufficientScopeResult(refusal)).toMatchObject({ isError: true });
  });
});
