import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { createGate } from '@scopegate/core';
import { checkResource, createTestIssuer, formatFindings } from '@scopegate/testing';
import { protect, resourceMetadata } from '../src/index.js';

const issuer = createTestIssuer({ resource: 'https://notes.example.com/notes' });

test.each([true, false])(
  'a resource on Fastify has no faults, browsers: %s [PR-14]',
  async (cors) => {
    const gate = createGate({
      resource: issuer.resource,
      authorizationServers: [issuer.issuer],
      verifier: issuer.verifier(),
      scopes: ['notes:read'],
      cors,
    });
    const app = Fastify();
    app.register(resourceMetadata(gate));
    // By method, a route gets no preflight.
    app[cors ? 'get' : 'all']('/notes', protect(gate, 'notes:read'), async () => ({ notes: [] }));
    try {
      const url = await app.listen({ port: 0, host: 'localhost' });
      const report = await checkResource(url, { issuer, scopes: ['notes:read'], cors });
      expect(report.findings, formatFindings(report)).toEqual([]);
      expect(report.passed.length).toBeGreaterThan(120);
    } finally {
      await app.close();
    }
  },
);
