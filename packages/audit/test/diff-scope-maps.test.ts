import { describe, expect, test } from 'vitest';
import { diffScopeMaps, formatDiff, formatScopeMap, scopeMap } from '../src/index.js';
import type { ScopeMap, ScopeMapDiff, ScopeMapOptions } from '../src/index.js';
import {
  allOf,
  anyOf,
  authenticated,
  createGate,
  defineScopes,
  httpPolicy,
  publicAccess,
  where,
} from '@scopegate/core';
import type { Gate, HttpRoute, ScopeCatalogue } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';
import type { McpPolicyOptions } from '@scopegate/core/mcp';
import { notesGate, scopes, scopesAsToken } from '../../core/test/support/mcp.js';
import type { NotesScope } from '../../core/test/support/mcp.js';
import { GRANTS, HOSTILE } from './support.js';

type Options = McpPolicyOptions<NotesScope>;
const TOOLS = { read: 'notes:read', add: 'notes:write', purge: 'admin:notes' } as const;

function map(options: Options, more: ScopeMapOptions<NotesScope> = {}): ScopeMap {
  return scopeMap(notesGate({ tools: TOOLS, ...options }), { grants: GRANTS, ...more });
}

function routes(...list: readonly (readonly [string, string, HttpRoute['rule']])[]): ScopeMap {
  const policy = httpPolicy(list.map(([method, path, rule]) => ({ method, path, rule })));
  const gate = createGate<string>({
    ...{ resource: 'https://a.example', verifier: scopesAsToken, scopes, policy },
  });
  return scopeMap(gate, { grants: GRANTS });
}

function plainGate(catalogue: ScopeCatalogue, tools: McpPolicyOptions['tools'] = {}): Gate {
  return createGate({
    resource: 'https://notes.example.com/mcp',
    verifier: scopesAsToken,
    scopes: catalogue,
    policy: mcpPolicy(catalogue, { tools }),
  });
}

/** `changed widened tools/call add: a -> b, +reader -admin` */
function lines({ operations }: ScopeMapDiff): string[] {
  return operations.map(
    ({ change, effect, operation, before, after, gained, lost }) =>
      `${change} ${effect} ${operation}: ${before} -> ${after}` +
      gained.map((move) => ` +${move.grant} ${move.after}`).join('') +
      lost.map((move) => ` -${move.grant} ${move.after}`).join(''),
  );
}

