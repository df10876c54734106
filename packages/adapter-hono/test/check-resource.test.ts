import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { createGate } from '@scopegate/core';
import { checkResource, createTestIssuer, formatFindings } from '@scopegate/testing';
import { protect, resourceMetadata } from '../src/index.js';

const issuer = createTestIssuer({ resource: 'https://notes.example.com/notes' });

test.each([true, false])('a resource on Hono has no faults, browsers: %s [PR-14]', async (cors) => {
  const gate = createGate({
    resource: issuer.resource,
    authorizationServers: [issuer.issuer],
    verifier: issuer.verifier(),
    scopes: ['notes:read'],
    cors,
  });
  const app = new Hono();
  app.use(resourceMetadata(gate));
  // By method, a route gets no preflight.
  app[cors ? 'get' : 'all']('/notes', protect(gate, 'notes:read'), (c) => c.json({ notes: [] }));
  const fetch = (request: Request): Response | Promise<Response> => app.fetch(request);
  const report = await checkResource(fetch, { issuer, scopes: ['notes:read'], cors });
  expect(report.findings, formatFindings(report)).toEqual([]);
  expect(report.passed.length).toBeGreaterThan(120);
});
