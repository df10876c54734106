/**
 * A refusal of a guarded prompt or resource is sent as a 403: every framework, every SDK, both
 * wires, on sockets.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { InsufficientScopeError, authenticated, deny } from '../../src/index.js';
import { guardPrompt, guardResource } from '../../src/mcp/index.js';
import { notesGate, request } from '../support/mcp.js';
import { APPS, sayFirst } from './support/apps.js';
import type { More } from './support/apps.js';
import { messageOf, open, questionOf } from './support/call.js';
import type { OpenedApp, Question } from './support/call.js';
import { HOSTS } from './support/hosts.js';

/** Verifies tokens; the guards of prompts and resources check scopes. */
const gate = notesGate({
  ...{ tools: {}, otherTools: authenticated() },
  ...{ otherPrompts: authenticated(), otherResources: authenticated() },
});
/** A gate in front of the server with the same rules; it labels resources as one without a key does. */
const front = notesGate({
  prompts: { ask: 'notes:write', late: 'notes:write' },
  otherResources: 'notes:write',
});

const PROMPT = { messages: [] };
const RESOURCE = { contents: [{ uri: 'notes://one', text: 'done' }] };
let ran: string[] = [];
beforeEach(() => {
  ran = [];
});

function run<T>(name: string, result: T): () => Promise<T> {
  return async () => {
    ran.push(name);
    return result;
  };
}
const missingScope = new InsufficientScopeError('notes:write');
async function late(): Promise<never> {
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  throw missingScope;
}
async function streamed(...args: unknown[]): Promise<never> {
  await sayFirst(args.at(-1), 'one');
  throw missingScope;
}
function failing(): never {
  throw new Error('failing');
}

const ask = guardPrompt(gate, 'notes:write', run('ask', PROMPT));
const more: More = {
  prompts: {
    ask,
    inBand: guardPrompt(gate, 'notes:write', run('inBand', PROMPT), { challengeStyle: 'in-band' }),
    late: guardPrompt(gate, authenticated(), late),
    streamed: guardPrompt(gate, authenticated(), streamed),
    denied: guardPrompt(gate, deny(), run('denied', PROMPT)),
    failing: guardPrompt(gate, authenticated(), failing),
    /** Asks a guarded prompt, and answers for itself. */
    composed: async (...args: never[]) => {
      await (ask as (...all: never[]) => Promise<unknown>)(...args).catch(() => undefined);
      return run('composed', PROMPT)();
    },
    ofArguments: guardPrompt(
      gate,
      ({ args }) => ((args as { text: string }).text === 'x' ? 'admin:notes' : 'notes:read'),
      run('ofArguments', PROMPT),
    ),
  },
  resources: {
    'notes://one': guardResource(gate, 'notes:write', run('one', RESOURCE)),
    'notes://by/{id}': guardResource(gate, 'notes:write', run('by', RESOURCE)),
    'notes://inBand': guardResource(gate, 'notes:write', run('inBand', RESOURCE), {
      challengeStyle: 'in-band',
    }),
    'notes://late': guardResource(gate, authenticated(), late),
    'notes://streamed': guardResource(gate, authenticated(), streamed),
    'notes://denied': guardResource(gate, deny(), run('denied', RESOURCE)),
    'notes://failing': guardResource(gate, authenticated(), failing),
    'notes://of/{id}': guardResource(
      gate,
      ({ operation }) => (operation.name === 'notes://of/x' ? 'admin:notes' : 'notes:read'),
      run('of', RESOURCE),
    ),
  },
};

const columns = HOSTS.flatMap((host) =>
  APPS.flatMap((make) => {
    const { name, wires } = make({}, more);
    return wires.map((wire) => ({ column: `${host.name}, ${name}, ${wire}`, host, make, wire }));
  }),
);

const CASES = [
  ['too few scopes', 'notes.read', 403],
  ['all of them', 'notes.write', 200],
  ['no scopes', 'none', 403],
  ['more than enough', 'admin.notes', 200],
  ['no token', undefined, 401],
  ['a bad token', 'bad', 401],
] as const;

const OPERATIONS: readonly [method: Question, name: string, ran: string, result: object][] = [
  ['prompts/get', 'ask', 'ask', PROMPT],
  ['resources/read', 'notes://one', 'one', RESOURCE],
  ['resources/read', 'notes://by/7', 'by', RESOURCE],
];

const of = (method: Question, name: string): string =>
  method === 'prompts/get' ? name : `notes://${name}`;
const METHODS = ['prompts/get', 'resources/read'] as const;

