/** What a 401 leads to: where the metadata is looked for, and how often the request is sent. */
import { describe, expect, test } from 'vitest';
import { stepUpFetch } from '../src/index.js';
import {
  READ,
  WRITE,
  createApp,
  json,
  refuse,
  rejection,
  startServer,
  toolCall,
} from './support.js';
import type { Answer, TestServer } from './support.js';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** Metadata at one path, and nothing at any other. */
const metadataAt =
  (path: string): Answer =>
  ({ url }, response, { origin, resource }) => {
    if (url !== path) return void response.writeHead(404).end();
    json(response, 200, { resource, authorization_servers: [origin], scopes_supported: [READ] });
  };

/** A server that asks for a token with these challenges; with a token it has an answer. */
function start(challenges: (server: TestServer) => string[], path: string) {
  const metadata = metadataAt(path);
  return startServer((request, response, server) => {
    if (request.url === path) return metadata(request, response, server);
    if (request.authorization !== undefined) return json(response, 200, {});
    response.writeHead(401, { 'www-authenticate': challenges(server) }).end();
  }, metadata);
}

/** What was asked of the server besides the calls. */
const lookedFor = ({ seen }: TestServer): string[] =>
  seen.map(({ url }) => url).filter((url) => url !== '/mcp');

describe('the metadata of a resource that asks for a token', () => {
  const named = ({ origin }: TestServer): string => `resource_metadata="${origin}/about"`;
  const NONE: readonly (readonly [what: string, challenges: string[]])[] = [
    ['Bearer without it', ['Bearer']],
    ['Negotiate alone', ['Negotiate']],
    ['Basic alone', ['Basic realm="Bearer resource_metadata=/x"']],
    ['several other schemes', ['Negotiate', 'NTLM, Basic realm="x"']],
    ['nothing', []],
  ];

  test.each([
    ['Bearer alone', (server: TestServer) => [`Bearer ${named(server)}`]],
    ['Bearer behind another', (server: TestServer) => [`Negotiate, Bearer ${named(server)}`]],
    ['Bearer in a line of its own', (server: TestServer) => ['NTLM', `Bearer ${named(server)}`]],
  ])('is where the challenge says: %s [C401-4]', async (_what, challenges) => {
    const server = await start(challenges, '/about');
    const app = createApp({ resource: server.resource });
    expect((await app.fetch(server.resource, toolCall('x'))).status).toBe(200);
    expect(lookedFor(server)).toEqual(['/about']);
    expect(app.authorizations).toMatchObject([{ reason: 'login', scope: READ }]);
  });

  test.each(NONE)('is at the path of the resource: %s [C401-4]', async (_what, challenges) => {
    const server = await start(() => challenges, `${WELL_KNOWN}/mcp`);
    const app = createApp({ resource: server.resource });
    expect((await app.fetch(server.resource, toolCall('x'))).status).toBe(200);
    expect(lookedFor(server)).toEqual([`${WELL_KNOWN}/mcp`]);
    expect(app.authorizations).toMatchObject([
      { reason: 'login', scope: READ, metadata: { authorization_servers: [server.origin] } },
    ]);
  });

  test.each(NONE)('or else at its origin: %s [C401-4]', async (_what, challenges) => {
    const server = await start(() => challenges, WELL_KNOWN);
    const app = createApp({ resource: server.resource });
    expect((await app.fetch(server.resource, toolCall('x'))).status).toBe(200);
    expect(lookedFor(server)).toEqual([`${WELL_KNOWN}/mcp`, WELL_KNOWN]);
    expect(app.authorizations).toHaveLength(1);
  });

  test('is missing: the request fails with the places, and nobody logs in', async () => {
    const server = await start(() => ['Negotiate'], '/nowhere');
    const app = createApp({ resource: server.resource });
    const error = await rejection(app.fetch(server.resource));
    expect(error).toMatchObject({ code: 'discovery_failed' });
    expect(String(error)).toContain(`${WELL_KNOWN}/mcp or ${server.origin}${WELL_KNOWN}`);
    expect(app.authorizations).toEqual([]);
  });
});

describe('a challenge of other schemes', () => {
  test('for a token that was sent goes to the caller: one login, no more', async () => {
    const server = await startServer((_request, response) => refuse(response, 401, 'Negotiate'));
    const app = createApp({ resource: server.resource });
    const response = await app.fetch(server.resource, toolCall('x'));
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Negotiate']);
    expect(app.authorizations).toHaveLength(1);
    expect(server.calls()).toHaveLength(2);
  });

  test.each(['DPoP algs="ES256"', 'Negotiate, DPoP algs="ES256"'])(
    'that wants a bound token (%s) goes to the caller, who has no key',
    async (challenge) => {
      const server = await startServer((_request, response) => refuse(response, 401, challenge));
      const app = createApp({ resource: server.resource });
      expect((await app.fetch(server.resource)).status).toBe(401);
      expect(app.authorizations).toEqual([]);
    },
  );

  test('with status 403 is no question for a token', async () => {
    const server = await startServer((_request, response) => refuse(response, 403, 'Negotiate'));
    const app = createApp({ resource: server.resource });
    expect((await app.fetch(server.resource)).status).toBe(403);
    expect(app.authorizations).toEqual([]);
  });
});

