import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  InsufficientScopeError,
  allOf,
  anyOf,
  createGate,
  deny,
  httpPolicy,
  publicAccess,
  recentLogin,
  reportOnly,
  rule,
  where,
} from '../../src/index.js';
import type {
  Auth,
  DecisionEvent,
  ErrorContext,
  Gate,
  GateOptions,
  GateRequest,
  ReportOptions,
  ReportedOperations,
  ReportWarning,
  Rule,
  Verifier,
} from '../../src/index.js';
import { createRefusal } from '../../src/decision.js';
import { mcpPolicy } from '../../src/mcp/index.js';
import { DecisionRecorder } from '../../src/observe/index.js';
import { RESOURCE, callTool, notesGate, rpc, scopes, scopesAsToken } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

const DAY = 24 * 60 * 60 * 1000;
const START = Date.parse('2026-01-01T00:00:00Z');

interface Shadowed {
  readonly gate: Gate<NotesScope>;
  readonly events: DecisionEvent[];
  readonly warnings: ReportWarning[];
  /** Lets time pass. */
  readonly wait: (ms: number) => void;
}

function shadowed(
  report: ReportedOperations,
  options: Partial<GateOptions<NotesScope>> = {},
  mode: Partial<ReportOptions> = {},
): Shadowed {
  const events: DecisionEvent[] = [];
  const warnings: ReportWarning[] = [];
  let now = START;
  const onWarning = (warning: ReportWarning): unknown => warnings.push(warning);
  const gate = notesGate(
    { otherTools: 'admin:notes' },
    {
      enforce: reportOnly(report, { until: '2026-03-01', onWarning, ...mode }),
      onDecision: (event) => events.push(event),
      clock: () => now,
      ...options,
    },
  );
  return { gate, events, warnings, wait: (ms) => void (now += ms) };
}

function request(token: string | undefined, body: unknown): GateRequest {
  const headers = new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` });
  const bytes = typeof body === 'string' ? body : JSON.stringify(body);
  const readBody = async () => ({ bytes, contentType: 'application/json', contentEncoding: null });
  return { method: 'POST', url: '/mcp', headers, readBody };
}

const get = (url: string, token?: string): GateRequest => ({
  method: 'GET',
  url,
  headers: new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` }),
});

async function callerOf(token: string): Promise<Auth | undefined> {
  const decision = await notesGate().authenticate(get('/', token), 'notes:read');
  return decision.allowed ? decision.auth : undefined;
}

afterEach(() => vi.restoreAllMocks());

