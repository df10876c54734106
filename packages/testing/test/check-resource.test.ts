import { serveFetch } from '../../adapter-testkit/src/index.js';
import { describe, expect, test } from 'vitest';
import { createGate, defineScopes } from '@scopegate/core';
import { dpop, memoryReplayStore } from '@scopegate/core/dpop';
import type { Gate, GateOptions } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';
import { checkResource, createTestIssuer, formatFindings } from '../src/index.js';
import type { CheckResourceOptions, ResourceReport } from '../src/index.js';

type Handler = (request: Request) => Response | Promise<Response>;

const resource = 'https://notes.example.com/mcp';
const issuer = createTestIssuer({ resource });
const scopes = defineScopes({ 'notes:read': {}, 'notes:write': { description: 'Change notes' } });
const call = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'add', arguments: {} },
};
const asking: CheckResourceOptions = { issuer, scopes: ['notes:write'], body: call };

function gateWith(options: Partial<GateOptions<'notes:read' | 'notes:write'>> = {}): Gate {
  return createGate({
    resource,
    authorizationServers: [issuer.issuer],
    verifier: issuer.verifier(),
    scopes,
    initialScopes: ['notes:read'],
    policy: mcpPolicy(scopes, { tools: { add: 'notes:write' } }),
    ...options,
  }) as unknown as Gate;
}

const done = (): Response => Response.json({ done: true });
const guarded = gateWith().fetch(done);

async function names(handler: Handler | string, options = asking): Promise<readonly string[]> {
  const { findings } = await checkResource(handler, options);
  return findings.map(({ check }) => check);
}

describe('a guarded resource has no faults', () => {
  test.each([
    ['an MCP endpoint', guarded, asking],
    ['one that browsers may call', gateWith({ cors: true }).fetch(done), { ...asking, cors: true }],
    [
      'a plain route',
      gateWith().fetch(done, 'notes:write'),
      { issuer, scopes: ['notes:write'], path: '/mcp/export?all=1' },
    ],
  ])('%s', async (_what, handler, options) => {
    const report = await checkResource(handler, options);
    expect(report.findings, formatFindings(report)).toEqual([]);
    expect(report.passed.length).toBeGreaterThan(120);
  });

  test('one that accepts DPoP, too [DP-12]', async () => {
    const gate = gateWith({ dpop: dpop({ replay: memoryReplayStore() }) });
    const report = await checkResource(gate.fetch(done), asking);
    expect(report.findings, formatFindings(report)).toEqual([]);
    expect(report.passed.length).toBeGreaterThan(120);
  });

  test('one that accepts DPoP alone: says what was not tried [DP-12]', async () => {
    const gate = gateWith({ dpop: dpop({ required: true, replay: memoryReplayStore() }) });
    const report = await checkResource(gate.fetch(done), asking);
    expect(report.findings, formatFindings(report)).toEqual([]);
    expect(report.skipped).toContainEqual({
      check: 'a good token',
      why: expect.stringContaining('without `required` of dpop()') as string,
    });
    expect(report.passed).toContain('no token: names the metadata');
  });

  test('one at the root of its origin', async () => {
    const root = createTestIssuer({ resource: 'https://notes.example.com' });
    const gate = gateWith({ resource: root.resource, verifier: root.verifier() });
    const report = await checkResource(gate.fetch(done), {
      ...asking,
      issuer: root,
    });
    expect(report.findings, formatFindings(report)).toEqual([]);
  });

  test('a running server, with a token alone', async () => {
    const server = await serveFetch(guarded);
    try {
      const report = await checkResource(server.url, {
        resource,
        token: await issuer.mintToken({ scopes: ['notes:write'] }),
        insufficientToken: await issuer.mintToken(),
        scopes: ['notes:write'],
        body: call,
      });
      expect(report.findings, formatFindings(report)).toEqual([]);
      expect(report.passed.length).toBeGreaterThan(90);
    } finally {
      await server.close();
    }
  });

  test('checks that cannot run are listed as skipped', async () => {
    const { findings, skipped } = await checkResource(guarded, { resource, body: call });
    expect(findings).toEqual([]);
    expect(skipped.map(({ check }) => check)).toEqual([
      'a good token',
      'bad tokens',
      'too few scopes',
      'forms of Authorization',
      'other ways of sending a token',
      'CORS',
    ]);
  });
});

/** The same answers, with a change. */
function changed(
  change: (response: Response, request: Request) => Response | Promise<Response>,
  handler: Handler = guarded,
): Handler {
  return async (request) => change(await handler(request.clone() as Request), request);
}

