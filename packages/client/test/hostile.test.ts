import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { DiscoveryError, StepUpError } from '../src/index.js';
import {
  createApp,
  goodMetadata,
  json,
  refuse,
  rejection,
  startServer,
  toolCall,
} from './support.js';
import type { Answer, TestApp, TestAppOptions, TestServer } from './support.js';

/**
 * Servers that mean harm, or are broken as if they did. Each is asked four times with `notes:read`
 * in the token; every request must end in a typed error, after no more authorizations than said, and
 * nobody but the server's own `/mcp` may have seen a token.
 */
interface Hostile {
  /** Codes of the four requests; one stands for all four. */
  readonly codes: readonly string[] | string;
  /** Authorizations over all four requests. */
  readonly authorizations: number;
  readonly answer?: Answer;
  readonly metadata?: Answer;
  readonly options?: Partial<TestAppOptions>;
  /** Code of the `DiscoveryError` that is the cause. */
  readonly discovery?: string;
}

const lacks = (scope: string): string => `Bearer error="insufficient_scope", scope="${scope}"`;
const always =
  (status: number, challenge: string): Answer =>
  (_request, response) =>
    refuse(response, status, challenge);
const alwaysLacks = always(403, lacks('notes:write'));

/** Challenges in turn, the last one for ever. */
function inTurn(...challenges: readonly string[]): Answer {
  let n = 0;
  return (_request, response) => {
    refuse(response, 403, challenges[n % challenges.length] ?? '');
    n += 1;
  };
}

function naming(url: (server: TestServer) => string): Answer {
  return (_request, response, server) =>
    refuse(response, 403, `${lacks('notes:write')}, resource_metadata="${url(server)}"`);
}

/** A scope more with every request. */
function growing(name: string): Answer {
  let n = 0;
  return (_request, response) => refuse(response, 403, lacks(`${name}${(n += 1)}`));
}

const many = (count: number): string =>
  Array.from({ length: count }, (_, i) => `s${i.toString(36)}`).join(' ');

