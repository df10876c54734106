import { describe, expect, test } from 'vitest';
import { authenticated, publicAccess, reportOnly, rule, where } from '../../../src/index.js';
import type { Decision, DecisionEvent } from '../../../src/index.js';
import { ownedId, ownership } from '../../../src/token/ownership/index.js';
import { callTool, rpc } from '../../support/mcp.js';
import { ANN, BOB, KEY, NOBODY, NOT_FOUND, authOf, ownGate, send, toRequest } from './support.js';

const RESPONSE = { jsonrpc: '2.0', id: 7, result: { action: 'accept', content: {} } };
const UUID = crypto.randomUUID();

function statusOf(decision: Decision): number | 'allowed' {
  return decision.allowed ? 'allowed' : decision.status;
}

describe('headers', () => {
  const gate = ownGate();

  test.each([
    ['without a token', undefined, 401],
    ['with an invalid token', 'invalid', 401],
    ['with a token that may do nothing', 'bob/app/', 404],
    ['with a token without a subject', NOBODY, 404],
  ])('a session %s: %s is %d [HO-9, T153, T160]', async (_what, token, status) => {
    const id = ownedId(gate, await authOf(gate, ANN), { kind: 'session' });
    for (const method of ['POST', 'GET', 'DELETE']) {
      const body = method === 'POST' ? { body: rpc('ping') } : {};
      const headers = { 'mcp-session-id': id };
      const sent = { ...(token && { token }), method, headers, ...body };
      expect(statusOf(await send(gate, sent))).toBe(status);
    }
  });

  test('are checked before the body is read [T153]', async () => {
    let reads = 0;
    const request = {
      method: 'POST',
      url: '/mcp',
      headers: new Headers({ authorization: `Bearer ${ANN}`, 'mcp-session-id': UUID }),
      readBody: () => {
        reads += 1;
        return { parsed: rpc('ping') };
      },
    };
    expect(await gate.check(request)).toMatchObject(NOT_FOUND);
    expect(reads).toBe(0);
  });

  test('are checked at routes with a rule of their own, and where all is public [T153, T155]', async () => {
    const open = ownGate({ policy: { anonymous: true, otherTools: publicAccess() } });
    const id = ownedId(open, await authOf(open, ANN), { kind: 'session' });
    for (const headers of [
      { 'mcp-session-id': id },
      { 'last-event-id': id },
      { 'mcp-session-id': '' },
    ]) {
      const sent = { headers, body: callTool('anything') };
      expect(await send(open, sent)).toMatchObject(NOT_FOUND);
      expect(await open.check(toRequest(sent), publicAccess())).toMatchObject(NOT_FOUND);
      const bob = toRequest({ ...sent, token: BOB });
      expect(await open.check(bob, authenticated())).toMatchObject(NOT_FOUND);
    }
    expect(await send(open, { body: callTool('anything') })).toMatchObject({ allowed: true });
  });

  test('both must be the own ones, each of its kind [T155, T157]', async () => {
    const auth = await authOf(gate, ANN);
    const bob = await authOf(gate, BOB);
    const [session, event] = ['session', 'event'].map((kind) => ownedId(gate, auth, { kind }));
    const get = (headers: Record<string, string | undefined>): Promise<Decision> =>
      send(gate, { token: ANN, method: 'GET', headers: headers as Record<string, string> });
    expect(await get({ 'mcp-session-id': session, 'last-event-id': event })).toMatchObject({
      allowed: true,
    });
    for (const headers of [
      { 'mcp-session-id': event, 'last-event-id': session },
      { 'mcp-session-id': session, 'last-event-id': ownedId(gate, bob, { kind: 'event' }) },
      { 'mcp-session-id': ownedId(gate, bob, { kind: 'session' }), 'last-event-id': event },
    ]) {
      expect(await get(headers)).toMatchObject(NOT_FOUND);
    }
  });

  test('a refusal is told, and no report mode lets it through [T153]', async () => {
    const events: DecisionEvent[] = [];
    const reporting = ownGate({
      gate: {
        onDecision: (event) => void events.push(event),
        enforce: reportOnly(() => true, {
          until: new Date(Date.now() + 60_000),
          onWarning: () => undefined,
        }),
      },
    });
    const headers = { 'mcp-session-id': UUID };
    const purge = callTool('admin_purge');
    expect(await send(reporting, { token: ANN, headers, body: purge })).toMatchObject(NOT_FOUND);
    expect(events).toMatchObject([
      { outcome: 'refused', reason: 'unknown_id', status: 404, subject: 'ann', clientId: 'app' },
    ]);
  });
});

