import { describe, expect, test } from 'vitest';
import {
  allOf,
  anyOf,
  authenticated,
  createGate,
  deny,
  httpPolicy,
  publicAccess,
  recentLogin,
  rule as computed,
  where,
} from '../../src/index.js';
import type { Auth, Rule } from '../../src/index.js';
import {
  visiblePrompts,
  visibleResourceTemplates,
  visibleResources,
  visibleTools,
} from '../../src/mcp/index.js';
import { notesGate, request } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

type Rules = Readonly<Record<string, Rule<NotesScope>>>;

const RULES: Rules = {
  read: 'notes:read',
  write: 'notes:write',
  both: allOf('notes:read', 'admin:notes'),
  either: anyOf('admin:notes', 'notes:write'),
  anyone: publicAccess(),
  signedIn: authenticated(),
  nobody: deny(),
  asked: computed(() => 'notes:write'),
  hidden: where(() => true, 'admin:notes'),
  recent: allOf('notes:write', recentLogin({ maxAge: 60 })),
  ['constructor' as string]: 'notes:read',
};
/** Rules that depend on the request: the list shows what may be allowed. */
const DYNAMIC = ['asked', 'hidden', 'recent'];
const TOKENS = [undefined, 'none', 'notes.read', 'notes.write', 'admin.notes'];
const names = [...Object.keys(RULES), 'unknown', '__proto__', 'toString'];

const uriOf = (name: string): string => `notes://${name}`;
const gate = notesGate({
  tools: RULES,
  prompts: RULES,
  resources: Object.fromEntries(
    Object.entries(RULES).map(([name, rule]) => [uriOf(name.toLowerCase()), rule]),
  ),
});

const call = (method: string, params: object): object => ({
  jsonrpc: '2.0',
  id: 1,
  method,
  params,
});

async function authOf(token: string | undefined, of = gate): Promise<Auth | undefined> {
  const body = call('tools/call', { name: 'anyone' });
  const decision = await of.check(request({ token, body }));
  return decision.allowed ? decision.auth : undefined;
}

/** The lists: the names that are shown, and the request for one of them. */
const LISTS = {
  tools: {
    shown: (auth: unknown) =>
      visibleTools(
        gate,
        auth,
        names.map((name) => ({ name })),
      ).map((one) => one.name),
    request: (name: string) => call('tools/call', { name }),
  },
  prompts: {
    shown: (auth: unknown) =>
      visiblePrompts(
        gate,
        auth,
        names.map((name) => ({ name })),
      ).map((one) => one.name),
    request: (name: string) => call('prompts/get', { name }),
  },
  resources: {
    shown: (auth: unknown) =>
      visibleResources(
        gate,
        auth,
        names.map((name) => ({ name, uri: uriOf(name.toLowerCase()) })),
      ).map((one) => one.name),
    request: (name: string) => call('resources/read', { uri: uriOf(name.toLowerCase()) }),
  },
};

describe.each(Object.entries(LISTS))('%s', (_, { shown, request: of }) => {
  test.each(TOKENS)(
    'with the token %s, what is shown is what the gate allows [OP-15]',
    async (token) => {
      const visible = shown(await authOf(token));
      let checked = 0;
      for (const name of names) {
        const decision = await gate.check(request({ token, body: of(name) }));
        if (!DYNAMIC.includes(name))
          expect([name, visible.includes(name)]).toEqual([name, decision.allowed]);
        else if (decision.allowed) expect(visible).toContain(name);
        checked++;
      }
      expect(checked).toBe(names.length);
      expect(visible.length).toBeLessThan(names.length);
    },
  );

  test('the owner sees what may be allowed on a condition', async () => {
    expect(shown(await authOf('admin.notes'))).toEqual(
      names.filter((name) => !['nobody', 'unknown', '__proto__', 'toString'].includes(name)),
    );
  });

  test('an auth of another gate, or a forged one, is nobody [T16]', async () => {
    const other = await authOf('admin.notes', notesGate({ tools: RULES }));
    for (const auth of [
      other,
      { scopes: ['admin:notes'], has: () => true },
      null,
      'admin',
      undefined,
    ]) {
      expect(shown(auth)).toEqual(['anyone']);
    }
  });
});

