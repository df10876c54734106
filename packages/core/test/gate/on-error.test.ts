/** What `onError` is told: which part failed, and for a rule of which operation. */
import { expect, test } from 'vitest';
import { InsufficientScopeError, authenticated, publicAccess, rule } from '../../src/index.js';
import type { DecisionEvent, ErrorContext, GateOptions, GateRequest } from '../../src/index.js';
import { guardTool } from '../../src/mcp/index.js';
import { callTool, check, notesGate } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

const GET: GateRequest = { method: 'GET', url: '/x', headers: new Headers() };
const OPERATION = { protocol: 'mcp', method: 'tools/call', name: 't' };

/** A gate, and what it tells. */
function watched(
  tool: ReturnType<typeof rule<NotesScope>>,
  options: Partial<GateOptions<NotesScope>> = {},
) {
  const told: (readonly [message: string, context: ErrorContext])[] = [];
  const events: DecisionEvent[] = [];
  const gate = notesGate(
    { tools: { t: tool }, otherTools: authenticated() },
    {
      onError: (error, context) => void told.push([(error as Error).message, context]),
      onDecision: (event) => void events.push(event),
      ...options,
    },
  );
  return { gate, told, events };
}

const fine = rule<NotesScope>(() => 'notes:read');

test.each<readonly [what: string, tool: typeof fine, message: RegExp]>([
  [
    'throws',
    rule(() => {
      throw new Error('no database');
    }),
    /^no database$/,
  ],
  ['hangs', rule(() => new Promise<never>(() => undefined)), /^the rule /],
  ['names a scope that does not exist', rule((() => 'other') as never), /^the computed rule/],
])(
  'a rule that %s: its operation, and nothing is missing [AH-15]',
  async (_what, tool, message) => {
    const { gate, told, events } = watched(tool, { ruleTimeout: 20 });
    const decision = await check(gate, { token: 'admin.notes', body: callTool('t') });
    expect(decision).toMatchObject({ status: 403, reason: 'rule_invalid' });
    expect((decision as { body: string }).body).toContain('t is not allowed');
    expect(told).toEqual([
      [expect.stringMatching(message), { reason: 'rule_invalid', operation: OPERATION }],
    ]);
    expect(events).toMatchObject([{ outcome: 'refused', operation: OPERATION }]);
    expect(events[0]).not.toHaveProperty('missing');
  },
);

test('a rule of a route that cannot be compiled', async () => {
  const { gate, told } = watched(fine);
  expect(await gate.check(GET, 'other' as never)).toMatchObject({ status: 503 });
  expect(told).toEqual([[expect.stringMatching(/^rule/), { reason: 'internal' }]]);
});

test('a request that cannot be read while a thrown error becomes a refusal', () => {
  const { gate, told } = watched(fine, { cors: { origins: ['https://app.example'] } });
  const get = (): never => {
    throw new Error('gone');
  };
  const thrown = new InsufficientScopeError('notes:write');
  expect(gate.refuse(thrown, { ...GET, headers: { get } })).toBeUndefined();
  expect(told).toEqual([['gone', { reason: 'internal' }]]);
});

test('an error that is the application’s own is not reported', () => {
  const { gate, told, events } = watched(fine, { cors: true });
  expect(gate.refuse(new Error('mine'), GET)).toBeUndefined();
  expect(told).toEqual([]);
  expect(events).toEqual([]);
});

test('a signature of the metadata that cannot be made', async () => {
  const signedMetadata = (): never => {
    throw new Error('no key');
  };
  const { gate, told } = watched(fine, { signedMetadata });
  const url = '/.well-known/oauth-protected-resource/mcp';
  expect(await gate.metadata.respond({ ...GET, url })).toMatchObject({ status: 200 });
  expect(told).toEqual([['no key', { reason: 'metadata' }]]);
});

test('a guarded handler’s scope error takes a call without a token back', async () => {
  const { gate, events } = watched(fine);
  const handler = (_context: object): never => {
    throw new InsufficientScopeError('notes:write');
  };
  const refused = await guardTool(gate, publicAccess(), handler)({ http: {} });
  expect(refused).toMatchObject({ isError: true });
  expect(events).toMatchObject([{ outcome: 'allowed' }, { outcome: 'withdrawn', status: 401 }]);
});
