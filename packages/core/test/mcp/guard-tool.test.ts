import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  InsufficientScopeError,
  allOf,
  authenticated,
  deny,
  publicAccess,
  rule as computed,
  where,
} from '../../src/index.js';
import type { Auth, DecisionEvent, Gate, GateOptions, Rule } from '../../src/index.js';
import { guardTool } from '../../src/mcp/index.js';
import type { GuardToolOptions, McpPolicyOptions, ToolRefusal } from '../../src/mcp/index.js';
import { callTool, notesGate, request } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

const DONE = { content: [] };
const open = (options: Partial<GateOptions<NotesScope>> = {}): Gate<NotesScope> =>
  notesGate({ tools: {}, otherTools: authenticated() }, options);
const gate = open();

async function authFor(of: Gate<NotesScope>, token: string): Promise<Auth> {
  const decision = await of.check(request({ token, body: callTool('add') }));
  if (!decision.allowed || decision.auth === undefined) throw new Error('expected auth');
  return decision.auth;
}

/** Calls a guarded tool as v2 does; `ran` tells whether it ran. */
async function call(
  rule: Rule<NotesScope>,
  auth: unknown,
  given: { of?: Gate<NotesScope>; args?: object; options?: GuardToolOptions } = {},
): Promise<{ ran: boolean; result: Partial<ToolRefusal>; challenge: string | undefined }> {
  const { of = gate, args = {}, options = {} } = given;
  const handler = vi.fn<(args: object, context: object) => typeof DONE>(() => DONE);
  const guarded = guardTool(of, rule, handler, options);
  const result: Partial<ToolRefusal> = await guarded(args, {
    mcpReq: { id: 7 },
    http: { authInfo: auth },
  });
  const challenge = result._meta?.['mcp/www_authenticate'][0];
  return { ran: handler.mock.calls.length > 0, result, challenge };
}

describe('who calls', () => {
  const nobody: readonly [what: string, auth: () => unknown][] = [
    ['nobody', () => undefined],
    ['auth of the SDK itself', () => ({ token: 'x', clientId: 'c', scopes: ['notes:write'] })],
    ['another gate’s', () => authFor(open(), 'admin.notes')],
    ['a copy', async () => ({ ...(await authFor(gate, 'admin.notes')) })],
    ['an heir', async () => Object.create(await authFor(gate, 'admin.notes')) as unknown],
  ];
  test.each(nobody)(
    '%s is refused like a call without a token [T16, IB-1, IB-3]',
    async (_w, auth) => {
      const { ran, challenge } = await call('notes:write', await auth());
      expect(ran).toBe(false);
      // Hosts that read tool results know a login by these two.
      expect(challenge).toBe(
        `Bearer error="insufficient_scope", scope="notes:write", resource_metadata="${gate.metadata.url}", error_description="This resource needs an access token"`,
      );
      expect((await call(authenticated(), await auth())).ran).toBe(false);
      expect((await call(publicAccess(), await auth())).ran).toBe(true);
      // Conditions are asked with a valid token only.
      const asked = vi.fn<() => boolean>(() => true);
      expect((await call(where(asked), await auth())).ran).toBe(false);
      expect(asked).not.toHaveBeenCalled();
    },
  );

  test('arguments name nobody [T16]', async () => {
    const auth = await authFor(gate, 'admin.notes');
    const handler = vi.fn<(args: object) => typeof DONE>(() => DONE);
    // A server that hands over nothing but what the client sent.
    const sent = JSON.parse(JSON.stringify({ authInfo: auth, http: { authInfo: auth } })) as object;
    await guardTool(gate, 'notes:write', handler)(sent);
    expect(handler).not.toHaveBeenCalled();
  });

  test('both SDKs’ contexts, with and without arguments', async () => {
    const auth = await authFor(gate, 'notes.write');
    for (const context of [{ authInfo: auth }, { http: { authInfo: auth } }]) {
      for (const args of [[{ text: 'x' }, context], [context]]) {
        const handler = vi.fn<(...args: object[]) => typeof DONE>(() => DONE);
        expect(await guardTool(gate, 'notes:write', handler)(...args)).toBe(DONE);
        expect(handler).toHaveBeenCalledExactlyOnceWith(...args);
        const refused = await guardTool(gate, 'admin:notes', handler)(...args);
        expect(refused).toMatchObject({ isError: true });
        expect(handler).toHaveBeenCalledOnce();
      }
    }
  });
});