describe('the difference of two maps', () => {
  test('of the same policy is none, and says so', () => {
    const diff = diffScopeMaps(map({}), JSON.parse(formatScopeMap(map({}), 'json')) as ScopeMap);
    expect(diff).toEqual({ grants: [], operations: [] });
    expect(formatDiff(diff, 'text')).toBe('No change of the scope map.\n');
    expect(formatDiff(diff, 'markdown')).toBe('No change of the scope map.\n');
  });

  test.each<readonly [what: string, before: ScopeMap, after: ScopeMap, expected: string[]]>([
    [
      'a broader scope',
      map({}),
      map({ tools: { ...TOOLS, read: 'notes:write' } }),
      ['changed narrowed tools/call read: notes:read -> notes:write -reader no'],
    ],
    [
      'a narrower scope',
      map({}),
      map({ tools: { ...TOOLS, add: 'notes:read' } }),
      ['changed widened tools/call add: notes:write -> notes:read +reader yes'],
    ],
    [
      'some gain, others lose',
      map({}),
      map({ tools: { ...TOOLS, read: where(() => true) } }),
      [
        'changed changed tools/call read: notes:read -> a valid token on a condition' +
          ' +stranger depends -reader depends -admin depends',
      ],
    ],
    [
      'what no token of the map shows',
      map({}),
      map({ tools: { ...TOOLS, add: 'admin:notes' } }),
      ['changed changed tools/call add: notes:write -> admin:notes'],
    ],
    [
      'a condition',
      map({}),
      map({
        tools: {
          ...TOOLS,
          read: anyOf(
            'notes:read',
            where(() => true, 'notes:write'),
          ),
        },
      }),
      [
        'changed narrowed tools/call read: notes:read -> notes:read, or notes:write on a condition' +
          ' -reader depends -admin depends',
      ],
    ],
    [
      'a tool that was denied',
      map({}),
      map({ tools: { ...TOOLS, more: 'notes:read' } }),
      ['added widened tools/call more: what no token has -> notes:read +reader yes +admin yes'],
    ],
    [
      'a rule whose removal closes the tool',
      map({}),
      map({ tools: { read: 'notes:read', add: 'notes:write' } }),
      ['removed narrowed tools/call purge: admin:notes -> what no token has -admin no'],
    ],
    [
      'a rule whose removal opens the tool',
      map({ otherTools: authenticated() }),
      map({ otherTools: authenticated(), tools: { read: 'notes:read', add: 'notes:write' } }),
      ['removed widened tools/call purge: admin:notes -> a valid token +stranger yes +reader yes'],
    ],
    [
      'a default',
      map({}),
      map({ otherTools: publicAccess() }),
      [
        'changed widened any other tool: what no token has -> no token' +
          ' +nobody yes +stranger yes +reader yes +admin yes',
      ],
    ],
    [
      'a route, of which nobody knows what was before',
      map({}, { routes: { 'GET /a': 'notes:read' } }),
      map({}, { routes: { 'GET /b': 'notes:read' } }),
      [
        'added changed GET /b: undefined -> notes:read',
        'removed changed GET /a: notes:read -> undefined',
      ],
    ],
    [
      'a route that was denied',
      routes(['GET', '/a', 'notes:read'], ['POST', '/b', 'notes:read']),
      routes(
        ['GET', '/a', 'notes:read'],
        ['POST', '/b', 'notes:read'],
        ['GET', '/b', 'notes:read'],
      ),
      ['added widened GET /b: what no token has -> notes:read +reader yes +admin yes'],
    ],
    [
      'a route that a template covered',
      routes(['GET', '/a/{id}', 'notes:read']),
      routes(['GET', '/a/{id}', 'notes:read'], ['GET', '/a/b', 'admin:notes']),
      ['added changed GET /a/b: undefined -> admin:notes'],
    ],
    [
      'a template that covered a route',
      routes(['HEAD', '/a/b', 'notes:read'], ['GET', '/{x}/c', 'notes:read']),
      routes(['HEAD', '/a/b', 'notes:read']),
      ['removed narrowed GET /{x}/c: notes:read -> what no token has -reader no -admin no'],
    ],
    [
      'a method that the method * covered',
      routes(['*', '/a', 'admin:notes'], ['GET', '/a', 'notes:read']),
      routes(['*', '/a', 'admin:notes']),
      ['removed changed GET /a: notes:read -> undefined'],
    ],
    [
      'HEAD, which GET covered',
      routes(['GET', '/a', 'admin:notes']),
      routes(['GET', '/a', 'admin:notes'], ['HEAD', '/a', 'notes:read']),
      ['added changed HEAD /a: undefined -> notes:read'],
    ],
    [
      'a rule of tasks that was stricter than its tool [SC-2]',
      map({ taskRules: { read: 'admin:notes' } }),
      map({}),
      ['removed widened tasks/* read: admin:notes -> notes:read +reader yes'],
    ],
    [
      'a rule of tasks that is wider than its tool',
      map({}),
      map({ taskRules: { add: 'notes:read' } }),
      ['added widened tasks/* add: notes:write -> notes:read +reader yes'],
    ],
    [
      'a rule of tasks whose tool has no rule of its own',
      map({ otherTools: authenticated(), taskRules: { more: 'admin:notes' } }),
      map({ otherTools: authenticated() }),
      ['removed widened tasks/* more: admin:notes -> a valid token +stranger yes +reader yes'],
    ],
    [
      'a tool beside one whose name looks like a template',
      map({ otherTools: authenticated(), tools: { ...TOOLS, '{x}': 'notes:read' } }),
      map({
        otherTools: authenticated(),
        tools: { read: 'notes:read', add: 'notes:write', '{x}': 'notes:read' },
      }),
      ['removed widened tools/call purge: admin:notes -> a valid token +stranger yes +reader yes'],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(lines(diffScopeMaps(before, after))).toEqual(expected);
  });

  test('uses the granted access if only the catalogue changed', () => {
    const tools = { read: 'notes:read' } as const;
    const flat = createGate({
      resource: 'https://notes.example.com/mcp',
      verifier: scopesAsToken,
      scopes: scopes.names,
      policy: notesGate({ tools }).policy ?? expect.fail(),
    });
    expect(lines(diffScopeMaps(map({ tools }), scopeMap(flat, { grants: GRANTS })))).toEqual([
      'changed narrowed tools/call read: notes:read -> notes:read -admin no',
    ]);
  });

  test('uses the challenged scopes if nothing else changed', () => {
    const tools = { a: anyOf(allOf('b', 'c'), allOf('d', 'e')) };
    const [before, after] = [{}, { implies: ['d' as const] }].map((reader) =>
      scopeMap(plainGate(defineScopes({ reader, b: {}, c: {}, d: {}, e: {} }), tools), {
        grants: { reader: 'reader' },
      }),
    ) as [ScopeMap, ScopeMap];
    const words = 'both b and c, or both d and e';
    expect(lines(diffScopeMaps(before, after))).toEqual([
      `changed changed tools/call a: ${words} -> ${words}`,
    ]);
  });

  test('uses the scopes if the description is shortened', () => {
    const names = Array.from({ length: 60 }, (_, index) => `s${index}`.padEnd(100, 'x'));
    const [before, after] = [names.slice(0, -1), names.slice(0, -2).concat(names.slice(-1))].map(
      (some) => {
        const tools = { a: anyOf(...(some as [string])) };
        return scopeMap(plainGate(defineScopes(names), tools), { grants: {} });
      },
    ) as [ScopeMap, ScopeMap];
    expect(diffScopeMaps(before, after).operations).toHaveLength(1);
  });

  test('compares no columns that mean two tokens', () => {
    const before = map({}, { grants: { ...GRANTS, gone: undefined } });
    const after = map(
      { tools: { ...TOOLS, purge: 'notes:write' } },
      { grants: { stranger: undefined, reader: ['notes:write'], admin: 'admin:notes', now: '' } },
    );
    const diff = diffScopeMaps(before, after);
    expect(lines(diff)).toEqual(['changed changed tools/call purge: admin:notes -> notes:write']);
    expect(formatDiff(diff, 'text')).toBe(
      [
        'operation         change   needed       needs        gain access  lose access',
        'tools/call purge  changed  admin:notes  notes:write',
        '',
        'Not compared:',
        '',
        '  stranger was a token without scopes and is no token',
        '  reader was a token with notes:read and is a token with notes:write',
        '  now was not there and is a token without scopes',
        '  nobody was no token and is not there',
        '  gone was no token and is not there',
        '',
      ].join('\n'),
    );
  });

  test('ignores the order of scopes in a token', () => {
    const before = map({}, { grants: { a: 'notes:read notes:write' } });
    const after = map({}, { grants: { a: 'notes:write notes:read' } });
    expect(diffScopeMaps(before, after)).toEqual({ grants: [], operations: [] });
  });

  test.each([
    ['nothing', undefined],
    ['a list', []],
    ['another document', { grants: [], operations: [] }],
    ['a list of nothing', { ...map({}), rows: [null] }],
    ['columns of nothing', { ...map({}), grants: [null] }],
    ['a column without scopes', { ...map({}), grants: [{ name: 'nobody' }] }],
    ['a map of no resource', { ...map({}), resource: undefined }],
    ['a row of no kind', { ...map({}), rows: [{ ...map({}).rows[0], kind: 'else' }] }],
    ['a row without scopes', { ...map({}), rows: [{ ...map({}).rows[0], scopes: null }] }],
    ['a cell of nothing', { ...map({}), rows: [{ ...map({}).rows[0], access: [null] }] }],
    ['a row that lacks a column', { ...map({}), rows: [{ ...map({}).rows[0], access: [] }] }],
    [
      'a cell with a challenge of nothing',
      {
        ...map({}),
        rows: [
          {
            ...map({}).rows[0],
            access: map({}).rows[0]?.access.map((cell) => ({ ...cell, challenge: null })),
          },
        ],
      },
    ],
    ['a row without cells', { ...map({}), rows: [{ method: 'GET', requires: 'a' }] }],
    ['a cell that is none', { ...map({}), rows: [{ ...map({}).rows[0], access: [{}] }] }],
    [
      'a cell of a prototype',
      { ...map({}), rows: [{ ...map({}).rows[0], access: [{ passes: 'toString' }] }] },
    ],
  ])('is of two maps: %s is none', (_, none) => {
    expect(() => diffScopeMaps(none as never, map({}))).toThrow('before: expected a scope map');
    expect(() => diffScopeMaps(map({}), none as never)).toThrow('after: expected a scope map');
  });
});

describe('a difference as text', () => {
  test('is a table for a pull request', () => {
    const before = map({ otherTools: authenticated() });
    const after = map({
      otherTools: authenticated(),
      tools: { read: where(() => true, 'notes:read'), add: 'notes:read', more: publicAccess() },
    });
    const diff = diffScopeMaps(before, { ...after, resource: 'https://b.example' });
    expect(formatDiff(diff, 'markdown')).toBe(
      [
        'The resource was `https://notes.example.com/mcp` and is `https://b.example`.',
        '',
        '| operation | change | needed | needs | gain access | lose access |',
        '| --- | --- | --- | --- | --- | --- |',
        '| `tools/call read` | narrowed | `notes:read` | `notes:read on a condition` |  | reader (depends), admin (depends) |',
        '| `tools/call add` | widened | `notes:write` | `notes:read` | reader |  |',
        '| `tools/call more` | added, widened | a valid token | no token | nobody |  |',
        '| `tools/call purge` | removed, widened | `admin:notes` | a valid token | stranger, reader |  |',
        '',
      ].join('\n'),
    );
  });

  test('shows the name of a tool as text only', () => {
    const after = map(
      { tools: { ...TOOLS, [HOSTILE]: 'notes:read' } },
      { grants: { [HOSTILE]: 'notes:read' } },
    );
    for (const format of ['markdown', 'text'] as const) {
      const text = formatDiff(diffScopeMaps(map({}, { grants: {} }), after), format);
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]|\u00a0/u);
      expect(text.split('\n').filter((line) => line.includes('evil'))).toHaveLength(2);
    }
  });
});
