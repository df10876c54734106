/**
 * A page of another origin in a real browser: it reads the challenge, sends preflights, calls, and steps up by
 * redirects, with its ledger in sessionStorage. Routes are registered by method, on each framework.
 */
import { existsSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { fileURLToPath } from 'node:url';
import { getRequestListener } from '@hono/node-server';
import { build } from 'esbuild';
import express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { chromium } from 'playwright-core';
import type { Browser, Page as BrowserPage } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGate } from '@scopegate/core';
import type { Gate } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import * as onExpress from '@scopegate/express';
import * as onFastify from '@scopegate/fastify';
import * as onHono from '@scopegate/hono';
import * as onKoa from '@scopegate/koa';
import { startAuthorizationServer } from '../../notes-mcp/src/authorization-server.js';
import { listenLocally } from '../../notes-mcp/src/listen.js';
import type { Page } from './page/page.js';

declare const window: { readonly page: Page };

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const isInstalled = existsSync(CHROMIUM);
if (!isInstalled) console.warn(`${CHROMIUM} is not installed: the tests in a browser are skipped`);

type Scope = 'notes:read' | 'notes:write' | 'admin:notes';
const RULES = [
  ['get', 'notes:read'],
  ['post', 'notes:write'],
  ['delete', 'admin:notes'],
] as const;

/** Each method has a route of its own, as in an API without MCP. */
const APPS: Readonly<Record<string, (gate: Gate<Scope>) => RequestListener>> = {
  Express(gate) {
    const app = express();
    app.use(onExpress.resourceMetadata(gate));
    for (const [method, rule] of RULES) {
      app[method]('/api/notes', onExpress.protect(gate, rule), (_req, res) => void res.json([]));
    }
    return app;
  },
  Fastify(gate) {
    const app = Fastify();
    void app.register(onFastify.resourceMetadata(gate));
    for (const [method, rule] of RULES) {
      app[method]('/api/notes', onFastify.protect(gate, rule), async () => []);
    }
    return (req, res) => void app.ready(() => app.routing(req, res));
  },
  Hono(gate) {
    const app = new Hono();
    app.use(onHono.resourceMetadata(gate));
    for (const [method, rule] of RULES) {
      app[method]('/api/notes', onHono.protect(gate, rule), (c) => c.json([]));
    }
    const listener = getRequestListener(app.fetch);
    return (req, res) => void listener(req, res);
  },
  Koa(gate) {
    const app = new Koa();
    app.use(onKoa.resourceMetadata(gate));
    for (const [method, rule] of RULES) {
      const guard = onKoa.protect(gate, rule) as unknown as Koa.Middleware;
      app.use(async (ctx, next) => {
        if (ctx.method !== method.toUpperCase() || ctx.path !== '/api/notes') await next();
        else await guard(ctx, async () => void (ctx.body = []));
      });
    }
    const listener = app.callback();
    return (req, res) => void listener(req, res);
  },
  'gate.fetch, one rule for each method'(gate) {
    const handlers = new Map(
      RULES.map(([method, rule]) => [
        method.toUpperCase(),
        gate.fetch(() => Response.json([]), rule),
      ]),
    );
    const fallback = gate.fetch(() => new Response(null, { status: 405 }), 'admin:notes');
    const listener = getRequestListener((request) =>
      (handlers.get(request.method) ?? fallback)(request),
    );
    return (req, res) => void listener(req, res);
  },
};

describe.skipIf(!isInstalled)('a page in a browser', () => {
  let browser: Browser;
  let script: string;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
        ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ],
    });
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL('page/page.ts', import.meta.url))],
      ...{ bundle: true, write: false, format: 'esm', platform: 'browser', target: 'es2022' },
      conditions: ['@scopegate/source'],
    });
    script = outputFiles[0]?.text ?? '';
  });
  afterAll(() => browser?.close());

  test.each(Object.entries(APPS))(
    'on %s reads the challenge, calls, and steps up by redirects [PR-14, T48]',
    async (_name, createApp) => {
      const started = await startPage(createApp, script);
      const context = await browser.newContext();
      try {
        const tab = await context.newPage();
        const faults: string[] = [];
        tab.on('pageerror', (error) => faults.push(error.message));
        await tab.goto(started.page);
        await journey(tab, started);
        expect(faults).toEqual([]);
      } finally {
        await context.close();
        await started.close();
      }
    },
  );
});

