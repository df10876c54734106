import { describe, expect, test } from 'vitest';
import { lintPolicy } from '../src/index.js';
import type { LintCode, LintFinding, LintOptions, ToolHints } from '../src/index.js';
import {
  allOf,
  anyOf,
  authenticated,
  createGate,
  defineScopes,
  deny,
  httpPolicy,
  publicAccess,
  recentLogin,
  rule,
  where,
} from '@scopegate/core';
import type { Gate, GateOptions, Rule, ScopeCatalogue } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';
import { ownership } from '@scopegate/core/ownership';
import type { McpPolicyOptions } from '@scopegate/core/mcp';
import { notesGate, scopes, scopesAsToken } from '../../core/test/support/mcp.js';
import { HOSTILE, httpGate } from './support.js';

/** read < write < admin, and two that have nothing to do with each other. */
const catalogue: ScopeCatalogue = defineScopes({
  ...{ read: {}, list: {}, write: { implies: ['read'] }, x: {}, y: {} },
  admin: { implies: ['write', 'list'] },
});

function gate(
  policy: McpPolicyOptions,
  options: Partial<GateOptions<string>> & { readonly scopes?: ScopeCatalogue } = {},
): Gate {
  const known = options.scopes ?? catalogue;
  return createGate<string>({
    resource: 'https://notes.example.com/mcp',
    verifier: scopesAsToken,
    scopes: known,
    policy: mcpPolicy(known, policy),
    ...options,
  });
}

/** Every scope is used, so that a test sees what it is about. */
const USED = anyOf(allOf('x', 'read', 'list'), allOf('y', 'write'), 'admin');

function of(code: LintCode, findings: readonly LintFinding[]): string[] {
  return findings
    .filter((finding) => finding.code === code)
    .map(({ severity, where: at, message }) => `${severity} ${at}: ${message}`);
}

function codes(findings: readonly LintFinding[]): string[] {
  return findings.map(({ code }) => code);
}

test('correct policies have no finding', () => {
  const tools = ['read_notes', { name: 'add_note' }, { name: 'admin_purge', title: 'Purge' }];
  expect(lintPolicy(notesGate(), { tools, prompts: [] })).toEqual([]);
  expect(lintPolicy(httpGate())).toEqual([]);
  const either = anyOf(allOf('write', 'x'), allOf('read', 'list', 'y'), 'admin');
  expect(lintPolicy(gate({ tools: { either }, otherTools: 'x' }))).toEqual([]);
});

describe('operation_without_rule', () => {
  const code = 'operation_without_rule';

  test('a tool or prompt of the server that nobody can use', () => {
    const options = { tools: ['read_notes', 'new'], prompts: [{ name: 'hi' }] };
    const findings = lintPolicy(notesGate({ tools: { read_notes: 'admin:notes' } }), options);
    expect(of(code, findings)).toEqual([
      'error tools/call new: No rule names new, so nobody can use it.',
      'error prompts/get hi: No rule names hi, so nobody can use it.',
    ]);
    expect(findings[0]?.howToMend).toBe('Give it a rule of its own in tools.');
  });

  test('a tool that a default allows', () => {
    const other = { otherTools: 'notes:read', otherPrompts: where(() => true) } as const;
    const findings = lintPolicy(notesGate(other), { tools: ['new'], prompts: ['hi'] });
    expect(of(code, findings)).toEqual([
      'warning tools/call new: No rule names new, so it needs what otherTools says: notes:read.',
      'warning prompts/get hi: No rule names hi, so it needs what otherPrompts says: a valid token on a condition.',
    ]);
  });

  test('a default that needs no scope', () => {
    const findings = lintPolicy(
      notesGate({
        tasks: authenticated(),
        otherTools: anyOf(publicAccess(), 'notes:read'),
        otherPrompts: authenticated(),
        otherResources: 'notes:read',
        otherMethods: where(() => true),
      }),
    );
    expect(of(code, findings)).toEqual([
      'error otherTools: any other tool needs no scope (no token, or notes:read): new ones without a rule are open.',
      'warning otherPrompts: any other prompt needs no scope (a valid token): new ones without a rule are open.',
    ]);
  });

  test('any tool, if the policy names none', () => {
    expect(of(code, lintPolicy(httpGate(), { tools: ['a'] }))).toHaveLength(1);
  });

  test.each<readonly [LintOptions<string>, string]>([
    [{ tools: 'a' } as never, 'tools: expected a list'],
    [{ tools: ['a', {}] } as never, 'tools[1]: expected a name'],
    [{ prompts: [null] } as never, 'prompts[0]: expected a name'],
    [{ tools: [Object.create({ name: 'a' })] } as never, 'tools[0]: expected a name'],
    [{ routes: { a: deny() } as never }, 'routes["a"]: expected a method and a path'],
  ])('refuses %j', (options, message) => {
    expect(() => lintPolicy(gate({}), options)).toThrow(TypeError);
    expect(() => lintPolicy(gate({}), options)).toThrow(message);
  });
});

