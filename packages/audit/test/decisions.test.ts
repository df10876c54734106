import { describe, expect, test } from 'vitest';
import { formatDecisionSummary, summarizeDecisions } from '../src/index.js';
import { authenticated, InsufficientScopeError, reportOnly } from '@scopegate/core';
import type { DecisionEvent, GateRequest, Verifier } from '@scopegate/core';
import { callTool, notesGate, scopes } from '../../core/test/support/mcp.js';

/** `client.user.notes:read+notes:write` is a token of its own. */
const verifier: Verifier = (token) => {
  const [client, user, scope] = token.split('.');
  if (client === 'bad') return undefined;
  return { claims: { client_id: client, sub: user, scope: scope?.replaceAll('+', ' ') } };
};

function request(token: string | undefined, tool: string): GateRequest {
  const headers = new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` });
  const bytes = JSON.stringify(callTool(tool));
  const readBody = async () => ({ bytes, contentType: 'application/json', contentEncoding: null });
  return { method: 'POST', url: '/mcp', headers, readBody };
}

/** What a gate in shadow mode told of a day. */
async function day(): Promise<readonly DecisionEvent[]> {
  const events: DecisionEvent[] = [];
  let now = Date.parse('2026-01-01T00:00:00Z');
  const gate = notesGate(
    { floor: authenticated(), tools: { add_note: 'notes:write', read_notes: 'notes:read' } },
    {
      verifier,
      enforce: reportOnly(['tools/call add_note'], { until: '2026-02-01', onWarning: () => {} }),
      onDecision: (event) => events.push(event),
      clock: () => now,
      tokenSyntax: 'opaque',
    },
  );
  const ask = async (token: string | undefined, tool: string): Promise<void> => {
    await gate.check(request(token, tool));
    now += 1000;
  };
  await ask('desk.ann.notes:read', 'read_notes');
  await ask('desk.ann.notes:read', 'add_note');
  await ask('desk.bob.notes:read+mail', 'add_note');
  await ask('bot.bot.notes:write', 'add_note');
  await ask('bot.bot.', 'read_notes');
  await ask('bad', 'read_notes');
  await ask(undefined, 'read_notes');
  const last = request('bot.bot.notes:write', 'read_notes');
  const decision = await gate.check(last);
  gate.refuse(
    new InsufficientScopeError('admin:notes'),
    last,
    decision.allowed ? decision.auth : undefined,
  );
  return events;
}

describe('why tokens were refused', () => {
  const refused = (detail: object): DecisionEvent => ({
    ...{ outcome: 'refused', reason: 'invalid_token', status: 401, time: 0, ms: 0 },
    resource: 'https://notes.example.com/mcp',
    ...detail,
  });
  const wrong = (found: string): DecisionEvent =>
    refused({ detail: 'audience', expected: ['https://a.example'], found: [found] });

  test('by check and values, the most frequent first; times are counted together', () => {
    const events = [
      refused({ detail: 'expired', found: ['2026-01-01T00:00:00.000Z'] }),
      ...[wrong('https://b.example'), wrong('https://b.example'), wrong('https://b.example')],
      refused({ detail: 'expired', found: ['2026-01-02T00:00:00.000Z'] }),
      refused({}),
    ];
    const summary = summarizeDecisions(events);
    expect(summary.details).toEqual([
      {
        ...{ detail: 'audience', expected: ['https://a.example'], found: ['https://b.example'] },
        count: 3,
      },
      { detail: 'expired', count: 2 },
    ]);
    expect(formatDecisionSummary(summary, 'text')).toMatch(
      /Refused tokens\n {2}check +expected +found +requests\n {2}audience +https:\/\/a\.example +https:\/\/b\.example +3\n {2}expired +2/,
    );
  });

  test('does not grow with the values that callers invent', () => {
    const events = Array.from({ length: 1000 }, (_, index) => wrong(`https://${index}.example`));
    const { details } = summarizeDecisions(events);
    expect(details).toHaveLength(101);
    expect(details[0]).toEqual({ detail: 'audience', count: 900 });
  });
});

