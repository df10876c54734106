/** Documents that a later reader completes from elsewhere than their own members. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyOf, authenticated, rule as computed } from '../../src/index.js';
import type { Auth, Decision, GateRequest } from '../../src/index.js';
import { scopeChallenge } from '../../src/mcp/index.js';
import { isSelfContained } from '../../src/values.js';
import { callTool, check, notesGate, request, rpc } from '../support/mcp.js';

const byId = computed<'notes:read' | 'admin:notes'>(({ args }) =>
  (args as { id?: unknown } | undefined)?.id === 'secret' ? 'admin:notes' : 'notes:read',
);
const gate = notesGate({
  ...{ tools: { read_one: byId }, prompts: { ask: byId }, otherMethods: authenticated() },
  resources: { 'notes://{id}': 'notes:read' },
  tasks: authenticated(),
});

const SECRET = '{"id":"secret"}';
const call = (params: string, more = ''): string =>
  `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":${params}${more}}`;

/** What zod 4.0 to 4.3 and `Object.assign` make of a document: members are assigned. */
function copyByAssignment(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyByAssignment);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) copy[name] = copyByAssignment(member);
  return copy;
}

/** As a framework's parser hands a body over, or the bytes themselves. */
function asked(text: string, how: 'bytes' | 'parsed' | 'copied'): Promise<Decision> {
  if (how === 'bytes') return check(gate, { token: 'notes.read', body: text });
  const parsed: unknown = JSON.parse(text);
  const body = how === 'parsed' ? parsed : copyByAssignment(parsed);
  const { method, url, headers } = request({ token: 'notes.read', body: text });
  const readBody: GateRequest['readBody'] = async () => ({ parsed: body });
  return gate.check({ method, url, headers, readBody });
}

describe.each(['bytes', 'parsed', 'copied'] as const)('a body as %s', (how) => {
  test.each<readonly [what: string, text: string]>([
    ['in params', call(`{"name":"read_one","__proto__":{"arguments":${SECRET}}}`)],
    ['in arguments', call(`{"name":"read_one","arguments":{"__proto__":${SECRET}}}`)],
    ['deep in arguments', call('{"name":"read_one","arguments":{"a":[[{"__proto__":{}}]]}}')],
    ['in _meta', call('{"name":"read_one","arguments":{},"_meta":{"__proto__":{}}}')],
    ['in the message', call('{"name":"read_one"}', `,"__proto__":{"params":{}}`)],
    ['in a member that nobody knows', call('{"name":"read_one"}', `,"x":{"__proto__":{}}`)],
    [
      'with an escape in its name',
      call(`{"name":"read_one","\\u005f_proto\\u005f_":{"arguments":${SECRET}}}`),
    ],
    ['in a notification', '{"jsonrpc":"2.0","method":"notifications/x","params":{"__proto__":{}}}'],
    ['in a response', '{"jsonrpc":"2.0","id":7,"result":{"__proto__":{}}}'],
    ['a constructor with a prototype', call('{"name":"read_one","constructor":{"prototype":{}}}')],
  ])('__proto__ %s is refused [T133, OP-12]', async (_what, text) => {
    const decision = await asked(text, how);
    expect(decision).toMatchObject({ allowed: false, status: 400, reason: 'invalid_body' });
    const { error } = JSON.parse(decision.body as string) as { error: { code: number } };
    expect(error.code).toBe(-32600);
  });
});

test('the refusal has the id of the call [T133]', async () => {
  const decision = await asked(call('{"__proto__":{}}'), 'bytes');
  expect(JSON.parse(decision.body as string)).toMatchObject({ id: 7 });
});

test.each<readonly [what: string, args: object]>([
  ['a constructor', { constructor: 'Boeing' }],
  ['a constructor with members', { constructor: { name: 'Boeing', year: 1969 } }],
  ['a prototype', { prototype: { id: 1 } }],
  ['a value __proto__', { name: '__proto__', list: ['__proto__'] }],
  ['proto', { proto: {}, __proto: {}, hasOwnProperty: 1, toString: null }],
])('%s among the arguments is a member like any other [T133]', async (_what, args) => {
  const body = JSON.stringify(callTool('read_one', args));
  for (const how of ['bytes', 'parsed', 'copied'] as const) {
    expect((await asked(body, how)).allowed).toBe(true);
  }
});