test('rule_without_operation: a name that the server does not have', () => {
  const findings = lintPolicy(notesGate(), { tools: ['read_notes', 'add_notes', 'admin_purge'] });
  expect(of('rule_without_operation', findings)).toEqual([
    'warning tools/call add_note: The server has nothing of this name; the operation that the rule is for may have no rule.',
  ]);
  expect(codes(findings)).toEqual(['operation_without_rule', 'rule_without_operation']);
});

test('requirement_unknown: a function that does not say what it may require', () => {
  const code = 'requirement_unknown';
  const says = rule(() => 'read', { mayRequire: ['read'] });
  const silent = rule(() => 'read');
  const tools = {
    ...{ used: USED, says, silent },
    bare: () => 'read',
    deep: allOf(
      where(() => true, anyOf('x', silent)),
      'y',
    ),
    fine: allOf(
      where(() => true, anyOf('x', says, authenticated())),
      'y',
    ),
  };
  expect(of(code, lintPolicy(gate({ tools })))).toEqual(
    ['silent', 'bare', 'deep'].map(
      (name) =>
        `info tools/call ${name}: A function in the rule does not say which scopes it may require.`,
    ),
  );
});

describe('scope_never_used', () => {
  const code = 'scope_never_used';

  test('a scope that opens nothing; not one that implies another that does', () => {
    const findings = lintPolicy(gate({ tools: { a: where(() => true, 'write'), b: 'x' } }));
    expect(of(code, findings)).toEqual([
      'warning read: No rule needs read or a scope that it implies.',
      'warning list: No rule needs list or a scope that it implies.',
      'warning y: No rule needs y or a scope that it implies.',
    ]);
  });

  test('routes and functions count, and a function without mayRequire makes it uncertain', () => {
    const tools = {
      a: allOf('x', 'admin'),
      b: rule(() => 'read', { mayRequire: ['read', 'list'] }),
    };
    expect(of(code, lintPolicy(gate({ tools }), { routes: { 'GET /mcp/y': 'y' } }))).toEqual([]);
    expect(of(code, lintPolicy(gate({ tools: { ...tools, c: () => 'y' } })))).toEqual([
      'info y: No rule needs y or a scope that it implies.',
    ]);
  });

  test('a parametric scope opens what its function says', () => {
    const known = defineScopes<string>({
      'files:any': { match: (granted) => granted.startsWith('files:') },
      other: { match: () => false },
    });
    const findings = lintPolicy(gate({ tools: { a: 'files:any' } }, { scopes: known }));
    expect(of(code, findings)).toEqual([]);
  });
});

describe('advertised_never_enforced', () => {
  const code = 'advertised_never_enforced';

  test('a scope that clients ask for although no rule needs it', () => {
    const initialScopes = ['read', 'list', 'admin'];
    expect(of(code, lintPolicy(gate({ tools: { a: 'read' } }, { initialScopes })))).toEqual([
      'warning list: Clients ask their users for list, because the metadata names it, and no rule needs it.',
    ]);
  });

  test('a scope that only the metadata names', () => {
    const known = defineScopes<string>({ read: {}, openid: {} });
    const metadata = { scopesSupported: ['read', 'openid'] };
    const options = { scopes: known, metadata };
    const findings = lintPolicy(gate({ tools: { a: 'read', b: () => 'read' } }, options));
    expect(of(code, findings)).toEqual([
      'info openid: Clients ask their users for openid, because the metadata names it, and no rule needs it.',
    ]);
  });

  test('names are those of the requests', () => {
    const known = defineScopes<string>({
      read: { requestAs: 'api://notes/read' },
      write: { requestAs: 'api://notes/write' },
    });
    const options = { scopes: known, initialScopes: ['read', 'write'] };
    expect(of(code, lintPolicy(gate({ tools: { a: 'read' } }, options)))).toEqual([
      'warning api://notes/write: Clients ask their users for api://notes/write, because the metadata names it, and no rule needs it.',
    ]);
  });
});

