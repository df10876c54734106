/** A broader scope in the grant may imply the one that the challenge named: one retry settles it. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { serveFetch } from '../../adapter-testkit/src/index.js';
import type { AuthorizationRequest, ClientToken, StepUpError } from '../src/index.js';
import { stepUpFetch } from '../src/index.js';
import { createGate, defineScopes, staticTokens } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';
import { READ, WRITE, createApp, refuse, rejection, startServer, toolCall } from './support.js';
import type { Answer } from './support.js';

const ADMIN = 'admin:notes';

/** A real gate whose `admin:notes` implies `notes:write`, and what it was asked and answered. */
async function startGate() {
  const scopes = defineScopes({
    [READ]: {},
    [WRITE]: {},
    [ADMIN]: { implies: [WRITE] },
    'notes:export': {},
  });
  const seen: string[] = [];
  const served = await serveFetch(async (request) => {
    const response = await handler(request);
    seen.push(
      `${request.headers.get('authorization')?.slice('Bearer '.length)} ${response.status}`,
    );
    return response;
  });
  onTestFinished(() => served.close());
  const gate = createGate({
    resource: `${served.url}/mcp`,
    authorizationServers: [served.url],
    scopes,
    verifier: staticTokens({
      reader: { scopes: [READ], subject: 'u' },
      admin: { scopes: [READ, ADMIN], subject: 'u' },
      exporter: { scopes: [READ, 'notes:export'], subject: 'u' },
    }),
    policy: mcpPolicy(scopes, {
      tools: { read_notes: READ, add_note: WRITE, export_notes: 'notes:export' },
    }),
  });
  const handler = gate.fetch(() => Response.json({ jsonrpc: '2.0', id: 1, result: {} }));
  return { resource: gate.resource, seen };
}

const TOKENS: Readonly<Record<string, ClientToken>> = {
  reader: { accessToken: 'reader', scope: READ },
  admin: { accessToken: 'admin', scope: `${READ} ${ADMIN}` },
  exporter: { accessToken: 'exporter', scope: `${READ} notes:export` },
};

/** A client that holds `reader` until its authorization server gives it what is named, in turn. */
function client(resource: string, ...grants: readonly string[]) {
  let held = 'reader';
  const authorizations: AuthorizationRequest[] = [];
  const fetch = stepUpFetch({
    resource,
    token: () => TOKENS[held],
    authorize: async (request) => {
      held = grants[authorizations.length] ?? held;
      authorizations.push(request);
    },
    discovery: false,
  });
  return { fetch, authorizations };
}

describe('a gate whose granted scope implies the needed one', () => {
  test('accepts the retry, and every request after it', async () => {
    const { resource, seen } = await startGate();
    const { fetch, authorizations } = client(resource, 'admin');
    expect((await fetch(resource, toolCall('add_note'))).status).toBe(200);
    expect((await fetch(resource, toolCall('add_note'))).status).toBe(200);
    expect(seen).toEqual(['reader 403', 'admin 200', 'admin 200']);
    expect(authorizations).toMatchObject([{ reason: 'step-up', added: [WRITE] }]);
  });

  test('accepts all requests that waited, after one authorization [CS-13]', async () => {
    const { resource, seen } = await startGate();
    const { fetch, authorizations } = client(resource, 'admin');
    const calls = Array.from({ length: 20 }, () => fetch(resource, toolCall('add_note')));
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(authorizations).toHaveLength(1);
    expect(seen.filter((one) => one === 'reader 403')).toHaveLength(20);
    expect(seen.filter((one) => one === 'admin 200')).toHaveLength(20);
    expect(seen).toHaveLength(40);
  });

  test('a grant that implies nothing ends in partial_grant, without another authorization [CS-6]', async () => {
    const { resource, seen } = await startGate();
    const { fetch, authorizations } = client(resource, 'exporter');
    const error = await rejection(fetch(resource, toolCall('add_note')));
    expect(error).toMatchObject({ code: 'partial_grant', scopes: [WRITE] });
    expect((error as StepUpError).message).toBe('add_note needs notes:write: partial_grant');
    expect(await rejection(fetch(resource, toolCall('add_note')))).toMatchObject({
      code: 'nothing_new',
    });
    // What it did grant serves what needs it.
    expect((await fetch(resource, toolCall('export_notes'))).status).toBe(200);
    expect(seen).toEqual(['reader 403', 'exporter 403', 'exporter 403', 'exporter 200']);
    expect(authorizations).toHaveLength(1);
  });

  test('granted scopes are kept, declined scopes are not asked for again [CS-3, CS-6]', async () => {
    const { resource } = await startGate();
    const { fetch, authorizations } = client(resource, 'admin', 'exporter');
    await fetch(resource, toolCall('add_note'));
    expect((await fetch(resource, toolCall('export_notes'))).status).toBe(200);
    expect(authorizations.map(({ scope }) => scope)).toEqual([
      `${READ} ${WRITE}`,
      `${READ} ${ADMIN} notes:export`,
    ]);
  });

  test('a challenge in a tool result: the call may be repeated once', async () => {
    const { resource } = await startGate();
    const { fetch, authorizations } = client(resource, 'admin');
    const challenge = { error: 'insufficient_scope', scopes: [WRITE], params: new Map() };
    await fetch.stepUp(challenge, 'add_note');
    expect(await rejection(fetch.stepUp(challenge, 'add_note'))).toMatchObject({
      code: 'nothing_new',
    });
    expect(authorizations).toHaveLength(1);
  });
});

