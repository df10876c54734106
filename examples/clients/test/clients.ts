/**
 * Clients of every kind, connected to a notes server.
 *
 * @module
 */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect, onTestFinished } from 'vitest';
import { LEGACY, MODERN } from '../../notes-mcp/src/wires.js';
import type { Wire } from '../../notes-mcp/src/wires.js';
import { mcpV1Fetch } from '../src/mcp-sdk-v1.js';
import { mcpFetch } from '../src/mcp-sdk-v2.js';
import { apiFetch } from '../src/oauth4webapi.js';
import { openidFetch } from '../src/openid-client.js';
import { connectMcpRemote } from './mcp-remote.js';
import { argumentsOf, callTool, createProvider, textOf } from './support.js';
import type { User } from './support.js';

/** A connected client. */
export interface Connected {
  /** Calls a tool, returns its text. */
  readonly call: (tool: string) => Promise<string>;
  readonly provider?: ReturnType<typeof createProvider>;
}
export type Connect = (resource: string, user: User) => Promise<Connected>;

const v2 =
  (wire: Wire): Connect =>
  async (resource, user) => {
    const provider = createProvider(user);
    const serverUrl = new URL(resource);
    const fetch = mcpFetch({ serverUrl, provider, callback: provider.callback });
    const client = new Client({ name: 'example', version: '1.0.0' }, wire.clientOptions);
    await client.connect(new StreamableHTTPClientTransport(serverUrl, { fetch }));
    onTestFinished(() => client.close());
    return { call: (name) => callWith(client, name), provider };
  };

export const v1 =
  (offlineAccess: boolean): Connect =>
  async (resource, user) => {
    const provider = createProvider(user);
    const serverUrl = new URL(resource);
    const fetch = mcpV1Fetch({ serverUrl, provider, callback: provider.callback, offlineAccess });
    const client = new ClientV1({ name: 'example', version: '1.0.0' });
    await client.connect(new TransportV1(serverUrl, { fetch }));
    onTestFinished(() => client.close());
    expect(provider.tokens()?.refresh_token !== undefined).toBe(offlineAccess);
    return { call: (name) => callWith(client, name), provider };
  };

/** The recipes of this example, whose OAuth or whose wire is a library's. */
export const CLIENTS: Readonly<Record<string, Connect>> = {
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

/** With nothing of ours in it: what the gate says is enough for a client that knows step-up. */
export const MCP_REMOTE: Readonly<Record<string, Connect>> = {
  async 'mcp-remote'(resource, user) {
    const client = await connectMcpRemote(resource, user);
    return { call: (name) => callWith(client, name) };
  },
};

interface ToolCaller {
  callTool(params: { name: string; arguments: { text?: string } }): Promise<{
    readonly [name: string]: unknown;
  }>;
}

async function callWith(client: ToolCaller, name: string): Promise<string> {
  return textOf(await client.callTool({ name, arguments: argumentsOf(name) }));
}