describe('sessions in a query, of the transport before 2025-03-26', () => {
  test.each([
    ['sessionId=OWN', 'allowed'],
    ['session_id=OWN', 'allowed'],
    ['a=1&sessionId=OWN', 'allowed'],
    ['sessionId=FOREIGN', 404],
    ['sessionId=OWN&sessionId=FOREIGN', 404],
    ['session%49d=FOREIGN', 404],
    ['SESSION_ID=FOREIGN', 404],
    [`sessionId=${UUID}`, 404],
    ['sessionId=', 404],
    ['other=FOREIGN', 'allowed'],
  ])('%s: %s [HO-12, T154, T155]', async (query, expected) => {
    const gate = ownGate();
    const [id, foreign] = await Promise.all(
      [ANN, BOB].map(async (token) =>
        ownedId(gate, await authOf(gate, token), { kind: 'session' }),
      ),
    );
    const target = query.replace('OWN', String(id)).replace('FOREIGN', String(foreign));
    const sent = toRequest({ token: ANN, body: rpc('ping') });
    const decision = await gate.check(new Request(`${sent.url}?${target}`, sent));
    expect(statusOf(decision)).toBe(expected);
    if (!decision.allowed) expect(decision).toMatchObject(NOT_FOUND);
  });
});

describe('responses', () => {
  test.each([
    ['in no session', ANN, undefined, 404],
    ['in the own session', ANN, ANN, 'allowed'],
    ['in the session of another', BOB, ANN, 404],
  ])('%s [HO-12, T154]', async (_where, token, owner, expected) => {
    const gate = ownGate();
    const session = owner && ownedId(gate, await authOf(gate, owner), { kind: 'session' });
    const headers: Record<string, string> = session ? { 'mcp-session-id': session } : {};
    for (const body of [RESPONSE, { jsonrpc: '2.0', id: 7, error: { code: 1, message: '' } }]) {
      const decision = await send(gate, { token, headers, body });
      expect(statusOf(decision)).toBe(expected);
      if (!decision.allowed) expect(decision).toMatchObject(NOT_FOUND);
    }
  });
});