test('what is handed on is the object that was evaluated [T133]', async () => {
  const body = callTool('read_one', { id: 'public' });
  const readBody: GateRequest['readBody'] = async () => ({ parsed: body });
  const { method, url, headers } = request({ token: 'notes.read', body });
  expect((await gate.check({ method, url, headers, readBody })).body).toBe(body);
});

describe('wherever it stands', () => {
  const METHODS = [
    callTool('read_one', { id: 'public', list: [{ a: 1 }], more: { b: {} } }),
    rpc('prompts/get', { name: 'ask', arguments: { id: 'public' } }),
    rpc('resources/read', { uri: 'notes://1', _meta: { a: {} } }),
    rpc('completion/complete', { ref: { type: 'ref/resource', uri: 'notes://{id}' } }),
    rpc('subscriptions/listen', { notifications: { resourceSubscriptions: ['notes://1'] } }),
    rpc('tasks/get', { taskId: '1' }),
    rpc('initialize', { capabilities: { a: {} }, clientInfo: { name: 'x' } }),
    rpc('notifications/cancelled', { requestId: 1 }),
    rpc('other/thing', { a: [{ b: 1 }] }),
    { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text' }] } },
  ];

  /** Every object in a document. */
  function objectsIn(value: unknown): Record<string, unknown>[] {
    if (typeof value !== 'object' || value === null) return [];
    const within = Object.values(value).flatMap(objectsIn);
    return Array.isArray(value) ? within : [value as Record<string, unknown>, ...within];
  }

  test('in any object of any message it is refused, and without it it is not [T133, OP-12]', async () => {
    for (const message of METHODS) {
      const { length } = objectsIn(message);
      for (let at = 0; at <= length; at++) {
        const copy = structuredClone(message);
        const place = objectsIn(copy)[at];
        if (place !== undefined) {
          Object.defineProperty(place, '__proto__', { value: { arguments: {} }, enumerable: true });
        }
        for (const how of ['bytes', 'parsed', 'copied'] as const) {
          const { allowed } = await asked(JSON.stringify(copy), how);
          expect(allowed, `${how} ${JSON.stringify(copy)}`).toBe(place === undefined);
        }
      }
    }
  });

  /** JSON documents whose members are often called as prototypes are. */
  const name = fc.constantFrom('__proto__', 'constructor', 'prototype', 'id', 'arguments', 'a');
  const { document } = fc.letrec((tie) => ({
    document: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('secret', 'public', 1, null),
      fc.array(tie('document'), { maxLength: 3 }),
      fc
        .array(fc.tuple(name, tie('document')), { maxLength: 4 })
        .map((members) => `{${members.map(([key, value]) => `"${key}":${text(value)}`).join()}}`)
        .map((json) => JSON.parse(json) as unknown),
    ),
  }));
  const text = (value: unknown): string => JSON.stringify(value);

  test('what passes reads alike by own members, by any member, and after a copy [T133]', () => {
    const read = (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null) return value;
      if (Array.isArray(value)) return value.map(read);
      const all = ['id', 'arguments', 'a'].map((key) => [
        key,
        read((value as Record<string, unknown>)[key]),
      ]);
      return Object.fromEntries(all) as unknown;
    };
    const readOwn = (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null) return value;
      if (Array.isArray(value)) return value.map(readOwn);
      const all = ['id', 'arguments', 'a'].map((key) => [
        key,
        Object.hasOwn(value, key) ? readOwn(value[key as never]) : undefined,
      ]);
      return Object.fromEntries(all) as unknown;
    };
    let passed = 0;
    fc.assert(
      fc.property(document, (value) => {
        if (!isSelfContained(value)) return;
        passed++;
        expect(read(copyByAssignment(value))).toEqual(readOwn(value));
      }),
      { numRuns: 2000 },
    );
    expect(passed).toBeGreaterThan(200);
  });
});