test('offline_access: other spellings of a name that createGate refuses', () => {
  const code = 'offline_access';
  const known = defineScopes<string>({
    Offline_Access: {},
    read: { requestAs: 'https://graph.example/offline_access' },
    'notes:offline_access': {},
    'offline_access:read': {},
    offline: {},
    'OFFLINE-ACCESS': {},
  });
  const metadata = { scopesSupported: ['OFFLINE-ACCESS', 'Offline_Access'] };
  const all = allOf('Offline_Access', 'read');
  const findings = lintPolicy(gate({ tools: { all } }, { scopes: known, metadata }));
  expect(of(code, findings).map((line) => line.replace(/: \S+ asks for a refresh.*/, ''))).toEqual([
    'error Offline_Access',
    'error notes:offline_access',
    'error OFFLINE-ACCESS',
    'error https://graph.example/offline_access',
  ]);
  expect(() => defineScopes(['offline_access'])).toThrow('offline_access is not a scope');
});

describe('rules with superfluous parts', () => {
  const never = 'alternative_never_cheapest';
  const implied = 'implied_duplicate';
  const met = (needed: Rule): Rule => where(() => true, needed);

  test.each<readonly [what: string, needed: Rule, expected: readonly string[]]>([
    ['two that differ', anyOf('x', 'y'), []],
    ['two that share', anyOf(allOf('x', 'y'), allOf('x', 'read')), []],
    ['one with all of another', anyOf('x', allOf('x', 'y')), [`${implied} both x and y`]],
    ['the same in a nest', anyOf(anyOf('x', 'y'), anyOf('y', 'read')), [`${never} y`]],
    ['a broader one later', anyOf('read', 'write'), [`${never} write`]],
    ['a broader one first', anyOf('write', 'read'), [`${implied} write`]],
    ['a broader one of fewer', anyOf(allOf('read', 'list'), 'admin'), [`${implied} admin`]],
    ['one beside any token', anyOf(authenticated(), 'x'), [`${never} x`]],
    ['one beside no token', anyOf(publicAccess(), 'x'), [`${never} x`]],
    [
      'any token beside no token',
      anyOf(publicAccess(), authenticated()),
      [`${never} a valid token`],
    ],
    [
      'no token beside any token',
      anyOf(authenticated(), publicAccess()),
      [`${never} a valid token`],
    ],
    ['no token beside a scope', anyOf('x', publicAccess()), [`${never} x`]],
    [
      'any token and no token, both needed',
      allOf(authenticated(), publicAccess()),
      [`${implied} no token`],
    ],
    [
      'no token beside a choice that needs one',
      allOf(publicAccess(), anyOf(authenticated(), 'x')),
      [`${never} x`, `${implied} no token`],
    ],
    ['one that only a denial stands beside', anyOf(deny(), 'x'), []],
    ['a longer one', anyOf(allOf('read', 'write'), 'write'), [`${implied} both read and write`]],
    ['the same twice', anyOf(allOf('x', 'y'), allOf('y', 'x')), [`${never} both y and x`]],
    ['a value twice', anyOf(USED, USED), []],
    ['a name twice', anyOf('x', 'x'), [`${never} x`]],
    ['an implied scope beside the broader one', allOf('write', 'read', 'x'), [`${implied} read`]],
    [
      'two implied scopes',
      allOf('list', 'admin', 'write'),
      [`${implied} list`, `${implied} write`],
    ],
    ['a scope twice', allOf('x', 'x'), [`${implied} x`]],
    ['an implied choice', allOf('write', anyOf('x', 'read')), [`${implied} x, or read`]],
    ['choices that share a scope', allOf(anyOf('x', 'y'), anyOf('x', 'read')), []],
    ['an implied scope in one way of two', anyOf('x', allOf('write', 'read')), [`${implied} read`]],
    ['a denial and a scope', allOf(deny(), 'x'), []],
    ['a scope and a valid token', allOf(authenticated(), 'x'), []],
    ['behind a condition', met(anyOf('read', 'write')), [`${never} write`]],
    ['broader than what is on a condition', anyOf(met('read'), 'write'), []],
    [
      'on a condition what goes without',
      anyOf('read', met('write')),
      [`${never} write on a condition`],
    ],
    ['beside a condition', allOf(met('x'), 'write', 'read'), [`${implied} read`]],
    ['implied on a condition', allOf(met('write'), 'read'), [`${implied} read`]],
    ['a condition on what is implied', allOf('write', met('read')), []],
    ['ways beside a function', anyOf(() => 'x', 'read', 'write'), [`${never} write`]],
    ['a function beside any token', anyOf(authenticated(), () => 'x'), [`${never} a function`]],
    ['a function with a scope', allOf(() => 'x', 'x'), []],
    ['a scope and a login', allOf('x', recentLogin({ maxAge: 60 })), []],
    ['a scope or a login', anyOf(recentLogin({ maxAge: 60 }), 'x'), []],
    [
      'a login where a token is enough',
      anyOf(authenticated(), recentLogin({ maxAge: 60 })),
      [`${never} a login at most 60 seconds old`],
    ],
    ['a function', () => 'x', []],
    ['a computed rule', rule(() => 'x', { mayRequire: ['x'] }), []],
  ])('%s', (_, needed, expected) => {
    const findings = lintPolicy(gate({ tools: { used: USED, needed } })).filter(
      ({ code }) => code === never || code === implied,
    );
    expect(findings.map(({ code, message }) => `${code} ${doubled(message)}`)).toEqual(expected);
    for (const { severity, where: at } of findings) {
      expect([severity, at]).toEqual(['warning', 'tools/call needed']);
    }
  });

  /** What would be left out. */
  function doubled(message: string): string | undefined {
    return /^A token (?:that passes by (.*) passes by .*|with .* has (.*) too)/
      .exec(message)
      ?.slice(1)
      .find((text) => text !== undefined);
  }

  function whereOf(findings: readonly LintFinding[]): string[] {
    const others = findings.filter(({ code }) => code !== 'broad_first');
    return others.map(({ code, where: at }) => `${code} ${at}`);
  }

  test('the message names the superfluous part and the sufficient one', () => {
    const a = anyOf('read', 'write');
    const b = anyOf('admin', allOf('read', 'list'));
    const c = allOf('write', 'read');
    const findings = lintPolicy(gate({ tools: { a, b, c, USED } }));
    expect(findings.filter(({ code }) => code !== 'broad_first')).toEqual([
      {
        ...{ code: never, severity: 'warning', where: 'tools/call a' },
        message:
          'A token that passes by write passes by read too, and no challenge asks for write.',
        howToMend: 'Leave one of the two out: read accepts more tokens.',
      },
      {
        ...{ code: implied, severity: 'warning', where: 'tools/call b' },
        message:
          'A token that passes by admin passes by both read and list too, yet a challenge may ask for admin.',
        howToMend: 'Leave one of the two out: both read and list accepts more tokens.',
      },
      {
        ...{ code: implied, severity: 'warning', where: 'tools/call c' },
        message: 'A token with write has read too, yet a challenge may ask for both.',
        howToMend: 'Leave read out of the allOf.',
      },
    ]);
  });

  test('are found in the floor, and in rules of routes', () => {
    const findings = lintPolicy(gate({ tools: { a: USED }, floor: 'x', anonymous: true }), {
      routes: { 'GET /mcp/a': allOf('write', 'read') },
    });
    expect(whereOf(findings)).toEqual([
      `${never} handshake, lists, notifications, sessions`,
      `${implied} GET /mcp/a`,
    ]);
  });

  test('a part in many places is checked once', () => {
    let doubling: Rule = anyOf('x', allOf('write', 'read'));
    for (let level = 0; level < 30; level++) {
      doubling = anyOf(allOf(doubling, 'x'), allOf(doubling, 'y'));
    }
    const findings = lintPolicy(gate({ tools: { doubling, USED } }));
    expect(findings.filter(({ message }) => doubled(message) === 'read')).toHaveLength(1);
  });

  test('very large rules are checked only as far as it is fast', () => {
    const names = Array.from({ length: 140 }, (_, index) => `s${index}`);
    const known = defineScopes(names);
    const wide = anyOf('s0', ...names.slice(1, 12), allOf('s0', 's20'));
    const all = allOf('s0', ...names.slice(1));
    const tail = names.slice(2, 80).map((name) => allOf('s0', name));
    const cut = anyOf('s0', allOf(anyOf(allOf('s0', 's1'), ...tail, 's90')));
    const any = anyOf('s0', ...names.slice(1), allOf('s0', 's130'));
    const findings = lintPolicy(gate({ tools: { wide, all, cut, any } }, { scopes: known }));
    expect(whereOf(findings)).toEqual([`${implied} tools/call wide`, `${implied} tools/call any`]);
  });
});

