/**
 * The notes MCP server: scopes, who needs which, the gate, and three tools that know nothing of it.
 * How it is bound to a framework: `serve-express.ts` or `serve-hono.ts`.
 *
 * @module
 */

import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
import type { McpHttpHandler } from '@modelcontextprotocol/server';
import { createGate, defineScopes } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import { mcpPolicy } from '@scopegate/core/mcp';
import { z } from 'zod';
import type { Notes } from './notes.js';

export const scopes = defineScopes({
  'notes:read': { description: 'Read notes' },
  'notes:write': { description: 'Add and change notes', implies: ['notes:read'] },
  'admin:notes': { description: 'Purge notes', implies: ['notes:write'] },
});

export const policy = mcpPolicy(scopes, {
  tools: { read_notes: 'notes:read', add_note: 'notes:write', admin_purge: 'admin:notes' },
});

export interface NotesGateOptions {
  /** The URL of the MCP endpoint, as clients type it. */
  readonly resource: string;
  readonly issuer: string;
}

export function createNotesGate({ resource, issuer }: NotesGateOptions) {
  return createGate({
    resource,
    authorizationServers: [issuer],
    verifier: jwtVerifier({ issuer, allowInsecureLoopback: true }),
    scopes,
    initialScopes: ['notes:read'],
    policy,
  });
}

/** Serves both wires: sessionless 2025-11-25 and 2026-07-28. */
export function createNotesMcp(notes: Notes): McpHttpHandler {
  return createMcpHandler(() => {
    const server = new McpServer({ name: 'notes', version: '1.0.0' });

    server.registerTool(
      'read_notes',
      { description: 'Read all notes', annotations: { readOnlyHint: true } },
      () => text(notes.read().map((note) => `${note.text} (${note.by})`)),
    );

    server.registerTool(
      'add_note',
      {
        description: 'Add a note',
        inputSchema: z.object({ text: z.string() }),
        annotations: { readOnlyHint: false, destructiveHint: false },
      },
      (note, { http }) => {
        // `authInfo` is what the gate verified: the SDK's transports hand it through.
        notes.add({ text: note.text, by: String(http?.authInfo?.extra?.['sub']) });
        return text([`Added: ${note.text}`]);
      },
    );

    server.registerTool(
      'admin_purge',
      {
        description: 'Remove all notes',
        annotations: { readOnlyHint: false, destructiveHint: true },
      },
      () => text([`Removed ${notes.purge()} notes`]),
    );

    return server;
  });
}

function text(lines: readonly string[]): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text: lines.join('\n') }] };
}
