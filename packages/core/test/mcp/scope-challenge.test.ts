import { ResourceTemplate, createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  allOf,
  anyOf,
  authenticated,
  deny,
  publicAccess,
  rule as computed,
  where,
} from '../../src/index.js';
import type { Auth, Gate, Rule } from '../../src/index.js';
import { scopeChallenge } from '../../src/mcp/index.js';
import { notesGate, request, rpc } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

const open = notesGate({
  ...{ tools: {}, otherTools: authenticated(), otherPrompts: authenticated() },
  otherResources: authenticated(),
});

let ran: string[] = [];
let errors: unknown[] = [];
beforeEach(() => {
  ran = [];
  errors = [];
});

/** One operation of each kind, with the same rule; `authInfo` as somebody hands it over. */
function server(rule: Rule<NotesScope>) {
  const challenge = scopeChallenge(open, rule);
  const config = { scopeChallenge: challenge };
  return createMcpHandler(
    () => {
      const mcp = new McpServer({ name: 'notes', version: '1.0.0' });
      mcp.registerTool('add', config, () => {
        ran.push('add');
        return { content: [] };
      });
      mcp.registerPrompt('ask', config, () => {
        ran.push('ask');
        return { messages: [] };
      });
      mcp.registerResource('one', 'notes://one', config, () => {
        ran.push('one');
        return { contents: [] };
      });
      const template = new ResourceTemplate('notes://by/{id}', { list: undefined });
      mcp.registerResource('each', template, config, () => {
        ran.push('each');
        return { contents: [] };
      });
      return mcp;
    },
    { onerror: (error) => errors.push(error) },
  );
}

const OPERATIONS = [
  ['tools/call', { name: 'add', arguments: {} }, 'add'],
  ['prompts/get', { name: 'ask' }, 'ask'],
  ['resources/read', { uri: 'notes://one' }, 'one'],
  ['resources/read', { uri: 'notes://by/7' }, 'each'],
] as const;

function ask(
  rule: Rule<NotesScope>,
  token: string | undefined,
  [method, params]: readonly [string, object, ...unknown[]] = OPERATIONS[0],
): Promise<Response> {
  const mcp = server(rule);
  const headers = { accept: 'application/json, text/event-stream' };
  return open.fetch((req, { authInfo, parsedBody }) =>
    mcp.fetch(req, { ...(authInfo !== undefined && { authInfo }), parsedBody }),
  )(request({ token, headers, body: rpc(method, params) }));
}

describe.each(OPERATIONS)('%s %o', (...operation) => {
  test.each([
    ['too few scopes', 'notes.read', 403],
    ['all of them', 'notes.read+notes.write', 200],
    ['no scopes', 'none', 403],
    ['more than enough', 'admin.notes', 200],
    ['no token', undefined, 401],
  ])('%s [C403-1, C403-2, SC-2]', async (_what, token, status) => {
    const response = await ask(allOf('notes:read', 'notes:write'), token, operation);
    expect(response.status).toBe(status);
    await response.text();
    expect(ran).toEqual(status === 200 ? [operation[2]] : []);
    if (status !== 403) return;
    const challenge = response.headers.get('www-authenticate');
    expect(challenge).toContain('scope="notes:read notes:write"');
    expect(challenge).toContain(`resource_metadata="${open.metadata.url}"`);
    expect(challenge).toContain('needs both notes:read and notes:write');
  });
});

describe('what no scope can cure is never the SDK’s "go on"', () => {
  const hidden = where<NotesScope>(() => false, 'admin:notes');
  test.each<readonly [what: string, rule: Rule<NotesScope>]>([
    ['a denial', deny()],
    ['a condition', hidden],
    [
      'a rule that throws',
      computed(() => {
        throw new Error('x');
      }),
    ],
    ['a rule that is none', computed(() => undefined as never)],
    ['a rule with an unknown scope', computed(() => 'other' as never)],
  ])('%s: 500, and nothing ran [C403-6]', async (_what, rule) => {
    const response = await ask(rule, 'admin.notes');
    expect(response.status).toBe(500);
    expect(response.headers.get('www-authenticate')).toBeNull();
    expect(await response.text()).not.toContain('admin:notes');
    expect(ran).toEqual([]);
    expect(String(errors)).not.toContain('admin:notes');
  });

  const issued = async (gate: Gate<NotesScope>): Promise<Auth | undefined> => {
    const call = { token: 'admin.notes', body: rpc('tools/list') };
    const decision = await gate.check(request(call));
    return decision.allowed ? decision.auth : undefined;
  };
  const context = (authInfo: unknown): Parameters<ReturnType<typeof scopeChallenge>>[0] => ({
    request: { method: 'tools/call', params: { name: 'add' } },
    ...(authInfo !== undefined && { authInfo }),
  });
  const foreign: readonly [what: string, auth: () => unknown][] = [
    ['no auth', () => undefined],
    ['the SDK’s own', () => ({ token: 'x', clientId: 'c', scopes: ['notes:write'] })],
    ['of another gate', () => issued(notesGate())],
    ['a copy', async () => ({ ...(await issued(open)) })],
    ['an heir', async () => Object.create((await issued(open)) as object) as unknown],
    ['null', () => null],
  ];
  test.each(foreign)('%s is no auth [T16, IB-3]', async (_what, auth) => {
    const handler = scopeChallenge(open, 'notes:write');
    await expect(handler(context(await auth()))).rejects.toThrow('refused with 401');
    await expect(scopeChallenge(open, authenticated())(context(await auth()))).rejects.toThrow(
      'refused with 401',
    );
    // What needs no token needs none.
    await expect(
      scopeChallenge(open, publicAccess())(context(await auth())),
    ).resolves.toBeUndefined();
  });

  test('its own auth is [T16]', async () => {
    const handler = scopeChallenge(open, 'notes:write');
    await expect(handler(context(await issued(open)))).resolves.toBeUndefined();
  });
});

test('rules look at the operation and its arguments [C403-2]', async () => {
  const seen: unknown[] = [];
  const byArgs = computed<NotesScope>(({ operation, args, auth }) => {
    seen.push(operation, args, auth.subject);
    return (args as { all?: boolean }).all === true ? 'admin:notes' : 'notes:read';
  });
  const call = (args: object): readonly [string, object] => [
    'tools/call',
    { name: 'add', arguments: args },
  ];
  expect((await ask(byArgs, 'notes.read', call({}))).status).toBe(200);
  const refused = await ask(byArgs, 'notes.read', call({ all: true }));
  expect(refused.status).toBe(403);
  expect(refused.headers.get('www-authenticate')).toContain('scope="admin:notes notes:read"');
  const operation = { protocol: 'mcp', method: 'tools/call', name: 'add' };
  expect(seen).toEqual([operation, {}, 'ray', operation, { all: true }, 'ray']);
});

test('one complete alternative is named [SC-6]', async () => {
  const either = anyOf(allOf('notes:read', 'admin:notes'), 'notes:write');
  const refused = await ask(either, 'none');
  expect(refused.headers.get('www-authenticate')).toContain('scope="notes:write"');
});

test('an unknown scope and a thing that is no gate are found at once', () => {
  expect(() => scopeChallenge(open, 'other' as NotesScope)).toThrow(/rule: "other"/);
  expect(() => scopeChallenge({} as Gate<NotesScope>, 'notes:read')).toThrow(/^scopeChallenge: /);
});
