/** The Lambda handler, called with events in the form that function URLs and HTTP APIs send. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { listenTestIssuer } from '@scopegate/testing';
import type { ListeningTestIssuer } from '@scopegate/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

interface Event {
  readonly headers: Readonly<Record<string, string>>;
  readonly [name: string]: unknown;
}

interface Result {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

const RESOURCE = 'https://notes.example.com/mcp';
const METADATA = 'https://notes.example.com/.well-known/oauth-protected-resource/mcp';
const folder = fileURLToPath(new URL('../lambda/', import.meta.url));

let issuer: ListeningTestIssuer;
let handler: (event: Event) => Promise<Result>;

beforeAll(async () => {
  issuer = await listenTestIssuer({ resource: RESOURCE });
  process.env['ISSUER'] = issuer.issuer;
  ({ handler } = (await import('../lambda/index.js')) as unknown as {
    handler: typeof handler;
  });
});
afterAll(async () => {
  delete process.env['ISSUER'];
  await issuer.close();
});

describe.each(['function-url', 'api-gateway-v2'])('the event of %s', (name) => {
  async function invoke(change: object, scopes?: readonly string[]): Promise<Result> {
    const event = JSON.parse(await readFile(`${folder}events/${name}.json`, 'utf8')) as Event;
    const token = scopes && (await issuer.mintToken({ scopes, subject: 'ray' }));
    const credentials = token === undefined ? [] : [['authorization', `Bearer ${token}`] as const];
    const headers = Object.fromEntries([...Object.entries(event.headers), ...credentials]);
    const result = await handler({ ...event, ...change, headers });
    const encoding = result.isBase64Encoded ? 'base64' : 'utf8';
    return { ...result, body: Buffer.from(result.body, encoding).toString() };
  }

  const call = (tool: string) => ({
    body: JSON.stringify({
      ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
      params: { name: tool, arguments: { text: 'Feed the cat' } },
    }),
    isBase64Encoded: false,
  });

  const get = (path: string) => ({
    rawPath: path,
    body: undefined,
    isBase64Encoded: false,
    requestContext: { http: { method: 'GET', path }, domainName: 'notes.example.com' },
  });

  test('is refused without a token', async () => {
    const { statusCode, headers } = await invoke({});
    expect(statusCode).toBe(401);
    expect(headers['www-authenticate']).toBe(
      `Bearer scope="notes:read", resource_metadata="${METADATA}"`,
    );
    const readme = await readFile(`${folder}README.md`, 'utf8');
    expect(readme).toContain(`WWW-Authenticate: ${headers['www-authenticate']}\n`);
  });

  test('is decided by its body, plain or in base64', async () => {
    const read = await invoke({}, ['notes:read']);
    expect([read.statusCode, read.body]).toEqual([
      200,
      expect.stringContaining('Water the plants'),
    ]);
    const refused = await invoke(call('add_note'), ['notes:read']);
    expect(refused.statusCode).toBe(403);
    expect(refused.headers['www-authenticate']).toContain('error="insufficient_scope"');
    const encoded = Buffer.from(call('admin_purge').body).toString('base64');
    const purge = { body: encoded, isBase64Encoded: true };
    expect((await invoke(purge, ['notes:write'])).statusCode).toBe(403);
    const added = await invoke(call('add_note'), ['notes:write']);
    expect([added.statusCode, added.body]).toEqual([200, expect.stringContaining('Added for ray')]);
  });

  test('reaches the metadata and the route beside it', async () => {
    const metadata = await invoke(get('/.well-known/oauth-protected-resource/mcp'));
    expect(JSON.parse(metadata.body)).toMatchObject({ resource: RESOURCE });
    expect((await invoke(get('/export'))).statusCode).toBe(401);
    const exported = await invoke(get('/export'), ['notes:read']);
    expect(JSON.parse(exported.body)).toMatchObject({ reader: 'ray' });
  });
});

test('its command prints both answers', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [`${folder}main.js`]);
  expect(stdout).toContain('function-url: 401');
  expect(stdout).toContain('api-gateway-v2: 401');
});
