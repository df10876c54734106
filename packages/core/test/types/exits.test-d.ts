import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type {
  ServerNotification,
  ServerRequest,
  Tool as ToolV1,
} from '@modelcontextprotocol/sdk/types.js';
import { McpServer } from '@modelcontextprotocol/server';
import type { ScopeChallengeHandler, ServerContext, Tool } from '@modelcontextprotocol/server';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { allOf, createGate, insufficientScope } from '../../src/index.js';
import type { Verifier } from '../../src/index.js';
import { describeTools, guardTool, scopeChallenge, visibleTools } from '../../src/mcp/index.js';

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
  scopeChallenge(gate, 'notes:wirte');
  // @ts-expect-error misspelt
  insufficientScope(gate, ['notes:wirte']);
});
