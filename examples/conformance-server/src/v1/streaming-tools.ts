/**
 * Tools of SDK v1 that send more than their result: progress, logs, questions to the client.
 *
 * @module
 */
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import { CreateMessageResultSchema, ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import type { ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { text } from '../fixtures.js';
import { pause } from '../pause.js';
import { DEFAULTS_SCHEMA, ENUMS_SCHEMA, USER_SCHEMA } from '../schemas.js';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

export function registerStreamingTools(server: McpServer): void {
  server.registerTool(
    'test_tool_with_progress',
    { description: 'Reports progress while it runs' },
    async ({ _meta, sendNotification }) => {
      const progressToken = _meta?.progressToken;
      for (const progress of [0, 50, 100]) {
        if (progressToken !== undefined) {
          const params = { progressToken, progress, total: 100 };
          await sendNotification({ method: 'notifications/progress', params });
        }
        if (progress < 100) await pause();
      }
      return text('Done');
    },
  );
  server.registerTool(
    'test_tool_with_logging',
    { description: 'Logs while it runs' },
    async ({ sendNotification }) => {
      const log = (data: string): Promise<void> =>
        sendNotification({ method: 'notifications/message', params: { level: 'info', data } });
      await log('Tool execution started');
      await pause();
      await log('Tool processing data');
      await pause();
      await log('Tool execution completed');
      return text('Done');
    },
  );
  server.registerTool(
    'test_sampling',
    { description: "Asks the client's model", inputSchema: { prompt: z.string() } },
    async ({ prompt }, { sendRequest }) => {
      const params = {
        messages: [{ role: 'user' as const, content: { type: 'text' as const, text: prompt } }],
        maxTokens: 100,
      };
      const { content } = await sendRequest(
        { method: 'sampling/createMessage', params },
        CreateMessageResultSchema,
      );
      return text(`LLM response: ${JSON.stringify(content)}`);
    },
  );
  server.registerTool(
    'test_elicitation',
    { description: 'Asks the user', inputSchema: { message: z.string() } },
    ({ message }, extra) => elicit(extra, message, USER_SCHEMA),
  );
  server.registerTool(
    'test_elicitation_sep1034_defaults',
    { description: 'Asks with defaults' },
    (extra) => elicit(extra, 'Please review', DEFAULTS_SCHEMA),
  );
  server.registerTool(
    'test_elicitation_sep1330_enums',
    { description: 'Asks with enumerations' },
    (extra) => elicit(extra, 'Please choose', ENUMS_SCHEMA),
  );
  server.registerTool(
    'test_reconnection',
    { description: 'Lets the stream go; the answer waits for the client to come back' },
    async ({ closeSSEStream }) => {
      closeSSEStream?.();
      await pause(100);
      return text('Answered after the reconnection');
    },
  );
}

type Form = typeof USER_SCHEMA | typeof DEFAULTS_SCHEMA | typeof ENUMS_SCHEMA;

async function elicit({ sendRequest }: Extra, message: string, requestedSchema: Form) {
  const answer = await sendRequest(
    { method: 'elicitation/create', params: { mode: 'form', message, requestedSchema } },
    ElicitResultSchema,
  );
  const content = JSON.stringify(answer.content ?? {});
  return text(`Elicitation completed: action=${answer.action}, content=${content}`);
}
