/**
 * The same MCP server on both generations of the SDK, with three tools that record when they run.
 *
 * @module
 */
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
import type { McpHttpHandler } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Run } from '../../../core/test/support/notes-gates.js';

export { toNodeHandler } from '@modelcontextprotocol/node';

const DONE = { content: [{ type: 'text' as const, text: 'done' }] };

/** v2: both wires, a server for each request. */
export function notesMcp(runs: Run[]): McpHttpHandler {
  return createMcpHandler(() => {
    const server = new McpServer({ name: 'notes', version: '1.0.0' });
    const run = (tool: string, args: unknown, auth: unknown): typeof DONE => {
      runs.push({ tool, args, auth });
      return DONE;
    };
    server.registerTool('read_notes', {}, ({ http }) => run('read_notes', {}, http?.authInfo));
    server.registerTool(
      'add_note',
      { inputSchema: z.object({ text: z.string() }) },
      (args, { http }) => run('add_note', args, http?.authInfo),
    );
    server.registerTool('admin_purge', {}, ({ http }) => run('admin_purge', {}, http?.authInfo));
    return server;
  });
}

/** v1: connect a transport to it. */
export function notesServerV1(runs: Run[]): McpServerV1 {
  const server = new McpServerV1({ name: 'notes', version: '1.0.0' });
  const run = (tool: string, args: unknown, auth: unknown): typeof DONE => {
    runs.push({ tool, args, auth });
    return DONE;
  };
  server.registerTool('read_notes', {}, ({ authInfo }) => run('read_notes', {}, authInfo));
  server.registerTool('add_note', { inputSchema: { text: z.string() } }, (args, { authInfo }) =>
    run('add_note', args, authInfo),
  );
  server.registerTool('admin_purge', {}, ({ authInfo }) => run('admin_purge', {}, authInfo));
  return server;
}
