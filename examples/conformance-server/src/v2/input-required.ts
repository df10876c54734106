/**
 * Tools and a prompt that need input of the client: the multi-round-trip requests of 2026-07-28
 * (SEP-2322).
 *
 * @module
 */
import {
  CLIENT_CAPABILITIES_META_KEY,
  acceptedContent,
  inputRequired,
  inputResponse,
} from '@modelcontextprotocol/server';
import type {
  ClientCapabilities,
  McpServer,
  RequestStateCodec,
  ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { inputPrompt, text } from '../fixtures.js';
import { oneField } from '../schemas.js';

/** The state of a tool between rounds, which the client keeps. */
export interface RoundState {
  readonly tool: string;
  readonly name?: string;
}

function capabilitiesOf({ mcpReq }: ServerContext): ClientCapabilities | undefined {
  const envelope = mcpReq.envelope as Readonly<Record<string, unknown>> | undefined;
  return envelope?.[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined;
}

const name = inputRequired.elicit({
  message: 'What is your name?',
  requestedSchema: oneField('name', 'string'),
});
const confirm = inputRequired.elicit({
  message: 'Please confirm',
  requestedSchema: oneField('ok', 'boolean'),
});
const NAME = z.object({ name: z.string() });
const COLOR = z.object({ color: z.string() });
const OK = z.object({ ok: z.boolean() });

export function registerInputRequired(
  server: McpServer,
  codec: RequestStateCodec<RoundState>,
): void {
  registerSingle(server);
  registerCapabilities(server);
  registerMultiple(server, codec);
  registerRounds(server, codec);
  for (const tool of [
    'test_input_required_result_request_state',
    'test_input_required_result_tampered_state',
  ]) {
    server.registerTool(tool, { description: 'Remembers a state' }, async (context) => {
      const { mcpReq } = context;
      const answer = acceptedContent(mcpReq.inputResponses, 'confirm', OK);
      const state = mcpReq.requestState<RoundState>();
      if (answer !== undefined && state?.tool === tool) return text('state-ok');
      const requestState = await codec.mint({ tool }, context);
      return inputRequired({ inputRequests: { confirm }, requestState });
    });
  }
}

/** One question, no state. */
function registerSingle(server: McpServer): void {
  server.registerTool(
    'test_input_required_result_elicitation',
    { description: 'Asks the user for a name' },
    ({ mcpReq }) => {
      const answer = acceptedContent(mcpReq.inputResponses, 'user_name', NAME);
      if (answer !== undefined) return text(`Hello, ${answer.name}!`);
      return inputRequired({ inputRequests: { user_name: name } });
    },
  );
  server.registerTool(
    'test_input_required_result_sampling',
    { description: "Asks the client's model" },
    ({ mcpReq }) => {
      const answer = inputResponse(mcpReq.inputResponses, 'capital_question');
      if (answer.kind === 'sampling') return text(JSON.stringify(answer.result.content));
      const capital_question = sample('What is the capital of France?', 100);
      return inputRequired({ inputRequests: { capital_question } });
    },
  );
  server.registerTool(
    'test_input_required_result_list_roots',
    { description: "Asks for the client's roots" },
    ({ mcpReq }) => {
      const answer = inputResponse(mcpReq.inputResponses, 'client_roots');
      if (answer.kind === 'roots') return text(answer.roots.map(({ uri }) => uri).join('\n'));
      return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
    },
  );
  server.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'Asks the user for a context' },
    ({ mcpReq }) => {
      const schema = z.object({ context: z.string() });
      const answer = acceptedContent(mcpReq.inputResponses, 'user_context', schema);
      if (answer !== undefined) return inputPrompt(answer.context);
      const user_context = inputRequired.elicit({
        message: 'What context should the prompt use?',
        requestedSchema: oneField('context', 'string'),
      });
      return inputRequired({ inputRequests: { user_context } });
    },
  );
}

/** Asks only what the client said it can answer. */
function registerCapabilities(server: McpServer): void {
  server.registerTool(
    'test_input_required_result_capabilities',
    { description: 'Asks what the client can answer' },
    (context) => {
      const { sampling, elicitation } = capabilitiesOf(context) ?? {};
      return inputRequired({
        inputRequests: {
          ...(sampling !== undefined && { greeting: sample('Generate a greeting', 50) }),
          ...(elicitation !== undefined && { user_name: name }),
        },
      });
    },
  );
}

/** Three questions at once. */
function registerMultiple(server: McpServer, codec: RequestStateCodec<RoundState>): void {
  const tool = 'test_input_required_result_multiple_inputs';
  server.registerTool(tool, { description: 'Asks three things at once' }, async (context) => {
    const { mcpReq } = context;
    const { inputResponses } = mcpReq;
    const user = acceptedContent(inputResponses, 'user_name', NAME);
    const greeting = inputResponse(inputResponses, 'greeting');
    const roots = inputResponse(inputResponses, 'client_roots');
    const complete = user !== undefined && greeting.kind === 'sampling' && roots.kind === 'roots';
    if (complete && mcpReq.requestState<RoundState>()?.tool === tool) {
      return text(`${user.name}, ${roots.roots.length} roots`);
    }
    return inputRequired({
      inputRequests: {
        user_name: name,
        greeting: sample('Generate a greeting', 50),
        client_roots: inputRequired.listRoots(),
      },
      requestState: await codec.mint({ tool }, context),
    });
  });
}

/** One question after the other. */
function registerRounds(server: McpServer, codec: RequestStateCodec<RoundState>): void {
  const tool = 'test_input_required_result_multi_round';
  server.registerTool(tool, { description: 'Asks one thing, then another' }, async (context) => {
    const { mcpReq } = context;
    const state = mcpReq.requestState<RoundState>();
    const color = acceptedContent(mcpReq.inputResponses, 'step2', COLOR);
    if (state?.tool === tool && state.name !== undefined && color !== undefined) {
      return text(`${state.name} likes ${color.color}`);
    }
    const answer = acceptedContent(mcpReq.inputResponses, 'step1', NAME);
    if (state?.tool === tool && answer !== undefined) {
      const step2 = inputRequired.elicit({
        message: 'Step 2: What is your favorite color?',
        requestedSchema: oneField('color', 'string'),
      });
      const requestState = await codec.mint({ tool, name: answer.name }, context);
      return inputRequired({ inputRequests: { step2 }, requestState });
    }
    const step1 = inputRequired.elicit({
      message: 'Step 1: What is your name?',
      requestedSchema: oneField('name', 'string'),
    });
    const requestState = await codec.mint({ tool }, context);
    return inputRequired({ inputRequests: { step1 }, requestState });
  });
}

export function sample(question: string, maxTokens: number) {
  return inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: question } }],
    maxTokens,
  });
}
