import { describe, expect, test } from 'vitest';
import {
  READ,
  WRITE,
  createApp,
  json,
  notes,
  refuse,
  rejection,
  startServer,
  toolCall,
} from './support.js';

describe('a step-up', () => {
  test('login, refusal, step-up, success: two authorizations [CS-1, CS-2, CS-7]', async () => {
    const { app, server } = await notes(undefined);
    const { fetch } = app;
    expect((await fetch(server.resource, toolCall('read_notes'))).status).toBe(200);
    expect((await fetch(server.resource, toolCall('add_note'))).status).toBe(200);
    expect((await fetch(server.resource, toolCall('read_notes'))).status).toBe(200);
    expect(
      app.authorizations.map(({ reason, scope, added }) => ({ reason, scope, added })),
    ).toEqual([
      { reason: 'login', scope: READ, added: [READ] },
      { reason: 'step-up', scope: `${READ} ${WRITE}`, added: [WRITE] },
    ]);
    expect(app.labels).toEqual(['add_note needs notes:write']);
    expect(server.calls().map(({ authorization }) => authorization)).toEqual([
      undefined,
      ...['Bearer token-1', 'Bearer token-1', 'Bearer token-2', 'Bearer token-2'],
    ]);
  });

  test('passes the metadata and its resource to the application [CS-11]', async () => {
    const { app, server } = await notes(READ);
    await app.fetch(server.resource, toolCall('add_note'));
    expect(app.authorizations[0]).toMatchObject({
      resource: server.resource,
      metadata: { authorization_servers: [server.origin] },
      operation: { label: 'add_note', id: `tools/call add_note POST ${server.resource}` },
      challenge: { error: 'insufficient_scope', scopes: [WRITE] },
    });
  });

  test('loses no scope between two tools, whatever scope the token and the metadata name [CS-3, SC-9]', async () => {
    const { app, server } = await notes(READ, { token: () => app.token?.accessToken });
    await app.fetch(server.resource, toolCall('add_note'));
    await app.fetch(server.resource, toolCall('admin_purge'));
    await app.fetch(server.resource, toolCall('add_note'));
    expect(app.authorizations.map(({ scope }) => scope)).toEqual([WRITE, `${WRITE} admin:notes`]);
  });

  test('a challenge without scopes asks for what the metadata lists beyond the token [CS-9]', async () => {
    const server = await startServer((_request, response) => {
      if (app.token?.scope === `x ${READ}`) return json(response, 200, {});
      refuse(response, 403, 'Bearer error="insufficient_scope"');
    });
    const app = createApp({ resource: server.resource, scope: 'x' });
    expect((await app.fetch(server.resource)).status).toBe(200);
    app.token = undefined;
    const other = createApp({ resource: server.resource, scope: READ });
    expect(await rejection(other.fetch(server.resource))).toMatchObject({ code: 'nothing_new' });
    expect(other.authorizations).toEqual([]);
  });

  test('a renewal asks for all scopes that were asked for before [CS-3, T120]', async () => {
    const { app, server } = await notes(READ);
    await app.fetch(server.resource, toolCall('add_note'));
    const valid = await startServer((request, response) => {
      if (request.authorization === 'Bearer token-1') {
        return refuse(response, 401, 'Bearer error="invalid_token", scope="notes:read"');
      }
      json(response, 200, {});
    });
    const other = createApp({ resource: valid.resource, scope: `${READ} ${WRITE}` });
    expect((await other.fetch(valid.resource)).status).toBe(200);
    expect(other.authorizations).toMatchObject([
      { reason: 'reauthenticate', scope: `${READ} ${WRITE}`, added: [] },
    ]);
  });

  test('renewals that work are not counted, however many', async () => {
    let requests = 0;
    const server = await startServer((_request, response) => {
      requests += 1;
      if (requests % 2 === 1) return refuse(response, 401, 'Bearer error="invalid_token"');
      json(response, 200, {});
    });
    const app = createApp({ resource: server.resource, scope: READ });
    for (let i = 0; i < 15; i += 1) expect((await app.fetch(server.resource)).status).toBe(200);
    expect(app.authorizations).toHaveLength(15);
  });

  test('a 401 without any challenge asks for a login, by the well-known metadata', async () => {
    const server = await startServer((request, response) => {
      if (request.authorization) json(response, 200, {});
      else response.writeHead(401).end();
    });
    const app = createApp({ resource: server.resource });
    expect((await app.fetch(server.resource)).status).toBe(200);
    expect(app.authorizations).toMatchObject([
      { reason: 'login', scope: READ, challenge: undefined },
    ]);
  });

  test('asks for a fresh login when the resource does (RFC 9470) [SU-3]', async () => {
    const server = await startServer((request, response) => {
      if (request.authorization === 'Bearer token-2') return json(response, 200, {});
      refuse(response, 401, 'Bearer error="insufficient_user_authentication", max_age=5');
    });
    const app = createApp({ resource: server.resource, scope: READ });
    expect((await app.fetch(server.resource)).status).toBe(200);
    const [request] = app.authorizations;
    expect(request).toMatchObject({ reason: 'reauthenticate', added: [] });
    expect(request?.challenge?.params.get('max_age')).toBe('5');
  });

  test('calls the listeners of the application, and ignores their exceptions', async () => {
    const told: string[] = [];
    const boom = (): never => {
      throw new Error('listener');
    };
    const { app, server } = await notes(READ, {
      onChallenge({ label, reason }) {
        told.push(`${reason}: ${label}`);
        boom();
      },
      onStepUp: boom,
      onGiveUp: boom,
      allowedScopes: [READ, WRITE],
    });
    expect((await app.fetch(server.resource, toolCall('add_note'))).status).toBe(200);
    await expect(app.fetch(server.resource, toolCall('admin_purge'))).rejects.toThrow(
      'admin_purge needs admin:notes: scope_not_allowed',
    );
    expect(told).toEqual([
      'step-up: add_note needs notes:write',
      'step-up: admin_purge needs admin:notes',
    ]);
  });
});