describe('route_outside_resource', () => {
  const code = 'route_outside_resource';

  test.each<readonly [resource: string, route: string, isOutside: boolean]>([
    ['https://a.example/mcp', '/mcp', false],
    ['https://a.example/mcp', '/mcp/export', false],
    ['https://a.example/mcp', '/mcp-export', true],
    ['https://a.example/mcp', '/export', true],
    ['https://a.example/mcp/', '/mcp/export', false],
    ['https://a.example/mcp?tenant=a', '/mcp/export', false],
    ['https://a.example', '/export', false],
    ['https://a.example/', '/', false],
  ])('%s and %s', (resource, route, isOutside) => {
    const routes = { [`GET ${route}`]: 'x' };
    const findings = lintPolicy(gate({ tools: { a: USED } }, { resource }), { routes });
    expect(codes(findings)).toEqual(isOutside ? [code] : []);
    if (isOutside) {
      expect(findings[0]).toMatchObject({ severity: 'warning', where: `GET ${route}` });
    }
  });

  test('routes of a policy over HTTP', () => {
    const policy = httpPolicy([
      { method: 'GET', path: '/api/a', rule: 'admin:notes' },
      { method: 'GET', path: '/a', rule: 'admin:notes' },
    ]);
    const resource = 'https://a.example/api';
    const one = createGate({ resource, verifier: scopesAsToken, scopes, policy });
    expect(of(code, lintPolicy(one))).toEqual([
      'warning GET /a: /a is not below https://a.example/api: careful clients do not send their token there.',
    ]);
  });
});

