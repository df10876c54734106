/**
 * Headers of other middleware stay on the gate's answers, and the gate's own CORS headers are right.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { App } from '../app.js';
import { PURGE, READ, unauthorized } from '../cases/index.js';
import type { GuardedRoute } from '../harness.js';
import { verifier } from '../tokens.js';
import { bearer, toWire } from '../verify.js';
import type { Received, WireRequest } from '../wire/raw-http.js';
import { notesGate } from '../gates.js';
import type { Suite } from './suite.js';

export function otherMiddlewareSuites(routes: readonly GuardedRoute[]): readonly Suite[] {
  return [otherMiddleware(routes), ownCors()];
}

/** What middleware in front of everything has set. */
const SET = [
  ['Access-Control-Allow-Origin', 'https://app.example.com'],
  ['Vary', 'Origin'],
  ['X-Request-Id', '7'],
  ['WWW-Authenticate', 'Basic realm="old"'],
  ['Content-Type', 'text/html'],
  ['ETag', '"old"'],
] as const;

function otherMiddleware(routes: readonly GuardedRoute[]): Suite {
  const refused = [
    [401, toWire({ name: '', body: READ, expected: unauthorized })],
    [403, bearer('reader', PURGE)],
    [400, bearer('reader', [READ])],
  ] as const;
  return {
    name: 'with other middleware',
    setup: { routes, headers: SET },
    checks: [
      ...refused.map(([status, request]) => ({
        title: `a ${status} keeps their headers, and Vary grows [T43, T49]`,
        run: async (app: App) => {
          const { headers } = await kept(app, request, status);
          // The gate's challenge replaces the earlier one.
          if (status !== 400) assert.match(headers.get('www-authenticate') ?? '', /^Bearer /);
          // Headers that described another content are gone.
          assert.equal(headers.get('content-type'), 'application/json');
          assert.ok(!headers.has('etag'));
        },
      })),
      {
        title: 'an answer keeps their headers, and Vary grows [T43, T49]',
        run: async (app) => void (await kept(app, bearer('reader', READ), 200)),
      },
      {
        title: 'metadata keeps their headers, except those that it sets itself [T43, T47]',
        run: async (app) => {
          const target = '/.well-known/oauth-protected-resource/mcp';
          const { headers } = await app.send({ target });
          assert.equal(headers.get('x-request-id'), '7');
          assert.equal(headers.get('access-control-allow-origin'), '*');
          assert.equal(headers.get('content-type'), 'application/json');
          assert.notEqual(headers.get('etag'), '"old"');
        },
      },
    ],
  };
}

async function kept(app: App, request: WireRequest, status: number): Promise<Received> {
  const answer = await app.send(request);
  assert.equal(answer.status, status, answer.body);
  assert.equal(answer.headers.get('x-request-id'), '7');
  assert.equal(answer.headers.get('access-control-allow-origin'), 'https://app.example.com');
  assert.equal(answer.headers.get('vary'), 'Origin, Authorization');
  return answer;
}

function ownCors(): Suite {
  const gate = notesGate(verifier, { cors: { origins: ['https://app.example.com'] } });
  return {
    name: "the gate's own CORS",
    setup: {
      routes: [{ path: '/mcp', gate }],
      headers: [
        ['Access-Control-Expose-Headers', 'X-Request-Id'],
        ['Vary', 'Accept-Encoding'],
      ],
    },
    checks: [
      {
        title: 'browsers may read the challenge, without credentials [T48]',
        run: async (app) => {
          const { status, headers } = await app.send(from('https://app.example.com'));
          assert.equal(status, 401);
          assert.equal(headers.get('access-control-allow-origin'), 'https://app.example.com');
          assert.equal(
            headers.get('access-control-expose-headers'),
            'X-Request-Id, WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id',
          );
          assert.equal(headers.get('vary'), 'Accept-Encoding, Authorization, Origin');
          assert.ok(!headers.has('access-control-allow-credentials'));
        },
      },
      {
        title: 'a preflight is answered without a token [T48]',
        run: async (app) => {
          const { status, headers } = await app.send({
            method: 'OPTIONS',
            target: '/mcp',
            headers: [
              ['Origin', 'https://app.example.com'],
              ['Access-Control-Request-Method', 'POST'],
            ],
          });
          assert.equal(status, 204);
          assert.match(
            headers.get('access-control-allow-headers') ?? '',
            /Authorization.*Mcp-Name/,
          );
          assert.equal(app.calls.length, 0);
        },
      },
      {
        title: 'a foreign origin may not read it [T48]',
        run: async (app) => {
          const { headers } = await app.send(from('https://evil.example'));
          assert.ok(!headers.has('access-control-allow-origin'));
        },
      },
      {
        title: 'an answer may be read, too [T48]',
        run: async (app) => {
          const request = bearer('reader', READ);
          const { headers = [] } = request;
          const origin = ['Origin', 'https://app.example.com'] as const;
          const answer = await app.send({ ...request, headers: [...headers, origin] });
          assert.equal(answer.status, 200);
          assert.equal(
            answer.headers.get('access-control-allow-origin'),
            'https://app.example.com',
          );
        },
      },
    ],
  };
}

function from(origin: string): WireRequest {
  return { method: 'POST', target: '/mcp', headers: [['Origin', origin]] };
}
