/** Two resources in one application: a token is for one of them. */
import { readFile } from 'node:fs/promises';
import { listenTestIssuer } from '@scopegate/testing';
import { expect, test } from 'vitest';
import { freePort, startExample } from './start-example.js';

test('each has metadata of its own, and takes no token of the other', async () => {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const issuer = await listenTestIssuer({ resource: `${origin}/notes` });
  const server = await startExample('several-resources', {
    ...{ PORT: String(port), ISSUER: issuer.issuer },
  });
  const get = async (path: string, token?: string, method = 'GET') => {
    const headers: HeadersInit = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(`${origin}${path}`, { method, headers });
    return { status: response.status, challenge: response.headers.get('www-authenticate') };
  };
  try {
    for (const [path, scope] of [
      ['/notes', 'notes:read'],
      ['/calendar', 'calendar:read'],
    ] as const) {
      const metadata = `${origin}/.well-known/oauth-protected-resource${path}`;
      expect(await (await fetch(metadata)).json()).toMatchObject({
        resource: `${origin}${path}`,
        scopes_supported: [scope],
      });
      expect(await get(path)).toEqual({
        status: 401,
        challenge: `Bearer scope="${scope}", resource_metadata="${metadata}"`,
      });
    }
    const readme = new URL('../several-resources/README.md', import.meta.url);
    const { challenge } = await get('/calendar');
    expect(await readFile(readme, 'utf8')).toContain(challenge?.replace(`:${port}`, ':3000'));
    const all = ['notes:read', 'notes:write', 'calendar:read'];
    const notes = await issuer.mintToken({ scopes: all });
    expect((await get('/notes', notes)).status).toBe(200);
    expect((await get('/notes', notes, 'POST')).status).toBe(201);
    // Its scopes would do; it was issued for another resource (RFC 8707).
    expect(await get('/calendar', notes)).toMatchObject({
      status: 401,
      challenge: expect.stringContaining('error="invalid_token"') as string,
    });
    const calendar = await issuer.mintToken({ scopes: all, audience: `${origin}/calendar` });
    expect((await get('/calendar', calendar)).status).toBe(200);
    expect((await get('/notes', calendar)).status).toBe(401);
    const reader = await issuer.mintToken({ scopes: ['notes:read'] });
    expect((await get('/notes', reader, 'POST')).status).toBe(403);
  } finally {
    await server.stop();
    await issuer.close();
  }
});
