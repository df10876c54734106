import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { Router } from '@koa/router';
import Koa from 'koa';
import { expect, test } from 'vitest';
import { createGate } from '@scopegate/core';
import { checkResource, createTestIssuer, formatFindings } from '@scopegate/testing';
import { close, listen } from '../../core/test/support/issuer.js';
import { protect, resourceMetadata } from '../src/index.js';

const issuer = createTestIssuer({ resource: 'https://notes.example.com/notes' });

test.each([true, false])('a resource on Koa has no faults, browsers: %s [PR-14]', async (cors) => {
  const gate = createGate({
    resource: issuer.resource,
    authorizationServers: [issuer.issuer],
    verifier: issuer.verifier(),
    scopes: ['notes:read'],
    cors,
  });
  const router = new Router();
  // By method, a route gets no preflight.
  router[cors ? 'get' : 'all']('/notes', protect(gate, 'notes:read'), (ctx) => {
    ctx.body = { notes: [] };
  });
  const app = new Koa();
  app.use(resourceMetadata(gate));
  app.use(router.routes());
  const server = createServer(app.callback() as RequestListener);
  try {
    const url = await listen(server);
    const report = await checkResource(url, { issuer, scopes: ['notes:read'], cors });
    expect(report.findings, formatFindings(report)).toEqual([]);
    expect(report.passed.length).toBeGreaterThan(120);
  } finally {
    await close(server);
  }
});