describe('what is needed', () => {
  test.each([
    ['too few scopes', 'notes.read', false],
    ['all of them', 'notes.read+notes.write', true],
    ['no scopes', 'none', false],
    ['more than enough', 'admin.notes', true],
  ])('%s [C403-1, SC-2]', async (_what, token, enough) => {
    const rule = allOf('notes:read', 'notes:write');
    expect((await call(rule, await authFor(gate, token))).ran).toBe(enough);
  });

  const incurable: readonly [what: string, rule: Rule<NotesScope>][] = [
    ['a denial', deny()],
    ['a condition', where(() => false, 'admin:notes')],
    [
      'a rule that throws',
      computed(() => {
        throw new Error('x');
      }),
    ],
    ['a rule that never answers', computed(() => new Promise<never>(() => undefined))],
    ['a rule that is none', computed(() => ({}) as never)],
  ];
  test.each(incurable)('%s: refused without a challenge [C403-6]', async (_what, rule) => {
    const of = open({ ruleTimeout: 20 });
    const { ran, result, challenge } = await call(rule, await authFor(of, 'admin.notes'), { of });
    expect(ran).toBe(false);
    expect(challenge).toBeUndefined();
    expect(result).toEqual({
      isError: true,
      content: [{ type: 'text', text: 'add is not allowed' }],
    });
  });

  test('a rule sees the operation, the arguments and the request [C403-2]', async () => {
    const seen: unknown[] = [];
    const rule = computed<NotesScope>(({ operation, args, request: { method, url } }) => {
      seen.push({ operation, args, method, url });
      return 'notes:write';
    });
    const auth = await authFor(gate, 'notes.read');
    const { challenge } = await call(rule, auth, { args: { text: 'x' } });
    expect(challenge).toContain('scope="notes:write notes:read"');
    const operation = { protocol: 'mcp', method: 'tools/call', name: 'add' };
    const at = { method: 'POST', url: 'https://notes.example.com/mcp' };
    expect(seen).toEqual([{ operation, args: { text: 'x' }, ...at }]);
  });

  test('where no policy knows the tool, it has the name it is given', async () => {
    const plain = notesGate({}, {});
    const decision = await plain.check(request({ token: 'notes.read' }), authenticated());
    if (!decision.allowed) throw new Error('expected auth');
    const text = async (options: GuardToolOptions): Promise<string | undefined> => {
      const { result } = await call('notes:write', decision.auth, { of: plain, options });
      return result.content?.[0]?.text;
    };
    expect(await text({ name: 'add_note' })).toBe('add_note needs notes:write');
    expect(await text({})).toBe('This tool needs notes:write');
  });
});

describe('what a handler throws', () => {
  const thrownBy = async (error: unknown, token = 'notes.read'): Promise<Partial<ToolRefusal>> => {
    const context = { authInfo: await authFor(gate, token), requestId: 1 };
    return guardTool(gate, authenticated(), (_context: object) => {
      throw error;
    })(context);
  };

  test('a scope error is a refusal, in the words of the gate [C403-1]', async () => {
    const result = await thrownBy(new InsufficientScopeError(['notes:write', 'admin:notes']));
    expect(result.content?.[0]?.text).toBe('add needs all of notes:write, admin:notes');
    expect(result._meta?.['mcp/www_authenticate'][0]).toContain(
      'scope="notes:write admin:notes notes:read"',
    );
  });

  test('of unknown scopes nothing is said [C403-6, T40]', async () => {
    const foreign = { name: 'InsufficientScopeError', data: { requiredScopes: ['other'] } };
    const result = await thrownBy(foreign);
    expect(result).toEqual({
      isError: true,
      content: [{ type: 'text', text: 'add is not allowed' }],
    });
  });

  test('any other error is the server’s', async () => {
    await expect(thrownBy(new Error('mine'))).rejects.toThrow('mine');
    await expect(thrownBy(undefined)).rejects.toBeUndefined();
  });
});

test('what is wrong at set-up is found there', () => {
  const handler = (): typeof DONE => DONE;
  const guard =
    (...args: unknown[]) =>
    (): unknown =>
      guardTool(...(args as Parameters<typeof guardTool>));
  expect(guard({}, 'notes:read', handler)).toThrow(/guardTool: expected what createGate/);
  expect(guard(gate, 'other', handler)).toThrow(/rule: "other"/);
  expect(guard(gate, undefined, handler)).toThrow(/rule: /);
  expect(guard(gate, 'notes:read')).toThrow(/guardTool: expected a handler/);
  expect(guard(gate, 'notes:read', handler, { style: 'http' })).toThrow(/guardTool.style/);
  expect(guard(gate, 'notes:read', handler, { challengeStyle: 'htp' })).toThrow(
    /guardTool.challengeStyle: expected one of http, in-band, both/,
  );
});