describe('tasks', () => {
  const taskOf = async (gate: ReturnType<typeof ownGate>, name: string): Promise<string> => {
    const auth = await authOf(gate, ANN);
    return ownedId(gate, auth, { kind: 'task', operation: { method: 'tools/call', name } });
  };
  const METHODS = ['tasks/get', 'tasks/result', 'tasks/cancel', 'tasks/update'];

  test.each(METHODS)(
    '%s goes by the rule of the tool, with the token of today [HO-3, HO-14]',
    async (method) => {
      const gate = ownGate();
      const body = rpc(method, { taskId: await taskOf(gate, 'add_note') });
      expect(await send(gate, { token: ANN, body })).toMatchObject({ allowed: true });
      const lost = await send(gate, { token: 'ann/app/notes:read', body });
      expect(lost).toMatchObject({ status: 403, reason: 'insufficient_scope' });
      expect(lost).toMatchObject({ challenge: { scopes: ['notes:write', 'notes:read'] } });
      expect(await send(gate, { token: 'bob/app/admin:notes', body })).toMatchObject({
        status: 404,
        body: '{"jsonrpc":"2.0","error":{"code":-32602,"message":"Task not found"},"id":1}',
      });
    },
  );

  test('the operation is by default the one that the caller was let through for [HO-14]', async () => {
    const gate = ownGate();
    const auth = await authOf(gate, ANN, callTool('add_note'));
    const body = rpc('tasks/get', { taskId: ownedId(gate, auth, { kind: 'task' }) });
    expect(await send(gate, { token: 'ann/app/notes:read', body })).toMatchObject({ status: 403 });
    expect(await send(gate, { token: ANN, body })).toMatchObject({ allowed: true });
  });

  test.each([
    [
      'a condition on the name',
      where(({ operation }) => operation.name === 'odd', 'notes:read'),
      {},
      'allowed',
    ],
    ['a condition on the arguments', where(({ args }) => args !== 1, 'notes:read'), {}, 403],
    [
      'a function that reads the arguments',
      rule(({ args }) => (args ? 'notes:read' : 'notes:read') as never),
      {},
      403,
    ],
    [
      'the same with a rule for its tasks',
      where(({ args }) => args !== 1, 'notes:read'),
      { taskRules: { odd: 'notes:read' } },
      'allowed',
    ],
    ['a rule that denies', undefined, {}, 403],
    [
      'a method with a rule of its own',
      'notes:read',
      { methods: { 'tasks/get': 'admin:notes' } },
      403,
    ],
  ] as const)('by %s [HO-14]', async (_what, tool, more, expected) => {
    const policy = { ...(tool && { tools: { odd: tool } }), ...more };
    const gate = ownGate({ policy: policy as never });
    const body = rpc('tasks/get', { taskId: await taskOf(gate, 'odd') });
    expect(statusOf(await send(gate, { token: ANN, body }))).toBe(expected);
  });

  test.each([
    ['no id', {}],
    ['a number', { taskId: 7 }],
    ['an inherited id', { __proto__: { taskId: 'x' } }],
    ['a list', { taskId: ['x'] }],
  ])('%s is unknown [T155]', async (_what, params) => {
    const gate = ownGate();
    for (const method of [...METHODS, 'tasks/another']) {
      const decision = await send(gate, {
        token: 'ann/app/admin:notes',
        body: rpc(method, params),
      });
      expect(statusOf(decision)).toBe(404);
    }
  });

  test('the list goes by the rule `tasks`, which also holds for an id without an operation [HO-3]', async () => {
    const gate = ownGate();
    const auth = await authOf(gate, ANN);
    // `ping` is no operation of a table, so its task follows the floor.
    const bare = ownedId(gate, await authOf(gate, ANN), { kind: 'task' });
    expect(statusOf(await send(gate, { token: ANN, body: rpc('tasks/list') }))).toBe(403);
    const admin = 'ann/app/admin:notes';
    expect(statusOf(await send(gate, { token: admin, body: rpc('tasks/list') }))).toBe('allowed');
    expect(auth.subject).toBe('ann');
    expect(
      statusOf(await send(gate, { token: ANN, body: rpc('tasks/get', { taskId: bare }) })),
    ).toBe('allowed');
  });

  test('a subscription needs the rules of all its tasks [HO-1, HO-14, T155]', async () => {
    const gate = ownGate();
    const read = await taskOf(gate, 'read_notes');
    const write = await taskOf(gate, 'add_note');
    const listen = (taskIds: unknown): object =>
      rpc('subscriptions/listen', { notifications: { taskIds } });
    const reader = 'ann/app/notes:read';
    const cases: [token: string, ids: unknown, status: number | 'allowed'][] = [
      [reader, [read], 'allowed'],
      [reader, [read, write], 403],
      [ANN, [read, write], 'allowed'],
      [ANN, [read, UUID], 404],
      [ANN, [read, 7], 404],
      [ANN, read, 'allowed'],
      [ANN, Array.from({ length: 101 }, () => read), 404],
      [BOB, [read], 404],
    ];
    for (const [token, ids, status] of cases) {
      expect(statusOf(await send(gate, { token, body: listen(ids) }))).toBe(status);
    }
  });

  test('of a related task, a call needs both rules [T155]', async () => {
    const gate = ownGate();
    const taskId = await taskOf(gate, 'add_note');
    const related = { _meta: { 'io.modelcontextprotocol/related-task': { taskId } } };
    const body = rpc('tools/call', { name: 'read_notes', ...related });
    expect(statusOf(await send(gate, { token: 'ann/app/notes:read', body }))).toBe(403);
    expect(statusOf(await send(gate, { token: ANN, body }))).toBe('allowed');
    expect(statusOf(await send(gate, { token: BOB, body }))).toBe(404);
  });
});