async function journey(tab: BrowserPage, started: StartedPage): Promise<void> {
  // Without a token: a script of another origin may read the challenge of a 401.
  const first = await probe(tab, 'GET');
  expect(first).toEqual({
    status: 401,
    challenge: { scope: 'notes:read', resource_metadata: started.gate.metadata.url },
  });
  expect(started.preflights.at(-1)).toMatchObject({
    method: 'GET',
    headers: 'mcp-param-region,traceparent',
  });

  // A login by a redirect, then the call.
  expect(await afterRedirect(tab, 'GET')).toBeUndefined();
  expect(await call(tab, 'GET')).toBe(200);
  expect(started.preflights.at(-1)?.headers).toBe('authorization,mcp-param-region,traceparent');

  // Too few scopes: the page reads the 403, and steps up by another redirect.
  const refused = await probe(tab, 'POST');
  expect(refused).toMatchObject({
    status: 403,
    challenge: { error: 'insufficient_scope', scope: 'notes:write' },
  });
  expect(await afterRedirect(tab, 'POST')).toBeUndefined();
  // What was asked for before the redirect is known after it.
  const ledger = await tab.evaluate(
    (key) => sessionStorage.getItem(key),
    `scopegate:${started.api}`,
  );
  expect(JSON.parse(ledger ?? '{}')).toMatchObject({
    attempts: expect.arrayContaining([
      expect.objectContaining({ reason: 'step-up', added: 'notes:write' }),
    ]) as unknown,
  });
  expect(ledger).not.toContain('eyJ');
  expect(await call(tab, 'POST')).toBe(200);

  // The user declines: the page is back, and does not send the user away again without end.
  expect(await afterRedirect(tab, 'DELETE')).toBe('access_denied');
  let redirects = 0;
  while (redirects < 5 && (await call(tab, 'DELETE')) === 'authorization_pending') {
    await returned(tab);
    redirects++;
  }
  expect(redirects).toBeLessThanOrEqual(1);
  expect(await call(tab, 'GET')).toBe(200);
  // Every preflight was answered by the gate, and no handler ran for one.
  expect(started.preflights.length).toBeGreaterThanOrEqual(5);
  for (const { status } of started.preflights) expect(status).toBe(204);
}

function probe(tab: BrowserPage, method: string): ReturnType<Page['probe']> {
  return tab.evaluate((sent) => window.page.probe(sent), method);
}

function call(tab: BrowserPage, method: string): Promise<number | string> {
  return tab.evaluate((sent) => window.page.call(sent), method);
}

/** A call that ends in a redirect: what the page says after its return. */
async function afterRedirect(tab: BrowserPage, method: string): Promise<string | undefined> {
  expect(await call(tab, method)).toBe('authorization_pending');
  return returned(tab);
}

async function returned(tab: BrowserPage): Promise<string | undefined> {
  // The page removes the parameters of the redirect when it begins to handle them.
  await tab.waitForFunction(
    () => sessionStorage.getItem('flow') === null && 'page' in window && location.search === '',
  );
  return tab.evaluate(() => window.page.ready);
}

interface Preflight {
  readonly method: string | undefined;
  readonly headers: string | undefined;
  readonly status: number;
}

interface StartedPage {
  readonly page: string;
  readonly api: string;
  readonly gate: Gate<Scope>;
  readonly preflights: readonly Preflight[];
  close(): Promise<void>;
}

/** Three origins: the page, the API and the authorization server. */
async function startPage(
  createApp: (gate: Gate<Scope>) => RequestListener,
  script: string,
): Promise<StartedPage> {
  const [site, service] = await Promise.all([listenLocally(), listenLocally()]);
  const api = `${service.origin}/api`;
  const login = await startAuthorizationServer({
    resource: api,
    scopes: ['notes:read', 'notes:write', 'admin:notes'],
    decline: { ray: ['admin:notes'] },
    allowBrowsers: true,
  });
  const gate = createGate({
    resource: api,
    authorizationServers: [login.issuer],
    verifier: jwtVerifier({ issuer: login.issuer, allowInsecureLoopback: true }),
    scopes: ['notes:read', 'notes:write', 'admin:notes'],
    initialScopes: ['notes:read'],
    cors: { origins: [site.origin], maxAge: 0 },
  });
  const preflights: Preflight[] = [];
  const app = createApp(gate);
  service.server.on('request', (req, res) => {
    const { method, headers } = req;
    if (method === 'OPTIONS' && req.url?.startsWith('/api') === true) {
      res.once('close', () => {
        preflights.push({
          method: headers['access-control-request-method'],
          headers: headers['access-control-request-headers'],
          status: res.statusCode,
        });
      });
    }
    app(req, res);
  });
  const page = `${site.origin}/app`;
  const clientId = await register(login.issuer, page);
  const settings = JSON.stringify({ api, clientId }).replaceAll('"', '&quot;');
  site.server.on('request', (req, res) => {
    const isScript = req.url === '/page.js';
    res.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    res.end(
      isScript
        ? script
        : `<!doctype html><link rel="icon" href="data:,"><body data-settings="${settings}"><script type="module" src="/page.js"></script>`,
    );
  });
  return {
    ...{ page, api, gate, preflights },
    async close() {
      await Promise.all([site.close(), service.close(), login.close()]);
    },
  };
}

async function register(issuer: string, redirectUri: string): Promise<string> {
  const response = await fetch(`${issuer}/reg`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' },
      ...{ grant_types: ['authorization_code'], response_types: ['code'] },
    }),
  });
  if (!response.ok) throw new Error(await response.text());
  return ((await response.json()) as { client_id: string }).client_id;
}
