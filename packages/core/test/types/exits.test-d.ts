import {
  McpServer as McpServerV1,
  ResourceTemplate as ResourceTemplateV1,
} from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type {
  GetPromptResult as GetPromptResultV1,
  ReadResourceResult as ReadResourceResultV1,
  ServerNotification,
  ServerRequest,
  Tool as ToolV1,
} from '@modelcontextprotocol/sdk/types.js';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import type {
  GetPromptResult,
  ReadResourceResult,
  ScopeChallengeHandler,
  ServerContext,
  Tool,
} from '@modelcontextprotocol/server';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { allOf, createGate, insufficientScope } from '../../src/index.js';
import type { Verifier } from '../../src/index.js';
import {
  describeTools,
  guardPrompt,
  guardResource,
  guardTool,
  scopeChallenge,
  visibleTools,
} from '../../src/mcp/index.js';

/** Without arguments there is nothing that TypeScript could infer the context from. */
type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

declare const verifier: Verifier;
const resource = 'https://notes.example.com/mcp';
const gate = createGate({ resource, verifier, scopes: ['notes:read', 'notes:write'] });
const DONE = { content: [{ type: 'text' as const, text: 'done' }] };

describe('exits fit the SDKs without casts', () => {
  test('v2: scopeChallenge for tools, prompts and resources', () => {
    const server = new McpServer({ name: 'n', version: '1' });
    const handler = scopeChallenge(gate, 'notes:write');
    expectTypeOf(handler).toExtend<ScopeChallengeHandler>();
    server.registerTool('t', { scopeChallenge: handler }, () => DONE);
    server.registerPrompt('p', { scopeChallenge: handler }, () => ({ messages: [] }));
    server.registerResource('r', 'notes://r', { scopeChallenge: handler }, () => ({
      contents: [],
    }));
  });

  test('v2: guardTool around a handler, whose arguments are inferred', () => {
    const server = new McpServer({ name: 'n', version: '1' });
    const inputSchema = z.object({ text: z.string() });
    server.registerTool(
      'with arguments',
      { inputSchema },
      guardTool(gate, 'notes:write', async (args, ctx) => {
        expectTypeOf(args).toEqualTypeOf<{ text: string }>();
        expectTypeOf(ctx.mcpReq.method).toEqualTypeOf<string>();
        return DONE;
      }),
    );
    server.registerTool(
      'without',
      {},
      guardTool(gate, 'notes:write', (ctx: ServerContext) => {
        expectTypeOf(ctx.mcpReq.method).toEqualTypeOf<string>();
        return DONE;
      }),
    );
  });

  test('v1: guardTool', () => {
    const server = new McpServerV1({ name: 'n', version: '1' });
    server.registerTool(
      'with arguments',
      { inputSchema: { text: z.string() } },
      guardTool(gate, 'notes:write', async (args, extra) => {
        expectTypeOf(args).toEqualTypeOf<{ text: string }>();
        expectTypeOf(extra.requestId).toEqualTypeOf<string | number>();
        return DONE;
      }),
    );
    server.registerTool(
      'without',
      {},
      guardTool(gate, 'notes:write', (extra: Extra) => {
        expectTypeOf(extra.requestId).toEqualTypeOf<string | number>();
        return DONE;
      }),
    );
  });

  test('v2: guardPrompt and guardResource', () => {
    const server = new McpServer({ name: 'n', version: '1' });
    server.registerPrompt(
      'with arguments',
      { argsSchema: z.object({ text: z.string() }) },
      guardPrompt(gate, 'notes:write', async (args, ctx) => {
        expectTypeOf(args).toEqualTypeOf<{ text: string }>();
        expectTypeOf(ctx.mcpReq.method).toEqualTypeOf<string>();
        return { messages: [] };
      }),
    );
    server.registerPrompt(
      'without',
      {},
      guardPrompt(gate, 'notes:write', (_ctx: ServerContext) => ({ messages: [] })),
    );
    server.registerResource(
      'one',
      'notes://one',
      {},
      guardResource(gate, 'notes:write', async (uri, ctx) => {
        expectTypeOf(uri).toEqualTypeOf<URL>();
        expectTypeOf(ctx.mcpReq.method).toEqualTypeOf<string>();
        return { contents: [{ uri: uri.href, text: 'x' }] };
      }),
    );
    server.registerResource(
      'each',
      new ResourceTemplate('notes://by/{id}', { list: undefined }),
      {},
      guardResource(gate, 'notes:write', (uri, { id }, ctx) => {
        expectTypeOf(id).toEqualTypeOf<string | string[] | undefined>();
        expectTypeOf(ctx.mcpReq.method).toEqualTypeOf<string>();
        return { contents: [{ uri: uri.href, text: 'x' }] };
      }),
    );
  });

  test('v1: guardPrompt and guardResource', () => {
    const server = new McpServerV1({ name: 'n', version: '1' });
    server.registerPrompt(
      'with arguments',
      { argsSchema: { text: z.string() } },
      guardPrompt(gate, 'notes:write', async (args, extra) => {
        expectTypeOf(args).toEqualTypeOf<{ text: string }>();
        expectTypeOf(extra.requestId).toEqualTypeOf<string | number>();
        return { messages: [] };
      }),
    );
    server.registerResource(
      'one',
      'notes://one',
      {},
      guardResource(gate, 'notes:write', async (uri, extra) => {
        expectTypeOf(uri).toEqualTypeOf<URL>();
        expectTypeOf(extra.requestId).toEqualTypeOf<string | number>();
        return { contents: [{ uri: uri.href, text: 'x' }] };
      }),
    );
    server.registerResource(
      'each',
      new ResourceTemplateV1('notes://by/{id}', { list: undefined }),
      {},
      guardResource(gate, 'notes:write', (uri, { id }, _extra) => {
        expectTypeOf(id).toEqualTypeOf<string | string[] | undefined>();
        return { contents: [{ uri: uri.href, text: 'x' }] };
      }),
    );
  });

  test('what a guarded prompt or resource resolves with is what its handler does', () => {
    const prompt = guardPrompt(gate, 'notes:read', (): GetPromptResult => ({ messages: [] }));
    expectTypeOf(prompt).returns.toEqualTypeOf<Promise<GetPromptResult>>();
    const read = guardResource(gate, 'notes:read', (): ReadResourceResult => ({ contents: [] }));
    expectTypeOf(read).returns.toEqualTypeOf<Promise<ReadResourceResult>>();
    const promptV1 = guardPrompt(gate, 'notes:read', (): GetPromptResultV1 => ({ messages: [] }));
    expectTypeOf(promptV1).returns.toEqualTypeOf<Promise<GetPromptResultV1>>();
    const readV1 = guardResource(gate, 'notes:read', (): ReadResourceResultV1 => ({
      contents: [],
    }));
    expectTypeOf(readV1).returns.toEqualTypeOf<Promise<ReadResourceResultV1>>();
  });

  test('lists keep the type of their tools', () => {
    const v1: ToolV1[] = [];
    const v2: Tool[] = [];
    expectTypeOf(describeTools(gate, v1)).toExtend<ToolV1[]>();
    expectTypeOf(describeTools(gate, v2)).toExtend<Tool[]>();
    expectTypeOf(visibleTools(gate, undefined, v1)).toEqualTypeOf<ToolV1[]>();
    expectTypeOf(visibleTools(gate, undefined, v2)).toEqualTypeOf<Tool[]>();
  });
});

test('a misspelt scope does not compile', () => {
  guardTool(gate, allOf('notes:read', 'notes:write'), () => DONE);
  // @ts-expect-error misspelt
  guardTool(gate, 'notes:wirte', () => DONE);
  // @ts-expect-error misspelt, inside a rule
  guardTool(gate, allOf('notes:wirte'), () => DONE);
  // @ts-expect-error misspelt
  guardPrompt(gate, 'notes:wirte', () => DONE);
  // @ts-expect-error misspelt
  guardResource(gate, 'notes:wirte', () => DONE);
  // @ts-expect-error misspelt
  scopeChallenge(gate, 'notes:wirte');
  // @ts-expect-error misspelt
  insufficientScope(gate, ['notes:wirte']);
});