test('findings have one order, and hostile names are escaped', () => {
  const hostile = gate({ tools: { [HOSTILE]: allOf('write', 'read') } }, { initialScopes: ['x'] });
  const findings = lintPolicy(hostile, { tools: [HOSTILE, `${HOSTILE}2`] });
  expect(codes(findings)).toEqual([
    ...['operation_without_rule', 'scope_never_used', 'scope_never_used', 'scope_never_used'],
    ...['advertised_never_enforced', 'implied_duplicate'],
  ]);
  expect(lintPolicy(hostile, { tools: [HOSTILE, `${HOSTILE}2`] })).toEqual(findings);
  expect(findings.flatMap(({ where: at, message }) => [at, message]).join('')).not.toMatch(
    /[\p{C}\p{Zl}\p{Zp}]|\u00a0/u,
  );
});

describe('broad_first', () => {
  const code = 'broad_first';
  const orders = defineScopes(['orders:read', 'orders:list', 'orders:admin']);
  const listing = anyOf('orders:admin', allOf('orders:read', 'orders:list'));
  const broad = (
    tools: Readonly<Record<string, Rule>>,
    known: ScopeCatalogue = orders,
  ): readonly LintFinding[] =>
    lintPolicy(gate({ tools }, { scopes: known })).filter((finding) => finding.code === code);

  test('a choice that asks callers without scopes for the scope that opens the most', () => {
    expect(broad({ list_orders: listing, purge_orders: 'orders:admin' })).toEqual([
      {
        ...{ code, severity: 'warning', where: 'tools/call list_orders' },
        message:
          'A caller without scopes is asked for orders:admin, which opens 2 operations; orders:read orders:list is enough, and opens 1.',
        howToMend:
          'Let orders:admin imply orders:read orders:list in the catalogue, and leave it out of the rule: it still passes, and is not asked for.',
      },
    ]);
  });

  test('of equally many scopes the narrower one must come first', () => {
    const tools = { get_order: anyOf('orders:admin', 'orders:read'), purge: 'orders:admin' };
    expect(broad(tools).map(({ howToMend }) => howToMend)).toEqual([
      'Write orders:read before orders:admin.',
    ]);
  });

  const implying = defineScopes({
    ...{ 'orders:read': {}, 'orders:list': {} },
    'orders:admin': { implies: ['orders:read', 'orders:list'] },
  });
  test.each<readonly [what: string, tools: Readonly<Record<string, Rule>>, known: ScopeCatalogue]>([
    [
      'the narrower one comes first',
      { a: anyOf('orders:read', 'orders:admin'), b: 'orders:admin' },
      orders,
    ],
    [
      'each opens what the other does not',
      { a: listing, b: 'orders:admin', c: 'orders:read' },
      orders,
    ],
    ['both open the same', { a: listing }, orders],
    ['one implies the other', { a: listing, b: 'orders:admin' }, implying],
    [
      'the advice was followed',
      { a: allOf('orders:read', 'orders:list'), b: 'orders:admin' },
      implying,
    ],
    [
      'any token is enough',
      { a: anyOf(authenticated(), 'orders:admin'), b: 'orders:admin' },
      orders,
    ],
  ])('nothing if %s', (_, tools, known) => {
    expect(broad(tools, known)).toEqual([]);
  });
});

