import { describe, expect, test } from 'vitest';
import { diffScopeMaps, formatScopeMap, scopeMap } from '../src/index.js';
import type { ScopeMap, ScopeMapOptions } from '../src/index.js';
import {
  actedBy,
  authenticated,
  createGate,
  deny,
  httpPolicy,
  notDelegated,
  publicAccess,
  where,
} from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';
import { notesGate, request, scopes, scopesAsToken } from '../../core/test/support/mcp.js';
import type { NotesScope } from '../../core/test/support/mcp.js';
import { GRANTS, HOSTILE, everyForm, httpGate } from './support.js';

/** `tools/call add_note: notes:write: no yes`, a line for each row. */
function lines({ rows }: ScopeMap): string[] {
  return rows.map(
    ({ operation, requires, access }) =>
      `${operation} (${requires}): ${access.map(({ passes }) => passes).join(' ')}`,
  );
}

describe('a scope map', () => {
  test('has each operation and default, by token, implications counted [SC-2]', () => {
    expect(lines(scopeMap(notesGate(), { grants: GRANTS }))).toEqual([
      'tools/call read_notes (notes:read): no no yes yes',
      'tools/call add_note (notes:write): no no no yes',
      'tools/call admin_purge (admin:notes): no no no yes',
      'handshake, lists, notifications, sessions (a valid token): no yes yes yes',
      'any task (what no token has): no no no no',
      'any other tool (what no token has): no no no no',
      'any other prompt (what no token has): no no no no',
      'any other resource (what no token has): no no no no',
      'any other method (what no token has): no no no no',
    ]);
  });

  test('has the rules of tasks by the tool that began them [SC-2]', () => {
    const gate = notesGate({
      tools: { export_notes: where(() => true, 'notes:write') },
      taskRules: { export_notes: 'notes:read' },
    });
    const map = scopeMap(gate, { grants: GRANTS });
    expect(lines(map)[1]).toBe('tasks/* export_notes (notes:read): no no yes yes');
    const changed = notesGate({
      tools: { export_notes: where(() => true, 'notes:write') },
      taskRules: { export_notes: 'admin:notes' },
    });
    const diff = diffScopeMaps(map, scopeMap(changed, { grants: GRANTS }));
    expect(JSON.stringify(diff)).toContain('tasks/* export_notes');
  });

  test('names actors and conditions, which no caller is told [DL-8]', () => {
    const gate = notesGate({
      tools: {
        read_notes: actedBy(['desk', 'lens'], 'notes:read'),
        add_note: notDelegated('notes:write'),
        admin_purge: where(() => true, 'admin:notes', 'if the tenant is acme'),
      },
    });
    const { rows } = scopeMap(gate, { grants: { writer: 'notes:write' } });
    expect(rows.slice(0, 3).map(({ requires }) => requires)).toEqual([
      'notes:read if acted by desk or lens',
      'notes:write if not delegated',
      'admin:notes if the tenant is acme',
    ]);
    expect(rows.slice(0, 2).map(({ access }) => access[0]?.passes)).toEqual(['depends', 'depends']);
  });

  test('has each default under its option', () => {
    const gate = notesGate({
      tools: {},
      prompts: { hello: 'notes:read' },
      resources: { 'notes://{id}': 'notes:read' },
      methods: { 'x/y': 'admin:notes', 'tools/list': publicAccess(), 'tasks/list': deny() },
      tasks: 'notes:write',
      floor: 'notes:read',
      anonymous: true,
      otherTools: 'admin:notes',
      otherPrompts: authenticated(),
      otherResources: publicAccess(),
      otherMethods: 'notes:read',
    });
    const { rows } = scopeMap(gate, { grants: {} });
    expect(
      rows.map(({ kind, method, name, otherwise, requires }) =>
        [kind, method, name, otherwise, requires].filter(Boolean).join(' '),
      ),
    ).toEqual([
      'operation prompts/get hello otherPrompts notes:read',
      'operation resources/read notes://{id} otherResources notes:read',
      'operation x/y otherMethods admin:notes',
      'operation tools/list floor no token',
      'operation tasks/list tasks what no token has',
      'default floor no token, or notes:read',
      'default tasks notes:write',
      'default otherTools admin:notes',
      'default otherPrompts a valid token',
      'default otherResources no token',
      'default otherMethods notes:read',
    ]);
  });

  test('marks what a request decides, and says which scopes it may need', () => {
    const map = scopeMap(everyForm(), { grants: GRANTS });
    expect(lines(map).slice(0, 6)).toEqual([
      'tools/call read_notes (notes:read): no no yes yes',
      'tools/call own_note (notes:write on a condition): no no no depends',
      'tools/call any_note (notes:read, or admin:notes on a condition): no no depends depends',
      'tools/call some_note (a function that may require notes:read, or notes:write): no depends depends depends',
      'tools/call dark_note (a function): no depends depends depends',
      'tools/call sure_note (both notes:read and a login at most 60 seconds old): no no depends depends',
    ]);
    expect(map.rows.slice(0, 6).map((row) => row.scopes)).toEqual([
      ['notes:read'],
      ['notes:write'],
      ['notes:read', 'admin:notes'],
      ['notes:read', 'notes:write'],
      [],
      ['notes:read'],
    ]);
  });

  test('gives status and scopes for each no [SC-3]', () => {
    const [, add, ...others] = scopeMap(notesGate(), { grants: GRANTS }).rows;
    expect(add?.access).toEqual([
      { grant: 'nobody', passes: 'no', status: 401, challenge: ['notes:write'] },
      { grant: 'stranger', passes: 'no', status: 403, challenge: ['notes:write'] },
      { grant: 'reader', passes: 'no', status: 403, challenge: ['notes:write'] },
      { grant: 'admin', passes: 'yes' },
    ]);
    expect(others.at(-1)?.access.at(-1)).toEqual({
      ...{ grant: 'admin', passes: 'no', status: 403, challenge: [] },
    });
  });

  test('lists routes of a policy over HTTP, and the default for other routes', () => {
    expect(lines(scopeMap(httpGate(), { grants: { reader: 'notes:read' } }))).toEqual([
      'GET /api/notes (notes:read): yes',
      'POST /api/notes/{id} (notes:write): no',
      '* /api/admin (admin:notes): no',
      'any other route (what no token has): no',
    ]);
  });

  test('lists routes with rules of their own, given by option', () => {
    const routes = { 'GET /mcp/export': 'notes:read', '* /mcp/{id}': publicAccess() } as const;
    const gate = createGate({ resource: 'https://a.example', verifier: scopesAsToken, scopes });
    const map = scopeMap(gate, { routes, grants: GRANTS });
    expect(lines(map)).toEqual([
      'GET /mcp/export (notes:read): no no yes yes',
      '* /mcp/{id} (no token): yes yes yes yes',
    ]);
    expect(map.rows[0]).toMatchObject({ kind: 'route', method: 'GET', name: '/mcp/export' });
  });

  test('has by default a column for no token and for each scope alone', () => {
    const { grants } = scopeMap(notesGate());
    expect(grants).toEqual([
      { name: 'no token', scopes: null },
      { name: 'notes:read', scopes: ['notes:read'] },
      { name: 'notes:write', scopes: ['notes:write'] },
      { name: 'admin:notes', scopes: ['admin:notes'] },
    ]);
  });

  test('takes an Auth as a column', async () => {
    const gate = notesGate();
    const decision = await gate.authenticate(request({ token: 'notes.write+openid' }));
    const auth = decision.allowed ? decision.auth : undefined;
    const { grants, rows } = scopeMap(gate, { grants: { ray: auth } });
    expect(grants).toEqual([{ name: 'ray', scopes: ['notes:write', 'openid'] }]);
    expect(rows[1]?.access).toEqual([{ grant: 'ray', passes: 'yes' }]);
  });

  test.each<readonly [what: string, options: unknown, message: string]>([
    ['a grant of another type', { grants: { a: 7 } }, 'grants["a"]: expected a scope value'],
    ['null', { grants: { a: null } }, 'grants["a"]: expected a scope value'],
    ['two scopes in one element', { grants: { a: ['b c'] } }, 'grants["a"]: expected a scope'],
    [
      'scopes of a prototype',
      { grants: { a: Object.create({ scopes: ['b'] }) as object } },
      'grants["a"]:',
    ],
    ['a tab between scopes', { grants: { a: 'b\tc' } }, 'grants["a"]: expected scopes with one'],
    ['a column without a name', { grants: { '': 'b' } }, 'grants: a column needs a name'],
    ['grants that are none', { grants: 'a' }, 'grants: expected a record'],
    ['a route without a method', { routes: { '/a': deny() } }, 'routes["/a"]: expected a method'],
    ['a route with a query', { routes: { 'GET /a?b': deny() } }, 'routes["GET /a?b"]: expected'],
    [
      'an unknown scope',
      { routes: { 'GET /a': 'x' } },
      'routes["GET /a"]: "x" is not in the scope',
    ],
    [
      'no rule',
      { routes: { 'GET /a': undefined } },
      'routes["GET /a"]: expected a scope or a rule',
    ],
    ['routes that are none', { routes: 'GET /a' }, 'routes: expected a record'],
  ])('refuses %s', (_, options, message) => {
    const map = (): ScopeMap => scopeMap(notesGate(), options as ScopeMapOptions<NotesScope>);
    expect(map).toThrow(TypeError);
    expect(map).toThrow(message);
  });

  test('refuses a gate without a policy and without routes', () => {
    const gate = createGate({ resource: 'https://a.example', verifier: scopesAsToken, scopes });
    expect(() => scopeMap(gate)).toThrow('routes: the gate has no policy');
  });
});

