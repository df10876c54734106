import { inspect } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  InsufficientScopeError,
  allOf,
  createGate,
  deny,
  httpPolicy,
  publicAccess,
  rule,
  where,
} from '../../src/index.js';
import type {
  Allowed,
  DecisionEvent,
  GateOptions,
  GateRequest,
  Rule,
  Verifier,
} from '../../src/index.js';
import { mcpPolicy } from '../../src/mcp/index.js';
import { RESOURCE, callTool, notesGate, rpc, scopes, scopesAsToken } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

type Options = Partial<GateOptions<NotesScope>>;

/** A gate, and what it told. */
function watched(options: Options = {}) {
  const events: DecisionEvent[] = [];
  const gate = notesGate({}, { onDecision: (event) => events.push(event), ...options });
  return { gate, events };
}

function request(token?: string, body?: unknown, changes: Partial<GateRequest> = {}): GateRequest {
  const headers = new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` });
  const bytes = JSON.stringify(body);
  const readBody = async () => ({ bytes, contentType: 'application/json', contentEncoding: null });
  return {
    ...{ method: 'POST', url: '/mcp', headers },
    ...(body !== undefined && { readBody }),
    ...changes,
  };
}

const at = (url: string, token?: string): GateRequest =>
  request(token, undefined, { method: 'GET', url });

afterEach(() => vi.restoreAllMocks());

describe('an event describes the decision', () => {
  test('allowed: the caller, the operation, and the scopes it needed', async () => {
    const { gate, events } = watched({ clock: () => 1_800_000_000_000 });
    await gate.check(request('notes.write', callTool('add_note')));
    expect(events).toEqual([
      {
        outcome: 'allowed',
        resource: RESOURCE,
        operation: {
          ...{ protocol: 'mcp', method: 'tools/call', name: 'add_note' },
          entry: 'tools/call add_note',
        },
        required: { alternatives: [['notes:write']], description: 'notes:write' },
        granted: ['notes:write'],
        clientId: 'notes-app',
        subject: 'ray',
        time: 1_800_000_000_000,
        ms: expect.any(Number) as number,
      },
    ]);
  });

  test('refused: the reason, the status, and the missing scopes', async () => {
    const verifier: Verifier = () => ({
      claims: { ...{ iss: 'https://idp.example.com', client_id: 'c1', sub: 'ray' } },
    });
    const { gate, events } = watched({ verifier });
    await gate.check(request('x', undefined), allOf('notes:read', 'admin:notes'));
    expect(events).toMatchObject([
      {
        ...{ outcome: 'refused', reason: 'insufficient_scope', status: 403 },
        operation: { protocol: 'http', method: 'POST', name: '/mcp' },
        required: {
          alternatives: [['notes:read', 'admin:notes']],
          description: 'both notes:read and admin:notes',
        },
        ...{ granted: [], missing: ['notes:read', 'admin:notes'] },
        ...{ clientId: 'c1', subject: 'ray', issuer: 'https://idp.example.com' },
      },
    ]);
  });

  const body: GateRequest['readBody'] = () => Promise.reject(new Error('the client went away'));
  test.each([
    ['no token', request(undefined, callTool('add_note')), 401, 'no_credentials'],
    ['a bad token', request('bad', callTool('add_note')), 401, 'invalid_token'],
    ['no such tool', request('admin.notes', callTool('x')), 403, 'denied'],
    ['a body that ends early', request('notes.read', 1, { readBody: body }), 400, 'invalid_body'],
    ['a method', request('notes.read', undefined, { method: 'PUT' }), 405, 'method_not_allowed'],
  ])('%s', async (_, one, status, reason) => {
    const { gate, events } = watched();
    await gate.check(one);
    expect(events).toMatchObject([{ outcome: 'refused', status, reason }]);
    expect(events[0]).not.toHaveProperty('missing');
  });

  test('the caller behind a faulty body, and the operation of a request without a token', async () => {
    const policy = mcpPolicy(scopes, { tools: { hello: publicAccess(), add_note: 'notes:write' } });
    const { gate, events } = watched({ policy });
    await gate.check(request('notes.read', [callTool('hello')]));
    await gate.check(request(undefined, callTool('add_note')));
    expect(events).toMatchObject([
      { status: 400, reason: 'invalid_body', subject: 'ray' },
      { status: 401, operation: { entry: 'tools/call add_note' } },
    ]);
    expect(events[1]).not.toHaveProperty('missing');
  });

  test('failures of the verifier, of a rule, and inside the gate', async () => {
    const fails = () => {
      throw new Error('down');
    };
    const down = watched({ verifier: fails });
    await down.gate.check(request('notes.read'), 'notes:read');
    expect(down.events).toMatchObject([{ status: 503, reason: 'verifier_unavailable' }]);
    const { gate, events } = watched();
    await gate.check(request('notes.read'), rule(fails));
    await gate.check(request('notes.read'), 'notes:raed' as never);
    await gate.check({ ...request(), headers: { get: fails } }, 'notes:read');
    expect(events).toMatchObject([
      { status: 403, reason: 'rule_invalid', subject: 'ray' },
      { status: 503, reason: 'internal' },
      { status: 400, reason: 'invalid_body' },
    ]);
  });

  test('an error after the evaluation: a 503, which says nothing of the scopes', async () => {
    const { gate, events } = watched({ cors: { origins: ['https://a.example'] } });
    const one = request('notes.read', callTool('add_note'));
    const get = (name: string): string | null =>
      name === 'origin' ? expect.fail('fault') : one.headers.get(name);
    await gate.check({ ...one, headers: { get } });
    expect(events).toMatchObject([{ outcome: 'refused', status: 503, reason: 'internal' }]);
    for (const name of ['operation', 'required', 'missing']) {
      expect(events[0]).not.toHaveProperty(name);
    }
  });

  test('its milliseconds are those of the gate, of both phases', async () => {
    let now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const verifier: Verifier = async () => {
      now += 40;
      return { scopes: ['notes:read'] };
    };
    const { gate, events } = watched({ verifier });
    const one = at('/export', 'x');
    const slow = rule<NotesScope>(() => {
      now += 2;
      return 'notes:read';
    });
    await gate.check(one, slow);
    const { auth } = (await gate.authenticate(one, slow)) as Allowed;
    now += 500;
    await gate.authorize(auth, one, slow);
    gate.refuse(new InsufficientScopeError('notes:write'), one, auth);
    expect(events.map(({ outcome, ms }) => [outcome, ms])).toEqual([
      ['allowed', 42],
      ['allowed', 42],
      ['withdrawn', 0],
    ]);
  });

  test('a computed rule is described by its result, and a failed condition hides its scopes', async () => {
    const { gate, events } = watched();
    await gate.check(
      request('notes.read'),
      rule(() => 'admin:notes'),
    );
    await gate.check(
      request('notes.read'),
      where(() => false, 'admin:notes'),
    );
    expect(events).toMatchObject([
      { reason: 'insufficient_scope', required: { alternatives: [['admin:notes']] } },
      { reason: 'denied', required: { alternatives: [] } },
    ]);
  });
});

describe('once per request', () => {
  test('many equal refusals at once have one event each', async () => {
    const verifier: Verifier = async (token) => ({ scopes: [], subject: token });
    const { gate, events } = watched({ verifier });
    const names = ['ann', 'bob', 'cy'];
    await Promise.all(names.map((name) => gate.check(at('/export', name), 'notes:read')));
    expect(events.map(({ subject }) => subject)).toEqual(names);
  });

  test('decided without a promise where the answer is known at once', () => {
    const { gate, events } = watched();
    expect(gate.decide(at('/export', 'notes.read'), 'notes:read')).toMatchObject({ allowed: true });
    expect(gate.decide(at('/export'), 'notes:read')).toMatchObject({ status: 401 });
    expect(events.map(({ outcome }) => outcome)).toEqual(['allowed', 'refused']);
  });

  test('in two phases: the first emits refusals only', async () => {
    const { gate, events } = watched();
    const one = request('notes.read', callTool('read_notes'));
    const early = await gate.authenticate(one);
    expect(events).toEqual([]);
    await gate.authorize(early.allowed ? early.auth : undefined, one);
    expect(events).toMatchObject([{ outcome: 'allowed', subject: 'ray' }]);
    await gate.authenticate(request('bad'));
    expect(events).toHaveLength(2);
    expect(events[1]).toMatchObject({ outcome: 'refused', reason: 'invalid_token' });
  });

  test('decided again in a later phase: no event, or one that withdraws the first', async () => {
    const { gate, events } = watched();
    const one = at('/export', 'notes.read');
    const { auth } = (await gate.authenticate(one, 'notes:read')) as never;
    await gate.authorize(auth, one, 'notes:read');
    expect(await gate.authorize(auth, one, 'notes:read')).toMatchObject({ allowed: true, auth });
    expect(events).toHaveLength(1);
    await gate.authorize(auth, one, 'notes:write');
    expect(await gate.authorize(auth, one, 'notes:write')).toMatchObject({ status: 403 });
    await gate.authorize(auth, one, 'notes:read');
    expect(events).toHaveLength(2);
    expect(events[1]).toMatchObject({
      outcome: 'withdrawn',
      status: 403,
      missing: ['notes:write'],
    });
    expect(events[1]?.first).toBe(events[0]);
  });

  test('a refusal in a later phase does not hide what is decided after it', async () => {
    const { gate, events } = watched();
    const one = at('/export', 'notes.read');
    const { auth } = (await gate.authenticate(one, 'notes:read')) as Allowed;
    await gate.authorize(auth, one, 'notes:write');
    await gate.authorize(auth, one, 'notes:write');
    await gate.authorize(auth, one, 'notes:read');
    expect(events.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'allowed']);
    for (const event of events) expect(event).not.toHaveProperty('first');
  });

  test('every check of a request without a token has its event', () => {
    const { gate, events } = watched();
    const one = at('/export');
    void gate.decide(one, publicAccess());
    void gate.decide(one, publicAccess());
    void gate.decide(one, 'notes:read');
    expect(events.map(({ outcome }) => outcome)).toEqual(['allowed', 'allowed', 'refused']);
  });

  test('a request without a token in two phases is no error', async () => {
    const errors: unknown[] = [];
    const { gate, events } = watched({ onError: (error) => errors.push(error) });
    const one = at('/export');
    await gate.authenticate(one, publicAccess());
    await gate.authorize(undefined, one, publicAccess());
    expect(errors).toEqual([]);
    expect(events).toMatchObject([{ outcome: 'allowed' }]);
  });

  test('a phase does not accept the `auth` of another gate', async () => {
    const { gate, events } = watched();
    const other = notesGate();
    const one = at('/export', 'notes.read');
    const { auth } = (await other.authenticate(one)) as never;
    await gate.authorize(auth, one, 'notes:read');
    expect(events).toMatchObject([{ outcome: 'refused', reason: 'no_credentials' }]);
    expect(events[0]).not.toHaveProperty('subject');
  });

  test('a scope error of a handler withdraws the first event, once', async () => {
    const { gate, events } = watched();
    const one = request('notes.read', callTool('read_notes'));
    const decision = await gate.check(one);
    const auth = decision.allowed ? decision.auth : undefined;
    const error = new InsufficientScopeError(['notes:read', 'admin:notes']);
    const refusal = gate.refuse(error, one, auth);
    gate.refuse(error, one, auth);
    expect(gate.refuse(new Error('x'), one, auth)).toBeUndefined();
    expect(refusal).toMatchObject({ status: 403 });
    expect(events).toHaveLength(2);
    expect(events[1]).toMatchObject({
      ...{ outcome: 'withdrawn', status: 403, reason: 'insufficient_scope' },
      operation: { entry: 'tools/call read_notes' },
      required: { alternatives: [['notes:read', 'admin:notes']] },
      ...{ missing: ['admin:notes'], subject: 'ray' },
    });
    expect(events[1]?.first).toBe(events[0]);
  });

  test('one with an unknown scope emits no scopes', async () => {
    const { gate, events } = watched();
    const one = at('/', 'notes.read');
    const decision = await gate.check(one, 'notes:read');
    const error = new InsufficientScopeError(['notes:write', 'secret:internal']);
    gate.refuse(error, one, decision.allowed ? decision.auth : undefined);
    expect(events[1]).toMatchObject({ outcome: 'withdrawn', reason: 'denied' });
    expect(events[1]).not.toHaveProperty('required');
    expect(events[1]).not.toHaveProperty('missing');
  });

  test('a scope error for the `auth` of another gate does not name its caller', async () => {
    const { gate, events } = watched();
    const other = (await notesGate().authenticate(at('/', 'notes.read'))) as never as Allowed;
    gate.refuse(new InsufficientScopeError('notes:write'), at('/'), other.auth);
    expect(events).toMatchObject([{ outcome: 'refused', reason: 'no_credentials' }]);
    expect(events[0]).not.toHaveProperty('subject');
  });

  test('a scope error without an event before it is a refusal', () => {
    const { gate, events } = watched();
    gate.refuse(new InsufficientScopeError('notes:write'), at('/'));
    expect(events).toMatchObject([{ outcome: 'refused', reason: 'no_credentials' }]);
  });

  test('preflights and metadata are no decisions', async () => {
    const { gate, events } = watched({ cors: true });
    const headers = new Headers({
      origin: 'https://a.example',
      'access-control-request-method': 'POST',
    });
    const preflight = { method: 'OPTIONS', url: '/mcp', headers };
    expect(await gate.check(preflight)).toMatchObject({ status: 204 });
    const url = new URL(gate.metadata.url).pathname;
    expect(gate.metadata.respond(at(url))).toMatchObject({ status: 200 });
    expect(events).toEqual([]);
  });
});

describe('the argument of the hook', () => {
  test('is frozen in depth, so that changes do not reach the next decision', async () => {
    const { gate, events } = watched();
    await gate.check(request('notes.write', callTool('admin_purge')));
    const unfrozen = (value: unknown): unknown[] =>
      typeof value === 'object' && value !== null
        ? [...(Object.isFrozen(value) ? [] : [value]), ...Object.values(value).flatMap(unfrozen)]
        : [];
    expect(events).toHaveLength(1);
    expect(unfrozen(events[0])).toEqual([]);
    expect(Object.getPrototypeOf(events[0])).toBe(Object.prototype);
  });

  test('has own members only, whatever Object.prototype holds [T09]', async () => {
    const { gate, events } = watched();
    await gate.check(request('notes.write', callTool('admin_purge')));
    Object.assign(Object.prototype, { polluted: {} });
    try {
      await gate.check(request('notes.write', callTool('admin_purge')));
    } finally {
      Reflect.deleteProperty(Object.prototype, 'polluted');
    }
    const [clean, later] = events.map((event) => [event, event.operation ?? {}].map(Object.keys));
    expect(later).toEqual(clean);
  });

  test('holds no part of the token and no claim, also if the client puts the token in the target [T72]', async () => {
    const token = 'eyJhbGciOi.c2VjcmV0cGF5bG9hZA.c2lnbmF0dXJl';
    const verifier: Verifier = () => ({
      claims: { scope: 'notes:read', email: 'ray@private.example' },
    });
    const { gate, events } = watched({ verifier });
    const fails = watched({ verifier: () => undefined });
    const urls = [
      `/export?access_token=${token}`,
      `/export#${token}`,
      `https://ray:${token}@notes.example.com/export?a`,
    ];
    for (const url of urls) {
      await gate.check(at(url, token), 'notes:read');
      await fails.gate.check(at(url, token), 'notes:read');
    }
    await gate.check(request(token, rpc('resources/read', { uri: `notes://1?token=${token}` })));
    const told = inspect([...events, ...fails.events], { depth: 9 });
    expect(events).toHaveLength(4);
    for (const part of [...token.split('.'), 'private.example']) expect(told).not.toContain(part);
    expect(events[2]?.operation?.name).toBe('https://notes.example.com/export');
  });

  test.each([
    ['/goto/notes://team@7?x', '/goto/notes://team@7'],
    ['/export?a\ntoken=b', '/export'],
    ['s3://key:secret@notes/7?X-Amz-Signature=1', 's3://notes/7'],
  ])('names the target %j: %s', async (url, name) => {
    const { gate, events } = watched();
    await gate.check(at(url, 'notes.read'), 'notes:read');
    expect(events[0]?.operation?.name).toBe(name);
  });

  test.each([
    [rpc('resources/read', { uri: 's3://key:secret@notes/7?X-Amz-Signature=1' }), 's3://notes/7'],
    // The name of a tool has no query.
    [callTool('what?#1'), 'what?#1'],
    [callTool('see notes:7?'), 'see notes:7?'],
  ])('names the target of %j: %s', async (body, name) => {
    const { gate, events } = watched();
    await gate.check(request('notes.read', body));
    expect(events[0]?.operation?.name).toBe(name);
  });

  test('has a limited size, whatever a client calls its tool', async () => {
    const { gate, events } = watched();
    await gate.check(request('notes.read', callTool('x'.repeat(10_000))));
    await gate.check(request('notes.read', rpc('y'.repeat(10_000))));
    expect(JSON.stringify(events).length).toBeLessThan(2000);
  });
});