test('resources that the gate refuses to read, because of their spelling, are not shown', async () => {
  const open = notesGate({ resources: { 'notes://{id}': 'notes:read' } });
  const auth = await authOf('notes.read', notesGate({ tools: { anyone: publicAccess() } }));
  expect(auth).toBeDefined();
  const body = call('resources/read', { uri: 'notes://a' });
  const own = await open.check(request({ token: 'notes.read', body }));
  const uris = [
    'notes://a',
    'notes://a?b',
    'notes://%61',
    'NOTES://a',
    'notes://a/b',
    'notes://{id}',
  ];
  const shown = visibleResources(
    open,
    own.allowed ? own.auth : undefined,
    uris.map((uri) => ({ uri })),
  );
  const allowed: string[] = [];
  for (const uri of uris) {
    const decision = await open.check(
      request({ token: 'notes.read', body: call('resources/read', { uri }) }),
    );
    if (decision.allowed) allowed.push(uri);
  }
  expect(shown.map(({ uri }) => uri)).toEqual(allowed);
  expect(allowed).toContain('notes://a');
});

describe('templates', () => {
  const templates = notesGate({
    tools: { anyone: publicAccess() },
    resources: {
      'notes://mine/{id}': 'notes:read',
      'notes://mine/secret': 'admin:notes',
      'notes://all/{id}': 'notes:write',
      'notes://log/{day}/{hour}': 'admin:notes',
      'open://{id}': publicAccess(),
      'closed://{id}': deny(),
    },
  });
  const visible = async (token: string | undefined): Promise<readonly string[]> => {
    const auth = await authOf(token, templates);
    const listed = LIST.map((uriTemplate) => ({ uriTemplate, name: uriTemplate }));
    return visibleResourceTemplates(templates, auth, listed).map(({ uriTemplate }) => uriTemplate);
  };
  const LIST = [
    ...['notes://mine/{id}', 'notes://mine/{number}', 'notes://all/{id}', 'notes://log/{d}/{h}'],
    // No key: what may be read under it counts.
    ...['notes://{box}/{id}', 'notes://{+path}', 'open://{id}', 'closed://{id}', 'other://{id}'],
  ];
  const any = ['notes://{box}/{id}', 'notes://{+path}'];

  test.each<readonly [token: string | undefined, expected: readonly string[]]>([
    [undefined, ['open://{id}']],
    ['none', ['open://{id}']],
    ['notes.read', ['notes://mine/{id}', 'notes://mine/{number}', ...any, 'open://{id}']],
    [
      'notes.write',
      ['notes://mine/{id}', 'notes://mine/{number}', 'notes://all/{id}', ...any, 'open://{id}'],
    ],
    ['admin.notes', LIST.filter((one) => !/closed|other/.test(one))],
  ])('the token %s sees %j [OP-15]', async (token, expected) => {
    expect(await visible(token)).toEqual(expected);
  });

  test('a template is shown if and only if some URI of it can be read [OP-15]', async () => {
    const values = ['1', 'secret', 'mine', 'all', 'log'];
    const urisOf = (template: string): readonly string[] =>
      template
        .split(/\{\+?\w+\}/)
        .reduce<string[]>(
          (uris, text, at) =>
            at === 0
              ? [text]
              : uris.flatMap((uri) => values.map((value) => `${uri}${value}${text}`)),
          [],
        );
    for (const token of TOKENS) {
      const shown = await visible(token);
      for (const template of LIST) {
        if (template.includes('+')) continue;
        let readable = false;
        for (const uri of urisOf(template)) {
          const body = call('resources/read', { uri });
          const decision = await templates.check(request({ token, body }));
          readable ||= decision.allowed;
        }
        expect([token, template, shown.includes(template)]).toEqual([token, template, readable]);
      }
    }
  });

  test('otherResources counts for a template that is no key', async () => {
    const open = notesGate({ tools: { anyone: publicAccess() }, otherResources: 'notes:read' });
    const listed = [{ uriTemplate: 'other://{id}' }];
    for (const [token, length] of [
      ['notes.read', 1],
      ['none', 0],
    ] as const) {
      expect(visibleResourceTemplates(open, await authOf(token, open), listed)).toHaveLength(
        length,
      );
    }
  });
});

test('a gate without an mcpPolicy cannot tell', () => {
  const options = { resource: 'https://notes.example.com/', verifier: () => undefined };
  const none = createGate({ ...options, scopes: ['a'] });
  const paths = createGate({
    ...options,
    scopes: ['a'],
    policy: httpPolicy([{ method: 'GET', path: '/x', rule: 'a' }]),
  });
  const lists = [visibleTools, visiblePrompts, visibleResources, visibleResourceTemplates];
  for (const list of lists as readonly ((gate: object, auth: unknown, all: []) => unknown)[]) {
    expect(() => list(none, undefined, [])).toThrow(`${list.name}: the gate has no policy`);
    expect(() => list(paths, undefined, [])).toThrow('expected a gate with an mcpPolicy');
    expect(() => list({} as never, undefined, [])).toThrow(TypeError);
  }
});