describe('events of a call that was allowed and then refused by its guard', () => {
  const events: DecisionEvent[] = [];
  const watched = open({ onDecision: (event) => events.push(event) });
  beforeEach(() => {
    events.length = 0;
  });

  test('a rule that does not hold takes the request back, once', async () => {
    const auth = await authFor(watched, 'notes.read');
    const { ran } = await call('notes:write', auth, { of: watched });
    expect(ran).toBe(false);
    expect(events.map(({ outcome }) => outcome)).toEqual(['allowed', 'withdrawn']);
    expect(events[1]).toMatchObject({
      status: 403,
      reason: 'insufficient_scope',
      first: events[0],
    });
    expect(events[1]?.missing).toEqual(['notes:write']);
  });

  test('a scope error that a tool throws does, too', async () => {
    const auth = await authFor(watched, 'notes.read');
    const guarded = guardTool(watched, 'notes:read', (_args: object, _context: object) => {
      throw new InsufficientScopeError(['admin:notes']);
    });
    await guarded({}, { mcpReq: { id: 7 }, http: { authInfo: auth } });
    expect(events.map(({ outcome }) => outcome)).toEqual(['allowed', 'withdrawn']);
  });

  test('a rule that holds adds nothing', async () => {
    const auth = await authFor(watched, 'notes.read');
    expect(await call('notes:read', auth, { of: watched })).toMatchObject({ ran: true });
    expect(events.map(({ outcome }) => outcome)).toEqual(['allowed']);
  });

  test('a scope error that a tool throws for a caller without a token does, too', async () => {
    const anyone = notesGate(
      { otherTools: publicAccess(), anonymous: true },
      { onDecision: (event) => events.push(event) },
    );
    const guarded = guardTool(anyone, publicAccess(), (_args: object, _context: object) => {
      throw new InsufficientScopeError(['notes:write']);
    });
    await guarded({}, { mcpReq: { id: 7 }, http: {} });
    expect(events.map(({ outcome }) => outcome)).toEqual(['allowed', 'withdrawn']);
    expect(events[1]).toMatchObject({ status: 401, first: events[0] });
  });
});

test.each([
  ['a tool', 'tools/call', 'add', { tools: { add: 'notes:read' } }],
  ['a prompt', 'prompts/get', 'add', { prompts: { add: 'notes:read' } }],
  ['a resource', 'resources/read', 'notes://1', { resources: { 'notes://{id}': 'notes:read' } }],
] as const)(
  '%s that the policy names needs no row, whoever refuses it',
  (_what, method, name, rows) => {
    const named = notesGate(rows);
    const advise = (called: string): string | undefined =>
      named.policy?.adviseRow?.({ protocol: 'mcp', method, name: called });
    expect(advise(name)).toBeUndefined();
    const other = name.replace(/.$/, 'x/y');
    expect(advise(other)).toContain(other);
  },
);

const ROWS = [
  ['tools/call', 'tools', 'otherTools'],
  ['prompts/get', 'prompts', 'otherPrompts'],
  ['resources/read', 'resources', 'otherResources'],
] as const;
test.each(ROWS)('%s: the row to add to %s is written out', (method, table, other) => {
  const name = 'notes://%61';
  const advise = (rows: McpPolicyOptions<NotesScope>, called?: string): string | undefined =>
    notesGate(rows).policy?.adviseRow?.({
      ...{ protocol: 'mcp', method },
      ...(called !== undefined && { name: called }),
    });
  // The gate itself refuses this URI, but a guard inside the server may be asked about it.
  expect(advise({}, name)).toBe(
    `${method} ${name} was denied, because mcpPolicy has no row for it: add ${table}: { '${name}': ... }, or set ${other}: deny() if that is meant`,
  );
  expect(advise({ [other]: deny() }, name)).toBeUndefined();
  expect(advise({}, '')).toBeUndefined();
  expect(advise({})).toBeUndefined();
});

test('no row is advised for a method that has no table', () => {
  const operation = { protocol: 'mcp', method: 'tasks/get', name: 'add' } as const;
  expect(notesGate().policy?.adviseRow?.(operation)).toBeUndefined();
});