describe('a server that refuses every grant', () => {
  const lacks = (scope: string): string => `Bearer error="insufficient_scope", scope="${scope}"`;
  let n = 0;
  const servers: readonly (readonly [
    what: string,
    answer: Answer,
    authorizations: number,
    codes: readonly string[],
  ])[] = [
    [
      'the same scope',
      (_request, response) => refuse(response, 403, lacks(WRITE)),
      1,
      ['partial_grant', 'nothing_new', 'nothing_new', 'nothing_new'],
    ],
    [
      'another scope each time',
      (_request, response) => refuse(response, 403, lacks(`s${(n += 1)}`)),
      2,
      ['partial_grant', 'partial_grant', 'operation_limit', 'operation_limit'],
    ],
    [
      'the scope as 401',
      (_request, response) => refuse(response, 401, lacks(WRITE)),
      1,
      ['partial_grant', 'nothing_new', 'nothing_new', 'nothing_new'],
    ],
    [
      'a scope without quotes',
      (_request, response) =>
        refuse(response, 403, 'Bearer error="insufficient_scope", scope=s1 s2'),
      1,
      ['partial_grant', 'nothing_new', 'nothing_new', 'nothing_new'],
    ],
  ];

  test.each(servers)(
    '%s: at most one retry for each authorization [CS-5, CS-6, T114]',
    async (_what, answer, authorizations, codes) => {
      const server = await startServer(answer);
      const app = createApp({
        resource: server.resource,
        scope: READ,
        grant: () => `${READ} ${ADMIN}`,
      });
      const seen: unknown[] = [];
      for (let i = 0; i < codes.length; i += 1) {
        const error = await rejection(app.fetch(server.resource, toolCall('add_note')));
        seen.push((error as StepUpError).code);
      }
      expect(seen).toEqual(codes);
      expect(app.authorizations).toHaveLength(authorizations);
      expect(server.calls()).toHaveLength(codes.length + authorizations);
    },
  );

  test('all scopes of an unquoted list are asked for [CH-12, T197]', async () => {
    const server = await startServer((_request, response) =>
      refuse(response, 403, 'Bearer error=insufficient_scope, scope=notes:read notes:write'),
    );
    const app = createApp({ resource: server.resource, scope: READ });
    await rejection(app.fetch(server.resource, toolCall('add_note')));
    expect(app.authorizations).toMatchObject([{ scope: `${READ} ${WRITE}`, added: [WRITE] }]);
  });

  test.each([
    'scope=notes:write filter=x admin:notes',
    'scope=notes:write "admin:notes"',
    'scope="notes:write \tadmin:notes"',
    'scope="notes:write \u00e9"',
  ])('of a list that cannot be read, %s, no part is asked for [CH-12, T197]', async (scope) => {
    const server = await startServer((_request, response) =>
      refuse(response, 403, `Bearer error=insufficient_scope, ${scope}`),
    );
    const app = createApp({ resource: server.resource, scope: 'x' });
    await rejection(app.fetch(server.resource, toolCall('add_note')));
    // What the metadata lists, as for a challenge without scopes.
    expect(app.authorizations).toMatchObject([{ scope: `x ${READ}`, added: [READ] }]);
  });
});
