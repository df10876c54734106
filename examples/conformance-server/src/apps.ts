/**
 * The frameworks that serve an endpoint, with and without the gate.
 *
 * @module
 */
import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import {
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  validateHostHeader,
  validateOriginHeader,
} from '@modelcontextprotocol/server';
import type { AuthInfo } from '@modelcontextprotocol/server';
import type { Gate } from '@scopegate/core';
import * as onExpress from '@scopegate/express';
import * as onFastify from '@scopegate/fastify';
import * as onHono from '@scopegate/hono';
import * as onKoa from '@scopegate/koa';
import { bodyParser } from '@koa/bodyparser';
import express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import type { Evaluated, McpEndpoint, NodeRequest } from './endpoint.js';

export interface Place {
  readonly name: string;
  readonly bare: (endpoint: McpEndpoint) => RequestListener;
  /** Ways to put the gate there. */
  readonly guarded: readonly Guarded[];
}

export interface Guarded {
  readonly how: string;
  readonly guard: (endpoint: McpEndpoint, gate: Gate) => RequestListener;
}

export const PLACES: readonly Place[] = [
  {
    name: 'Express',
    bare: (endpoint) => expressApp(endpoint, [express.json()]),
    guarded: [
      {
        how: 'gate reads the body',
        guard: (endpoint, gate) => expressApp(endpoint, [onExpress.protect(gate)], gate),
      },
      {
        how: 'gate behind a parser',
        guard: (endpoint, gate) =>
          expressApp(endpoint, [express.json(), onExpress.protect(gate)], gate),
      },
    ],
  },
  {
    name: 'Hono',
    bare: (endpoint) => honoApp(endpoint),
    guarded: [{ how: 'gate reads the body', guard: honoApp }],
  },
  {
    name: 'Fastify',
    bare: (endpoint) => fastifyApp(endpoint),
    guarded: [{ how: 'Fastify reads the body', guard: fastifyApp }],
  },
  {
    name: 'Koa',
    bare: (endpoint) => koaApp(endpoint, [bodyParser()]),
    guarded: [
      {
        how: 'gate reads the body',
        guard: (endpoint, gate) => koaApp(endpoint, [onKoa.protect(gate)], gate),
      },
      {
        how: 'gate behind a parser',
        guard: (endpoint, gate) => koaApp(endpoint, [bodyParser(), onKoa.protect(gate)], gate),
      },
    ],
  },
  {
    name: 'fetch',
    bare: (endpoint) => listener((request) => answer(endpoint, request, {})),
    guarded: [
      {
        how: 'gate.fetch',
        guard: (endpoint, gate) =>
          listener(gate.fetch((request, context) => answer(endpoint, request, evaluated(context)))),
      },
    ],
  },
];

function expressApp(
  endpoint: McpEndpoint,
  middleware: express.RequestHandler[],
  gate?: Gate,
): RequestListener {
  const app = express();
  if (gate !== undefined) app.use(onExpress.resourceMetadata(gate));
  app.all('/mcp', middleware, (req: express.Request, res: express.Response) =>
    isLocal(req.headers.host, req.headers.origin)
      ? endpoint.node(req, res, req.body)
      : void res.status(403).end(),
  );
  return app;
}

function honoApp(endpoint: McpEndpoint, gate?: Gate): RequestListener {
  const app = new Hono<{ Variables: { auth?: AuthInfo; parsedBody?: unknown } }>();
  if (gate !== undefined) {
    app.use(onHono.resourceMetadata(gate));
    app.all('/mcp', onHono.protect(gate));
  }
  app.all('/mcp', ({ req, var: { auth, parsedBody } }) =>
    answer(endpoint, req.raw, evaluated({ authInfo: auth, parsedBody })),
  );
  return listener(app.fetch);
}

function fastifyApp(endpoint: McpEndpoint, gate?: Gate): RequestListener {
  const app = Fastify();
  if (gate !== undefined) void app.register(onFastify.resourceMetadata(gate));
  app.all('/mcp', gate === undefined ? {} : onFastify.protect(gate), async (request, reply) => {
    reply.hijack();
    const { raw, headers, body } = request;
    if (!isLocal(headers.host, headers.origin)) return void reply.raw.writeHead(403).end();
    await endpoint.node(raw as NodeRequest, reply.raw, body);
  });
  return (req, res) => void app.ready(() => app.routing(req, res));
}

function koaApp(endpoint: McpEndpoint, middleware: Koa.Middleware[], gate?: Gate): RequestListener {
  const app = new Koa();
  if (gate !== undefined) app.use(onKoa.resourceMetadata(gate));
  for (const one of middleware) app.use(one);
  app.use(async (ctx) => {
    const { req, res, request } = ctx;
    ctx.respond = false;
    if (!isLocal(req.headers.host, req.headers.origin)) return void res.writeHead(403).end();
    await endpoint.node(req as NodeRequest, res, request.body);
  });
  const listen = app.callback();
  return (req, res) => void listen(req, res);
}

function listener(fetch: (request: Request) => Response | Promise<Response>): RequestListener {
  const listen = getRequestListener(fetch);
  return (req, res) => void listen(req, res);
}

async function answer(
  endpoint: McpEndpoint,
  request: Request,
  context: Evaluated,
): Promise<Response> {
  const { headers } = request;
  return isLocal(headers.get('host'), headers.get('origin'))
    ? endpoint.fetch(request, context)
    : new Response(null, { status: 403 });
}

/** DNS rebinding: the server's own check, the same with and without a gate in front. */
function isLocal(host: string | null | undefined, origin: string | null | undefined): boolean {
  return (
    validateHostHeader(host, localhostAllowedHostnames()).ok &&
    validateOriginHeader(origin, localhostAllowedOrigins()).ok
  );
}

interface MaybeEvaluated {
  readonly authInfo?: AuthInfo | undefined;
  readonly parsedBody: unknown;
}

function evaluated({ authInfo, parsedBody }: MaybeEvaluated): Evaluated {
  return {
    ...(authInfo !== undefined && { authInfo }),
    ...(parsedBody !== undefined && { parsedBody }),
  };
}
