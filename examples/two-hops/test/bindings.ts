/**
 * The shop on each framework that has an adapter.
 *
 * @module
 */
import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { toNodeHandler } from '@modelcontextprotocol/node';
import type { McpHttpHandler } from '@modelcontextprotocol/server';
import type { Gate } from '@scopegate/core';
import * as onFastify from '@scopegate/fastify';
import * as onHono from '@scopegate/hono';
import * as onKoa from '@scopegate/koa';
import Fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { createExpressApp } from '../src/serve-express.js';

export const BINDINGS = [
  { label: 'Express', createApp: createExpressApp },
  { label: 'Fastify', createApp: createFastifyApp },
  { label: 'Hono', createApp: createHonoApp },
  { label: 'Koa', createApp: createKoaApp },
  { label: 'gate.fetch', createApp: createFetchApp },
] as const;

/** Types that differ in nothing but `| undefined`. */
type NodeRequest = Parameters<ReturnType<typeof toNodeHandler>>[0];

function createFastifyApp(gate: Gate, mcp: McpHttpHandler): RequestListener {
  const node = toNodeHandler(mcp);
  const app = Fastify();
  void app.register(onFastify.resourceMetadata(gate));
  app.all('/mcp', onFastify.protect(gate), async (request, reply) => {
    reply.hijack();
    await node(request.raw as NodeRequest, reply.raw, request.body);
  });
  return (req, res) => void app.ready(() => app.routing(req, res));
}

function createHonoApp(gate: Gate, mcp: McpHttpHandler): RequestListener {
  const app = new Hono();
  app.use(onHono.resourceMetadata(gate));
  app.all('/mcp', onHono.protect(gate), ({ req, var: { auth, parsedBody } }) =>
    mcp.fetch(req.raw, { ...(auth && { authInfo: auth }), parsedBody }),
  );
  const listener = getRequestListener(app.fetch);
  return (req, res) => void listener(req, res);
}

function createKoaApp(gate: Gate, mcp: McpHttpHandler): RequestListener {
  const node = toNodeHandler(mcp);
  const app = new Koa<onKoa.GateState, onKoa.GateContext>();
  app.use(onKoa.resourceMetadata(gate));
  app.use(onKoa.protect(gate));
  app.use(async (ctx) => {
    ctx.respond = false;
    await node(ctx.req as NodeRequest, ctx.res, ctx.request.body);
  });
  const listener = app.callback();
  return (req, res) => void listener(req, res);
}

function createFetchApp(gate: Gate, mcp: McpHttpHandler): RequestListener {
  const handler = gate.fetch(mcp.fetch);
  const listener = getRequestListener((request: Request) => handler(request));
  return (req, res) => void listener(req, res);
}
