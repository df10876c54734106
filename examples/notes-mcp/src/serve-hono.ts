/**
 * The notes server on Hono.
 *
 * @module
 */

import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { McpHttpHandler } from '@modelcontextprotocol/server';
import type { Gate } from '@scopegate/core';
import { protect, resourceMetadata } from '@scopegate/hono';
import { Hono } from 'hono';

export function createHonoApp(gate: Gate, mcp: McpHttpHandler): RequestListener {
  const app = new Hono();
  app.use(resourceMetadata(gate));
  app.all('/mcp', protect(gate), ({ req, var: { auth, parsedBody } }) =>
    mcp.fetch(req.raw, { ...(auth && { authInfo: auth }), parsedBody }),
  );
  const listener = getRequestListener(app.fetch);
  return (req, res) => void listener(req, res);
}