describe('annotation_contradicts_scope', () => {
  const code = 'annotation_contradicts_scope';
  const notes = defineScopes({
    ...{ 'notes:read': {}, 'notes:write': { implies: ['notes:read'] }, 'notes:all': {} },
    ...{ 'calendar.readonly': {}, 'files:readWrite': {} },
  });
  const READS = { readOnlyHint: true };
  const WRITES = { readOnlyHint: false };
  const DESTROYS = { destructiveHint: true };
  const found = (
    needed: Rule,
    annotations: ToolHints | undefined,
    options: LintOptions<string> = {},
  ): string[] => {
    const tools = [{ name: 'tool', annotations }];
    const findings = lintPolicy(gate({ tools: { tool: needed } }, { scopes: notes }), {
      tools,
      ...options,
    });
    return findings.filter((one) => one.code === code).map(({ message }) => message);
  };

  test('a tool that only reads under a scope for writing', () => {
    expect(found('notes:write', READS)).toEqual([
      'It only reads, as its annotations say, and needs notes:write.',
    ]);
  });

  test('a tool that destroys under a scope for reading', () => {
    expect(found('notes:read', DESTROYS)).toEqual([
      'It writes, as its annotations say, and a token with notes:read may run it.',
    ]);
  });

  const reads = 'It only reads';
  const writes = 'It writes';
  test.each<
    readonly [needed: Rule, annotations: ToolHints | undefined, expected: string | undefined]
  >([
    ['notes:read', READS, undefined],
    ['notes:write', WRITES, undefined],
    ['notes:write', DESTROYS, undefined],
    ['notes:read', WRITES, writes],
    // These contradict each other: the worse is assumed.
    ['notes:read', { ...READS, ...DESTROYS }, writes],
    ['notes:read', { ...WRITES, destructiveHint: false }, writes],
    ['calendar.readonly', DESTROYS, writes],
    // A name that says nothing, or both, and a tool that says nothing.
    ['notes:all', DESTROYS, undefined],
    ['notes:all', READS, undefined],
    ['files:readWrite', READS, undefined],
    ['notes:write', undefined, undefined],
    ['notes:write', {}, undefined],
    ['notes:read', { destructiveHint: false }, undefined],
    // One alternative for reading is enough for a reader, and too much for a tool that writes.
    [anyOf('notes:read', 'notes:write'), READS, undefined],
    [anyOf('notes:read', 'notes:write'), DESTROYS, writes],
    [allOf('notes:read', 'notes:write'), DESTROYS, undefined],
    [allOf('notes:read', 'notes:write'), READS, reads],
    [allOf('notes:read', 'notes:all'), DESTROYS, undefined],
    // Behind a condition, too; without any scope there is nothing to compare.
    [where(() => true, 'notes:read'), DESTROYS, writes],
    [where(() => true, 'notes:write'), READS, reads],
    [authenticated(), DESTROYS, undefined],
    [deny(), READS, undefined],
  ])('%j of a tool with %j: %s', (needed, annotations, expected) => {
    const [first, ...others] = found(needed, annotations);
    expect(others).toEqual([]);
    expect(first?.startsWith(expected ?? '-')).toBe(expected === undefined ? undefined : true);
  });

  test('scopeUse says what a name does not', () => {
    expect(found('notes:all', DESTROYS, { scopeUse: { 'notes:all': 'reads' } })).toHaveLength(1);
    expect(found('notes:write', READS, { scopeUse: { 'notes:write': 'reads' } })).toEqual([]);
  });

  test('routes are known by their method; a page may be for writers alone', () => {
    const routes = {
      'DELETE /mcp/a': 'notes:read',
      'PUT /mcp/b': 'notes:write',
      'GET /mcp/c': 'notes:write',
      'POST /mcp/d': 'notes:read',
    } as const;
    const findings = lintPolicy(gate({}, { scopes: notes }), { routes });
    expect(of(code, findings)).toEqual([
      'warning DELETE /mcp/a: It writes, as its method says, and a token with notes:read may run it.',
    ]);
  });

  test.each<readonly [options: object, message: string]>([
    [
      { tools: [{ name: 'a', annotations: { readOnlyHint: 'true' } }] },
      'tools[0].annotations.readOnlyHint',
    ],
    [
      { scopeUse: { 'notes:raed': 'reads' } },
      'scopeUse["notes:raed"]: the catalogue does not have it',
    ],
    [
      { scopeUse: { 'notes:read': 'read' } },
      "scopeUse[\"notes:read\"]: expected 'reads' or 'writes'",
    ],
    [{ scopeUse: 'reads' }, 'scopeUse: expected a record'],
  ])('refuses %j', (options, message) => {
    const lint = (): unknown => lintPolicy(gate({}, { scopes: notes }), options);
    expect(lint).toThrow(TypeError);
    expect(lint).toThrow(message);
  });
});