describe('a scope map as text', () => {
  const options = { grants: { 'no token': undefined, reader: 'notes:read', 'x|y': [] } };

  test('in Markdown', () => {
    expect(formatScopeMap(scopeMap(httpGate(), options), 'markdown')).toBe(
      [
        'Scope map of `https://notes.example.com/api`',
        '',
        '| operation | needs | no token | reader | `x\\u{7c}y` |',
        '| --- | --- | --- | --- | --- |',
        '| `GET /api/notes` | `notes:read` | no: `notes:read` | yes | no: `notes:read` |',
        '| `POST /api/notes/{id}` | `notes:write` | no: `notes:write` | no: `notes:write` | no: `notes:write` |',
        '| `* /api/admin` | `admin:notes` | no: `admin:notes` | no: `admin:notes` | no: `admin:notes` |',
        '| any other route | what no token has | no | no | no |',
        '',
        '- no token: no token',
        '- reader: a token with `notes:read`',
        '- `x\\u{7c}y`: a token without scopes',
        '',
      ].join('\n'),
    );
  });

  test('in plain columns', () => {
    expect(formatScopeMap(scopeMap(httpGate(), options), 'text')).toBe(
      [
        'Scope map of https://notes.example.com/api',
        '',
        'operation             needs              no token         reader           x|y',
        'GET /api/notes        notes:read         no: notes:read   yes              no: notes:read',
        'POST /api/notes/{id}  notes:write        no: notes:write  no: notes:write  no: notes:write',
        '* /api/admin          admin:notes        no: admin:notes  no: admin:notes  no: admin:notes',
        'any other route       what no token has  no               no               no',
        '',
        '  no token: no token',
        '  reader: a token with notes:read',
        '  x|y: a token without scopes',
        '',
      ].join('\n'),
    );
  });

  test('as JSON that parses to the map, and is the same each time', () => {
    const text = formatScopeMap(scopeMap(everyForm(), { grants: GRANTS }), 'json');
    expect(JSON.parse(text)).toEqual(scopeMap(everyForm(), { grants: GRANTS }));
    expect(formatScopeMap(scopeMap(everyForm(), { grants: GRANTS }), 'json')).toBe(text);
    expect(text.endsWith('}\n')).toBe(true);
  });

  test('in no other format', () => {
    const format = 'html' as 'text';
    expect(() => formatScopeMap(scopeMap(notesGate()), format)).toThrow('format: "html" is');
  });

  describe('with a tool name that another server chose', () => {
    const gate = createGate({
      resource: 'https://notes.example.com/mcp',
      verifier: scopesAsToken,
      scopes,
      policy: mcpPolicy(scopes, { tools: { [HOSTILE]: 'notes:read', '  ': deny() } }),
    });
    const map = scopeMap(gate, { grants: { [HOSTILE]: 'notes:read' } });

    test.each(['markdown', 'text', 'json'] as const)('has no markup in %s', (format) => {
      const text = formatScopeMap(map, format);
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]|\u00a0/u);
      const plain = { ...map, rows: map.rows.slice(1), grants: [{ name: 'a', scopes: [] }] };
      const lineOf = (one: string): number => one.split('\n').length;
      if (format !== 'json') {
        expect(lineOf(text)).toBe(lineOf(formatScopeMap(plain, format)) + 1);
      }
    });

    test('stays in its cell in Markdown, as code', () => {
      const row = formatScopeMap(map, 'markdown')
        .split('\n')
        .find((line) => line.includes('tools/call a'));
      expect(row?.split('|')).toHaveLength(5);
      expect(row?.split('|')[1]).toBe(
        ' `tools/call a\\u{7c}b\\u{60}c\\u{60}\\u{60}\\u{a}\\u{7c} x \\u{7c} y ' +
          '\\u{7c}\\u{d}\\u{1b}[2J\\u{9b}1m\\u{202e}evil\\u{200b} \\u{a0}<b>@all</b> https://e.example \\u{5c}` ',
      );
      expect(formatScopeMap(map, 'markdown')).toContain('`tools/call\\u{20}\\u{20}\\u{20}`');
    });

    test('is unchanged in JSON', () => {
      expect(JSON.parse(formatScopeMap(map, 'json'))).toEqual(map);
    });
  });
});

