/**
 * Tools of the session wire that ask the client back, log, or let the stream go.
 *
 * @module
 */
import type { McpServer, ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { text } from '../fixtures.js';
import { pause } from '../pause.js';
import { DEFAULTS_SCHEMA, ENUMS_SCHEMA, USER_SCHEMA } from '../schemas.js';

export function registerPushTools(server: McpServer): void {
  server.registerTool(
    'test_tool_with_logging',
    { description: 'Logs while it runs' },
    async ({ mcpReq }) => {
      await mcpReq.log('info', 'Tool execution started');
      await pause();
      await mcpReq.log('info', 'Tool processing data');
      await pause();
      await mcpReq.log('info', 'Tool execution completed');
      return text('Done');
    },
  );
  server.registerTool(
    'test_sampling',
    { description: "Asks the client's model", inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, { mcpReq }) => {
      const { content } = await mcpReq.requestSampling({
        messages: [{ role: 'user', content: { type: 'text', text: prompt } }],
        maxTokens: 100,
      });
      return text(`LLM response: ${JSON.stringify(content)}`);
    },
  );
  server.registerTool(
    'test_elicitation',
    { description: 'Asks the user', inputSchema: z.object({ message: z.string() }) },
    ({ message }, context) => elicit(context, message, USER_SCHEMA),
  );
  server.registerTool(
    'test_elicitation_sep1034_defaults',
    { description: 'Asks with defaults' },
    (context) => elicit(context, 'Please review', DEFAULTS_SCHEMA),
  );
  server.registerTool(
    'test_elicitation_sep1330_enums',
    { description: 'Asks with enumerations' },
    (context) => elicit(context, 'Please choose', ENUMS_SCHEMA),
  );
  server.registerTool(
    'test_reconnection',
    { description: 'Lets the stream go; the answer waits for the client to come back' },
    async ({ http }) => {
      http?.closeSSE?.();
      await pause(100);
      return text('Answered after the reconnection');
    },
  );
}

type Form = typeof USER_SCHEMA | typeof DEFAULTS_SCHEMA | typeof ENUMS_SCHEMA;

async function elicit({ mcpReq }: ServerContext, message: string, requestedSchema: Form) {
  const answer = await mcpReq.elicitInput({ message, requestedSchema });
  const content = JSON.stringify(answer.content ?? {});
  return text(`Elicitation completed: action=${answer.action}, content=${content}`);
}