function withHeader(response: Response, name: string, value: string | null): Response {
  const headers = new Headers(response.headers);
  if (value === null) headers.delete(name);
  else headers.set(name, value);
  return new Response(response.body, { status: response.status, headers });
}

const challengeOf = ({ headers }: Response): string => headers.get('www-authenticate') ?? '';
const rewritten = (rewrite: (challenge: string) => string | null): Handler =>
  changed((response) =>
    response.headers.has('www-authenticate')
      ? withHeader(response, 'www-authenticate', rewrite(challengeOf(response)))
      : response,
  );

const isMetadata = (request: Request): boolean => request.url.includes('/.well-known/');
const document = (change: object | string): Handler =>
  changed(async (response, request) => {
    if (!isMetadata(request) || request.method !== 'GET') return response;
    if (typeof change === 'string') return new Response(change, { status: 200 });
    const changedDocument = { ...((await response.json()) as object), ...change };
    return Response.json(changedDocument, { headers: [...response.headers] });
  });

/** A verifier that looks at less than it should. */
const lax = (options: Parameters<typeof issuer.verifier>[0]): Handler =>
  gateWith({ verifier: issuer.verifier(options) }).fetch(done);

/** Lets through what `passes` holds for, whatever the gate says. */
const bypass =
  (passes: (request: Request) => boolean): Handler =>
  async (request) =>
    passes(request) ? done() : guarded(request);

