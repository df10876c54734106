import { describe, expect, test } from 'vitest';
import {
  allOf,
  anyOf,
  authenticated,
  createGate,
  defineScopes,
  deny,
  httpPolicy,
  publicAccess,
  rule as computed,
  where,
} from '../../src/index.js';
import type { Auth, Rule } from '../../src/index.js';
import { describeRule } from '../../src/policy/index.js';
import { describeTools, mcpPolicy, visibleTools } from '../../src/mcp/index.js';
import { callTool, notesGate, request } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

const RULES: Readonly<Record<string, Rule<NotesScope>>> = {
  read: 'notes:read',
  write: 'notes:write',
  both: allOf('notes:read', 'admin:notes'),
  either: anyOf(allOf('notes:read', 'admin:notes'), 'notes:write'),
  anyone: publicAccess(),
  mixed: anyOf(publicAccess(), 'notes:write'),
  signedIn: authenticated(),
  nobody: deny(),
  asked: computed(() => 'notes:write'),
  hidden: where(() => true, 'admin:notes'),
  half: allOf(
    'notes:write',
    where(() => true),
  ),
  ['constructor' as string]: 'notes:read',
};
const gate = notesGate({ tools: RULES });
const names = [...Object.keys(RULES), 'unknown', '__proto__'];
const tools = names.map((name) => ({ name, inputSchema: { type: 'object' as const } }));

test('describeTools says how each tool can be called, and nothing of those that nobody can call [IB-2]', () => {
  const NOAUTH = { type: 'noauth' };
  const oauth2 = (...scopes: string[]): object => ({ type: 'oauth2', scopes });
  const expected: Readonly<Record<string, readonly object[]>> = {
    read: [oauth2('notes:read')],
    write: [oauth2('notes:write')],
    both: [oauth2('notes:read', 'admin:notes')],
    either: [oauth2('notes:write')],
    anyone: [NOAUTH],
    mixed: [NOAUTH, oauth2('notes:write')],
    signedIn: [oauth2()],
    asked: [oauth2()],
    hidden: [oauth2()],
    half: [oauth2()],
    constructor: [oauth2('notes:read')],
  };
  const described = describeTools(gate, tools);
  expect(described.map(({ name }) => name)).toEqual(Object.keys(expected));
  for (const { name, securitySchemes, _meta, inputSchema } of described) {
    expect(securitySchemes, name).toEqual(
      Object.entries(expected).find(([of]) => of === name)?.[1],
    );
    expect(_meta).toEqual({ securitySchemes });
    expect(inputSchema).toEqual({ type: 'object' });
  }
});

test('a tool is described if and only if some token may call it [IB-2]', async () => {
  const never: Readonly<Record<string, Rule<NotesScope>>> = {
    nobody: deny(),
    never: allOf('notes:read', deny()),
    noWay: where<NotesScope>(() => true, deny()),
    choice: anyOf(deny(), 'notes:read'),
  };
  for (const of of [
    notesGate({ tools: never }),
    notesGate({ tools: never, otherTools: publicAccess() }),
  ]) {
    const listed = [...Object.keys(never), 'other'].map((name) => ({ name }));
    const described = new Set(describeTools(of, listed).map(({ name }) => name));
    for (const { name } of listed) {
      const decision = await of.check(request({ token: 'admin.notes', body: callTool(name) }));
      expect(described.has(name), name).toBe(decision.allowed);
    }
  }
});

test('`noauth` is named if and only if a call without a token is allowed [IB-2]', async () => {
  const leaves: readonly Rule<NotesScope>[] = [
    ...(['notes:read', publicAccess(), authenticated(), deny()] as const),
    ...[computed<NotesScope>(() => publicAccess()), where<NotesScope>(() => true, publicAccess())],
  ];
  const pairs = leaves.flatMap((one) =>
    leaves.flatMap((other) => [allOf(one, other), anyOf(one, other)]),
  );
  const nested = pairs.flatMap((pair) => [allOf(publicAccess(), pair), anyOf(deny(), pair)]);
  const rules = Object.fromEntries(
    [...leaves, ...pairs, ...nested].map((each, index) => [`tool${index}`, each]),
  );
  const of = notesGate({ tools: rules });
  const described = new Map(
    describeTools(
      of,
      Object.keys(rules).map((name) => ({ name })),
    ).map(({ name, securitySchemes }) => [name, securitySchemes]),
  );
  let open = 0;
  for (const name of Object.keys(rules)) {
    const { allowed } = await of.check(request({ body: callTool(name) }));
    const says = described.get(name)?.some(({ type }) => type === 'noauth') === true;
    expect(says, describeRule(rules[name] as Rule)).toBe(allowed);
    open += allowed ? 1 : 0;
  }
  expect(open).toBeGreaterThan(30);
});

