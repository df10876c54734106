/**
 * CORS preflights are answered wherever the metadata is mounted: routes that are registered by method never
 * get an OPTIONS request.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { App } from '../app.js';
import { notesGate } from '../gates.js';
import { verifier } from '../tokens.js';
import type { Received } from '../wire/raw-http.js';
import type { Check, Suite } from './suite.js';

const APP = 'https://app.example.com';
const ASKED = 'authorization,mcp-param-region,traceparent';
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

export function preflightSuite(): Suite {
  const gate = notesGate(verifier, { cors: { origins: [APP] } });
  const closed = notesGate(verifier, { resource: 'https://notes.example.com/mcp/closed' });
  const open = notesGate(verifier, {
    resource: 'https://notes.example.com/open',
    ...{ cors: true, rootAlias: true },
  });
  return {
    name: 'preflights where no route is',
    setup: {
      routes: [gate, closed, open].map((one, index) => ({ path: `/guarded-${index}`, gate: one })),
      headers: [['Vary', 'Accept-Encoding']],
    },
    checks: [
      ...['/mcp', '/mcp?x=1', '/mcp/', '/mcp/export', '/mcp/a/b?c=d', '/mcp/closedx'].map(
        (target): Check => ({
          title: `${target} is the resource or below it: requested names are echoed [PR-14, T48]`,
          run: async (app) => {
            const { status, headers, body } = await preflight(app, target, { method: 'PATCH' });
            assert.equal(status, 204);
            assert.equal(body, '');
            assert.equal(headers.get('access-control-allow-origin'), APP);
            assert.equal(headers.get('access-control-allow-methods'), 'PATCH');
            assert.equal(headers.get('access-control-allow-headers'), ASKED);
            assert.match(headers.get('vary') ?? '', /^Accept-Encoding, Origin$/);
            assert.ok(!headers.has('access-control-allow-credentials'));
            assert.equal(app.calls.length, 0);
          },
        }),
      ),
      {
        title: 'the nearest resource decides: any origin for another gate [PR-14, T48]',
        run: async (app) => {
          const answer = await preflight(app, '/open/x', { origin: 'https://other.example' });
          assert.equal(answer.status, 204);
          assert.equal(answer.headers.get('access-control-allow-origin'), '*');
        },
      },
      ...['/mcp/closed', '/mcp/closed/x', '/mcpx', '/', '/x/mcp', '/MCP/export'].map(
        (target): Check => ({
          title: `${target} is not of a resource with CORS: no preflight is answered [PR-14, T48]`,
          run: async (app) => {
            const { status, headers } = await preflight(app, target);
            assert.ok(status >= 400, String(status));
            assert.ok(!headers.has('access-control-allow-origin'));
          },
        }),
      ),
      {
        title: 'a foreign origin gets no permission [PR-14, T48]',
        run: async (app) => {
          const answer = await preflight(app, '/mcp/export', { origin: 'https://evil.example' });
          assert.ok(!answer.headers.has('access-control-allow-origin'));
        },
      },
      {
        title: 'an OPTIONS that is no preflight is an ordinary request [PR-14, T31]',
        run: async (app) => {
          for (const headers of [[], [['Origin', APP] as const]]) {
            const answer = await app.send({ method: 'OPTIONS', target: '/mcp/x', headers });
            assert.equal(answer.status, 404);
          }
        },
      },
      ...[
        ['', 'https://notes.example.com/open'],
        ['/', 'https://notes.example.com/open'],
        ['/mcp', 'https://notes.example.com/mcp'],
        ['/mcp/', 'https://notes.example.com/mcp'],
        ['/mcp/closed/', 'https://notes.example.com/mcp/closed'],
      ].map(([path, resource]): Check => ({
        title: `metadata at ${WELL_KNOWN}${path} is that of ${resource}, and anybody may ask for it [PR-1, PR-14, T47]`,
        run: async (app) => {
          const target = `${WELL_KNOWN}${path}`;
          const { status, body } = await app.send({ target });
          assert.equal(status, 200);
          assert.equal((JSON.parse(body) as { resource: string }).resource, resource);
          const asked = await preflight(app, target, { origin: 'https://other.example' });
          assert.equal(asked.headers.get('access-control-allow-origin'), '*');
          assert.equal(asked.headers.get('access-control-allow-headers'), ASKED);
        },
      })),
    ],
  };
}

function preflight(
  app: App,
  target: string,
  { method = 'GET', origin = APP }: { readonly method?: string; readonly origin?: string } = {},
): Promise<Received> {
  return app.send({
    method: 'OPTIONS',
    target,
    headers: [
      ['Origin', origin],
      ['Access-Control-Request-Method', method],
      ['Access-Control-Request-Headers', ASKED],
    ],
  });
}