describe('how deep a body nests', () => {
  const nested = (levels: number): string =>
    JSON.stringify(callTool('read_one', {})).replace('{}', '['.repeat(levels) + ']'.repeat(levels));
  test.each(['bytes', 'parsed'] as const)('%s: at most 100 levels [T29]', async (how) => {
    expect((await asked(nested(98), how)).allowed).toBe(true);
    expect(await asked(nested(99), how)).toMatchObject({ status: 400, reason: 'invalid_body' });
    expect(await asked(nested(5000), how)).toMatchObject({ status: 400 });
  });

  test.each([
    ['objects', '{"a":', '}', ''],
    ['lists in objects', '{"a":[', ']}', ''],
    ['behind an escape', '[', ']', '"\\u0061",'],
    ['behind white space', '[ ', ' ]', '0,'],
  ])('%s: counted in the document, not in its text [T29]', async (_, open, close, before) => {
    const levels = (open.match(/[[{]/g) ?? []).length;
    const of = (count: number): string => {
      const value = (open.repeat(count) + close.repeat(count)).replace(':}', ':0}');
      return JSON.stringify(callTool('read_one', {})).replace('{}', `[${before}${value}]`);
    };
    // The message, its params and the list around it are levels, too.
    const most = Math.floor(97 / levels);
    for (const how of ['bytes', 'parsed'] as const) {
      expect((await asked(of(most), how)).allowed).toBe(true);
      expect(await asked(of(most + 1), how)).toMatchObject({
        ...{ status: 400, reason: 'invalid_body' },
        body: expect.stringContaining('"code":-32700') as string,
      });
    }
  });

  test('brackets in strings are no depth, however many', async () => {
    for (const bracket of ['[', '{', '[{', '\\"[']) {
      const text = JSON.stringify(callTool('read_one', { id: 'public', a: bracket.repeat(500) }));
      expect((await asked(text, 'bytes')).allowed).toBe(true);
    }
  });

  test('bytes and the parsed document are counted alike, whatever strings hold [T29]', async () => {
    const strings = ['[', ']', '{}', '}{', ',:', '\u00e9[', '\u{1f600}]', ''];
    const wrappers = fc.array(
      fc.tuple(fc.constantFrom('list', 'object'), fc.constantFrom(...strings)),
      { minLength: 90, maxLength: 105 },
    );
    const seen = new Set<boolean>();
    await fc.assert(
      fc.asyncProperty(wrappers, async (levels) => {
        let value: unknown = 0;
        for (const [kind, text] of levels) {
          value = kind === 'list' ? [text, value, []] : { [`a${text}`]: text, b: value, c: {} };
        }
        const text = JSON.stringify(callTool('read_one', { value }));
        const [bytes, parsed] = await Promise.all([asked(text, 'bytes'), asked(text, 'parsed')]);
        expect(bytes.allowed).toBe(parsed.allowed);
        seen.add(bytes.allowed);
      }),
      { numRuns: 300 },
    );
    expect(seen.size).toBe(2);
  });

  test('a megabyte of brackets is a 400 [T29]', async () => {
    for (const text of ['['.repeat(1e6), '{"a":'.repeat(2e5), '['.repeat(5e5) + ']'.repeat(5e5)]) {
      expect(await asked(text, 'bytes')).toMatchObject({ status: 400, reason: 'invalid_body' });
    }
  });

  test('an object that holds itself ends, too', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(isSelfContained(loop)).toBe(false);
  });
});

test('instances, objects without a prototype and those of another realm are whole', async () => {
  const { runInNewContext } = await import('node:vm');
  class Sub {
    readonly a = 1;
  }
  const bare = Object.assign(Object.create(null) as object, { a: 1 });
  const foreign = runInNewContext('({ a: [{}] })') as unknown;
  for (const value of [new Date(), new Map(), new Sub(), bare, foreign]) {
    expect(isSelfContained({ value })).toBe(true);
  }
  expect(isSelfContained({ value: Object.create({ arguments: {} }) as unknown })).toBe(false);
});

describe('scopeChallenge of the SDK', () => {
  const auth = async (): Promise<Auth | undefined> => {
    const decision = await gate.check(request({ token: 'notes.read', body: rpc('ping') }));
    return decision.allowed ? decision.auth : undefined;
  };
  const challenge = scopeChallenge(gate, anyOf('notes:read', byId));

  test.each(['parsed', 'copied'] as const)(
    'params %s with a __proto__ are refused [T133]',
    async (how) => {
      const authInfo = await auth();
      for (const params of [
        `{"name":"read_one","__proto__":{"arguments":${SECRET}}}`,
        `{"name":"read_one","arguments":{"a":{"__proto__":${SECRET}}}}`,
      ]) {
        const raw: unknown = JSON.parse(params);
        const given = how === 'parsed' ? raw : copyByAssignment(raw);
        const context = { request: { method: 'tools/call', params: given }, authInfo };
        await expect(challenge(context)).rejects.toThrow('__proto__');
      }
      const plain = { request: { method: 'tools/call', params: { name: 'read_one' } }, authInfo };
      await expect(challenge(plain)).resolves.toBeUndefined();
    },
  );
});
