/** Every server of the examples, started as its README says, from outside. */
import { readFile } from 'node:fs/promises';
import { listenTestIssuer } from '@scopegate/testing';
import type { ListeningTestIssuer } from '@scopegate/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VERSIONS, findRuntime } from '../../../scripts/find-runtime.mjs';
import { freePort, startExample } from './start-example.js';
import type { Running } from './start-example.js';

const RUNTIMES: Readonly<Record<string, 'bun' | 'deno'>> = { bun: 'bun', deno: 'deno' };

describe.each([
  'express',
  'fastify',
  'hono-node',
  'hono-workers',
  'koa',
  'nest',
  'next-route-handler',
  'deno',
  'bun',
])('the example %s', (name) => {
  let issuer: ListeningTestIssuer;
  let running: Running | undefined;
  let missing: string | undefined;

  beforeAll(async () => {
    const port = await freePort();
    issuer = await listenTestIssuer({ resource: `http://localhost:${port}/mcp` });
    const runtime = RUNTIMES[name];
    const programs: Record<string, string> = {};
    if (runtime !== undefined) {
      const found = findRuntime(runtime, VERSIONS[runtime]);
      await found.then(
        (path) => (programs[runtime] = path),
        (error: Error) => (missing = error.message),
      );
    }
    if (missing !== undefined) return;
    running = await startExample(name, { PORT: String(port), ISSUER: issuer.issuer }, programs);
    // A runtime may have to be downloaded.
  }, 180_000);
  afterAll(async () => {
    await running?.stop();
    await issuer.close();
  });

  /** Calls a tool, and returns the status, the challenge and the text of the answer. */
  async function call(tool: string, scopes?: readonly string[]) {
    return ask(issuer.resource, scopes, {
      method: 'POST',
      body: JSON.stringify({
        ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
        params: { name: tool, arguments: { text: 'Feed the cat' } },
      }),
    });
  }

  async function ask(url: string, scopes: readonly string[] | undefined, init: RequestInit = {}) {
    const token = scopes && (await issuer.mintToken({ scopes, subject: 'ray' }));
    const response = await fetch(url, {
      ...init,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
    });
    const challenge = response.headers.get('www-authenticate');
    return { status: response.status, challenge, text: await response.text() };
  }

  test('refuses, allows, and says where tokens come from', async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    expect(running?.url).toBe(issuer.resource);
    const { origin } = new URL(issuer.resource);
    const metadata = `${origin}/.well-known/oauth-protected-resource/mcp`;
    const document: unknown = await (await fetch(metadata)).json();
    expect(document).toMatchObject({
      resource: issuer.resource,
      authorization_servers: [issuer.issuer],
      scopes_supported: ['notes:read'],
    });

    expect(await call('read_notes')).toMatchObject({
      status: 401,
      challenge: `Bearer scope="notes:read", resource_metadata="${metadata}"`,
    });
    const readme = await readFile(new URL(`../${name}/README.md`, import.meta.url), 'utf8');
    const shown = metadata.replace(/:\d+/, ':3000');
    expect(readme).toContain(
      `WWW-Authenticate: Bearer scope="notes:read", resource_metadata="${shown}"\n`,
    );
    const read = await call('read_notes', ['notes:read']);
    expect(read).toMatchObject({ status: 200, challenge: null });
    expect(read.text).toContain('Water the plants');
    const refused = await call('add_note', ['notes:read']);
    expect(refused.status).toBe(403);
    expect(refused.challenge).toContain(
      'error="insufficient_scope", scope="notes:write notes:read"',
    );
    // What was refused did not run.
    expect((await call('read_notes', ['notes:read'])).text).not.toContain('Feed the cat');
    expect((await call('add_note', ['notes:write'])).text).toContain('Added for ray');
    expect((await call('read_notes', ['notes:read'])).text).toContain('Feed the cat');
    // What no rule names is denied, whatever the token may do.
    expect((await call('drop_tables', ['admin:notes'])).status).toBe(403);

    const exported = `${origin}/export`;
    expect(await ask(exported, undefined)).toMatchObject({ status: 401 });
    expect(await ask(exported, [])).toMatchObject({ status: 403 });
    const whole = await ask(exported, ['notes:write']);
    expect(whole.status).toBe(200);
    expect(JSON.parse(whole.text)).toMatchObject({ reader: 'ray' });
  });
});