describe('what would be refused for missing scopes', () => {
  test('is reported, and let through with the evaluated body', async () => {
    const { gate, events } = shadowed(['tools/call add_note']);
    const decision = await gate.check(request('notes.read', callTool('add_note', { text: 'x' })));
    expect(decision).toMatchObject({
      allowed: true,
      auth: { subject: 'ray' },
      headers: [['Vary', 'Authorization']],
      body: { params: { arguments: { text: 'x' } } },
    });
    expect(events).toMatchObject([
      {
        ...{ outcome: 'reported', reason: 'insufficient_scope', status: 403 },
        ...{ missing: ['notes:write'], granted: ['notes:read'], subject: 'ray' },
      },
    ]);
  });

  test('is refused for every operation that is not named', async () => {
    const { gate, events } = shadowed(['tools/call add_note']);
    for (const tool of ['admin_purge', 'add_note ', 'unknown']) {
      const decision = await gate.check(request('notes.read', callTool(tool)));
      expect(decision, tool).toMatchObject({ allowed: false, status: 403 });
    }
    expect(events.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'refused']);
  });

  test('is allowed, and reported as allowed, if the scopes are there', async () => {
    const { gate, events } = shadowed(['tools/call add_note']);
    await gate.check(request('notes.write', callTool('add_note')));
    expect(events).toMatchObject([{ outcome: 'allowed' }]);
  });

  test('is refused from the date on, without a restart', async () => {
    const { gate, events, wait } = shadowed(['tools/call add_note']);
    const ask = async () => (await gate.check(request('notes.read', callTool('add_note')))).allowed;
    wait(59 * DAY - 1);
    expect(await ask()).toBe(true);
    wait(1);
    expect(await ask()).toBe(false);
    expect(events.map(({ outcome }) => outcome)).toEqual(['reported', 'refused']);
  });

  test('by a predicate, for routes with a rule of their own', () => {
    const { gate, events } = shadowed(({ method, name }) => `${method} ${name}` === 'GET /export');
    expect(gate.decide(get('/export?x', 'none'), 'notes:read')).toMatchObject({ allowed: true });
    expect(gate.decide(get('/other', 'none'), 'notes:read')).toMatchObject({ status: 403 });
    expect(events.map(({ outcome }) => outcome)).toEqual(['reported', 'refused']);
  });

  test('of a policy over paths', async () => {
    const policy = httpPolicy([
      { method: 'GET', path: '/notes/{id}', rule: 'notes:read' as const },
    ]);
    const { gate } = shadowed(['GET /notes/{id}'], { policy });
    expect(gate.decide(get('/notes/7', 'none'))).toMatchObject({ allowed: true });
    expect(gate.decide(get('/notes/7'))).toMatchObject({ status: 401 });
    expect(gate.decide(get('/notes/7/x', 'none'))).toMatchObject({ status: 403 });
  });

  test('in the second of two phases, too', async () => {
    const { gate, events } = shadowed(['tools/call add_note']);
    const one = request('notes.read', callTool('add_note'));
    const early = await gate.authenticate(one);
    const decision = await gate.authorize(early.allowed ? early.auth : undefined, one);
    expect(decision).toMatchObject({ allowed: true });
    expect(events).toMatchObject([{ outcome: 'reported' }]);
  });

  test('is let through as its own caller, also with many at once [T16]', async () => {
    const verifier: Verifier = async (token) => ({ scopes: [], subject: token });
    const { gate } = shadowed(() => true, { verifier });
    const names = ['ann', 'bob', 'cy'];
    const decisions = await Promise.all(
      names.map((name) => gate.check(get('/export', name), 'notes:read')),
    );
    const subjects = decisions.map((one) => (one.allowed ? one.auth?.subject : 'refused'));
    expect(subjects).toEqual(names);
  });

  test('keeps the operation for a handler that throws a scope error later', async () => {
    const { gate, events } = shadowed(['tools/call add_note']);
    const one = request('notes.read', callTool('add_note'));
    const decision = await gate.check(one);
    const auth = decision.allowed ? decision.auth : undefined;
    const refusal = gate.refuse(new InsufficientScopeError('admin:notes'), one, auth);
    expect(refusal?.body).toContain('add_note needs admin:notes');
    expect(refusal?.body).toContain('"id":1');
    expect(events.map(({ outcome }) => outcome)).toEqual(['reported', 'withdrawn']);
  });
});