const SERVERS: Readonly<Record<string, Hostile>> = {
  'always 403 for the same scope': {
    answer: alwaysLacks,
    codes: 'nothing_new',
    authorizations: 1,
  },
  'always 403, and the token never says what it has': {
    answer: alwaysLacks,
    options: { opaque: true },
    codes: 'nothing_new',
    authorizations: 1,
  },
  'alternating challenges': {
    answer: inTurn(lacks('a'), lacks('b')),
    codes: ['operation_limit', 'operation_limit', 'operation_limit', 'operation_limit'],
    authorizations: 2,
  },
  'a scope list that grows with every request': {
    answer: growing('s'),
    codes: 'operation_limit',
    authorizations: 2,
  },
  'a challenge for scopes that the token has': {
    answer: always(403, lacks('notes:read')),
    codes: 'nothing_new',
    authorizations: 0,
  },
  'a challenge without scopes, for ever': {
    answer: always(403, 'Bearer error="insufficient_scope"'),
    codes: 'nothing_new',
    authorizations: 0,
  },
  '101 scopes': {
    answer: always(403, lacks(many(101))),
    codes: 'too_many_scopes',
    authorizations: 0,
  },
  '2,000 scopes in the challenge': {
    answer: always(403, lacks(many(2000))),
    codes: 'too_many_scopes',
    authorizations: 0,
  },
  '10,000 scopes in the metadata': {
    answer: always(403, 'Bearer error="insufficient_scope"'),
    metadata: (_request, response, { resource }) =>
      json(response, 200, { resource, scopes_supported: many(10_000).split(' ') }),
    codes: 'too_many_scopes',
    authorizations: 0,
  },
  'one scope of 5,000 characters': {
    answer: always(403, lacks('s'.repeat(5000))),
    codes: 'too_many_scopes',
    authorizations: 0,
  },
  'a scope that the application never asks for': {
    answer: always(403, lacks('admin')),
    options: { allowedScopes: ['notes:read', 'notes:write'] },
    codes: 'scope_not_allowed',
    authorizations: 0,
  },
  'scopes with quotes and commas in them': {
    answer: always(403, String.raw`Bearer error="insufficient_scope", scope="\"admin\" a\"b"`),
    codes: 'nothing_new',
    authorizations: 0,
  },
  'a parameter given twice': {
    answer: always(403, 'Bearer error="insufficient_scope", scope="notes:write", scope="admin"'),
    codes: 'unusable_challenge',
    authorizations: 0,
  },
  'a parameter given twice, over two header lines': {
    answer(_request, response) {
      response.setHeader('www-authenticate', [lacks('notes:write'), 'SCOPE="admin"']);
      response.writeHead(403).end();
    },
    codes: 'unusable_challenge',
    authorizations: 0,
  },
  'look-alike parameters inside quoted text': {
    answer: always(
      403,
      `Bearer error="insufficient_scope", error_description="scope=admin, scope=\\"admin\\"", scope="notes:read"`,
    ),
    codes: 'nothing_new',
    authorizations: 0,
  },
  '401 after the step-up': {
    answer({ authorization }, response) {
      if (authorization === 'Bearer token-1') return refuse(response, 403, lacks('notes:write'));
      refuse(response, 401, 'Bearer error="invalid_token"');
    },
    codes: ['refused_again', 'refused_again', 'refused_again', 'operation_limit'],
    authorizations: 3,
  },
  '401 for every token': {
    answer: always(401, 'Bearer error="invalid_token", scope="notes:read"'),
    codes: ['refused_again', 'refused_again', 'operation_limit', 'operation_limit'],
    authorizations: 2,
  },
  '401 that says insufficient_scope': {
    answer: always(401, lacks('notes:write')),
    codes: 'nothing_new',
    authorizations: 1,
  },
  'a redirect to somebody else': {
    answer: (_request, response, { elsewhere }) =>
      void response.writeHead(307, { location: elsewhere }).end(),
    codes: 'redirect_refused',
    authorizations: 0,
  },
  'a redirect after the step-up': {
    answer({ authorization }, response) {
      if (authorization === 'Bearer token-1') return refuse(response, 403, lacks('notes:write'));
      response.writeHead(308, { location: '/mcp/next' }).end();
    },
    codes: 'redirect_refused',
    authorizations: 1,
  },
  'metadata on another origin': {
    answer: naming(({ elsewhere }) => elsewhere),
    codes: 'discovery_failed',
    discovery: 'foreign_origin',
    authorizations: 0,
  },
  'metadata on an internal address': {
    answer: naming(() => 'http://169.254.169.254/latest/meta-data'),
    codes: 'discovery_failed',
    discovery: 'invalid_url',
    authorizations: 0,
  },
  'metadata in a script': {
    answer: naming(() => 'javascript:alert(1)'),
    codes: 'discovery_failed',
    discovery: 'invalid_url',
    authorizations: 0,
  },
  'metadata in a file': {
    answer: naming(() => 'file:///etc/passwd'),
    codes: 'discovery_failed',
    discovery: 'invalid_url',
    authorizations: 0,
  },
  'metadata behind a user name': {
    answer: naming(({ origin }) => `${origin.replace('//', '//evil.example@')}/x`),
    codes: 'discovery_failed',
    discovery: 'invalid_url',
    authorizations: 0,
  },
  'metadata that redirects': {
    answer: alwaysLacks,
    metadata: (_request, response, { elsewhere }) =>
      void response.writeHead(302, { location: elsewhere }).end(),
    codes: 'discovery_failed',
    discovery: 'redirected',
    authorizations: 0,
  },
  'metadata without an end': {
    answer: alwaysLacks,
    metadata(_request, response) {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = (): void => {
        if (!response.destroyed) response.write(' '.repeat(65_536), () => setImmediate(more));
      };
      more();
    },
    codes: 'discovery_failed',
    discovery: 'too_large',
    authorizations: 0,
  },
  'metadata that never begins': {
    answer: alwaysLacks,
    metadata: () => {},
    options: { discovery: { timeout: 20 } },
    codes: 'discovery_failed',
    discovery: 'timeout',
    authorizations: 0,
  },
  'metadata that trickles': {
    answer: alwaysLacks,
    metadata(_request, response) {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"resource":');
    },
    options: { discovery: { timeout: 20 } },
    codes: 'discovery_failed',
    discovery: 'timeout',
    authorizations: 0,
  },
  'metadata in HTML': {
    answer: alwaysLacks,
    metadata: (_request, response) =>
      void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    codes: 'discovery_failed',
    discovery: 'not_json',
    authorizations: 0,
  },
  'HTML that says it is JSON': {
    answer: alwaysLacks,
    metadata: (_request, response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end('<html>'),
    codes: 'discovery_failed',
    discovery: 'not_json',
    authorizations: 0,
  },
  'metadata about another resource': {
    answer: alwaysLacks,
    metadata: (_request, response) =>
      json(response, 200, { resource: 'https://bank.example', authorization_servers: [] }),
    codes: 'discovery_failed',
    discovery: 'resource_mismatch',
    authorizations: 0,
  },
  'metadata that names it in its prototype': {
    answer: alwaysLacks,
    metadata: (_request, response, { resource }) =>
      void response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(`{"__proto__":{"resource":"${resource}"}}`),
    codes: 'discovery_failed',
    discovery: 'resource_mismatch',
    authorizations: 0,
  },
  'an authorization server that is a script': {
    answer: alwaysLacks,
    metadata: (_request, response, { resource }) =>
      json(response, 200, { resource, authorization_servers: ['javascript:alert(1)'] }),
    codes: 'discovery_failed',
    discovery: 'invalid_url',
    authorizations: 0,
  },
  'an authorization server that is no list': {
    answer: alwaysLacks,
    metadata: (_request, response, { resource }) =>
      json(response, 200, { resource, authorization_servers: 'https://idp.example' }),
    codes: 'discovery_failed',
    discovery: 'invalid_authorization_servers',
    authorizations: 0,
  },
  'metadata that breaks the connection': {
    answer: alwaysLacks,
    metadata: (_request, response) => void response.destroy(),
    codes: 'discovery_failed',
    discovery: 'unreachable',
    authorizations: 0,
  },
  'a refusal without an end': {
    answer(_request, response) {
      response.writeHead(403, { 'www-authenticate': lacks('notes:write') });
      const more = (): void => {
        if (!response.destroyed) response.write('x'.repeat(65_536), () => setImmediate(more));
      };
      more();
    },
    codes: 'nothing_new',
    authorizations: 1,
  },
};

/** Bound of everything: a login and two step-ups for an operation (MCP: no more than a few). */
const MAX_AUTHORIZATIONS = 3;

describe('hostile servers', () => {
  test.each(Object.entries(SERVERS))(
    '%s [CS-5, CS-8, PR-12, T110, T111, T113, T114, T116, T117, T119]',
    async (_name, { answer = alwaysLacks, metadata = goodMetadata, options, ...expected }) => {
      const elsewhere = await startServer((_request, response) => json(response, 200, {}));
      const server = await startServer(answer, metadata, elsewhere.resource);
      const app: TestApp = createApp({
        resource: server.resource,
        scope: 'notes:read',
        ...options,
      });
      const errors: unknown[] = [];
      for (let i = 0; i < 4; i += 1) {
        errors.push(await rejection(app.fetch(server.resource, toolCall('add_note'))));
      }
      const codes =
        typeof expected.codes === 'string'
          ? Array<string>(4).fill(expected.codes)
          : [...expected.codes];
      expect(errors.map((error) => error instanceof StepUpError && error.code)).toEqual(codes);
      expect(errors.map((error) => (error as StepUpError).operation.label)).toEqual(
        Array<string>(4).fill('add_note'),
      );
      if (expected.discovery !== undefined) {
        const { cause } = errors[0] as StepUpError;
        expect(cause).toBeInstanceOf(DiscoveryError);
        expect((cause as DiscoveryError).code).toBe(expected.discovery);
      }
      expect(app.authorizations).toHaveLength(expected.authorizations);
      expect(expected.authorizations).toBeLessThanOrEqual(MAX_AUTHORIZATIONS);
      expect(app.given).toEqual(errors);

      for (const { url, authorization } of server.seen) {
        if (url !== '/mcp') expect([url, authorization]).toEqual([url, undefined]);
      }
      expect(elsewhere.seen).toEqual([]);
      expect(inspect(errors, { depth: 9 })).not.toContain('token-');
    },
  );

  test('several operations: the whole resource has a limit [T114]', async () => {
    const server = await startServer(growing('s'));
    const app = createApp({ resource: server.resource, scope: 'notes:read' });
    const codes = new Set<string>();
    for (let i = 0; i < 20; i += 1) {
      const error = await rejection(app.fetch(`${server.resource}/${i}`));
      codes.add((error as StepUpError).code);
    }
    expect(app.authorizations).toHaveLength(10);
    expect([...codes]).toEqual(['operation_limit', 'resource_limit']);
  });

  test('alternating growing scopes and success: still limited [T114]', async () => {
    let n = 0;
    const server = await startServer((_request, response) => {
      n += 1;
      if (n % 2 === 0) json(response, 200, {});
      else refuse(response, 403, lacks(`s${n}`));
    });
    const app = createApp({ resource: server.resource, scope: 'notes:read' });
    const outcomes: unknown[] = [];
    for (let i = 0; i < 15; i += 1) {
      outcomes.push(
        await app.fetch(server.resource).then(
          (r) => r.status,
          (e: StepUpError) => e.code,
        ),
      );
      if (outcomes.at(-1) === 'resource_limit') n += 1;
    }
    expect(app.authorizations).toHaveLength(10);
    expect(outcomes.slice(0, 10)).toEqual(Array(10).fill(200));
    expect(outcomes.slice(10)).toEqual(Array(5).fill('resource_limit'));
  });
});
