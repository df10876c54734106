import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { createGate } from '@scopegate/core';
import { StepUpError } from '@scopegate/core/client';
import { jwtVerifier } from '@scopegate/core/jwt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { policy, scopes } from '../../notes-mcp/src/notes-server.js';
import { LEGACY, MODERN } from '../../notes-mcp/src/wires.js';
import type { Wire } from '../../notes-mcp/src/wires.js';
import { mcpV1Fetch } from '../src/mcp-sdk-v1.js';
import { mcpFetch } from '../src/mcp-sdk-v2.js';
import { apiFetch } from '../src/oauth4webapi.js';
import { openidFetch } from '../src/openid-client.js';
import { staticTokenFetch } from '../src/static-token.js';
import { callTool, createProvider, createUser, startNotes } from './support.js';
import type { User } from './support.js';

/** A connected client: calls a tool, returns its text. */
type Call = (tool: string) => Promise<string>;
interface Connected {
  readonly call: Call;
  readonly provider?: ReturnType<typeof createProvider>;
}
type Connect = (resource: string, user: User) => Promise<Connected>;

/** The note that the server starts with. */
const FIRST = 'Water the plants (mina)';

const textOf = ({ content }: { readonly [name: string]: unknown }): string =>
  (content as { text?: string }[])[0]?.text ?? '';
const argumentsOf = (tool: string): { text?: string } =>
  tool === 'add_note' ? { text: 'milk' } : {};

const v2 =
  (wire: Wire): Connect =>
  async (resource, user) => {
    const provider = createProvider(user);
    const serverUrl = new URL(resource);
    const fetch = mcpFetch({ serverUrl, provider, callback: provider.callback });
    const client = new Client({ name: 'example', version: '1.0.0' }, wire.clientOptions);
    await client.connect(new StreamableHTTPClientTransport(serverUrl, { fetch }));
    onTestFinished(() => client.close());
    const call: Call = async (name) =>
      textOf(await client.callTool({ name, arguments: argumentsOf(name) }));
    return { call, provider };
  };

const v1 =
  (offlineAccess: boolean): Connect =>
  async (resource, user) => {
    const provider = createProvider(user);
    const serverUrl = new URL(resource);
    const fetch = mcpV1Fetch({ serverUrl, provider, callback: provider.callback, offlineAccess });
    const client = new ClientV1({ name: 'example', version: '1.0.0' });
    await client.connect(new TransportV1(serverUrl, { fetch }));
    onTestFinished(() => client.close());
    expect(provider.tokens()?.refresh_token !== undefined).toBe(offlineAccess);
    const call: Call = async (name) =>
      textOf(await client.callTool({ name, arguments: argumentsOf(name) }));
    return { call, provider };
  };

const CLIENTS: Readonly<Record<string, Connect>> = {
  'MCP SDK 2, 2025-11-25': v2(LEGACY),
  'MCP SDK 2, 2026-07-28': v2(MODERN),
  'MCP SDK 1 with a refresh token': v1(true),
  'MCP SDK 1 without a refresh token': v1(false),
  async oauth4webapi(resource, { openBrowser }) {
    const fetch = apiFetch({ resource, openBrowser, allowInsecureRequests: true });
    return { call: (tool) => callTool(fetch, resource, tool) };
  },
  async 'openid-client'(resource, { openBrowser }) {
    const fetch = openidFetch({ resource, openBrowser, allowInsecureRequests: true });
    return { call: (tool) => callTool(fetch, resource, tool) };
  },
};

describe.each(Object.entries(CLIENTS))('%s', (_name, connect) => {
  test.each(['express', 'hono'] as const)(
    'on %s: login, refusal, step-up, and no scope lost: two authorizations [CS-1, CS-3, CS-7, CS-11]',
    async (framework) => {
      const { resource, notes } = await startNotes(framework);
      const user = createUser();
      const { call } = await connect(resource, user);
      expect(await call('read_notes')).toBe(FIRST);
      expect(await call('add_note')).toBe('Added: milk');
      expect(await call('read_notes')).toBe(`${FIRST}\nmilk (ray)`);
      expect(await call('add_note')).toBe('Added: milk');
      expect(user.asked).toEqual(['notes:read', 'notes:read notes:write']);
      expect(notes.runs).toEqual({ read_notes: 2, add_note: 2, admin_purge: 0 });
    },
  );

  test('a scope that the user declines: one question, a clear error, and the rest still works [CS-6, CS-8]', async () => {
    const { resource } = await startNotes('hono');
    const user = createUser();
    const { call } = await connect(resource, user);
    await call('read_notes');
    await expect(call('admin_purge')).rejects.toThrow(
      'admin_purge needs admin:notes: access_denied',
    );
    await expect(call('admin_purge')).rejects.toThrow('admin_purge needs admin:notes: nothing_new');
    expect(user.asked).toHaveLength(2);
    expect(await call('read_notes')).toBe(FIRST);
    expect(await call('add_note')).toBe('Added: milk');
    expect(user.asked).toEqual([
      'notes:read',
      expect.stringContaining('admin:notes'),
      'notes:read notes:write',
    ]);
  });
});

const MCP_CLIENTS = Object.entries(CLIENTS).filter(([name]) => name.startsWith('MCP'));

test.each(MCP_CLIENTS)(
  '%s: a token that ran out is renewed with all its scopes [CS-3, T120]',
  async (_name, connect) => {
    const { resource } = await startNotes('hono');
    const user = createUser();
    const { call, provider } = await connect(resource, user);
    await call('add_note');
    provider?.expire();
    expect(await call('add_note')).toBe('Added: milk');
    const isRefreshed = provider?.tokens()?.refresh_token !== undefined;
    const all = 'notes:read notes:write';
    expect(user.asked).toEqual(['notes:read', all, ...(isRefreshed ? [] : [all])]);
  },
);

test.each([true, false])(
  'MCP SDK 1 against challenges that name only what a tool needs, refresh token: %s [CS-3, CS-7]',
  async (hasRefreshToken) => {
    const { resource } = await startNotes('hono', (options) =>
      createGate({
        resource: options.resource,
        authorizationServers: [options.issuer],
        verifier: jwtVerifier({ issuer: options.issuer, allowInsecureLoopback: true }),
        scopes,
        initialScopes: ['notes:read'],
        policy,
        challengeScopes: 'missing',
      }),
    );
    const user = createUser();
    const { call } = await v1(hasRefreshToken)(resource, user);
    for (const tool of ['read_notes', 'add_note', 'read_notes', 'add_note']) await call(tool);
    expect(user.asked).toEqual(['notes:read', 'notes:read notes:write']);
  },
);

test('a static token: the error says what it lacks [CS-4, CS-8]', async () => {
  const { resource } = await startNotes('hono');
  const fetch = staticTokenFetch(resource, 'not-a-token');
  const failure: unknown = await callTool(fetch, resource, 'add_note').catch(
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(StepUpError);
  expect(failure).toMatchObject({ code: 'cannot_authorize', operation: { label: 'add_note' } });
});