describe('the faults of a broken resource are found', () => {
  const cases: readonly [what: string, handler: Handler, finds: readonly string[]][] = [
    [
      'no guard at all',
      done,
      ['no token', 'bad token: expired', 'too few scopes', 'metadata: speaks for this resource'],
    ],
    ['401 without a challenge', rewritten(() => null), ['no token: has a Bearer challenge']],
    [
      '403 in the place of 401',
      changed((response) =>
        response.status === 401 ? new Response(null, { status: 403 }) : response,
      ),
      ['no token', 'bad token: expired'],
    ],
    [
      'an unquoted URL in the challenge',
      rewritten((value) => value.replace(/resource_metadata="([^"]*)"/, 'resource_metadata=$1')),
      ['no token: the challenge follows the grammar'],
    ],
    [
      'the description in front of the scope',
      rewritten((value) => value.replace('Bearer ', 'Bearer error_description="scope=admin", ')),
      ['no token: simple readers read the same'],
    ],
    [
      'two Bearer challenges',
      rewritten((value) => `${value}, Bearer realm="again"`),
      ['no token: has a Bearer challenge'],
    ],
    [
      'an error for a missing token',
      rewritten((value) => (value.includes('error=') ? value : `${value}, error="invalid_token"`)),
      ['no token: no error is named'],
    ],
    [
      'metadata named by the request',
      rewritten((value) => value.replace('notes.example.com', 'evil.test')),
      ['no token: names the metadata'],
    ],
    [
      'the token in the error text',
      changed(async (response, request) =>
        response.status === 401
          ? new Response(request.headers.get('authorization'), response)
          : response,
      ),
      ['bad tokens: no answer tells of the token'],
    ],
    [
      'refusals that are cached',
      changed((response) => withHeader(response, 'cache-control', 'max-age=60')),
      ['no token: no answer is cached', 'too few scopes: no answer is cached'],
    ],
    [
      'only the first scope in the challenge',
      rewritten((value) => value.replace(/scope="notes:write"/, 'scope="notes:read"')),
      ['too few scopes: all of them are named'],
    ],
    [
      '401 for too few scopes',
      changed((response) =>
        response.status === 403 ? new Response(null, { status: 401 }) : response,
      ),
      ['too few scopes'],
    ],
    [
      'any audience',
      lax({ audience: { mode: 'observe', until: '2999-01-01' }, onWarning: () => undefined }),
      ['bad token: wrong audience', 'bad token: no audience'],
    ],
    ['ID tokens', lax({ typ: ['at+jwt', 'JWT'] }), ['bad token: typ JWT']],
    [
      'a verifier that verifies nothing',
      gateWith({
        verifier: (token) => {
          const claims = token.split('.')[1] ?? '';
          return {
            claims: JSON.parse(Buffer.from(claims, 'base64url').toString()) as object as never,
          };
        },
      }).fetch(done),
      ['bad token: alg none', 'bad token: another key, the same kid', 'bad token: more scopes'],
    ],
    [
      'a verifier that fails on bad tokens',
      gateWith({
        verifier: (token, context) => {
          if (token.split('.').length !== 3) throw new Error('boom');
          return issuer.verifier()(token, context);
        },
      }).fetch(done),
      ['bad token: two parts', 'bad token: the text undefined'],
    ],
    ['GET is not guarded', bypass(({ method }) => method === 'GET'), ['no token, GET']],
    ['HEAD is not guarded', bypass(({ method }) => method === 'HEAD'), ['no token, HEAD']],
    [
      'a path with a slash is not guarded',
      bypass(({ url }) => new URL(url).pathname === '/mcp/'),
      ['the path written /mcp/, without a token', 'the path written /mcp/, with too few scopes'],
    ],
    [
      'another case of the path is not guarded',
      bypass(({ url }) => new URL(url).pathname === '/MCP'),
      ['the path written /MCP, without a token'],
    ],
    [
      'a token in the query counts',
      bypass(({ url }) => new URL(url).searchParams.has('access_token')),
      ['a token in the query'],
    ],
    ['a cookie counts', bypass(({ headers }) => headers.has('cookie')), ['a token in a cookie']],
    [
      'a form counts',
      bypass(({ headers }) => headers.get('content-type')?.includes('form') === true),
      ['a token in a form'],
    ],
    [
      'the last of several credentials counts',
      async (request) => {
        const headers = new Headers(request.headers);
        const last = headers.get('authorization')?.split(',').at(-1)?.trim();
        if (last !== undefined) headers.set('authorization', last);
        return guarded(new Request(request, { headers }));
      },
      ['two credentials in one header', 'a good token behind a bad one'],
    ],
    [
      'an ill-formed token is a 400, so that clients never log in',
      async (request) => {
        const value = request.headers.get('authorization') ?? 'Basic x';
        return /^bearer +[\w.~+/-]+=*$|^basic/i.test(value)
          ? guarded(request)
          : guarded(new Request(request, { headers: { authorization: 'a, b' } }));
      },
      ['no token behind the scheme', 'a space in the token', 'quotes around the token'],
    ],
    [
      'the scheme is compared with case',
      async (request) => {
        const value = request.headers.get('authorization') ?? 'Bearer';
        return value.startsWith('Bearer') ? guarded(request) : new Response(null, { status: 401 });
      },
      ['the scheme written bearer', 'the scheme written BEARER'],
    ],
    [
      'the first message of a batch is evaluated',
      async (request) => {
        const body: unknown =
          request.method === 'POST'
            ? await request
                .clone()
                .json()
                .catch(() => 0)
            : 0;
        const first: unknown = Array.isArray(body) ? body[0] : undefined;
        return first === undefined
          ? guarded(request)
          : guarded(new Request(request, { body: JSON.stringify(first) }));
      },
      ['a batch with too few scopes', 'a batch with a good token'],
    ],
    [
      'a preflight is guarded',
      async (request) =>
        request.method === 'OPTIONS' ? new Response(null, { status: 401 }) : guarded(request),
      ['a preflight', 'metadata: browsers may read it'],
    ],
    [
      'CORS without the headers that matter',
      changed((response) => withHeader(response, 'access-control-allow-origin', '*')),
      ['a preflight: admits Authorization', 'CORS: the challenge can be read'],
    ],
    [
      'CORS with credentials for everybody',
      changed(
        (response) => withHeader(response, 'access-control-allow-credentials', 'true'),
        gateWith({ cors: true }).fetch(done),
      ),
      ['CORS: no credentials for everybody'],
    ],
    [
      'no metadata',
      async (request) =>
        isMetadata(request) ? new Response(null, { status: 404 }) : guarded(request),
      ['metadata'],
    ],
    [
      'metadata behind the guard',
      async (request) =>
        isMetadata(request) && request.headers.has('authorization')
          ? new Response(null, { status: 401 })
          : guarded(request),
      ['metadata: needs no token'],
    ],
    ['a page in the place of metadata', document('<html>'), ['metadata']],
    [
      'another resource',
      document({ resource: `${resource}/` }),
      ['metadata: speaks for this resource'],
    ],
    ['null in the metadata', document({ scopes_supported: null }), ['metadata: no empty members']],
    [
      'another issuer',
      document({ authorization_servers: [`${issuer.issuer}/`] }),
      ['metadata: names the authorization server'],
    ],
    [
      'a scope for refresh tokens',
      document({ scopes_supported: ['offline_access'] }),
      ['metadata: asks for no refresh token'],
    ],
    [
      'metadata that browsers cannot read',
      changed((response, request) =>
        isMetadata(request) ? withHeader(response, 'access-control-allow-origin', null) : response,
      ),
      ['metadata: browsers may read it'],
    ],
    [
      'metadata without an age',
      changed((response, request) =>
        isMetadata(request) ? withHeader(response, 'cache-control', null) : response,
      ),
      ['metadata: says how long it holds'],
    ],
    [
      'no HEAD of metadata',
      async (request) =>
        isMetadata(request) && request.method === 'HEAD'
          ? new Response(null, { status: 405 })
          : guarded(request),
      ['metadata: HEAD'],
    ],
    ['good tokens are refused', () => guarded(new Request(resource)), ['a good token']],
    [
      'a crash',
      () => {
        throw new Error('boom');
      },
      ['an answer'],
    ],
    ['no answer', () => new Promise<never>(() => undefined), ['an answer']],
    ['no response', () => undefined as never, ['an answer']],
    [
      'a crash for bad tokens',
      async (request) => {
        const response = await guarded(request);
        if (response.headers.get('www-authenticate')?.includes('invalid_token') === true) {
          throw new Error('boom');
        }
        return response;
      },
      ['bad token: expired', 'bad token: alg none'],
    ],
    [
      'expired tokens are evaluated by scope first',
      async (request) => {
        const [, payload = ''] = (request.headers.get('authorization') ?? '').split('.');
        const text = Buffer.from(payload, 'base64url').toString();
        return text.includes('"exp"') && !text.includes('"scope"')
          ? new Response(null, { status: 403 })
          : guarded(request);
      },
      ['an expired token without scopes'],
    ],
  ];

  test.each(cases)('%s', async (_what, handler, finds) => {
    expect(await names(handler, { ...asking, timeout: 100 })).toEqual(
      expect.arrayContaining([...finds]),
    );
  });

  test('a renamed challenge is the one finding of each refusal, and says who renames it [CH-1]', async () => {
    const handler = changed((response) => {
      const value = challengeOf(response);
      if (value === '') return response;
      const renamed = withHeader(response, 'x-amzn-remapped-www-authenticate', value);
      return withHeader(renamed, 'www-authenticate', null);
    });
    const { findings } = await checkResource(handler, asking);
    expect(findings.map(({ check }) => check)).toEqual([
      'too few scopes: the challenge is in WWW-Authenticate',
      'no token: the challenge is in WWW-Authenticate',
    ]);
    for (const { seen, howToMend } of findings) {
      expect(seen).toContain('x-amzn-remapped-www-authenticate: Bearer ');
      expect(howToMend).toContain('AWS API Gateway');
    }
  });

  test('one fault gives one finding', async () => {
    const handler = bypass(({ method }) => method === 'HEAD');
    expect(await names(handler)).toEqual(['no token, HEAD']);
  });

  test('every finding says what to do, and none contains a token [T72]', async () => {
    const echo: Handler = (request) =>
      new Response(null, {
        status: 401,
        headers: {
          'www-authenticate': `Bearer error_description="${String(request.headers.get('authorization'))}"`,
        },
      });
    for (const handler of [done, echo]) {
      const report = await checkResource(handler, asking);
      expect(report.findings.length).toBeGreaterThanOrEqual(5);
      for (const { seen, expected, howToMend, ids } of report.findings) {
        for (const text of [seen, expected, howToMend, ids.join()]) expect(text).not.toBe('');
      }
      expect(formatFindings(report) + JSON.stringify(report)).not.toMatch(/eyJ|[\w-]{40,}/);
    }
  });
});

