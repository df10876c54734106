/**
 * The server of SDK v2, for one request (2026-07-28) or one session (2025-11-25).
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import {
  McpServer,
  ResourceTemplate,
  completable,
  createRequestStateCodec,
  fromJsonSchema,
} from '@modelcontextprotocol/server';
import type { ServerEventBus } from '@modelcontextprotocol/server';
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
import { pause } from '../pause.js';
import { HEADER_SCHEMA, JSON_SCHEMA_2020_12 } from '../schemas.js';
import { registerInputRequired } from './input-required.js';
import type { RoundState } from './input-required.js';
import { registerProbes } from './probes.js';
import { registerPushTools } from './push-tools.js';

/** Bound to the caller, so that it fails if the gate's `auth` differs from round to round. */
const codec = createRequestStateCodec<RoundState>({
  key: randomBytes(32),
  bind: ({ mcpReq, http }) => `${mcpReq.method} ${http?.authInfo?.clientId ?? ''}`,
});

const CACHE = { ttlMs: 1000, cacheScope: 'private' } as const;

export function createV2Server(era: 'legacy' | 'modern', bus: ServerEventBus): McpServer {
  const server = new McpServer(SERVER_INFO, {
    capabilities: { logging: {}, completions: {}, resources: { subscribe: true } },
    cacheHints: {
      'tools/list': CACHE,
      'prompts/list': CACHE,
      'resources/list': CACHE,
      'resources/templates/list': CACHE,
      'resources/read': CACHE,
    },
    requestState: { verify: (state, context) => codec.verify(state, context) },
  });
  registerPlain(server);
  registerResources(server);
  registerPrompts(server);
  if (era === 'legacy') {
    registerPushTools(server);
    trackSubscriptions(server);
  } else {
    registerProbes(server, bus);
    registerInputRequired(server, codec);
  }
  return server;
}

function registerPlain(server: McpServer): void {
  for (const [name, answer] of Object.entries(PLAIN_TOOLS)) {
    server.registerTool(name, { description: `Answers ${name}` }, answer);
  }
  server.registerTool(
    'test_tool_with_progress',
    { description: 'Reports progress while it runs' },
    async ({ mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken;
      for (const progress of [0, 50, 100]) {
        if (progressToken !== undefined) {
          const params = { progressToken, progress, total: 100 };
          await mcpReq.notify({ method: 'notifications/progress', params });
        }
        if (progress < 100) await pause();
      }
      return text('Done');
    },
  );
  server.registerTool(
    'json_schema_2020_12_tool',
    {
      description: 'Tool with JSON Schema 2020-12 features',
      inputSchema: fromJsonSchema(JSON_SCHEMA_2020_12),
    },
    () => text('Valid'),
  );
  server.registerTool(
    'test_mirrored_header',
    {
      description: 'Takes a parameter that a header repeats',
      inputSchema: fromJsonSchema<{ region: string }>(HEADER_SCHEMA),
    },
    ({ region }) => text(`Region: ${region}`),
  );
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
  const city = completable(z.string(), (value) => CITIES.filter((name) => name.startsWith(value)));
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'Takes two arguments', argsSchema: z.object({ arg1: city, arg2: z.string() }) },
    ({ arg1, arg2 }) => argumentsPrompt(arg1, arg2),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'Embeds a resource', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => embeddedPrompt(resourceUri),
  );
}

function trackSubscriptions({ server }: McpServer): void {
  const subscribed = new Set<string>();
  server.setRequestHandler('resources/subscribe', ({ params }) => {
    subscribed.add(params.uri);
    return {};
  });
  server.setRequestHandler('resources/unsubscribe', ({ params }) => {
    subscribed.delete(params.uri);
    return {};
  });
}
