import type { McpHttpHandler } from '@modelcontextprotocol/server';

/** The notes, for whoever the gate let pass. */
export function exportNotes(reader: string | undefined): {
  readonly reader: string | undefined;
  readonly notes: readonly string[];
};

export const mcp: McpHttpHandler;
