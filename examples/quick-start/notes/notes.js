/** What the examples guard: an MCP server and a function, neither of which knows of scopes. */
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
import { z } from 'zod';

const notes = ['Water the plants'];

/** @type {typeof import('@scopegate/example-notes').exportNotes} */
export const exportNotes = (reader) => ({ reader, notes });

export const mcp = createMcpHandler(() => {
  const server = new McpServer({ name: 'notes', version: '1.0.0' });
  server.registerTool('read_notes', { description: 'Read all notes' }, () =>
    text(notes.join('\n')),
  );
  server.registerTool(
    'add_note',
    { description: 'Add a note', inputSchema: z.object({ text: z.string() }) },
    (note, { http }) => {
      notes.push(note.text);
      return text(`Added for ${String(http?.authInfo?.extra?.['sub'])}`); // what the gate verified
    },
  );
  server.registerTool('admin_purge', { description: 'Remove all notes' }, () => {
    notes.length = 0;
    return text('Removed all notes');
  });
  return server;
});

/** @param {string} value @returns {{ content: { type: 'text', text: string }[] }} */
function text(value) {
  return { content: [{ type: 'text', text: value }] };
}
