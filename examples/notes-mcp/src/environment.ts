/**
 * Everything the demo talks to: the authorization server and the guarded notes server.
 *
 * @module
 */

import type { RequestListener } from 'node:http';
import type { McpHttpHandler } from '@modelcontextprotocol/server';
import type { Gate } from '@scopegate/core';
import { startAuthorizationServer } from './authorization-server.js';
import { listenLocally } from './listen.js';
import { createNotesGate, createNotesMcp, scopes } from './notes-server.js';
import type { NotesGateOptions } from './notes-server.js';
import { createNotes } from './notes.js';
import type { Notes } from './notes.js';
import { createExpressApp } from './serve-express.js';
import { createHonoApp } from './serve-hono.js';

const FRAMEWORKS = {
  express: { label: 'Express', createApp: createExpressApp },
  hono: { label: 'Hono', createApp: createHonoApp },
} as const satisfies Readonly<Record<string, Binding>>;

export type Framework = keyof typeof FRAMEWORKS;

/** Puts the gate and the MCP server behind it on a framework. */
export interface Binding {
  readonly label: string;
  readonly createApp: (gate: Gate, mcp: McpHttpHandler) => RequestListener;
}

export interface EnvironmentOptions {
  readonly framework: Framework | Binding;
  /** Whether the authorization server keeps the `scope` of a registration. @default false */
  readonly freezeScopes?: boolean;
  /** Seconds since users logged in, until a request asks for a newer login. @default 0 */
  readonly loginAge?: number;
  /** Another gate in front of the same server. @default createNotesGate */
  readonly createGate?: (options: NotesGateOptions) => Gate;
}

export interface Environment {
  readonly framework: string;
  /** The URL of the MCP endpoint. */
  readonly resource: string;
  readonly issuer: string;
  readonly gate: Gate;
  /** The notes of the server, to compare with its answers. */
  readonly notes: Notes;
  close(): Promise<void>;
}

/** Starts both servers. The user `ray` does not consent to `admin:notes`; other users do. */
export async function startEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const { framework } = options;
  const { label, createApp } = typeof framework === 'string' ? FRAMEWORKS[framework] : framework;
  const http = await listenLocally();
  const resource = `${http.origin}/mcp`;
  const login = await startAuthorizationServer({
    resource,
    scopes: scopes.names,
    decline: { ray: ['admin:notes'] },
    freezeScopes: options.freezeScopes === true,
    loginAge: options.loginAge ?? 0,
  });
  const { issuer } = login;
  const gate = (options.createGate ?? createNotesGate)({ resource, issuer });
  const notes = createNotes();
  const mcp = createNotesMcp(notes);
  http.server.on('request', createApp(gate, mcp));
  return {
    framework: label,
    resource,
    issuer,
    gate,
    notes,
    async close() {
      await Promise.all([mcp.close(), http.close(), login.close()]);
    },
  };
}