describe('rules of tasks', () => {
  const own = ownership({ keys: ['a secret of at least 32 bytes, for tests'] });
  const policy = { tools: { export: USED, closed: deny() }, taskRules: { export: 'read' } };

  test('that apply are no finding, and their scopes count as used', () => {
    expect(lintPolicy(gate(policy, { ownership: own }))).toEqual([]);
    const tools = { export: 'admin', plain: allOf('x', 'y', 'write', 'list') };
    const split = { tools, taskRules: { export: 'read' } };
    expect(of('scope_never_used', lintPolicy(gate(split, { ownership: own })))).toEqual([]);
  });

  test('of a tool that nobody can call, and of a gate without ownership', () => {
    const unknown = { ...policy, taskRules: { exprot: 'read', closed: 'read' } };
    expect(of('rule_without_operation', lintPolicy(gate(unknown, { ownership: own })))).toEqual([
      'warning tasks/* exprot: No rule lets anybody call the tool exprot, so it begins no tasks.',
      'warning tasks/* closed: No rule lets anybody call the tool closed, so it begins no tasks.',
    ]);
    expect(of('rule_without_operation', lintPolicy(gate(policy)))).toEqual([
      'warning tasks/* export: The gate has no ownership, so all tasks have the rule `tasks` in the place of this one.',
    ]);
  });

  test('with a function that does not say what it needs are reported like others', () => {
    const dark = { tools: { export: USED }, taskRules: { export: () => 'read' } };
    expect(of('requirement_unknown', lintPolicy(gate(dark, { ownership: own })))).toHaveLength(1);
  });
});