describe.each(columns)('$column', ({ host, make, wire }) => {
  let app: OpenedApp;
  beforeAll(async () => {
    app = await open(host, gate, make({}, more), wire);
  });
  afterAll(() => app.close());

  test.each(OPERATIONS)(
    '%s %s: by scopes [C403-1, C403-5, T16]',
    async (method, name, runs, result) => {
      for (const [, token, status] of CASES) {
        ran = [];
        const answer = await app.ask(method, name, token);
        expect(answer.status).toBe(status);
        expect(ran).toEqual(status === 200 ? [runs] : []);
        if (status === 200) expect(messageOf(answer.text)).toMatchObject({ id: 1, result });
      }
    },
  );

  const REFUSED: readonly (readonly [method: Question, name: string])[] = [
    ...OPERATIONS.map(([method, name]) => [method, name] as const),
    ['prompts/get', 'late'],
    ['resources/read', 'notes://late'],
  ];
  test.each(REFUSED)(
    '%s %s: the 403 of a gate in front, to the byte [C403-1, C403-4]',
    async (method, name) => {
      const answer = await app.ask(method, name, 'notes.read');
      const expected = await front.check(
        request({ token: 'notes.read', ...questionOf(method, name, wire) }),
      );
      if (expected.allowed) throw new Error('expected a refusal');
      expect(answer.status).toBe(expected.status);
      expect(answer.text).toBe(expected.body);
      for (const [header, value] of expected.headers) {
        expect(answer.headers.get(header)).toBe(value);
      }
      expect(ran).toEqual([]);
    },
  );

  test.each(METHODS)(
    '%s in band, or when a message is out: the same JSON-RPC error under 200 [C403-1]',
    async (method) => {
      for (const name of ['inBand', 'streamed']) {
        const answer = await app.ask(method, of(method, name), 'notes.read');
        // A transport that answers one JSON document sends no message in front of it.
        const isSent = name === 'inBand' || !make({}, more).name.includes('JSON');
        expect(answer.status).toBe(isSent ? 200 : 403);
        expect(answer.headers.get('www-authenticate') === null).toBe(isSent);
        const scope = expect.stringMatching(/^notes:write/) as string;
        expect(messageOf(answer.text)).toMatchObject({
          id: 1,
          error: { code: 403, data: { error: 'insufficient_scope', scope } },
        });
      }
      expect(ran).toEqual([]);
    },
  );

  test.each(METHODS)('%s: a denial is a 403 without a challenge [C403-6]', async (method) => {
    const answer = await app.ask(method, of(method, 'denied'), 'admin.notes');
    expect(answer.status).toBe(403);
    expect(answer.headers.get('www-authenticate')).toBeNull();
    expect(ran).toEqual([]);
  });

  test.each(METHODS)('%s: other errors stay the SDK’s', async (method) => {
    const answer = await app.ask(method, of(method, 'failing'), 'notes.read');
    expect(answer.status).toBe(200);
    expect(messageOf(answer.text)).toMatchObject({ error: { message: 'failing' } });
  });

  test('a rule gets the arguments, or the URI [T134]', async () => {
    for (const [method, name, status] of [
      ['prompts/get', 'ofArguments', 403],
      ['resources/read', 'notes://of/x', 403],
      ['resources/read', 'notes://of/y', 200],
    ] as const) {
      const answer = await app.ask(method, name, 'notes.read');
      expect(answer.status).toBe(status);
      if (status === 403) {
        expect(answer.headers.get('www-authenticate')).toContain('scope="admin:notes');
      }
    }
    expect(ran).toEqual(['of']);
  });

  test('a prompt that handles another one’s refusal answers for itself', async () => {
    const answer = await app.ask('prompts/get', 'composed', 'notes.read');
    expect(answer.status).toBe(200);
    expect(messageOf(answer.text)).toMatchObject({ result: PROMPT });
    expect(ran).toEqual(['composed']);
  });
});

describe('by themselves', () => {
  test('without an auth of the gate they refuse, with any error that both SDKs can send [T16, IB-3]', async () => {
    for (const context of [{}, { authInfo: { scopes: ['notes:write'] } }, undefined]) {
      for (const guarded of [
        () => guardPrompt(gate, authenticated(), run('x', PROMPT) as never)(context as never),
        () =>
          guardResource(
            gate,
            authenticated(),
            run('x', RESOURCE) as never,
          )(...([new URL('notes://x'), context] as never[])),
      ]) {
        await expect(guarded()).rejects.toMatchObject({
          code: 401,
          message: 'This resource needs an access token',
          data: { error: 'unauthorized' },
        });
      }
    }
    expect(ran).toEqual([]);
  });

  test('what is wrong at set-up is found there', () => {
    const handler = run('x', PROMPT);
    for (const [name, guard] of Object.entries({ guardPrompt, guardResource })) {
      const call =
        (...args: unknown[]) =>
        (): unknown =>
          guard(...(args as Parameters<typeof guardPrompt>));
      expect(call({}, 'notes:read', handler)).toThrow(`${name}: expected what createGate`);
      expect(call(gate, 'other', handler)).toThrow(/rule: "other"/);
      expect(call(gate, 'notes:read')).toThrow(`${name}: expected a handler`);
      expect(call(gate, 'notes:read', handler, { style: 'http' })).toThrow(`${name}.style`);
      expect(call(gate, 'notes:read', handler, { challengeStyle: 'both' })).toThrow(
        `${name}.challengeStyle: expected one of http, in-band`,
      );
    }
  });
});
