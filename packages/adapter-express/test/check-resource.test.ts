import { createServer } from 'node:http';
import express5 from 'express';
import { expect, test } from 'vitest';
import { createGate } from '@scopegate/core';
import { checkResource, createTestIssuer, formatFindings } from '@scopegate/testing';
import { close, listen } from '../../core/test/support/issuer.js';
import { protect, resourceMetadata } from '../src/index.js';
import { FRAMEWORKS } from './support/harness.js';

const issuer = createTestIssuer({ resource: 'https://notes.example.com/notes' });

function serve(framework: typeof express5, browsers: boolean) {
  const gate = createGate({
    resource: issuer.resource,
    authorizationServers: [issuer.issuer],
    verifier: issuer.verifier(),
    scopes: ['notes:read'],
    cors: browsers,
  });
  const app = framework();
  app.use(resourceMetadata(gate));
  // By method, a route gets no preflight.
  app[browsers ? 'get' : 'all'](
    '/notes',
    protect(gate, 'notes:read'),
    (_req, res) => void res.json({ notes: [] }),
  );
  return createServer(app);
}

test.each(FRAMEWORKS)('a resource on %s has no faults [PR-14]', async (_name, framework) => {
  for (const cors of [false, true]) {
    const server = serve(framework, cors);
    try {
      const report = await checkResource(await listen(server), {
        ...{ issuer, scopes: ['notes:read'], cors },
      });
      expect(report.findings, formatFindings(report)).toEqual([]);
      expect(report.passed.length).toBeGreaterThan(120);
    } finally {
      await close(server);
    }
  }
});
