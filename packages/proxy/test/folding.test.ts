/** An upstream that matches names without case reads no other call than the one that was evaluated. */
import { describe, expect, test } from 'vitest';
import { exchange } from '../../adapter-testkit/src/wire/raw-http.js';
import { where } from '@scopegate/core';
import type { RuleContext } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';
import { parseJson } from '../../core/src/values.js';
import { scopes } from '../../core/test/support/mcp.js';
import { startFoldingUpstream } from './folding-upstream.js';
import { TOKENS, gateFor, startFront } from './support.js';
import type { Front, NotesOptions } from './support.js';

type Args = Readonly<Record<string, unknown>> | undefined;

const argsOf = ({ args }: RuleContext): Args => args as Args;

const gate = gateFor({
  policy: mcpPolicy(scopes, {
    tools: {
      add_note: 'notes:write',
      read_notes: 'notes:read',
      // Public notes, and what stands in no folder of its own.
      read_one: (context) =>
        ['public', undefined].includes(argsOf(context)?.['id'] as string)
          ? 'notes:read'
          : 'admin:notes',
      read_desk: where((context) => argsOf(context)?.['desk'] === undefined, 'notes:read'),
      read_folder: (context) => {
        const { folder } = { folder: 'inbox', ...argsOf(context) };
        return folder === 'inbox' ? 'notes:read' : 'admin:notes';
      },
      find: (context) => {
        const filter = argsOf(context)?.['filter'] as Args;
        return typeof filter === 'object' && filter !== null && 'status' in filter
          ? 'admin:notes'
          : 'notes:read';
      },
    },
  }),
});

async function start(options: NotesOptions = {}): Promise<{
  call: (body: string) => Promise<{ readonly status: number; readonly body: string }>;
  ran: Awaited<ReturnType<typeof startFoldingUpstream>>['ran'];
}> {
  const { url, ran } = await startFoldingUpstream();
  const front: Front = await startFront(url, options, gate);
  const { origin, pathname } = new URL(front.url);
  const headers = [
    ['Authorization', `Bearer ${TOKENS.reader}`],
    ['Content-Type', 'application/json'],
    ['Accept', 'application/json, text/event-stream'],
  ] as const;
  const call = (body: string): ReturnType<typeof exchange> =>
    exchange(origin, { method: 'POST', target: pathname, headers, body });
  return { call, ran };
}

function toolCall(name: string, args: string): string {
  return `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"${name}","arguments":${args}}}`;
}