describe('summarizeDecisions', () => {
  test('lists the clients that would be refused', async () => {
    const { losses, requests, counts, reasons, from, to } = summarizeDecisions(await day());
    expect(requests).toBe(8);
    expect(counts).toEqual({ allowed: 2, refused: 3, reported: 2, withdrawn: 1 });
    expect(reasons).toEqual([
      { reason: 'insufficient_scope', count: 4 },
      { reason: 'invalid_token', count: 1 },
      { reason: 'no_credentials', count: 1 },
    ]);
    expect(losses).toEqual([
      {
        ...{ operation: 'tools/call add_note', clientId: 'desk', subjects: 2 },
        counts: { allowed: 0, refused: 0, reported: 2, withdrawn: 0 },
        missing: [{ scope: 'notes:write', count: 2 }],
      },
      {
        ...{ operation: 'tools/call read_notes', clientId: 'bot', subjects: 1 },
        counts: { allowed: 0, refused: 1, reported: 0, withdrawn: 1 },
        missing: [
          { scope: 'notes:read', count: 1 },
          { scope: 'admin:notes', count: 1 },
        ],
      },
    ]);
    expect(to).toBeGreaterThan(from ?? Infinity);
  });

  test('lists the operations and clients of each scope, with implied scopes', async () => {
    const events = await day();
    const plain = summarizeDecisions(events);
    expect(plain.scopes).toEqual([
      { scope: 'admin:notes', clients: [], operations: ['tools/call read_notes'] },
      { scope: 'mail', clients: ['desk'], operations: [] },
      { scope: 'notes:read', clients: ['desk'], operations: ['tools/call read_notes'] },
      { scope: 'notes:write', clients: ['bot'], operations: ['tools/call add_note'] },
    ]);
    expect(plain.neverRequired).toEqual(['mail']);
    expect(plain.neverGranted).toEqual(['admin:notes']);
    expect(plain.operations).toMatchObject([
      { operation: 'tools/call read_notes', requests: 3, heldByAll: [] },
      { operation: 'tools/call add_note', requests: 3, required: ['notes:write'], heldByAll: [] },
    ]);
    const { operations } = summarizeDecisions(events, scopes);
    expect(operations[1]).toMatchObject({ heldByAll: ['notes:read'] });
  });

  test('of no events, and of events with any names', () => {
    expect(summarizeDecisions([])).toMatchObject({ requests: 0, losses: [], neverGranted: [] });
    expect(summarizeDecisions([], scopes).neverGranted).toHaveLength(3);
    const event: DecisionEvent = {
      ...{ outcome: 'refused', reason: 'denied', resource: 'r', time: 1, ms: 0 },
      operation: { protocol: 'mcp', method: '__proto__' },
      ...{ granted: ['constructor'], clientId: 'toString', missing: ['__proto__'] },
    };
    const summary = summarizeDecisions([event, event]);
    expect(summary.losses).toMatchObject([
      {
        ...{ operation: '__proto__', clientId: 'toString' },
        missing: [{ scope: '__proto__', count: 2 }],
      },
    ]);
  });

  test('counts a request once that was reported and then withdrawn', () => {
    const common = { resource: 'r', time: 1, ms: 0, granted: [], clientId: 'desk' };
    const first: DecisionEvent = {
      ...{ ...common, outcome: 'reported', reason: 'insufficient_scope', missing: ['a'] },
      ...{ detail: 'audience', found: ['https://a.example'] },
    };
    const events: DecisionEvent[] = [
      first,
      {
        ...{ ...common, outcome: 'withdrawn', reason: 'insufficient_scope', missing: ['a', 'b'] },
        first,
      },
    ];
    const { requests, counts, reasons, details, losses } = summarizeDecisions(events);
    expect(requests).toBe(1);
    expect(counts).toEqual({ allowed: 0, refused: 0, reported: 0, withdrawn: 1 });
    expect(reasons).toEqual([{ reason: 'insufficient_scope', count: 1 }]);
    expect(details).toEqual([]);
    expect(losses.map(({ missing }) => missing)).toEqual([
      [
        { scope: 'a', count: 1 },
        { scope: 'b', count: 1 },
      ],
    ]);
    expect(summarizeDecisions([first, ...events]).reasons).toEqual([
      { reason: 'insufficient_scope', count: 2 },
    ]);
  });

  test('reads events from a log, also if the first one of a pair is missing', async () => {
    const events = await day();
    const log = JSON.parse(JSON.stringify(events)) as DecisionEvent[];
    expect(summarizeDecisions(log)).toEqual(summarizeDecisions(events));
    const last = log.slice(-1);
    expect(summarizeDecisions(last).counts).toEqual({
      ...{ allowed: 0, refused: 0, reported: 0, withdrawn: 1 },
    });
  });
});