test('a route that is exact has its row beside a template that fits it', () => {
  const policy = httpPolicy([
    { method: 'GET', path: '/{any}', rule: 'notes:read' },
    { method: 'GET', path: '/a', rule: 'admin:notes' },
  ]);
  const options = { resource: 'https://a.example', verifier: scopesAsToken, scopes, policy };
  expect(lines(scopeMap(createGate(options), { grants: { reader: 'notes:read' } }))).toEqual([
    'GET /{any} (notes:read): yes',
    'GET /a (admin:notes): no',
    'any other route (what no token has): no',
  ]);
});

describe('whether operations read or write', () => {
  const gate = notesGate({
    tools: {
      read_notes: 'notes:read',
      add_note: 'notes:write',
      admin_purge: 'admin:notes',
      other: deny(),
    },
    prompts: { hello: 'notes:read' },
    resources: { 'notes://{id}': 'notes:read' },
    methods: { 'x/y': 'admin:notes' },
  });
  const tools = [
    { name: 'read_notes', annotations: { readOnlyHint: true } },
    { name: 'add_note', annotations: { readOnlyHint: false, destructiveHint: false } },
    { name: 'admin_purge', annotations: { destructiveHint: true } },
    { name: 'other' },
    { name: 'unruled', annotations: { readOnlyHint: true } },
  ];
  const routes = {
    'GET /mcp/a': 'notes:read',
    'POST /mcp/a': 'notes:read',
    'DELETE /mcp/a': 'notes:write',
    '* /mcp/b': 'notes:write',
  } as const;

  test('is said by annotations and methods, and left out where nothing says it', () => {
    const { rows } = scopeMap(gate, { tools, routes });
    const said = rows.flatMap(({ operation, writes }) =>
      writes === undefined ? [] : [`${operation}: ${writes ? 'writes' : 'reads'}`],
    );
    expect(said).toEqual([
      'tools/call read_notes: reads',
      'tools/call add_note: writes',
      'tools/call admin_purge: writes',
      'prompts/get hello: reads',
      'resources/read notes://{id}: reads',
      'GET /mcp/a: reads',
      'DELETE /mcp/a: writes',
    ]);
  });

  test('is a column of the table, which a map without tools does not have', () => {
    const grants = { reader: 'notes:read' };
    const [, , head, read, add] = formatScopeMap(scopeMap(gate, { tools, grants }), 'text').split(
      '\n',
    );
    expect([head, read, add].map((line) => line?.split(/  +/).slice(0, 3))).toEqual([
      ['operation', 'kind', 'needs'],
      ['tools/call read_notes', 'reads', 'notes:read'],
      ['tools/call add_note', 'writes', 'notes:write'],
    ]);
    const plain = scopeMap(gate, { grants });
    expect(formatScopeMap(plain, 'markdown')).not.toContain('kind');
    expect(plain.rows.some((row) => 'writes' in row)).toBe(false);
  });

  test('a map with it can be compared with one without', () => {
    const grants = { reader: 'notes:read' };
    expect(
      diffScopeMaps(scopeMap(gate, { grants }), scopeMap(gate, { grants, tools })).operations,
    ).toEqual([]);
  });

  test.each<readonly [tools: unknown, message: string]>([
    ['a', 'tools: expected a list'],
    [[{}], 'tools[0]: expected a name'],
    [[{ name: 'a', annotations: { destructiveHint: 1 } }], 'tools[0].annotations.destructiveHint'],
  ])('refuses %j', (given, message) => {
    expect(() => scopeMap(gate, { tools: given as never })).toThrow(TypeError);
    expect(() => scopeMap(gate, { tools: given as never })).toThrow(message);
  });
});