describe('arguments that the rule reads', () => {
  test.each([
    ['read_one', 'another case alone', '{"ID":"secret"}'],
    ['read_one', 'another case behind', '{"id":"public","Id":"secret"}'],
    ['read_one', 'another case before', '{"iD":"secret","id":"public"}'],
    ['read_one', 'two other cases', '{"x":1,"Id":"public","ID":"secret"}'],
    ['read_one', 'twice', '{"id":"secret","id":"public"}'],
    ['read_one', 'twice, escaped', '{"id":"secret","\\u0069d":"public"}'],
    ['read_one', 'a prototype', '{"__proto__":{"id":"secret"}}'],
    ['read_one', 'an escaped prototype', '{"\\u005f_proto__":{"id":"secret"}}'],
    ['read_one', 'a prototype deep inside', '{"filter":[{"__proto__":{"id":"secret"}}]}'],
    ['read_one', 'a constructor', '{"constructor":{"prototype":{"id":"secret"}}}'],
    ['read_desk', 'a Kelvin sign', '{"des\\u212a":"secret"}'],
    ['read_desk', 'a Kelvin sign as it is', '{"des\u212a":"secret"}'],
    ['read_desk', 'a long s', '{"de\u017fk":"secret"}'],
    ['find', 'a long s below', '{"filter":{"\u017ftatu\u017f":"secret"}}'],
    ['find', 'another case below', '{"filter":{"Status":"secret"}}'],
    ['find', 'another case of the part', '{"Filter":{"status":"secret"}}'],
    ['read_folder', 'another case, for a rule that copies', '{"Folder":"secret"}'],
  ])('%s: %s: 400, and nothing runs [T137, T133, T20]', async (name, _what, args) => {
    const { call, ran } = await start();
    const answer = await call(toolCall(name, args));
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ id: 7, error: { code: -32600 } });
    expect(ran).toEqual([]);
  });

  test.each([
    ['a number that JavaScript rounds', '{"id":"public","n":9007199254740993}', 'n'],
    ['a number beyond all', '{"id":"public","n":1e400}', 'n'],
    ['half a surrogate pair', '{"id":"public","n":"\\ud800"}', 'n'],
  ])('%s: 400 if the rule reads it [T137]', async (_what, args, name) => {
    const { url, ran } = await startFoldingUpstream();
    const reading = gateFor({
      policy: mcpPolicy(scopes, {
        tools: {
          reads: (context) => (argsOf(context)?.[name] === '' ? 'notes:write' : 'notes:read'),
          passes: (context) => (argsOf(context)?.['id'] === '' ? 'notes:write' : 'notes:read'),
        },
      }),
    });
    const front = await startFront(url, { memberNames: 'exact' }, reading);
    const statuses: number[] = [];
    for (const tool of ['reads', 'passes']) {
      const { status } = await fetch(front.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKENS.reader}` },
        body: toolCall(tool, args),
      });
      statuses.push(status);
    }
    expect(statuses).toEqual([400, 200]);
    expect(ran).toHaveLength(1);
  });

  test.each([
    ['read_one', '{"id":"public","Title":"x","TITLE2":"y"}'],
    ['read_one', '{"note":{"A":1,"a":2}}'],
    ['read_notes', '{"a":1,"A":2}'],
    ['read_folder', '{"folder":"inbox","page":2}'],
    ['find', '{"filter":{"text":"x"},"filters":[{"A":1,"a":2}]}'],
    ['find', '{"filter":null}'],
    ['find', '[]'],
  ])('%s: %s passes', async (name, args) => {
    const { call, ran } = await start();
    expect((await call(toolCall(name, args))).status).toBe(200);
    expect(ran).toHaveLength(1);
  });

  test('memberNames: exact accepts arguments in another case', async () => {
    const { call, ran } = await start({ memberNames: 'exact' });
    expect((await call(toolCall('read_one', '{"ID":"secret"}'))).status).toBe(200);
    expect(ran).toMatchObject([{ params: { arguments: { id: 'secret' } } }]);
  });
});

describe('a rule sees the same arguments as without a proxy', () => {
  test.each<[string, (args: Record<string, unknown>) => boolean]>([
    ['equal members', (args) => args['list'] === args['list']],
    ['lists', (args) => Array.isArray(args['list']) && args['list'].length === 2],
    ['members of lists', (args) => (args['list'] as { a: number }[])[1]?.a === 2],
    ['methods of lists', (args) => (args['list'] as unknown[]).map(() => 0).length === 2],
    ['names', (args) => Object.keys(args).join() === 'list,text'],
    ['JSON', (args) => JSON.stringify(args) === '{"list":[{"a":1},{"a":2}],"text":"x"}'],
    ['copies', (args) => JSON.stringify({ ...args }) === JSON.stringify(args)],
    ['whether it is there', (args) => 'text' in args && !('other' in args)],
    ['whether it is its own', (args) => Object.hasOwn(args, 'text') && !Object.hasOwn(args, 'x')],
    ['a plain object', (args) => Object.getPrototypeOf(args) === Object.prototype],
    ['what it writes', (args) => Object.assign(args, { text: 'y' })['text'] === 'y'],
    ['what it deletes', (args) => delete args['text'] && !('text' in args)],
    ['what can be frozen', (args) => Object.isFrozen(Object.freeze(args)) && args['text'] === 'x'],
  ])('%s', async (_what, holds) => {
    const { url, ran } = await startFoldingUpstream();
    const looking = gateFor({
      policy: mcpPolicy(scopes, {
        tools: { look: where(({ args }) => holds(args as never), 'notes:read') },
      }),
    });
    const front = await startFront(url, {}, looking);
    const { status } = await fetch(front.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKENS.reader}` },
      body: toolCall('look', '{"list":[{"a":1},{"a":2}],"text":"x"}'),
    });
    expect([status, ran.length]).toEqual([200, 1]);
  });
});