describe('everything else is enforced', () => {
  const all = (): boolean => true;
  const tools: Readonly<Record<string, Rule<NotesScope>>> = {
    add_note: 'notes:write',
    nobody: deny(),
    on_condition: where(() => false, 'notes:write'),
    broken: rule(() => {
      throw new Error('broken');
    }),
  };
  test.each<[string, GateRequest, number]>([
    ['no token', request(undefined, callTool('add_note')), 401],
    ['a bad token', request('bad', callTool('add_note')), 401],
    ['deny()', request('notes.read', callTool('nobody')), 403],
    ['a condition', request('notes.read', callTool('on_condition')), 403],
    ['a rule that fails', request('notes.read', callTool('broken')), 403],
    ['what nothing names', request('notes.read', callTool('unknown')), 403],
    ['a method that nothing names', request('notes.read', rpc('x/y')), 403],
    ['a body that is not JSON', request('notes.read', '{'), 400],
    ['a batch', request('notes.read', [callTool('add_note')]), 400],
  ])('%s', async (_, one, status) => {
    const events: DecisionEvent[] = [];
    const gate = notesGate(
      { tools },
      {
        enforce: reportOnly(all, { until: new Date(Date.now() + DAY), onWarning: () => undefined }),
        onDecision: (event) => events.push(event),
      },
    );
    expect(await gate.check(one)).toMatchObject({ allowed: false, status });
    expect(events).toMatchObject([{ outcome: 'refused', status }]);
  });

  test('without a token, where other operations need none', async () => {
    const { gate } = shadowed(all);
    const rules = [publicAccess(), 'notes:write'] as const;
    expect(gate.decide(get('/', undefined), rules[1])).toMatchObject({ status: 401 });
    expect(gate.decide(get('/', undefined), rules[0])).toMatchObject({ allowed: true });
  });

  test.each<[string, () => unknown]>([
    ['throws', () => expect.fail('fault')],
    ['resolves to true', async () => true],
    ['returns something true', () => 1],
    ['returns nothing', () => undefined],
  ])('a predicate that %s enforces [T04]', (_, fault) => {
    const { gate } = shadowed(fault as never);
    expect(gate.decide(get('/', 'none'), 'notes:read')).toMatchObject({ status: 403 });
  });

  test('a clock that fails later enforces [T04]', () => {
    let broken = false;
    const { gate } = shadowed(all, { clock: () => (broken ? NaN : START) });
    expect(gate.decide(get('/', 'none'), 'notes:read')).toMatchObject({ allowed: true });
    broken = true;
    expect(gate.decide(get('/', 'none'), 'notes:read')).toMatchObject({ allowed: false });
  });

  test('scopes that the verifier misses itself', () => {
    const errors: ErrorContext[] = [];
    const { gate, events } = shadowed(all, {
      verifier: () => {
        throw new InsufficientScopeError('notes:read');
      },
      onError: (_error, context) => errors.push(context),
    });
    expect(gate.decide(get('/', 'none'), 'notes:read')).toMatchObject({ status: 403 });
    expect(events).toMatchObject([{ outcome: 'refused', reason: 'insufficient_scope' }]);
    expect(errors).toEqual([]);
  });

  test.each([
    ['of another caller', true],
    ['that nothing evaluated', false],
  ])('a decision %s', async (_, isEvaluated) => {
    const events: DecisionEvent[] = [];
    const recorder = new DecisionRecorder(
      {
        ...{ resource: RESOURCE, catalogue: scopes, clock: () => START },
        onDecision: (event) => events.push(event),
        reportOnly: { includes: all },
      },
      {
        grantedTo: () => undefined,
        authRecordOf: () => undefined,
        reportError: (error) => expect.fail(String(error)),
      },
    );
    const [ann, bob] = await Promise.all([callerOf('none'), callerOf('none')]);
    const decision = createRefusal(403, 'insufficient_scope', [], '');
    const record = recorder.start('decide', get('/export'), ann);
    if (isEvaluated) {
      const matched = { operation: { protocol: 'http', method: 'GET', name: '/export' } } as const;
      record.evaluation = { decision, matched, rule: undefined, missing: [], auth: bob };
    }
    const finished = recorder.finish(decision, record);
    recorder.emit(finished);
    expect(finished.decision).toBe(decision);
    expect(events).toMatchObject([{ outcome: 'refused', status: 403 }]);
  });

  test('an operation whose event cannot be made is not let through [T04]', async () => {
    const events: DecisionEvent[] = [];
    const errors: ErrorContext[] = [];
    const policy = httpPolicy([{ method: 'GET', path: '/export', rule: 'notes:read' as const }]);
    const broken: typeof policy = {
      ...{ reads: 'path', scopes: policy.scopes, mayBePublic: false, readBody: () => undefined },
      match(one, body) {
        const evaluated = policy.match(one, body);
        const operation = { protocol: 'http', method: 'GET', name: null } as never;
        return evaluated.kind === 'fault' ? evaluated : { ...evaluated, operation };
      },
      ruleOf: (operation) => policy.ruleOf(operation),
      entries: () => policy.entries(),
      defaults: () => policy.defaults(),
    };
    const gate = notesGate(
      {},
      {
        policy: broken,
        enforce: reportOnly(all, { until: new Date(Date.now() + DAY), onWarning: () => undefined }),
        onDecision: (event) => events.push(event),
        onError: (_error, context) => errors.push(context),
      },
    );
    expect(gate.decide(get('/export', 'none'))).toMatchObject({ allowed: false, status: 403 });
    expect(events).toEqual([]);
    expect(errors).toEqual([{ reason: 'internal' }]);
  });

  test('a hook that throws changes no decision', () => {
    const { gate } = shadowed(all, { onDecision: () => expect.fail('fault') });
    expect(gate.decide(get('/', 'none'), 'notes:read')).toMatchObject({ allowed: true });
    expect(gate.decide(get('/'), 'notes:read')).toMatchObject({ status: 401 });
  });
});