test('deliberate exceptions are listed', async () => {
  const except = ['bad token: typ JWT', 'bad token: ID token'];
  const { findings, skipped } = await checkResource(lax({ typ: ['at+jwt', 'JWT'] }), {
    ...asking,
    except,
  });
  expect(findings).toEqual([]);
  expect(
    skipped
      .slice(0, 2)
      .map(({ check }) => check)
      .toSorted(),
  ).toEqual(except.toSorted());
});

test('a report in words', async () => {
  const report: ResourceReport = await checkResource(
    rewritten(() => null),
    { resource, body: call },
  );
  expect(formatFindings(report)).toBe(
    [
      'MUST  no token: has a Bearer challenge  [CH-1, CH-6, T43]',
      '      seen      status 401, no WWW-Authenticate',
      '      expected  WWW-Authenticate with exactly one Bearer challenge (RFC 6750 s3)',
      '      to mend   write the refusal that the gate decided on unchanged, and let nothing behind it remove or append the header',
      '',
      ...report.skipped.map(({ check, why }) => `skipped  ${check}: ${why}`),
      `1 found, ${report.passed.length} passed, ${report.skipped.length} skipped`,
    ].join('\n'),
  );
});

test('options without a valid URL are refused', async () => {
  await expect(checkResource(done)).rejects.toThrow('checkResource.resource');
  await expect(checkResource(done, { resource: '/mcp' })).rejects.toThrow(TypeError);
  await expect(checkResource('notes', { resource })).rejects.toThrow('a fetch handler or a URL');
});
