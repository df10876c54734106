/** What a framework answers if the exchange fails and the handler does nothing about it. */
import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createGate } from '@scopegate/core';
import type { Auth } from '@scopegate/core';
import { upstreamTokens } from '@scopegate/core/exchange';
import * as onExpress from '@scopegate/express';
import * as onFastify from '@scopegate/fastify';
import * as onHono from '@scopegate/hono';
import * as onKoa from '@scopegate/koa';
import { listenLocally } from '@scopegate/example-notes-mcp/listen';
import express from 'express';
import type { NextFunction, Request as ExpressRequest, Response as ExpressResponse } from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { expect, test } from 'vitest';

const TOKEN = 'an-inbound-token-unlike-anything-else';
const SECRET = 'the-secret-of-this-server';

const gate = createGate({
  ...{ resource: 'https://notes.example.com/api', scopes: ['notes:read'] },
  verifier: (token) =>
    token === TOKEN
      ? { scopes: ['notes:read'], subject: 'ray', clientId: 'desk', claims: { iss: ISSUER } }
      : undefined,
});
const ISSUER = 'https://idp.example.com';

type Call = (auth: Auth<'notes:read'> | undefined) => Promise<Response>;

const FRAMEWORKS: Readonly<Record<string, (call: Call) => RequestListener>> = {
  Express(call) {
    const app = express();
    app.get('/api', onExpress.protect(gate, 'notes:read'), (req, res, next) => {
      call(onExpress.authOf(gate, req)).then(() => res.end(), next);
    });
    app.use((error: Error, _: ExpressRequest, res: ExpressResponse, next: NextFunction) => {
      // As Express' own handler answers, without its line in the log.
      if (!('status' in error)) return next(error);
      res.status(Number(error.status)).end();
    });
    return app;
  },
  Fastify(call) {
    const app = Fastify();
    app.get('/api', onFastify.protect(gate, 'notes:read'), async (request) => {
      await call(onFastify.authOf(gate, request));
      return '';
    });
    return (req, res) => void app.ready(() => app.routing(req, res));
  },
  Hono(call) {
    const app = new Hono();
    app.get('/api', onHono.protect(gate, 'notes:read'), async (context) => {
      await call(onHono.authOf(gate, context));
      return context.body(null);
    });
    const listener = getRequestListener(app.fetch);
    return (req, res) => void listener(req, res);
  },
  Koa(call) {
    const app = new Koa<onKoa.GateState, onKoa.GateContext>();
    app.silent = true;
    app.use(onKoa.protect(gate, 'notes:read'));
    app.use(async (ctx) => {
      await call(onKoa.authOf(gate, ctx));
      ctx.body = '';
    });
    const listener = app.callback();
    return (req, res) => void listener(req, res);
  },
};

test.each(
  Object.keys(FRAMEWORKS).flatMap((name) => [
    [name, 'an exchange without an answer', 500, 503] as const,
    [name, 'a refused exchange', 400, 502] as const,
  ]),
)(
  '%s: %s is its status, without a secret [TE-11, TE-16, T168]',
  async (name, _, status, expected) => {
    const sent: string[] = [];
    const upstream = upstreamTokens(gate, {
      ...{ issuer: ISSUER, tokenEndpoint: `${ISSUER}/token`, clientId: 'notes' },
      clientAuthentication: { method: 'client_secret_post', secret: SECRET },
      resource: 'https://api.example.com/',
      fetch: async (url) => {
        sent.push(url);
        return Response.json({ error: 'invalid_target' }, { status });
      },
    });
    const call: Call = (auth) => upstream.fetch(auth, '/notes');
    const http = await listenLocally();
    try {
      http.server.on('request', (FRAMEWORKS[name] as (call: Call) => RequestListener)(call));
      const headers = { authorization: `Bearer ${TOKEN}` };
      const response = await fetch(`${http.origin}/api`, { headers });
      expect(response.status).toBe(expected);
      const text = (await response.text()) + JSON.stringify([...response.headers]);
      expect(text).not.toContain(TOKEN);
      expect(text).not.toContain(SECRET);
      expect(sent).toEqual([`${ISSUER}/token`]);
    } finally {
      await http.close();
    }
  },
);