describe('the mode warns, and ends', () => {
  test('it warns once, when the gate is made', async () => {
    const { gate, warnings } = shadowed(['tools/call add_note', 'tools/call admin_purge']);
    await gate.check(request('notes.read', callTool('add_note')));
    expect(warnings).toEqual([
      {
        code: 'report_mode',
        message:
          'SCOPES ARE NOT ENFORCED until 2026-03-01T00:00:00.000Z for tools/call add_note, tools/call admin_purge',
      },
    ]);
  });

  test('on the console, by default', () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const enforce = reportOnly(() => true, { until: new Date(Date.now() + DAY) });
    notesGate({}, { enforce, onDecision: () => undefined });
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^scopegate: SCOPES ARE NOT ENFORCED until .* a function picks$/)],
    ]);
  });

  test.each([
    ['after the date', '2025-12-31'],
    ['at the date', '2026-01-01'],
  ])('a server that starts %s starts, and enforces', async (_, until) => {
    const { gate, warnings } = shadowed(['tools/call add_note'], {}, { until });
    const message = `report mode ended ${until}T00:00:00.000Z: everything is enforced, and the option can go`;
    expect(warnings).toEqual([{ code: 'report_mode_over', message }]);
    const decision = await gate.check(request('notes.read', callTool('add_note')));
    expect(decision).toMatchObject({ status: 403 });
  });

  test.each<[Date | string, string]>([
    ['2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01T08:15Z', '2026-03-01T08:15:00.000Z'],
    ['2026-03-01T08:15:30Z', '2026-03-01T08:15:30.000Z'],
    ['2026-03-01T08:15:30.5Z', '2026-03-01T08:15:30.500Z'],
    ['2026-03-01T08:15:30.123Z', '2026-03-01T08:15:30.123Z'],
    ['2026-03-01T08:15+02:00', '2026-03-01T06:15:00.000Z'],
    ['2026-03-01T08:15:30-05:30', '2026-03-01T13:45:30.000Z'],
    [new Date('2026-03-01T08:15:30.123Z'), '2026-03-01T08:15:30.123Z'],
    [new Date(START + 180 * DAY), '2026-06-30T00:00:00.000Z'],
  ])('until %s: it ends at %s', (until, end) => {
    const { gate, warnings, wait } = shadowed(() => true, {}, { until });
    expect(warnings[0]?.message).toContain(`NOT ENFORCED until ${end} for`);
    wait(Date.parse(end) - START - 1);
    expect(gate.decide(get('/', 'none'), 'notes:read')).toMatchObject({ allowed: true });
    wait(1);
    expect(gate.decide(get('/', 'none'), 'notes:read')).toMatchObject({ status: 403 });
  });

  test('a throwing onWarning does not prevent the gate', () => {
    const onWarning = (): never => expect.fail('fault');
    expect(() => shadowed(['tools/call add_note'], {}, { onWarning })).not.toThrow();
  });
});