describe('what the policy calls an operation', () => {
  const policy = mcpPolicy(scopes, {
    tools: { read_notes: 'notes:read' },
    prompts: { daily: 'notes:read' },
    resources: { 'notes://{id}': 'notes:read' },
    methods: { 'x/own': 'notes:read' },
    tasks: 'notes:read',
    ...{ otherTools: 'notes:read', otherPrompts: 'notes:read', otherMethods: 'notes:read' },
    otherResources: 'notes:read',
  });
  const uri = { uri: 'notes://7?a=b' };
  const complete = (ref: object): object => rpc('completion/complete', { ref });
  test.each([
    [callTool('read_notes'), 'tools/call read_notes'],
    [callTool('toString'), undefined],
    [rpc('prompts/get', { name: 'daily' }), 'prompts/get daily'],
    [rpc('prompts/get', { name: 'weekly' }), undefined],
    [rpc('resources/read', uri), 'resources/read notes://{id}'],
    [rpc('resources/subscribe', uri), 'resources/read notes://{id}'],
    [rpc('resources/read', { uri: 'files://1' }), undefined],
    [rpc('subscriptions/listen', {}), 'subscriptions/listen'],
    [
      rpc('subscriptions/listen', { notifications: { resourceSubscriptions: ['notes://7'] } }),
      'subscriptions/listen',
    ],
    [complete({ type: 'ref/prompt', name: 'daily' }), 'prompts/get daily'],
    [complete({ type: 'ref/prompt', name: 'weekly' }), undefined],
    [complete({ type: 'ref/resource', ...uri }), 'resources/read notes://{id}'],
    [rpc('tools/list'), 'tools/list'],
    [rpc('x/own'), 'x/own'],
    [rpc('x/other'), undefined],
    [rpc('tasks/get'), 'tasks'],
    [rpc('notifications/anything'), 'notifications'],
    [{ jsonrpc: '2.0', id: 1, result: {} }, 'response'],
  ])('%j: %s', async (body, entry) => {
    const { gate, events } = watched({ policy });
    await gate.check(request('notes.read', body));
    expect(events[0]?.operation?.entry).toBe(entry);
  });

  test('a session', async () => {
    const { gate, events } = watched({ policy });
    await gate.check(request('notes.read', undefined, { method: 'DELETE' }));
    expect(events[0]?.operation).toEqual({ protocol: 'mcp', method: 'DELETE', entry: 'DELETE' });
  });

  test.each([
    ['GET', '/notes/7?x', 'GET /notes/{id}', '/notes/7'],
    ['HEAD', '/notes/7', 'GET /notes/{id}', '/notes/7'],
    ['PUT', '/any', '* /any', '/any'],
    ['PUT', '/other', undefined, '/other'],
  ])('%s %s: %s', async (method, url, entry, name) => {
    const routes: readonly { method: string; path: string; rule: Rule<NotesScope> }[] = [
      { method: 'GET', path: '/notes/{id}', rule: 'notes:read' },
      { method: '*', path: '/any', rule: deny() },
    ];
    const { gate, events } = watched({ policy: httpPolicy(routes) });
    await gate.check(request('notes.read', undefined, { method, url }));
    expect(events[0]?.operation).toEqual({
      ...{ protocol: 'http', method, name },
      ...(entry !== undefined && { entry }),
    });
  });
});

test('a broken clock does not prevent the event [T92]', async () => {
  const events: DecisionEvent[] = [];
  const gate = createGate({
    ...{ resource: RESOURCE, verifier: scopesAsToken, scopes, clock: () => NaN },
    onDecision: (event) => events.push(event),
  });
  await gate.check(at('/', 'notes.read'), 'notes:read');
  expect(events).toHaveLength(1);
  expect(events[0]?.time).toBeGreaterThan(0);
});
