/**
 * The server of SDK v1, for one session.
 *
 * @module
 */
import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import {
  CITIES,
  PLAIN_PROMPTS,
  PLAIN_TOOLS,
  RESOURCES,
  SERVER_INFO,
  TEMPLATE,
  argumentsPrompt,
  embeddedPrompt,
  templateContent,
  text,
} from '../fixtures.js';
import { JSON_SCHEMA_2020_12 } from '../schemas.js';
import { registerStreamingTools } from './streaming-tools.js';

export function createV1Server(): McpServer {
  const server = new McpServer(SERVER_INFO, {
    capabilities: { logging: {}, completions: {}, resources: { subscribe: true } },
  });
  for (const [name, answer] of Object.entries(PLAIN_TOOLS)) {
    server.registerTool(name, { description: `Answers ${name}` }, answer);
  }
  const { properties: _described, ...keywords } = JSON_SCHEMA_2020_12;
  server.registerTool(
    'json_schema_2020_12_tool',
    {
      description: 'Tool with JSON Schema 2020-12 features',
      inputSchema: z.strictObject({ name: z.string().optional() }).meta(keywords),
    },
    () => text('Valid'),
  );
  registerStreamingTools(server);
  registerResources(server);
  registerPrompts(server);
  trackSubscriptions(server);
  return server;
}

function registerResources(server: McpServer): void {
  for (const [name, content] of Object.entries(RESOURCES)) {
    const { uri, mimeType } = content;
    server.registerResource(name, uri, { description: `The ${name}`, mimeType }, () => ({
      contents: [content],
    }));
  }
  server.registerResource(
    'template',
    new ResourceTemplate(TEMPLATE, { list: undefined }),
    { description: 'Data by ID', mimeType: 'application/json' },
    (uri, { id }) => templateContent(uri.href, String(id)),
  );
}

function registerPrompts(server: McpServer): void {
  for (const [name, answer] of Object.entries(PLAIN_PROMPTS)) {
    server.registerPrompt(name, { description: `Answers ${name}` }, answer);
  }
  const arg1 = completable(z.string(), (value) => CITIES.filter((name) => name.startsWith(value)));
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'Takes two arguments', argsSchema: { arg1, arg2: z.string() } },
    (args) => argumentsPrompt(args.arg1, args.arg2),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'Embeds a resource', argsSchema: { resourceUri: z.string() } },
    ({ resourceUri }) => embeddedPrompt(resourceUri),
  );
}

function trackSubscriptions({ server }: McpServer): void {
  const subscribed = new Set<string>();
  server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    subscribed.add(params.uri);
    return {};
  });
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    subscribed.delete(params.uri);
    return {};
  });
}
