/**
 * Tools that `server-stateless` (SEP-2575) uses to look at the server from outside.
 *
 * @module
 */
import { inputRequired } from '@modelcontextprotocol/server';
import type { McpServer, ServerEventBus } from '@modelcontextprotocol/server';
import { text } from '../fixtures.js';
import { oneField } from '../schemas.js';
import { sample } from './input-required.js';

export function registerProbes(server: McpServer, bus: ServerEventBus): void {
  // The SDK refuses to ask a client what it did not say it can answer (-32021).
  server.registerTool(
    'test_missing_capability',
    { description: 'Needs a client that samples' },
    () => inputRequired({ inputRequests: { answer: sample('Anything?', 10) } }),
  );
  server.registerTool(
    'test_streaming_elicitation',
    { description: 'Needs input of the user, and asks for it in its result' },
    () =>
      inputRequired({
        inputRequests: {
          answer: inputRequired.elicit({
            message: 'What is the answer?',
            requestedSchema: oneField('answer', 'string'),
          }),
        },
      }),
  );
  server.registerTool(
    'test_logging_tool',
    { description: 'Logs, if the request asked for logs' },
    async ({ mcpReq }) => {
      await mcpReq.log('info', 'A log message');
      return text('Logged');
    },
  );
  server.registerTool(
    'test_trigger_tool_change',
    { description: 'Says that the list of tools changed' },
    () => {
      bus.publish({ kind: 'tools_list_changed' });
      return text('Said');
    },
  );
  server.registerTool(
    'test_trigger_prompt_change',
    { description: 'Says that the list of prompts changed' },
    () => {
      bus.publish({ kind: 'prompts_list_changed' });
      return text('Said');
    },
  );
}
