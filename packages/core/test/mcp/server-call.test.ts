/** Calls whose operation the gate in front does not know: behind a rule of the route, without a policy. */
import { describe, expect, test } from 'vitest';
import { authenticated, rule as computed, where } from '../../src/index.js';
import type { Auth, Rule } from '../../src/index.js';
import { replaceResponse } from '../../src/adapter.js';
import { guardPrompt, guardResource, guardTool, scopeChallenge } from '../../src/mcp/index.js';
import { readContext } from '../../src/mcp/server-call.js';
import { notesGate, request, rpc } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

const gate = notesGate();

async function authFor(token: string): Promise<Auth> {
  const call = request({ token, body: rpc('tools/call') });
  const decision = await gate.check(call, authenticated());
  if (!decision.allowed || decision.auth === undefined) throw new Error('expected auth');
  return decision.auth;
}

const DONE = { content: [] };
const never = new AbortController();

describe('the id of the call is the one that the SDK names', () => {
  const contexts: readonly [what: string, context: (auth: Auth) => object, id: unknown][] = [
    ['SDK v1', (authInfo) => ({ authInfo, requestId: 7 }), 7],
    ['SDK v1, a text', (authInfo) => ({ authInfo, requestId: 'a' }), 'a'],
    ['SDK v2', (authInfo) => ({ http: { authInfo }, mcpReq: { id: 8 } }), 8],
    ['SDK v2, a text', (authInfo) => ({ http: { authInfo }, mcpReq: { id: '' } }), ''],
    ['an id that is none', (authInfo) => ({ authInfo, requestId: [7] }), undefined],
    ['no id', (authInfo) => ({ authInfo }), undefined],
  ];
  test.each(contexts)('%s', async (_what, context, id) => {
    const auth = await authFor('notes.read');
    const handler = guardTool(gate, 'notes:write', (_context: object) => DONE);
    const result = await handler(context(auth));
    const answer = Response.json({ jsonrpc: '2.0', id: 1, result });
    const replaced = await replaceResponse(gate, auth, answer, never);
    if (!('reply' in replaced)) throw new Error('expected a refusal');
    const body = JSON.parse(String(replaced.reply.body)) as { id?: unknown };
    expect(replaced.reply.status).toBe(403);
    expect(body.id).toBe(id);
  });
});

describe('a rule that reads a name which is not known does not hold', () => {
  const byName = computed<NotesScope>(({ operation }) =>
    operation.name === 'purge' ? 'admin:notes' : 'notes:read',
  );
  const handler = (_context: object): typeof DONE => DONE;
  const answerOf = async (guarded: (context: object) => Promise<unknown>): Promise<unknown> =>
    guarded({ authInfo: await authFor('admin.notes') }).catch((error: unknown) => error);

  test('of a tool', async () => {
    expect(await answerOf(guardTool(gate, byName, handler))).toMatchObject({ isError: true });
    expect(await answerOf(guardTool(gate, where(byNameIsRead), handler))).toMatchObject({
      isError: true,
    });
    expect(await answerOf(guardTool(gate, byName, handler, { name: 'read' }))).toBe(DONE);
    expect(await answerOf(guardTool(gate, 'notes:read', handler))).toBe(DONE);
    // One that reads other facts does.
    const byArgs = computed<NotesScope>(({ args, operation: { method } }) =>
      args === undefined && method === 'tools/call' ? 'notes:read' : 'admin:notes',
    );
    const reader = { authInfo: await authFor('notes.read') };
    expect(await guardTool(gate, byArgs, handler)(reader)).toBe(DONE);
    const asked = where(({ operation: { method } }) => method === 'tools/call', 'notes:read');
    expect(await guardTool(gate, asked, handler)(reader)).toBe(DONE);
  });

  test('of a prompt', async () => {
    const text = 'This prompt is not allowed';
    expect(await answerOf(guardPrompt(gate, byName, handler))).toMatchObject({ message: text });
    expect(await answerOf(guardPrompt(gate, byName, handler, { name: 'read' }))).toBe(DONE);
  });

  test.each(['https://a.example/x/%2e%2e/y', 'notes://a/../b', 'notes://a%2Fb'])(
    'of the resource %s, which readers understand differently',
    async (uri) => {
      const rule = computed<NotesScope>(({ operation }) =>
        operation.name === uri ? 'notes:read' : 'admin:notes',
      );
      const guarded = guardResource(
        gate,
        rule,
        (_uri: { toString(): string }, _context: object) => DONE,
      );
      const auth = await authFor('notes.read');
      const answer: unknown = await guarded({ toString: () => uri }, { authInfo: auth }).catch(
        (error: unknown) => error,
      );
      expect(answer).toMatchObject({ message: expect.stringMatching(/^This resource /) as string });
    },
  );

  function byNameIsRead({ operation }: { operation: { name?: string } }): boolean {
    return operation.name !== 'purge';
  }
});

describe('scopeChallenge', () => {
  const ask = async (rule: Rule<NotesScope>, method: string, params: object): Promise<unknown> =>
    scopeChallenge(
      gate,
      rule,
    )({ request: { method, params }, authInfo: await authFor('notes.read') });
  const inNameOnly = (name: string) =>
    computed<NotesScope>(({ operation }) =>
      operation.name === name ? 'notes:read' : 'admin:notes',
    );

  test.each([
    ['tools/call', { name: 'add', uri: 'notes://x' }, 'add'],
    ['prompts/get', { name: 'ask', uri: 'notes://x' }, 'ask'],
    ['resources/read', { uri: 'notes://one', name: 'x' }, 'notes://one'],
  ])('%s %j: the operation is called %s', async (method, params, name) => {
    expect(await ask(inNameOnly(name), method, params)).toBeUndefined();
    expect(await ask(inNameOnly('another'), method, params)).toMatchObject({
      scopes: ['admin:notes', 'notes:read'],
    });
  });

  test('a rule sees the arguments', async () => {
    const byArgs = computed<NotesScope>(({ args }) =>
      (args as { id: string }).id === 'mine' ? 'notes:read' : 'notes:write',
    );
    const call = (id: string) => ask(byArgs, 'tools/call', { name: 'add', arguments: { id } });
    expect(await call('mine')).toBeUndefined();
    expect(await call('another')).toMatchObject({
      scopes: ['notes:write', 'notes:read'],
      errorDescription: 'add needs notes:write',
    });
  });
});

test.each<readonly [what: string, context: (headers: unknown) => object]>([
  ['SDK v1', (headers) => ({ requestInfo: { headers } })],
  ['SDK v2', (headers) => ({ http: { req: { headers } } })],
])('headers of %s: of a record, or of the request itself', (_what, context) => {
  const get = (headers: unknown, name: string): string | null =>
    readContext(context(headers)).headers.get(name);
  expect(get({ 'x-a': '1' }, 'x-a')).toBe('1');
  expect(get(new Headers({ 'X-A': '1' }), 'x-a')).toBe('1');
  for (const headers of [
    {},
    new Headers(),
    { 'x-a': ['1'] },
    Object.create({ 'x-a': '1' }),
    null,
  ]) {
    expect(get(headers, 'x-a')).toBeNull();
  }
});
