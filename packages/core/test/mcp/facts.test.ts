/** Rules get the facts that they read, by whichever method a request reaches them. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  allOf,
  anyOf,
  authenticated,
  deny,
  publicAccess,
  rule as computed,
  usersOnly,
  where,
} from '../../src/index.js';
import type { Decision, Rule, RuleContext } from '../../src/index.js';
import { guardPrompt, guardResource, guardTool, scopeChallenge } from '../../src/mcp/index.js';
import type { McpPolicyOptions } from '../../src/mcp/index.js';
import { callTool, check, header, notesGate, request, rpc } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

type NotesRule = Rule<NotesScope>;
type Context = RuleContext<NotesScope>;

const of = (policy: McpPolicyOptions<NotesScope>): ReturnType<typeof notesGate> =>
  notesGate(policy, { challengeScopes: 'operation' });

/** `allowed`, the scopes that a 403 names, or status and reason. */
function outcomeOf(decision: Decision): string {
  if (decision.allowed) return 'allowed';
  const challenge = header(decision, 'www-authenticate') ?? '';
  const [, scope] = / scope="([^"]*)"/.exec(challenge) ?? [];
  return scope ?? `${decision.status} ${decision.reason}`;
}

const listen = (uris: readonly unknown[]): object =>
  rpc('subscriptions/listen', { notifications: { resourceSubscriptions: uris } });
const read = (uri: string): object => rpc('resources/read', { uri });

const isHidden = ({ operation }: Context): boolean => operation.name === 'notes://hidden';
const byName = (context: Context): NotesRule => (isHidden(context) ? 'admin:notes' : 'notes:read');

/** Rules that read facts of a resource, and some that do not. */
const RULES: Readonly<Record<string, NotesRule>> = {
  function: byName,
  'a promise': async (context) => byName(context),
  computed: computed(byName, { mayRequire: ['admin:notes', 'notes:read'] }),
  'a function in a function': () => byName,
  'a condition': where((context) => !isHidden(context), 'notes:read'),
  'a condition that holds for one': where(isHidden, 'notes:read'),
  'all of': allOf('notes:read', byName),
  'any of': anyOf(
    'admin:notes',
    where((context) => !isHidden(context)),
  ),
  'by the last letter': ({ operation }) =>
    operation.name?.endsWith('n') === true ? allOf('notes:write', 'admin:notes') : 'notes:read',
  'by the arguments, which resources have none of': ({ args }) =>
    args === undefined ? 'notes:write' : publicAccess(),
  'by the caller': usersOnly('notes:write'),
  static: 'notes:write',
  denied: deny(),
};
const URIS = ['notes://hidden', 'notes://open', 'notes://1', 'notes://all'];
const TOKENS = ['none', 'notes.read', 'notes.write', 'admin.notes'];

