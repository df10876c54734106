/**
 * The notes server on each framework that has an adapter.
 *
 * @module
 */
import { toNodeHandler } from '@modelcontextprotocol/node';
import type { McpHttpHandler } from '@modelcontextprotocol/server';
import type { Gate } from '@scopegate/core';
import { protect, resourceMetadata } from '@scopegate/koa';
import type { GateContext, GateState } from '@scopegate/koa';
import Koa from 'koa';
import { createExpressApp } from '../../notes-mcp/src/serve-express.js';
import { createHonoApp } from '../../notes-mcp/src/serve-hono.js';
import type { Binding } from '../../notes-mcp/src/world.js';

export const BINDINGS: readonly Binding[] = [
  { label: 'Express', createApp: createExpressApp },
  { label: 'Hono', createApp: createHonoApp },
  { label: 'Koa', createApp: createKoaApp },
];

/** `method` is only missing on answers. */
type NodeRequest = Parameters<ReturnType<typeof toNodeHandler>>[0];

function createKoaApp(gate: Gate, mcp: McpHttpHandler): ReturnType<Binding['createApp']> {
  const node = toNodeHandler(mcp);
  const app = new Koa<GateState, GateContext>();
  app.use(resourceMetadata(gate));
  app.use(protect(gate));
  app.use(async (ctx) => {
    ctx.respond = false;
    await node(ctx.req as NodeRequest, ctx.res, ctx.request.body);
  });
  const listener = app.callback();
  return (req, res) => void listener(req, res);
}