describe('formatDecisionSummary', () => {
  test('text', async () => {
    const text = formatDecisionSummary(summarizeDecisions(await day(), scopes), 'text');
    expect(text).toBe(
      [
        '8 requests, 2026-01-01T00:00:00.000Z to 2026-01-01T00:00:07.000Z',
        '2 allowed, 3 refused, 2 reported, 1 withdrawn by handlers',
        '',
        'Who lacks scopes',
        '  operation              client  users  reported  refused  allowed  missing',
        '  tools/call add_note    desk    2      2         0        0        notes:write (2)',
        '  tools/call read_notes  bot     1      0         2        0        notes:read (1), admin:notes (1)',
        '',
        'Why not',
        '  reason              requests',
        '  insufficient_scope  4',
        '  invalid_token       1',
        '  no_credentials      1',
        '',
        'Refused tokens',
        '  check  expected  found  requests',
        '  other                   1',
        '',
        'Operations, and what all their callers hold',
        '  operation              requests  needs                     held by all',
        '  tools/call read_notes  3         notes:read | admin:notes',
        '  tools/call add_note    3         notes:write               notes:read',
        '',
        'Scopes',
        '  scope        needed by              held by clients',
        '  admin:notes  tools/call read_notes  nobody seen',
        '  mail         nothing seen           desk',
        '  notes:read   tools/call read_notes  desk, bot',
        '  notes:write  tools/call add_note    bot',
        '',
      ].join('\n'),
    );
  });

  test('texts of clients are only text on a terminal and on a page [T118]', () => {
    const name = 'x\u001B[31m\n| a | `b` <img src=x> [c](https://evil.example) \u202E';
    const event: DecisionEvent = {
      ...{ outcome: 'refused', reason: 'insufficient_scope', resource: 'r', time: 1, ms: 0 },
      operation: { protocol: 'mcp', method: 'tools/call', name },
      ...{ granted: [], missing: ['a'] },
    };
    const summary = summarizeDecisions([event]);
    const text = formatDecisionSummary(summary, 'text');
    // oxlint-disable-next-line no-control-regex -- that is what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u202E]/);
    const markdown = formatDecisionSummary(summary, 'markdown');
    expect(markdown).toContain(String.raw`tools/call x?\[31m?\| a \| ` + '\\`b\\`');
    expect(markdown).not.toContain('<img');
    expect(markdown).not.toContain('](https://');
    expect(JSON.parse(formatDecisionSummary(summary, 'json'))).toEqual(summary);
    expect(formatDecisionSummary(summary, 'json')).not.toContain('\u202E');
    expect(() => formatDecisionSummary(summary, 'html' as never)).toThrow(TypeError);
  });

  test('links and formulas of clients are only text on a page [T118]', () => {
    const event: DecisionEvent = {
      ...{ outcome: 'refused', reason: 'denied', resource: 'r', time: 1, ms: 0 },
      operation: { protocol: 'mcp', method: 'tools/call', name: 'www.x.test WWW.y.test $x$' },
      granted: [],
    };
    const markdown = formatDecisionSummary(summarizeDecisions([event]), 'markdown');
    expect(markdown).toContain(String.raw`tools/call www\.x.test WWW\.y.test \$x\$`);
  });

  test.each([1e20, -1e20, Infinity])('a time that no date can hold is a number: %j', (time) => {
    const event: DecisionEvent = { outcome: 'allowed', resource: 'r', time, ms: 0 };
    expect(formatDecisionSummary(summarizeDecisions([event]), 'text')).toContain(
      `1 request, ${time} to ${time}\n`,
    );
  });
});