describe('mistakes are found when the gate is made', () => {
  test.each<[string, ReportedOperations, Partial<ReportOptions>, RegExp]>([
    [
      'a tool that is not there',
      ['tools/call add_notes'],
      {},
      /^enforce: "tools\/call add_notes" is no/,
    ],
    ['a tool without its method', ['add_note'], {}, /^enforce: "add_note" is no operation/],
    ['a name that is undefined', [undefined as never], {}, /^enforce: undefined is no operation/],
    ['no names', [], {}, /^reportOnly: expected names/],
    ['one name', 'tools/call add_note' as never, {}, /^reportOnly: expected names/],
    ['a date too far ahead', () => true, { until: '2026-07-01' }, /^enforce: until .* 180 days/],
    [
      'a time a little too far ahead',
      () => true,
      { until: new Date(START + 180 * DAY + 1) },
      /^enforce: until .* 180 days/,
    ],
    ['an unknown option', () => true, { til: 1 } as never, /^reportOnly\.til: unknown option/],
    [
      'a warning that is no function',
      () => true,
      { onWarning: 1 as never },
      /^reportOnly\.onWarning/,
    ],
  ])('%s', (_, report, mode, message) => {
    expect(() => shadowed(report, {}, mode)).toThrow(TypeError);
    expect(() => shadowed(report, {}, mode)).toThrow(message);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a number', 1_772_323_200_000],
    ['a list of one date', ['2026-03-01']],
    ['a broken Date', new Date(NaN)],
    ['a month that is none', '2026-13-01'],
    ['a time without its zone', '2026-03-01T08:00'],
    ['a month without its day', '2026-03'],
    ['a month of one digit', '2026-3-01'],
    ['a day of one digit', '2026-03-1'],
    ['a year of six digits', '+002026-03-01'],
    ['four digits of a second', '2026-03-01T08:00:00.1234Z'],
    ['a word in front', 'since 2026-03-01'],
    ['a word behind', '2026-03-01 (soon)'],
    ['an English date', 'March 1, 2026'],
  ])('until is %s', (_, until) => {
    const make = (): unknown => reportOnly(() => true, { until: until as never });
    expect(make).toThrow(
      new TypeError('reportOnly.until: expected a Date, 2026-03-01 or 2026-03-01T08:00:00Z'),
    );
  });

  test('no onDecision, no policy, and values that reportOnly() did not make', () => {
    const base = { resource: RESOURCE, verifier: scopesAsToken, scopes };
    const until = new Date(Date.now() + DAY);
    const onDecision = (): void => undefined;
    const make = (options: object) => () => createGate({ ...base, ...options });
    expect(make({ enforce: reportOnly(() => true, { until }) })).toThrow(
      /^enforce: needs onDecision/,
    );
    expect(make({ onDecision, enforce: reportOnly(['GET /'], { until }) })).toThrow(
      /^enforce: "GET \/" is no operation/,
    );
    for (const enforce of ['report', {}, null]) {
      expect(make({ onDecision, enforce })).toThrow(
        /^enforce: expected what reportOnly\(\) returns/,
      );
    }
    expect(make({ onDecision: true })).toThrow(/^onDecision: expected a function/);
  });
});

test('a method without a name is reported by its method alone [T04]', async () => {
  const policy = mcpPolicy(scopes, { methods: { 'logging/setLevel': 'admin:notes' } });
  const { gate, events } = shadowed(['logging/setLevel'], { policy });
  const body = rpc('logging/setLevel', { level: 'info' });
  expect(await gate.check(request('notes.read', body))).toMatchObject({ allowed: true });
  expect(events).toMatchObject([{ outcome: 'reported', operation: { entry: 'logging/setLevel' } }]);
});

test('a login that is missing beside the scopes is enforced: only scopes are reported [T04]', async () => {
  const verifier: Verifier = (token) => ({
    ...{ scopes: token.replaceAll('.', ':').split('+'), subject: 'ray' },
    claims: { auth_time: (START - (token.includes('recent') ? 60_000 : DAY)) / 1000 },
  });
  const rules = {
    'tools/call purge': allOf('admin:notes', recentLogin({ maxAge: 300 })),
    'tools/call either': anyOf('admin:notes', recentLogin({ maxAge: 300 })),
  };
  const { gate, events } = shadowed(Object.keys(rules), {
    verifier,
    policy: mcpPolicy(scopes, {
      tools: { purge: rules['tools/call purge'], either: rules['tools/call either'] },
    }),
  });
  const ask = async (token: string, tool: string): Promise<number> => {
    const decision = await gate.check(request(token, callTool(tool)));
    return decision.allowed ? 200 : decision.status;
  };
  expect(await ask('notes.read', 'purge')).toBe(403);
  expect(await ask('admin.notes', 'purge')).toBe(401);
  expect(await ask('notes.read+recent', 'purge')).toBe(200);
  expect(await ask('admin.notes+recent', 'purge')).toBe(200);
  // A new login alone would be enough, so this is no refusal for scopes.
  expect(await ask('notes.read', 'either')).toBe(401);
  expect(events.map(({ outcome }) => outcome)).toEqual([
    ...['refused', 'refused', 'reported', 'allowed', 'refused'],
  ]);
});