test('describeTools keeps what a tool says of itself, and changes nothing [IB-2]', () => {
  const tool = { name: 'read', title: 'Read', _meta: { 'example.com/x': 1 } };
  const [described] = describeTools(gate, [tool]);
  expect(described).toEqual({
    ...tool,
    securitySchemes: [{ type: 'oauth2', scopes: ['notes:read'] }],
    _meta: { 'example.com/x': 1, securitySchemes: [{ type: 'oauth2', scopes: ['notes:read'] }] },
  });
  expect(tool._meta).toEqual({ 'example.com/x': 1 });
});

test('scopes have the names that the authorization server knows [IB-2]', () => {
  const scopes = defineScopes({ 'notes:read': { requestAs: 'api://notes/read' } });
  const renamed = createGate({
    resource: 'https://notes.example.com/mcp',
    verifier: () => undefined,
    scopes,
    policy: mcpPolicy(scopes, { tools: { read: 'notes:read' } }),
  });
  expect(describeTools(renamed, [{ name: 'read' }])[0]?.securitySchemes).toEqual([
    { type: 'oauth2', scopes: ['api://notes/read'] },
  ]);
});

describe('visibleTools', () => {
  const visible = async (token: string | undefined, of = gate): Promise<readonly string[]> => {
    const decision = await of.check(request({ token, body: callTool('anyone') }));
    const auth: Auth | undefined = decision.allowed ? decision.auth : undefined;
    return visibleTools(gate, auth, tools).map(({ name }) => name);
  };
  const PUBLIC = ['anyone', 'mixed'];
  const SIGNED_IN = [...PUBLIC, 'signedIn', 'asked'];

  test.each<readonly [string, string | undefined, readonly string[]]>([
    ['no token', undefined, PUBLIC],
    ['no scopes', 'none', SIGNED_IN],
    ['a reader', 'notes.read', ['read', 'constructor', ...SIGNED_IN]],
    ['a writer', 'notes.write', ['read', 'write', 'either', 'half', 'constructor', ...SIGNED_IN]],
    ['the owner', 'admin.notes', names.filter((n) => !/nobody|unknown|proto/.test(n))],
  ])('%s sees what may be called [OP-15]', async (_who, token, expected) => {
    expect((await visible(token)).toSorted()).toEqual(expected.toSorted());
  });

  test('what is seen can be called, what is not cannot: the gate decides alike [OP-15]', async () => {
    for (const token of [undefined, 'none', 'notes.read', 'notes.write', 'admin.notes']) {
      const seen = await visible(token);
      for (const name of names) {
        const decision = await gate.check(request({ token, body: callTool(name) }));
        const isStatic = !['asked', 'hidden', 'half'].includes(name);
        if (isStatic)
          expect(seen.includes(name), `${String(token)} ${name}`).toBe(decision.allowed);
        else if (decision.allowed) expect(seen).toContain(name);
      }
    }
  });

  test('an auth of somebody else is nobody [T16]', async () => {
    expect(await visible('admin.notes', notesGate({ tools: RULES }))).toEqual(PUBLIC);
    const forged = { scopes: ['admin:notes'], has: () => true };
    expect(visibleTools(gate, forged, tools).map(({ name }) => name)).toEqual(PUBLIC);
  });
});

test('a gate that evaluates no tools cannot tell', () => {
  const options = { resource: 'https://notes.example.com/', verifier: () => undefined };
  const none = createGate({ ...options, scopes: ['a'] });
  expect(() => describeTools(none, tools)).toThrow(/describeTools: the gate has no policy/);
  expect(() => visibleTools(none, undefined, tools)).toThrow(
    /visibleTools: the gate has no policy/,
  );
  const paths = createGate({
    ...options,
    scopes: ['a'],
    policy: httpPolicy([{ method: 'GET', path: '/x', rule: 'a' }]),
  });
  expect(() => describeTools(paths, tools)).toThrow(/expected a gate with an mcpPolicy/);
});
