/**
 * The two wires of MCP: how the official client opens them, and how one call looks without it.
 *
 * @module
 */

import type { ClientOptions } from '@modelcontextprotocol/client';

export interface Wire {
  readonly revision: '2025-11-25' | '2026-07-28';
  readonly clientOptions: ClientOptions;
  /** What the official client asks first. */
  readonly greeting: 'initialize' | 'server/discover';
  /** What it does once that was answered. */
  readonly afterGreeting: readonly string[];
  /** `scope` of a 403: up to 2025-11-25 a server repeats there what the token has. */
  challengeScope(needed: string, granted: string): string;
  /** A tool call as plain HTTP, without a handshake in front of it. */
  request(tool: string, args: Readonly<Record<string, unknown>>): WireRequest;
}

export interface WireRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const JSON_HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

export const LEGACY: Wire = {
  revision: '2025-11-25',
  clientOptions: {},
  greeting: 'initialize',
  // The GET asks for a stream of the server's own messages; one without sessions has none.
  afterGreeting: ['POST /mcp notifications/initialized 202', 'GET /mcp 405'],
  challengeScope: (needed, granted) => `${needed} ${granted}`,
  request: (name, args) => ({
    headers: { ...JSON_HEADERS, 'mcp-protocol-version': '2025-11-25' },
    body: toolCall(name, args),
  }),
};

export const MODERN: Wire = {
  revision: '2026-07-28',
  clientOptions: { versionNegotiation: { mode: 'auto' } },
  greeting: 'server/discover',
  afterGreeting: [],
  challengeScope: (needed) => needed,
  request: (name, args) => ({
    headers: {
      ...JSON_HEADERS,
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': name,
    },
    body: toolCall(name, args, {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'notes-demo', version: '1.0.0' },
      'io.modelcontextprotocol/clientCapabilities': {},
    }),
  }),
};

function toolCall(
  name: string,
  args: Readonly<Record<string, unknown>>,
  meta?: Readonly<Record<string, unknown>>,
): string {
  const params = { name, arguments: args, ...(meta && { _meta: meta }) };
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
}