test('a rule that clones its arguments is denied, because its reads cannot be recorded', async () => {
  const { url, ran } = await startFoldingUpstream();
  const cloning = gateFor({
    policy: mcpPolicy(scopes, {
      tools: { look: where(({ args }) => structuredClone(args) !== null, 'notes:read') },
    }),
  });
  const front = await startFront(url, {}, cloning);
  const { status } = await fetch(front.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKENS.reader}` },
    body: toolCall('look', '{"id":"public"}'),
  });
  expect([status, ran]).toEqual([403, []]);
});

describe('members of the message', () => {
  const message = { jsonrpc: '2.0', id: 7, method: 'ping', params: {} };
  test.each<[string, object]>([
    ['Method', { ...message, Method: 'tools/call' }],
    ['PARAMS', { ...message, PARAMS: { name: 'add_note' } }],
    ['two that the gate does not read', { ...message, extra: 1, Extra: 2 }],
    ['Name', { ...message, params: { Name: 'add_note' } }],
    ['two params', { ...message, params: { extra: 1, eXtra: 2 } }],
    ['Arguments', { ...message, params: { arguments: {}, Arguments: { id: 'secret' } } }],
    ['ta\u017fkId', { ...message, params: { taſkId: 't' } }],
    [
      'the version',
      {
        ...message,
        params: { _meta: { 'io.modelcontextprotocol/ProtocolVersion': '2026-07-28' } },
      },
    ],
    ['_META', { ...message, params: { _META: {} } }],
    ['two of _meta', { ...message, params: { _meta: { 'a/b': 1, 'a/B': 1 } } }],
    ['a ref', { ...message, params: { ref: { type: 'ref/prompt', Name: 'x' } } }],
    ['a prototype', { ...message, params: parseJson('{"__proto__":{"name":"add_note"}}') }],
    ['NUL in a text', { ...message, params: { cursor: 'ping\0' } }],
    ['NUL in a name', { ...message, params: { 'x\0': 1 } }],
    ['half a pair in a name', { ...message, params: { '\ud800': 1 } }],
    ['half a pair in a text', { ...message, params: { uri: 'notes://\udc00' } }],
  ])('%s: 400, and nothing runs [T137, T133, T20]', async (_what, body) => {
    const { call, ran } = await start();
    expect((await call(JSON.stringify(body))).status).toBe(400);
    expect(ran).toEqual([]);
  });
});

describe('of messages in many spellings', () => {
  const NAMES = [
    'jsonrpc',
    'id',
    'method',
    'params',
    'name',
    'arguments',
    '_meta',
    'desk',
    'desk',
    'desk',
  ];
  const next = generator(0x5c09);
  const bodies = Array.from({ length: 300 }, () => spelt(next, NAMES));

  test('none runs that the gate did not check; some would run if they were forwarded [T137, T20]', async () => {
    const closed = await start();
    const statuses = await inTurn(bodies, async (body) => (await closed.call(body)).status);
    const passed = statuses.filter((status) => status === 200);
    expect(statuses.filter((status) => ![200, 400, 403].includes(status))).toEqual([]);
    expect(closed.ran).toHaveLength(passed.length);
    expect(passed.length).toBeGreaterThan(10);
    expect(closed.ran.filter(isSecret)).toEqual([]);

    const open = await start({ memberNames: 'exact' });
    await inTurn(bodies, open.call);
    expect(open.ran.filter(isSecret).length).toBeGreaterThan(5);
  }, 60_000);
});

/** Ten at a time. */
async function inTurn<T, U>(all: readonly T[], work: (one: T) => Promise<U>): Promise<U[]> {
  const done: U[] = [];
  for (let i = 0; i < all.length; i += 10) {
    done.push(...(await Promise.all(all.slice(i, i + 10).map(work))));
  }
  return done;
}

function isSecret({ params }: Record<string, unknown>): boolean {
  const { name, arguments: args } = params as { name?: unknown; arguments?: { desk?: unknown } };
  return name === 'add_note' || (name === 'read_desk' && args?.desk !== undefined);
}

type Random = (below: number) => number;

/** A linear congruential generator: the same numbers in every run. */
function generator(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A call that may be evaluated as harmless, with members in other spellings beside or in place of its own. */
function spelt(next: Random, names: readonly string[]): string {
  const changed = names[next(names.length)] as string;
  const other = recase(changed, next);
  const object = (members: readonly (readonly [string, string])[], secret: string): string => {
    const written = members.flatMap(([name, value]) => {
      if (name !== changed) return [[name, value] as const];
      const extra = [other, next(3) === 0 ? value : secret] as const;
      const place = next(3);
      return place === 0 ? [extra] : place === 1 ? [extra, [name, value]] : [[name, value], extra];
    });
    return `{${written.map(([name, value]) => `${quote(name, next)}:${value}`).join()}}`;
  };
  const args = object(next(2) === 0 ? [['desk', '"secret"']] : [['page', '1']], '"secret"');
  const params = object(
    [
      ['name', '"read_desk"'],
      ['arguments', args],
      ['_meta', '{}'],
    ],
    changed === 'name' ? '"add_note"' : '{"desk":"secret"}',
  );
  return object(
    [
      ['jsonrpc', '"2.0"'],
      ['id', '7'],
      ['method', '"tools/call"'],
      ['params', params],
    ],
    '{"name":"add_note"}',
  );
}

function recase(name: string, next: Random): string {
  const letters = Array.from(name, (letter) => {
    if (letter === 'k' && next(3) === 0) return '\u212a';
    if (letter === 's' && next(3) === 0) return '\u017f';
    return next(2) === 0 ? letter.toUpperCase() : letter;
  });
  return letters.join('');
}

function quote(name: string, next: Random): string {
  if (next(4) > 0) return JSON.stringify(name);
  const escaped = Array.from(name, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `"${escaped.join('')}"`;
}