describe.each(Object.entries(RULES))('a resource by %s', (_name, rule) => {
  const gates = [
    of({ resources: { 'notes://{id}': rule } }),
    of({ otherResources: rule }),
    of({ resources: { 'notes://all': 'notes:write', 'notes://{id}': rule } }),
  ];

  test('is reached by any method as by resources/read [T134, OP-14]', async () => {
    for (const gate of gates) {
      for (const token of TOKENS) {
        const answer = async (body: object): Promise<string> =>
          outcomeOf(await check(gate, { token, body }));
        for (const uri of URIS) {
          const expected = await answer(read(uri));
          for (const body of [
            rpc('resources/subscribe', { uri }),
            rpc('resources/unsubscribe', { uri }),
            listen([uri]),
            listen([uri, uri]),
          ]) {
            expect(await answer(body), `${token} ${JSON.stringify(body)}`).toBe(expected);
          }
        }
      }
    }
  });

  test('a subscription to several needs what each needs, all at once [T134, OP-14, C403-2]', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...gates),
        fc.constantFrom(...TOKENS),
        fc.array(fc.constantFrom(...URIS), { maxLength: 6 }),
        async (gate, token, uris) => {
          const each: string[] = [];
          for (const uri of uris)
            each.push(outcomeOf(await check(gate, { token, body: read(uri) })));
          const refused = new Set(each.filter((one) => one !== 'allowed'));
          const answer = outcomeOf(await check(gate, { token, body: listen(uris) }));
          if (refused.size === 0) expect(answer).toBe('allowed');
          else if ([...refused].some((one) => one.startsWith('403 '))) {
            expect(answer).toMatch(/^403 /);
          } else {
            // What the others need stands there, too, so that one step-up is enough.
            const named = answer.split(' ');
            for (const one of refused) {
              for (const scope of one.split(' ')) expect(named).toContain(scope);
            }
            expect(new Set(named).size).toBe(named.length);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

test('a function is asked about each URI once, with what resources/read would tell it [T134]', async () => {
  const seen: unknown[] = [];
  const gate = of({
    resources: {
      'notes://{id}': ({ operation, args }) => {
        seen.push({ ...operation, args });
        return 'notes:read';
      },
    },
  });
  const uris = ['notes://a', 'notes://b', 'notes://a', 'notes://B'];
  expect(outcomeOf(await check(gate, { token: 'notes.read', body: listen(uris) }))).toBe('allowed');
  for (const uri of ['notes://a', 'notes://b', 'notes://B']) {
    await check(gate, { token: 'notes.read', body: read(uri) });
  }
  const asked = ['notes://a', 'notes://b', 'notes://B'].map((name) => ({
    protocol: 'mcp',
    name,
    args: undefined,
  }));
  expect(seen).toEqual([
    ...asked.map((one) => ({ ...one, method: 'subscriptions/listen' })),
    ...asked.map((one) => ({ ...one, method: 'resources/read' })),
  ]);
});

test('the challenge names what all of them need, in the order of the rules [T134, C403-2]', async () => {
  const gate = of({
    floor: () => 'notes:read',
    resources: {
      'notes://{id}': byName,
      'notes://w': 'notes:write',
    },
  });
  const body = listen(['notes://w', 'notes://hidden']);
  expect(outcomeOf(await check(gate, { token: 'none', body }))).toBe(
    'notes:read notes:write admin:notes',
  );
  expect(outcomeOf(await check(gate, { body }))).toBe('notes:read');
});

describe('how many URIs one subscription may name', () => {
  const gate = of({ resources: { 'notes://{id}': byName } });
  const uris = (count: number): string[] => Array.from({ length: count }, (_, i) => `notes://${i}`);
  const answer = async (list: unknown[], asked = gate): Promise<string> =>
    outcomeOf(await check(asked, { token: 'notes.read', body: listen(list) }));

  test('a hundred, by default [T184]', async () => {
    expect(await answer(uris(100))).toBe('allowed');
    expect(await answer(uris(101))).toBe('400 invalid_body');
    expect(await answer(uris(60_000))).toBe('400 invalid_body');
    // The list is bounded, not what is left of it.
    expect(await answer(Array(101).fill('notes://1'))).toBe('400 invalid_body');
  });

  test('or as many as the option says [T184]', async () => {
    const few = of({ resources: { 'notes://{id}': byName }, maxSubscriptions: 2 });
    expect(await answer(uris(2), few)).toBe('allowed');
    expect(await answer(uris(3), few)).toBe('400 invalid_body');
    for (const maxSubscriptions of [0, 1.5, 10_001, '5', Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => of({ maxSubscriptions: maxSubscriptions as number })).toThrow(
        /mcpPolicy.maxSubscriptions: expected an integer of URIs from 1 to 10000/,
      );
    }
  });
});

describe('a completion of a prompt', () => {
  const byTeam = ({ args }: Context): NotesRule =>
    (args as { team?: string }).team === 'board' ? 'admin:notes' : 'notes:read';
  const gate = of({
    prompts: {
      report: byTeam,
      either: anyOf('admin:notes', byTeam),
      users: usersOnly('notes:read'),
      byName: ({ operation }) => (operation.name === 'byName' ? 'admin:notes' : 'notes:read'),
    },
  });
  const complete = (prompt: string, params: object): object =>
    rpc('completion/complete', { ref: { type: 'ref/prompt', name: prompt }, ...params });
  const completing = (name: string): object => ({ argument: { name, value: 'x' } });

  test('is evaluated by the arguments that are given, as prompts/get is [T134, OP-14]', async () => {
    for (const token of TOKENS) {
      for (const args of [{ team: 'board' }, { team: 'sales' }, { other: 1 }, {}]) {
        for (const name of ['report', 'either', 'users', 'byName']) {
          const get = rpc('prompts/get', { name, arguments: args });
          const params = { ...completing('member'), context: { arguments: args } };
          const expected = outcomeOf(await check(gate, { token, body: get }));
          const body = complete(name, params);
          expect(outcomeOf(await check(gate, { token, body })), JSON.stringify(body)).toBe(
            expected,
          );
        }
      }
    }
  });

  test.each(['x', 'sales', 'board'])(
    'what is being completed has no value yet, %s is none: who decides by it denies [T134]',
    async (value) => {
      for (const context of [{}, { context: { arguments: { team: 'sales' } } }]) {
        const params = { argument: { name: 'team', value }, ...context };
        const answer = async (prompt: string, token: string): Promise<string> =>
          outcomeOf(await check(gate, { token, body: complete(prompt, params) }));
        expect(await answer('report', 'admin.notes')).toBe('403 denied');
        // Beside it a scope is enough, and is asked for.
        expect(await answer('either', 'admin.notes')).toBe('allowed');
        expect(await answer('either', 'notes.read')).toBe('admin:notes');
        expect(await answer('users', 'notes.read')).toBe('allowed');
      }
    },
  );

  test.each<readonly [what: string, params: object]>([
    ['a list as the name of the prompt', { ref: { type: 'ref/prompt', name: ['users'] } }],
    ['a prompt without a name', { ref: { type: 'ref/prompt', uri: 'users' } }],
    ['an argument that is a string', { argument: 'team' }],
    ['an argument without a name', { argument: { value: 'x' } }],
    ['a list as the name', { argument: { name: ['team'], value: 'x' } }],
    ['a context that is a string', { ...completing('a'), context: 'x' }],
    ['a context that is a list', { ...completing('a'), context: [{ arguments: {} }] }],
    ['a list as arguments', { ...completing('a'), context: { arguments: ['board'] } }],
  ])('%s is refused [T134, OP-12]', async (_what, params) => {
    const answer = await check(gate, { token: 'admin.notes', body: complete('users', params) });
    expect(outcomeOf(answer)).toBe('400 invalid_body');
  });

  const ask = async (rule: NotesRule, params: object): Promise<string> => {
    const body = complete('one', params);
    return outcomeOf(await check(of({ prompts: { one: rule } }), { token: 'notes.read', body }));
  };
  test('is not known to a function that copies the arguments or names them, either [T134]', async () => {
    const rules: readonly NotesRule[] = [
      ({ args }) => byTeam({ args: { ...(args as object) } } as Context),
      ({ args }) => (JSON.stringify(args).includes('board') ? 'admin:notes' : 'notes:read'),
    ];
    for (const rule of rules) {
      expect(await ask(rule, completing('team'))).toBe('403 denied');
      expect(await ask(rule, completing('member'))).toBe('403 denied');
    }
    const byNames: NotesRule = ({ args }) =>
      Object.keys(args as object).includes('team') ? 'admin:notes' : 'notes:read';
    expect(await ask(byNames, completing('team'))).toBe('admin:notes');
    expect(await ask(byNames, completing('member'))).toBe('allowed');
  });

  test('without an argument that is being completed there are those given, and no other [T134]', async () => {
    const seen: unknown[] = [];
    const rule: NotesRule = ({ args }) => {
      seen.push({ ...(args as object) });
      return 'notes:read';
    };
    expect(await ask(rule, { context: { arguments: { team: 'sales' } } })).toBe('allowed');
    expect(await ask(rule, {})).toBe('allowed');
    expect(seen).toEqual([{ team: 'sales' }, {}]);
  });

  test('an argument named like a prototype is one [T134]', async () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const body = complete('report', completing(name));
      expect(outcomeOf(await check(gate, { token: 'notes.read', body }))).toBe('allowed');
    }
  });
});

describe('a completion of a template', () => {
  const complete = (uri: string): object =>
    rpc('completion/complete', {
      ref: { type: 'ref/resource', uri },
      argument: { name: 'id', value: '' },
    });
  const answer = async (
    policy: McpPolicyOptions<NotesScope>,
    uri: string,
    token = 'admin.notes',
  ): Promise<string> => outcomeOf(await check(of(policy), { token, body: complete(uri) }));

  test.each<readonly [what: string, rule: NotesRule, reader: string, admin: string]>([
    ['a function of the name', byName, '403 denied', '403 denied'],
    ['a condition on the name', where((c) => !isHidden(c)), '403 denied', '403 denied'],
    ['a scope beside it', anyOf('admin:notes', byName), 'admin:notes', 'allowed'],
    ['a function of the caller', usersOnly('notes:write'), 'notes:write', 'allowed'],
    ['a scope', 'notes:read', 'allowed', 'allowed'],
  ])('%s: nobody knows which URI comes of it [T134, T138]', async (_what, rule, reader, admin) => {
    for (const policy of [{ resources: { 'notes://{id}': rule } }, { otherResources: rule }]) {
      expect(await answer(policy, 'notes://{id}', 'notes.read')).toBe(reader);
      expect(await answer(policy, 'notes://{id}')).toBe(admin);
    }
  });

  test.each<readonly [what: string, uri: string, keys: readonly string[], expected: string]>([
    ['its key', 'notes://{id}', ['notes://{id}'], 'notes://{id}'],
    ['its key, another name', 'notes://{note}', ['notes://{id}'], 'notes://{id}'],
    ['its key beside a real x', 'notes://{id}', ['notes://{id}', 'notes://x'], 'notes://{id}'],
    ['no key', 'notes://{id}', [], 'other'],
    ['no key, a real x', 'notes://{id}', ['notes://x'], 'other notes://x'],
    ['no key, other lengths', 'notes://{id}', ['notes://a/b', 'note://c'], 'other'],
    ['no key, another literal', 'notes://{a}/log', ['notes://x/y', 'notes://{b}/txt'], 'other'],
    ['no key, a literal', 'notes://{a}/log', ['notes://x/{b}'], 'other notes://x/{b}'],
    ['many segments', 'notes://a/{+path}', ['notes://a/b/c', 'notes://b'], 'other notes://a/b/c'],
    ['a query', 'notes://a{?q}', ['notes://a', 'notes://b'], 'other notes://a'],
    ['a part', 'notes://a-{b}', ['notes://a-1', 'notes://c'], 'other notes://a-1'],
    ['a part under a key', 'notes://a-{b}', ['notes://{id}'], 'other notes://{id}'],
    ['a part, all else longer', 'notes://a/b/c-{b}', ['notes://a'], 'other'],
  ])('%s: %s among %j', async (_what, uri, keys, expected) => {
    const scopesOf = ['notes:read', 'notes:write', 'admin:notes'] as const;
    const names = new Map<string, string>([['other', scopesOf[0]]]);
    keys.forEach((key, index) => names.set(key, String(scopesOf[index + 1])));
    const resources = Object.fromEntries(keys.map((key) => [key, names.get(key) as NotesScope]));
    const policy = { resources, otherResources: 'notes:read' as const };
    const wanted = expected.split(' ').map((key) => names.get(key));
    expect(await answer(policy, uri, 'none')).toBe(wanted.join(' '));
    expect(await answer({ resources }, uri)).toMatch(keys.includes(expected) ? /^allowed$/ : /./);
  });

  test('a URI is evaluated as one, and its name is known [T134, T138]', async () => {
    const policy = { resources: { 'notes://{id}': byName } };
    expect(await answer(policy, 'notes://1', 'notes.read')).toBe('allowed');
    expect(await answer(policy, 'notes://hidden', 'notes.read')).toBe('admin:notes');
    expect(await answer(policy, 'notes://%68idden', 'notes.read')).toBe('400 invalid_body');
  });
});

test('a fact that is not known is named to who reads it', async () => {
  const said: string[] = [];
  const asking = (name: string, fact: () => unknown): NotesRule => {
    try {
      fact();
    } catch (error) {
      said.push(`${name}: ${(error as Error).message}`);
    }
    return 'notes:read';
  };
  const gate = of({
    prompts: { report: ({ args }) => asking('args', () => (args as { team?: string }).team) },
    resources: {
      'notes://{id}': ({ operation }) => {
        const { protocol, method } = operation;
        return asking(`${protocol} ${method}`, () => operation.name);
      },
    },
  });
  for (const [ref, name] of [
    [{ type: 'ref/prompt', name: 'report' }, 'team'],
    [{ type: 'ref/resource', uri: 'notes://{id}' }, 'id'],
  ] as const) {
    const body = rpc('completion/complete', { ref, argument: { name, value: '' } });
    expect(outcomeOf(await check(gate, { token: 'notes.read', body }))).toBe('allowed');
  }
  expect(said).toEqual([
    'args: args.team is not known here',
    'mcp completion/complete: operation.name is not known here',
  ]);
});

describe('a rule with as many levels as there may be', () => {
  const deep = Array.from({ length: 64 }).reduce<NotesRule>((rule) => allOf(rule), 'notes:read');
  const errors: unknown[] = [];
  const gate = notesGate(
    { resources: { 'notes://{id}': deep, 'notes://all': 'notes:read' } },
    { onError: (error) => errors.push(error) },
  );
  const answer = async (body: object): Promise<string> =>
    outcomeOf(await check(gate, { token: 'notes.read', body }));
  const complete = (uri: string): object =>
    rpc('completion/complete', { ref: { type: 'ref/resource', uri } });

  test('is evaluated where it stands alone', async () => {
    expect(await answer(read('notes://1'))).toBe('allowed');
    expect(await answer(complete('notes://{id}'))).toBe('allowed');
    expect(errors).toEqual([]);
  });

  test('is not combined with others: the gate closes, and the error names the place', async () => {
    for (const [body, place] of [
      [listen(['notes://1']), 'resourceSubscriptions.allOf[1].allOf[0]'],
      [complete('notes://{a}-{b}'), 'resources.allOf[1].allOf[0]'],
    ] as const) {
      errors.length = 0;
      expect(await answer(body)).toBe('503 internal');
      expect(String(errors)).toContain(place);
      expect(String(errors)).toContain('rules nest deeper than 64');
    }
  });
});

describe('rules of methods get the params', () => {
  const byParams = ({ args }: Context): NotesRule =>
    (args as { level?: string }).level === 'debug' ? 'admin:notes' : 'notes:read';
  const all: McpPolicyOptions<NotesScope> = {
    ...{ floor: byParams, tasks: byParams, otherMethods: byParams },
    methods: { 'notes/export': byParams, 'tasks/cancel': byParams },
  };
  test.each([
    ...['logging/setLevel', 'initialize', 'tools/list', 'notifications/x', 'tasks/get'],
    ...['tasks/cancel', 'notes/export', 'other/thing', 'subscriptions/listen'],
  ])('%s [T134]', async (method) => {
    for (const [level, expected] of [
      ['debug', 'admin:notes'],
      ['info', 'allowed'],
    ] as const) {
      const body = rpc(method, { level, taskId: '7' });
      expect(outcomeOf(await check(of(all), { token: 'notes.read', body }))).toBe(expected);
    }
  });

  test('a rule of tasks gets the id of the task [T134]', async () => {
    const byTask = ({ operation }: Context): NotesRule =>
      operation.name === 'mine' ? 'notes:read' : deny();
    for (const policy of [{ tasks: byTask }, { methods: { 'tasks/get': byTask } }]) {
      const answer = async (taskId: unknown): Promise<string> =>
        outcomeOf(
          await check(of(policy), { token: 'notes.read', body: rpc('tasks/get', { taskId }) }),
        );
      expect(await answer('mine')).toBe('allowed');
      expect(await answer('yours')).toBe('403 denied');
      expect(await answer(['mine'])).toBe('403 denied');
    }
    // Another method may call anything so: it has no name.
    const body = rpc('notes/export', { taskId: 'mine' });
    const gate = of({ otherMethods: byTask });
    expect(outcomeOf(await check(gate, { token: 'notes.read', body }))).toBe('403 denied');
  });

  test('a session has no params [T134]', async () => {
    const seen: unknown[] = [];
    const gate = of({
      floor: ({ operation, args }) => {
        seen.push(operation, args);
        return 'notes:read';
      },
    });
    for (const method of ['GET', 'DELETE']) await check(gate, { token: 'notes.read', method });
    await check(gate, { token: 'notes.read', body: { jsonrpc: '2.0', id: 1, result: {} } });
    expect(seen).toStrictEqual(
      ['GET', 'DELETE', 'response'].flatMap((method) => [{ protocol: 'mcp', method }, undefined]),
    );
  });
});

describe('inside a server, behind a gate that read no body', () => {
  const gate = of({});
  const auth = async (): Promise<unknown> => {
    const decision = await gate.check(
      request({ token: 'notes.read', body: rpc('x') }),
      authenticated(),
    );
    return decision.allowed ? decision.auth : undefined;
  };
  const byTool = ({ operation }: Context): NotesRule =>
    operation.name === 'purge' ? 'admin:notes' : 'notes:read';

  test('guardTool: a rule by name does not hold without one [T134]', async () => {
    const run = async (name?: string): Promise<boolean> => {
      const guarded = guardTool(gate, byTool, (_context: object) => ({ ran: true }), {
        ...(name !== undefined && { name }),
      });
      return 'ran' in (await guarded({ authInfo: await auth() }));
    };
    expect(await run('list')).toBe(true);
    expect(await run('purge')).toBe(false);
    expect(await run()).toBe(false);
  });

  const openGate = of({
    ...{ tools: {}, otherTools: authenticated(), otherPrompts: authenticated() },
    otherResources: authenticated(),
  });
  test.each([
    ['guardTool', guardTool, 'tools/call'],
    ['guardPrompt', guardPrompt, 'prompts/get'],
  ] as const)(
    '%s: a rule sees the arguments that the handler gets, else those of the request [T134]',
    async (_guard, guard, method) => {
      const seen: unknown[] = [];
      const rule: NotesRule = ({ args }) => {
        seen.push(args);
        return 'notes:read';
      };
      const sent = { name: 'one', arguments: { text: 'sent' } };
      const decision = await check(openGate, { token: 'notes.read', body: rpc(method, sent) });
      const context = { authInfo: decision.allowed ? decision.auth : undefined };
      const handler = (..._args: object[]): object => ({});
      const guarded = guard(openGate, rule, handler) as (...args: object[]) => Promise<object>;
      await guarded({ text: 'parsed' }, context);
      await guarded(context);
      expect(seen).toEqual([{ text: 'parsed' }, { text: 'sent' }]);
    },
  );

  test('guardResource: without a URI in front of the context, the policy in front knows it [T134]', async () => {
    const guarded = guardResource(openGate, byName, (_context: object) => ({ ran: true }));
    const run = async (uri: string): Promise<unknown> => {
      const decision = await check(openGate, { token: 'notes.read', body: read(uri) });
      return guarded({ authInfo: decision.allowed ? decision.auth : undefined });
    };
    expect(await run('notes://open')).toEqual({ ran: true });
    await expect(run('notes://hidden')).rejects.toMatchObject({ code: 403 });
  });

  test('scopeChallenge: a rule by URI does not hold for another form of it [T134, T135]', async () => {
    const challenge = scopeChallenge(gate, byName);
    const ask = async (uri: string): Promise<unknown> =>
      challenge({
        request: { method: 'resources/read', params: { uri } },
        authInfo: await auth(),
      });
    expect(await ask('notes://1')).toBeUndefined();
    expect(await ask('notes://hidden')).toMatchObject({ scopes: ['admin:notes'] });
    await expect(ask('notes://%68idden')).rejects.toThrow('denied');
    await expect(ask('NOTES://hidden')).rejects.toThrow('denied');
  });

  test('a policy in front knows the name [T134]', async () => {
    const front = of({ otherTools: authenticated() });
    for (const [tool, ran] of [
      ['list', true],
      ['purge', false],
    ] as const) {
      const decision = await front.check(request({ token: 'notes.read', body: callTool(tool) }));
      const guarded = guardTool(front, byTool, (_context: object) => ({ ran: true }));
      const authInfo = decision.allowed ? decision.auth : undefined;
      expect('ran' in (await guarded({ authInfo }))).toBe(ran);
    }
  });
});