describe('an answer that is not a refusal is returned to the caller', () => {
  test.each([
    [403, undefined],
    [403, 'Bearer'],
    [403, 'Bearer error="invalid_token"'],
    [403, 'Bearer scope="admin"'],
    [401, 'Basic realm="x"'],
    [401, 'Negotiate, Basic realm="Bearer error=insufficient_scope"'],
    [401, 'DPoP error="use_dpop_nonce", algs="ES256"'],
    [401, 'Bearer scope="notes:read", DPoP error="use_dpop_nonce"'],
    [401, 'Bearer error="invalid_request"'],
    [400, 'Bearer error="invalid_request"'],
    [404, 'Bearer error="insufficient_scope", scope="admin"'],
    [500, undefined],
  ])('%i %s [CS-8, CS-10]', async (status, challenge) => {
    const server = await startServer((_request, response) => {
      response.writeHead(status, challenge === undefined ? {} : { 'www-authenticate': challenge });
      response.end('body');
    });
    const app = createApp({ resource: server.resource, scope: READ });
    const response = await app.fetch(server.resource);
    expect([response.status, await response.text()]).toEqual([status, 'body']);
    expect(app.authorizations).toEqual([]);
    expect(server.calls()).toHaveLength(1);
  });
});

test('a challenge that is too long is not read at all, not even for a nonce [CS-8]', async () => {
  const headers = { 'www-authenticate': `DPoP error="use_dpop_nonce"${',a'.repeat(8200)}` };
  const app = createApp({
    resource: 'https://h.example/',
    fetch: async () => new Response(null, { status: 401, headers }),
  });
  expect(await rejection(app.fetch('https://h.example/'))).toMatchObject({
    code: 'unusable_challenge',
  });
});

describe('challenges in results of tool calls', () => {
  const challenge = { error: 'insufficient_scope', scopes: [WRITE], params: new Map() };

  test('have the same limits [IB-5]', async () => {
    const { app } = await notes(READ);
    await app.fetch.stepUp(challenge, 'add_note');
    expect(app.authorizations).toMatchObject([{ reason: 'step-up', scope: `${READ} ${WRITE}` }]);
    // The result may have met the token before: the new one is tried once, and that is all.
    await app.fetch.stepUp(challenge, 'add_note');
    expect(await rejection(app.fetch.stepUp(challenge, 'add_note'))).toMatchObject({
      code: 'nothing_new',
      message: 'add_note needs notes:write: nothing_new',
    });
    expect(app.authorizations).toHaveLength(1);
  });

  test('share one authorization [IB-5, CS-13]', async () => {
    const { app } = await notes(READ);
    await Promise.all(Array.from({ length: 5 }, () => app.fetch.stepUp(challenge, 'add_note')));
    expect(app.authorizations).toHaveLength(1);
  });

  test('may ask for a login, and for nothing else [IB-5]', async () => {
    const { app } = await notes(undefined);
    await app.fetch.stepUp({ scopes: [], params: new Map() }, 'read_notes');
    expect(app.authorizations).toMatchObject([{ reason: 'login', scope: READ }]);
    expect(
      await rejection(
        app.fetch.stepUp({ error: 'invalid_request', scopes: [], params: new Map() }, 'x'),
      ),
    ).toMatchObject({ code: 'unusable_challenge' });
  });
});
