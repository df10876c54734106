/**
 * Resources with one fault each, and the checks that find it.
 *
 * @module
 */
import { createGate, defineScopes } from '@scopegate/core';
import type { Gate, GateOptions } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';
import { createTestIssuer } from '../../src/index.js';
import type { CheckResourceOptions } from '../../src/index.js';

export type Handler = (request: Request) => Response | Promise<Response>;

export const resource = 'https://notes.example.com/mcp';
export const issuer = createTestIssuer({ resource });
const scopes = defineScopes({ 'notes:read': {}, 'notes:write': { description: 'Change notes' } });
export const call = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'add', arguments: {} },
};
export const asking: CheckResourceOptions = { issuer, scopes: ['notes:write'], body: call };

export function gateWith(options: Partial<GateOptions<'notes:read' | 'notes:write'>> = {}): Gate {
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

export const done = (): Response => Response.json({ done: true });
export const guarded = gateWith().fetch(done);

/** The same answers, with a change. */
export function changed(
  change: (response: Response, request: Request) => Response | Promise<Response>,
  handler: Handler = guarded,
): Handler {
  return async (request) => change(await handler(request.clone() as Request), request);
}

export function withHeader(response: Response, name: string, value: string | null): Response {
  const headers = new Headers(response.headers);
  if (value === null) headers.delete(name);
  else headers.set(name, value);
  return new Response(response.body, { status: response.status, headers });
}

export const challengeOf = ({ headers }: Response): string => headers.get('www-authenticate') ?? '';
export const rewritten = (rewrite: (challenge: string) => string | null): Handler =>
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
    // The length is that of the former document.
    const headers = [...response.headers].filter(([name]) => name !== 'content-length');
    return Response.json(changedDocument, { headers });
  });

/** A verifier that looks at less than it should. */
export const lax = (options: Parameters<typeof issuer.verifier>[0]): Handler =>
  gateWith({ verifier: issuer.verifier(options) }).fetch(done);

/** Lets through what `passes` holds for, whatever the gate says. */
export const bypass =
  (passes: (request: Request) => boolean): Handler =>
  async (request) =>
    passes(request) ? done() : guarded(request);

export type Fault = readonly [what: string, handler: Handler, finds: readonly string[]];

export const FAULTS: readonly Fault[] = [
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
