/** Functions that compare names: they are asked about each name that a reader may know a resource by. */
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyOf, authenticated, deny, where } from '../../src/index.js';
import type { DecisionEvent, Rule, RuleContext } from '../../src/index.js';
import { guardResource, scopeChallenge } from '../../src/mcp/index.js';
import { namesOf, namesOfAny } from '../../src/mcp/uri-readings.js';
import { check, header, notesGate, request, rpc } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

type NotesRule = Rule<NotesScope>;
type Context = RuleContext<NotesScope>;

/**
 * What only an administrator may read; the functions name these, and no key does. None is what a reader
 * makes of another, so that each step which a reader takes is needed for one of them.
 */
const VEILED = [
  ...['notes://veiled', 'notes://all?deep=veiled', 'file:///docs/veiled.txt'],
  ...['db://a/veiled', 'db://b;v=1/veiled', 'db://c./veiled'],
];
const isVeiled = ({ operation }: Context): boolean => VEILED.includes(operation.name ?? '');

const RULES: Readonly<Record<string, NotesRule>> = {
  function: (context) => (isVeiled(context) ? 'admin:notes' : 'notes:read'),
  promise: async (context) => (isVeiled(context) ? 'admin:notes' : 'notes:read'),
  condition: anyOf(
    'admin:notes',
    where((context) => !isVeiled(context), 'notes:read'),
  ),
};

const behind = notesGate({ otherResources: authenticated(), tools: {} });

type Way = (uri: string, token: string) => Promise<string>;

const ofBody =
  (gate: ReturnType<typeof notesGate>, toBody: (uri: string) => object): Way =>
  async (uri, token) => {
    const decision = await check(gate, { token, body: toBody(uri) });
    return decision.allowed ? 'allowed' : String(decision.status);
  };

/** Every way by which a URI comes to a rule. */
function waysOf(rule: NotesRule): Readonly<Record<string, Way>> {
  const templates = ['notes://{id}', 'db://{table}/{id}', 'file:///docs/{name}'];
  const policies = {
    'a template': { resources: Object.fromEntries(templates.map((key) => [key, rule])) },
    otherResources: { otherResources: rule },
  };
  const bodies: Readonly<Record<string, (uri: string) => object>> = {
    'resources/read': (uri) => rpc('resources/read', { uri }),
    'resources/subscribe': (uri) => rpc('resources/subscribe', { uri }),
    'resources/unsubscribe': (uri) => rpc('resources/unsubscribe', { uri }),
    'subscriptions/listen': (uri) =>
      rpc('subscriptions/listen', {
        notifications: { resourceSubscriptions: ['notes://open', uri] },
      }),
    'completion/complete': (uri) =>
      rpc('completion/complete', {
        ref: { type: 'ref/resource', uri },
        argument: { name: 'id', value: '' },
      }),
  };
  const inFront = Object.entries(policies).flatMap(([key, policy]) => {
    const gate = notesGate(policy);
    return Object.entries(bodies).map(
      ([method, toBody]) => [`${method}, ${key}`, ofBody(gate, toBody)] as const,
    );
  });
  const authOf = async (token: string): Promise<unknown> => {
    const decision = await behind.check(request({ token, body: rpc('ping') }), authenticated());
    return decision.allowed ? decision.auth : undefined;
  };
  const guarded = guardResource(
    behind,
    rule,
    (_uri: URL, _variables: object, _context: object) => ({
      contents: [],
    }),
  );
  const challenge = scopeChallenge(behind, rule);
  return {
    ...Object.fromEntries(inFront),
    guardResource: async (uri, token) => {
      // The SDKs hand over a URL.
      const url = URL.canParse(uri) ? new URL(uri) : undefined;
      if (url === undefined) return '400';
      return guarded(url, {}, { authInfo: await authOf(token) }).then(
        () => 'allowed',
        () => '403',
      );
    },
    scopeChallenge: async (uri, token) => {
      const asked = { method: 'resources/read', params: { uri } };
      return challenge({ request: asked, authInfo: await authOf(token) }).then(
        (answer) => (answer === undefined ? 'allowed' : '403'),
        () => '403',
      );
    },
  };
}

