/**
 * The shop on Express.
 *
 * @module
 */
import type { RequestListener } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import type { McpHttpHandler } from '@modelcontextprotocol/server';
import type { Gate } from '@scopegate/core';
import { protect, resourceMetadata } from '@scopegate/express';
import express from 'express';

export function createExpressApp(gate: Gate, mcp: McpHttpHandler): RequestListener {
  const node = toNodeHandler(mcp);
  const app = express();
  app.use(resourceMetadata(gate));
  app.all('/mcp', protect(gate), (req, res) => node(req, res, req.body));
  return app;
}