describe('a token that is no longer valid', () => {
  const invalid = 'Bearer error="invalid_token", scope="notes:read"';

  test('is replaced, and the request sent once more [C401-7]', async () => {
    const server = await startServer(({ authorization }, response) => {
      if (authorization === 'Bearer token-1') return refuse(response, 401, invalid);
      json(response, 200, {});
    });
    const app = createApp({ resource: server.resource, scope: READ });
    expect((await app.fetch(server.resource, toolCall('x'))).status).toBe(200);
    expect(server.calls().map(({ authorization }) => authorization)).toEqual([
      ...['Bearer token-1', 'Bearer token-2'],
    ]);
    expect(app.authorizations).toMatchObject([{ reason: 'reauthenticate', scope: READ }]);
  });

  test('and whose successor is refused as well: two requests, one new token, an error [C401-7]', async () => {
    const server = await startServer((_request, response) => refuse(response, 401, invalid));
    const app = createApp({ resource: server.resource, scope: READ });
    expect(await rejection(app.fetch(server.resource, toolCall('x')))).toMatchObject({
      code: 'refused_again',
      operation: { label: 'x' },
    });
    expect(server.calls()).toHaveLength(2);
    expect(app.authorizations).toHaveLength(1);
  });

  test('and cannot be replaced: one request [C401-7]', async () => {
    const server = await startServer((_request, response) => refuse(response, 401, invalid));
    const fetch = stepUpFetch({ resource: server.resource, token: () => 'fixed' });
    expect(await rejection(fetch(server.resource))).toMatchObject({ code: 'cannot_authorize' });
    expect(server.calls()).toHaveLength(1);
  });
});

describe('a login that the resource requires', () => {
  const lacks = 'Bearer error="insufficient_user_authentication", acr_values="phr", max_age=60';

  /** Tokens are only good once they are the third one; until then something lacks. */
  const startWith = (first: readonly [status: number, challenge: string]) =>
    startServer(({ authorization }, response) => {
      if (authorization === undefined) return refuse(response, 401, 'Bearer scope="notes:read"');
      if (authorization === 'Bearer token-3') return json(response, 200, {});
      if (authorization === 'Bearer token-1') return refuse(response, ...first);
      refuse(response, 401, lacks);
    });

  test('is asked for after a login and a step-up, in one request [SU-3]', async () => {
    const server = await startWith([403, 'Bearer error="insufficient_scope", scope="notes:write"']);
    const app = createApp({ resource: server.resource });
    expect((await app.fetch(server.resource, toolCall('x'))).status).toBe(200);
    expect(app.authorizations.map(({ reason, scope }) => [reason, scope])).toEqual([
      ['login', READ],
      ['step-up', `${READ} ${WRITE}`],
      ['reauthenticate', `${READ} ${WRITE}`],
    ]);
    const { params } = app.authorizations[2]?.challenge ?? {};
    expect([params?.get('acr_values'), params?.get('max_age')]).toEqual(['phr', '60']);
  });

  test('is asked for once, even if the next token has no such login either [SU-3]', async () => {
    const server = await startWith([401, lacks]);
    const app = createApp({ resource: server.resource });
    expect(await rejection(app.fetch(server.resource))).toMatchObject({ code: 'refused_again' });
    expect(app.authorizations.map(({ reason }) => reason)).toEqual(['login', 'reauthenticate']);
    expect(server.calls()).toHaveLength(3);
  });

  test('after which a scope lacks: three authorizations at most', async () => {
    const server = await startServer(({ authorization = '' }, response) => {
      if (authorization === '') return refuse(response, 401, 'Bearer');
      if (authorization === 'Bearer token-1') return refuse(response, 401, lacks);
      refuse(response, 403, `Bearer error="insufficient_scope", scope="${authorization.slice(7)}"`);
    });
    const app = createApp({ resource: server.resource });
    expect(await rejection(app.fetch(server.resource))).toMatchObject({ code: 'operation_limit' });
    expect(app.authorizations.map(({ reason }) => reason)).toEqual([
      ...['login', 'reauthenticate', 'step-up'],
    ]);
    expect(server.calls()).toHaveLength(4);
  });

  test('that comes after other refusals, while tokens change: the request ends [CS-5, SU-3]', async () => {
    let sent = 0;
    let read = 0;
    const server = await startServer((_request, response) => {
      sent += 1;
      if (sent === 5) return refuse(response, 401, lacks);
      if (sent > 20) return json(response, 200, {});
      refuse(response, 403, 'Bearer error="insufficient_scope", scope="notes:read"');
    });
    // Something else renews the token each time, so that no authorization of this client is needed.
    const fetch = stepUpFetch({
      resource: server.resource,
      token: () => ({ accessToken: `token-${++read}`, scope: READ }),
      authorize: async () => undefined,
    });
    expect(await rejection(fetch(server.resource))).toMatchObject({ code: 'operation_limit' });
    expect(sent).toBe(5);
  });

  test('that the authorization server does not have ends the request [SU-3]', async () => {
    const server = await startServer((_request, response) => refuse(response, 401, lacks));
    const error = 'unmet_authentication_requirements';
    const app = createApp({
      resource: server.resource,
      scope: READ,
      grant: () => Promise.reject(Object.assign(new Error('no'), { error })),
    });
    expect(await rejection(app.fetch(server.resource))).toMatchObject({ code: error });
    expect(app.authorizations).toHaveLength(1);
    expect(server.calls()).toHaveLength(1);
  });
});