/** What readers do to a URI, in words of their own; several do several of it. */
const decodeLeniently = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
const READERS: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'without the fragment': (text) => text.split('#')[0] as string,
  'without query and fragment': (text) => text.split(/[?#]/)[0] as string,
  'cut at a semicolon, too': (text) => text.split(/[;?#]/)[0] as string,
  'without parameters of segments': (text) =>
    text
      .split('/')
      .map((segment) => segment.replace(/;[^?#]*/, ''))
      .join('/'),
  decoded: decodeLeniently,
  'decoded twice': (text) => decodeLeniently(decodeLeniently(text)),
  'a final slash less': (text) => (/[^/]\/$/.test(text) ? text.slice(0, -1) : text),
  'single slashes': (text) => text.replaceAll(/(?<=[^:/])\/+/g, '/'),
  'without dots and spaces at its end': (text) => text.replace(/[. ]+$/, ''),
  'without dots and spaces in front of slashes': (text) => text.replaceAll(/[. ]+(?=[/?#]|$)/g, ''),
  'of one Unicode form': (text) => text.normalize('NFKC'),
  'as a URL': (text) => (URL.canParse(text) ? new URL(text).href : text),
  'as Node reads files': (text) =>
    text.startsWith('file:///') && !/%2f/i.test(text) && URL.canParse(text)
      ? `file://${fileURLToPath(text, { windows: false })}`
      : text,
  'as Windows reads streams': (text) => text.replace(/^(file:.*?\w):.*$/, '$1'),
};

/** Whether some reader, or several one after the other, come to what is veiled. */
function mayBeVeiled(uri: string): boolean {
  let texts = new Set([uri]);
  for (let round = 0; round < 4; round++) {
    const read = [...texts].flatMap((text) => Object.values(READERS).map((one) => one(text)));
    texts = new Set([...texts, ...read]);
  }
  return VEILED.some((one) => texts.has(one));
}

const SPELT = [
  ...[
    '',
    '#',
    '#x',
    ';x/y',
    '?x/y',
    '?',
    '?x',
    '?x#y',
    '?x/y#z',
    '#x?y',
    ';x',
    ';',
    ';x?y#z',
    ';x=1;y',
  ],
  ...['%3Bx', '%3Fx', '%23x', '%3Fx?y', '%3Bx#y', '%253Fx', '%2523', '%253Bx;y', '%25253Fx'],
  ...[
    '.',
    '..',
    '...',
    '%20',
    '%20.',
    '. ',
    '%2520',
    '.#',
    '.?x',
    '/',
    '//',
    '/#',
    '/?x',
    './',
    '.;x',
  ],
  ...[
    '%EF%BC%9Fx',
    '%EF%BC%83',
    '%EF%BC%9B',
    '%E3%80%80',
    '::$DATA',
    ':x',
    ':x;y',
    '%2F',
    '%5C',
    '%00',
  ],
];

/** What readers may take for each. */
const SPELLINGS = new Map(
  VEILED.map((uri) => {
    const spellings = SPELT.flatMap((end) => [
      uri + end,
      uri.replace('veiled', (found) => found + end),
      uri.replace(/:\/\/\w+/, (found) => found + end),
    ]);
    return [uri, [...new Set(spellings)].filter(mayBeVeiled)];
  }),
);

describe.each(Object.entries(waysOf(RULES['function'] as NotesRule)))('%s', (_way, ask) => {
  test.each(VEILED)('%s is veiled, whatever follows it [T134, T135]', async (uri) => {
    const spellings = SPELLINGS.get(uri) as readonly string[];
    expect(spellings.length).toBeGreaterThan(30);
    for (const spelt of [uri, ...spellings]) {
      expect(await ask(spelt, 'notes.read'), spelt).not.toBe('allowed');
    }
  });

  test('what no reader takes for it is not [T134]', async () => {
    for (const uri of ['notes://veiled2', 'notes://unveiled?x', 'notes://veil', 'db://a/b#x']) {
      expect(await ask(uri, 'notes.read'), uri).toBe('allowed');
      expect(await ask(uri, 'none'), uri).toBe('403');
    }
  });
});

test.each(Object.entries(RULES))(
  'a %s: what any reader comes to is what was evaluated [T134, T135]',
  async (_name, rule) => {
    const ways = Object.entries(waysOf(rule));
    const reader = fc.array(fc.constantFrom(...Object.values(READERS)), {
      minLength: 1,
      maxLength: 3,
    });
    const spelling = fc
      .tuple(
        fc.constantFrom(...VEILED),
        fc.array(fc.constantFrom(...SPELT), { maxLength: 2 }),
        fc.array(fc.constantFrom(...SPELT), { maxLength: 2 }),
      )
      .map(([uri, inside, after]) =>
        [uri.replace('veiled', () => `veiled${inside.join('')}`), ...after].join(''),
      );
    let reached = 0;
    let isOpen = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...ways), spelling, reader, async (way, uri, steps) => {
        const [name, ask] = way;
        if (!VEILED.includes(steps.reduce((text, step) => step(text), uri))) return;
        reached++;
        expect(await ask(uri, 'notes.read'), `${name}: ${uri}`).not.toBe('allowed');
        if ((await ask(uri, 'admin.notes')) === 'allowed') isOpen++;
      }),
      { numRuns: 2500 },
    );
    expect(reached).toBeGreaterThan(200);
    // Some spellings are refused to anybody; not those that are honest.
    expect(isOpen).toBeGreaterThan(50);
  },
);

describe('the names of a URI', () => {
  test.each<readonly [uri: string, names: readonly string[]]>([
    ['notes://1', []],
    ['notes://Weekly', []],
    ['project:///src/a.ts', []],
    ['https://api.example/a/b-c_d.e', []],
    ['urn:isbn:1', []],
    ['notes://1#x', ['notes://1']],
    ['notes://1?', ['notes://1']],
    ['notes://1?x#y', ['notes://1?x', 'notes://1']],
    ['notes://a;v=1', ['notes://a']],
    ['db://a;v=1/b', ['db://a', 'db://a/b']],
    ['notes://my%20list', ['notes://my list']],
    ['notes://100%25', ['notes://100%']],
    ['notes://a%2520b', ['notes://a%20b', 'notes://a b']],
    ['notes://a.', ['notes://a']],
    ['db://a/', ['db://a']],
    ['file:///', []],
    ['db://', []],
    ['db:////a//b', ['db:///a/b']],
    ['file:///a.txt:x', ['file:///a.txt']],
    ['notes://h:80/x', []],
  ])('%s: also %j [T135]', (uri, others) => {
    expect(namesOf(uri)?.toSorted()).toEqual([uri, ...others].toSorted());
  });

  test('a URI with more than sixteen is none to a function, and is refused [T135, T184]', async () => {
    const uri = 'db://a.;b/c.;d/%2520?x;y/#z';
    expect(namesOf(uri)).toBeUndefined();
    for (const [way, ask] of Object.entries(waysOf(RULES['function'] as NotesRule))) {
      const isInFront = way.includes(', ');
      expect(await ask(uri, 'admin.notes'), way).toBe(isInFront ? '400' : '403');
    }
    const plain = notesGate({ otherResources: 'notes:read' });
    const body = rpc('resources/read', { uri });
    expect((await check(plain, { token: 'notes.read', body })).allowed).toBe(true);
  });

  test('none inside a server, where a reader may find separators or another form [T135]', () => {
    expect(namesOfAny('notes://1?x')).toEqual(['notes://1?x', 'notes://1']);
    for (const uri of [
      'notes://a%2Fb',
      'notes://%61',
      'NOTES://a',
      'notes://a%00',
      'a',
      'x:/%2e',
    ]) {
      expect(namesOfAny(uri), uri).toBeUndefined();
    }
  });
});

test('the challenge tells one need once, and the event the URI as it was sent [T134]', async () => {
  const events: DecisionEvent[] = [];
  const resources = { 'notes://{id}': () => anyOf('notes:write', 'admin:notes') } as const;
  const gate = notesGate({ resources }, { onDecision: (event) => events.push(event) });
  const body = rpc('resources/read', { uri: 'notes://my%20list' });
  const decision = await check(gate, { token: 'notes.read', body });
  expect(header(decision, 'www-authenticate')).toContain(
    'error_description="notes://{id} needs notes:write, or admin:notes"',
  );
  expect(events.map(({ operation }) => operation?.name)).toEqual(['notes://my%20list']);
});

test('a key that is the URI itself is asked about as it was written [T134]', async () => {
  const table = new Map<string | undefined, NotesRule>([
    ['file:///my%20plan.txt', 'notes:read'],
    ['notes://all?deep=1', 'notes:write'],
  ]);
  const byTable = ({ operation }: Context): NotesRule => table.get(operation.name) ?? deny();
  const gate = notesGate({
    resources: { 'file:///my%20plan.txt': byTable, 'notes://all?deep=1': byTable },
  });
  const ask = ofBody(gate, (uri) => rpc('resources/read', { uri }));
  expect(await ask('file:///my%20plan.txt', 'notes.read')).toBe('allowed');
  expect(await ask('notes://all?deep=1', 'notes.read')).toBe('403');
  expect(await ask('notes://all?deep=1', 'notes.write')).toBe('allowed');
  expect(await ask('file:///my%20plan.txt?x', 'notes.read')).toBe('403');
});
