import { inspect } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { StepUpError, stepUpFetch } from '../src/index.js';
import type { StepUpFetchOptions } from '../src/index.js';
import {
  READ,
  WRITE,
  createApp,
  guarded,
  json,
  notes,
  refuse,
  rejection,
  startServer,
  toolCall,
} from './support.js';

describe('the end of a request', () => {
  test.each([
    ['access_denied', { error: 'access_denied' }],
    ['invalid_scope', { error: 'invalid_scope' }],
    ['invalid_scope', { errorCode: 'invalid_scope' }],
    ['access_denied', { code: 'access_denied' }],
    ['authorization_failed', { code: 'server_error' }],
  ])('%s, from an error with %j [CS-8, T114]', async (code, members) => {
    const { app, server } = await notes(READ, {
      grant: () => Promise.reject(Object.assign(new Error('no'), members)),
    });
    const error = await rejection(app.fetch(server.resource, toolCall('add_note')));
    expect(error).toBeInstanceOf(StepUpError);
    expect(error).toMatchObject({
      code,
      scopes: [WRITE],
      message: `add_note needs notes:write: ${code}`,
      cause: { message: 'no' },
    });
    expect(app.given).toEqual([error]);
    expect(server.calls()).toHaveLength(1);
  });

  test('no operation asks again for a denied scope [CS-6, T114]', async () => {
    const { app, server } = await notes(READ, {
      grant: () => Promise.reject(Object.assign(new Error('no'), { error: 'access_denied' })),
    });
    for (const [tool, code] of [
      ['add_note', 'access_denied'],
      ['add_note', 'nothing_new'],
      ['add_many', 'nothing_new'],
    ] as const) {
      expect(await rejection(app.fetch(server.resource, toolCall(tool)))).toMatchObject({
        code,
        operation: { label: tool },
      });
    }
    expect(app.authorizations).toHaveLength(1);
  });

  test('until the user wants to be asked again', async () => {
    let denies = true;
    const { app, server } = await notes(READ, {
      grant({ scope }) {
        if (denies) throw Object.assign(new Error('no'), { error: 'access_denied' });
        return scope ?? '';
      },
    });
    await rejection(app.fetch(server.resource, toolCall('add_note')));
    denies = false;
    await rejection(app.fetch(server.resource, toolCall('add_note')));
    await app.fetch.forget();
    expect((await app.fetch(server.resource, toolCall('add_note'))).status).toBe(200);
    expect(app.authorizations).toHaveLength(2);
  });

  test('a partial grant: one more request, and no second authorization [CS-6]', async () => {
    const { app, server } = await notes(READ, { grant: () => READ });
    expect(await rejection(app.fetch(server.resource, toolCall('add_note')))).toMatchObject({
      code: 'partial_grant',
      scopes: [WRITE],
    });
    expect(server.calls().map(({ authorization }) => authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);
    expect(await rejection(app.fetch(server.resource, toolCall('add_note')))).toMatchObject({
      code: 'nothing_new',
    });
    expect(server.calls()).toHaveLength(3);
    expect(app.authorizations).toHaveLength(1);
  });

  test('a partial grant that only the result of authorize names is found too', async () => {
    const { app, server } = await notes(READ, {
      async authorize() {
        app.token = { accessToken: 'other' };
        return { scope: READ };
      },
    });
    expect(await rejection(app.fetch(server.resource, toolCall('add_note')))).toMatchObject({
      code: 'partial_grant',
    });
  });

  test('a refresh that gives another token without the scope is not enough [CS-7]', async () => {
    const { app, server } = await notes(READ, { grant: () => `${READ} offline_access` });
    expect(await rejection(app.fetch(server.resource, toolCall('add_note')))).toMatchObject({
      code: 'partial_grant',
    });
  });

  test('an authorize that throws before it begins', async () => {
    const { app, server } = await notes(READ, {
      authorize() {
        throw Object.assign(new Error('no'), { error: 'access_denied' });
      },
    });
    expect(await rejection(app.fetch(server.resource, toolCall('add_note')))).toMatchObject({
      code: 'access_denied',
    });
  });

  test('an authorization that does not change the token is an error', async () => {
    const { app, server } = await notes(READ, { authorize: async () => {} });
    expect(await rejection(app.fetch(server.resource, toolCall('add_note')))).toMatchObject({
      code: 'no_new_token',
    });
    expect(server.calls()).toHaveLength(1);
  });

  test('without a user no step-up starts, but a lost token is renewed [CS-4]', async () => {
    const { app, server } = await notes(undefined, { interactive: false });
    expect((await app.fetch(server.resource, toolCall('read_notes'))).status).toBe(200);
    expect(await rejection(app.fetch(server.resource, toolCall('add_note')))).toMatchObject({
      code: 'cannot_authorize',
    });
    expect(app.authorizations).toHaveLength(1);
  });

  test('a static token: the error says what it lacks', async () => {
    const server = await startServer(
      guarded(
        () => WRITE,
        () => READ,
      ),
    );
    const fetch = stepUpFetch({ resource: server.resource, token: () => 'static' });
    await expect(fetch(server.resource, toolCall('add_note'))).rejects.toThrow(
      'add_note needs notes:write: cannot_authorize',
    );
    expect(server.seen).toHaveLength(1);
  });

  test('scopes are asked for only if they were approved [T113]', async () => {
    const approveScopes = vi.fn<NonNullable<StepUpFetchOptions['approveScopes']>>();
    const { app, server } = await notes(READ, { approveScopes });
    for (const answer of [false, undefined, 1, 'yes']) {
      approveScopes.mockResolvedValueOnce(answer as boolean);
      expect(await rejection(app.fetch(server.resource, toolCall('add_note')))).toMatchObject({
        code: 'not_approved',
        scopes: [WRITE],
      });
    }
    expect(app.authorizations).toEqual([]);
    approveScopes.mockResolvedValueOnce(true);
    expect((await app.fetch(server.resource, toolCall('add_note'))).status).toBe(200);
    expect(approveScopes.mock.lastCall?.[0]).toMatchObject({
      scope: `${READ} ${WRITE}`,
      added: [WRITE],
      operation: { label: 'add_note' },
    });
  });

  test('the scopes of a login from the metadata are limited to the allowed ones [T113]', async () => {
    const server = await startServer(
      (request, response) => {
        if (request.authorization) json(response, 200, {});
        else refuse(response, 401, 'Bearer realm="x"');
      },
      (_request, response, { resource }) =>
        json(response, 200, { resource, scopes_supported: [READ, 'admin'] }),
    );
    const app = createApp({ resource: server.resource, allowedScopes: [READ] });
    await app.fetch(server.resource);
    expect(app.authorizations).toMatchObject([{ scope: READ }]);
  });

  test('no error has a token in it', async () => {
    const { app, server } = await notes(READ, {
      grant: () => READ,
      token: () => ({ accessToken: `secret-${app.authorizations.length}`, scope: READ }),
    });
    const error = await rejection(app.fetch(server.resource, toolCall('add_note')));
    expect(inspect(error, { depth: 9 }) + JSON.stringify(error)).not.toContain('secret-');
    const broken = stepUpFetch({ resource: server.resource, token: () => 'secret-\r\nx: y' });
    const fault = await rejection(broken(server.resource));
    expect(fault).toBeInstanceOf(TypeError);
    expect(inspect(fault)).not.toContain('secret-');
  });

  test('an aborted request ends; the authorization goes on for the others [CS-13]', async () => {
    let finish = (): void => {};
    const { app, server } = await notes(READ, {
      grant: ({ scope }) => new Promise((resolve) => (finish = () => resolve(scope ?? ''))),
    });
    const controller = new AbortController();
    const first = app.fetch(server.resource, {
      ...toolCall('add_note'),
      signal: controller.signal,
    });
    const second = app.fetch(server.resource, toolCall('add_note'));
    await vi.waitFor(() => expect(app.authorizations).toHaveLength(1));
    controller.abort(new Error('stop'));
    await expect(first).rejects.toThrow('stop');
    finish();
    expect((await second).status).toBe(200);
    expect(app.authorizations).toHaveLength(1);
  });
});