describe('an unknown task, by a client of 2026-07-28', () => {
  const declared = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
  test.each<readonly [method: string, capabilities: object, code: number]>([
    ['tasks/get', declared, -32602],
    ['tasks/update', declared, -32602],
    ['tasks/cancel', declared, -32602],
    // The revision has no such method, and the others need the extension (SEP-2663).
    ['tasks/result', declared, -32601],
    ['tasks/result', {}, -32601],
    ['tasks/get', {}, -32021],
    ['tasks/cancel', { extensions: {} }, -32021],
  ])(
    '%s %j is answered with %i, whichever id it names [HO-1, T155, T158]',
    async (method, capabilities, code) => {
      const gate = ownGate();
      const foreign = ownedId(gate, await authOf(gate, BOB), { kind: 'task' });
      const answers = new Set<string>();
      for (const taskId of [foreign, crypto.randomUUID(), 'x']) {
        const _meta = {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientInfo': { name: 'x', version: '1' },
          'io.modelcontextprotocol/clientCapabilities': capabilities,
        };
        const headers = {
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': method,
          'mcp-name': taskId,
        };
        const body = rpc(method, { taskId, _meta });
        const decision = await send(gate, { token: ANN, headers, body });
        expect(decision).toMatchObject({ status: 404, reason: 'unknown_id' });
        if (!decision.allowed) answers.add(decision.body);
      }
      expect([...answers]).toHaveLength(1);
      expect(JSON.parse([...answers][0] as string)).toMatchObject({ error: { code } });
    },
  );
});

describe('ids from before', () => {
  test('are let through until the date, with a warning, and forged ones never [T156]', async () => {
    let now = Date.UTC(2026, 0, 1);
    const warnings: unknown[] = [];
    const gate = ownGate({
      ownership: {
        acceptUnsealedUntil: '2026-01-20',
        onWarning: (warning) => void warnings.push(warning),
      },
      gate: { clock: () => now },
    });
    expect(warnings).toMatchObject([{ code: 'unsealed_ids' }]);
    const own = ownedId(gate, await authOf(gate, ANN), { kind: 'session' });
    const ask = (id: string, token = ANN): Promise<Decision> =>
      send(gate, { token, headers: { 'mcp-session-id': id }, body: rpc('ping') });
    expect(await ask(UUID)).toMatchObject({ allowed: true });
    expect(await ask(own, BOB)).toMatchObject(NOT_FOUND);
    expect(await ask(`${own.slice(0, -1)}${own.endsWith('A') ? 'E' : 'A'}`)).toMatchObject(
      NOT_FOUND,
    );
    expect(await ask('')).toMatchObject(NOT_FOUND);
    now = Date.UTC(2026, 0, 20);
    expect(await ask(UUID)).toMatchObject(NOT_FOUND);
    expect(await ask(own)).toMatchObject({ allowed: true });
  });
});

describe('a gate without ownership', () => {
  test('is asked nothing, and the option must be what ownership() returns', async () => {
    const gate = ownGate({ gate: { ownership: undefined } as never });
    const headers = { 'mcp-session-id': UUID, 'last-event-id': UUID };
    expect(await send(gate, { token: ANN, headers, body: RESPONSE })).toMatchObject({
      allowed: true,
    });
    expect(() => ownGate({ gate: { ownership: { keys: [KEY] } as never } })).toThrow(
      'ownership: expected what ownership() returns',
    );
    expect(Object.isFrozen(ownership({ keys: [KEY] }))).toBe(true);
  });
});
