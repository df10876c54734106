/**
 * A refusal of a guarded tool is sent as a 403: every framework, every SDK, both wires, on sockets.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { InsufficientScopeError, authenticated } from '../../src/index.js';
import { guardTool } from '../../src/mcp/index.js';
import { notesGate, request } from '../support/mcp.js';
import { APPS, sayFirst } from './support/apps.js';
import type { Tools } from './support/apps.js';
import { messageOf, open, toolCall } from './support/call.js';
import type { OpenedApp } from './support/call.js';
import { HOSTS } from './support/hosts.js';

/** Verifies tokens; the guards of the tools check scopes. */
const gate = notesGate({ tools: {}, otherTools: authenticated() });
/** A gate in front of the server with the same rules. */
const front = notesGate({
  tools: { add: 'notes:write', late: 'notes:write', both: 'notes:write' },
});

const DONE = { content: [{ type: 'text' as const, text: 'done' }] };
let ran: string[] = [];
/** What a tool waits for. */
let gone: Promise<unknown> = Promise.resolve();
beforeEach(() => {
  ran = [];
});

const run = (name: string) => async (): Promise<typeof DONE> => {
  ran.push(name);
  return DONE;
};
const missingScope = new InsufficientScopeError('notes:write');
const add = guardTool(gate, 'notes:write', run('add'));
const tools: Tools = {
  add,
  both: guardTool(gate, 'notes:write', run('both'), { challengeStyle: 'both' }),
  inBand: guardTool(gate, 'notes:write', run('inBand'), { challengeStyle: 'in-band' }),
  late: guardTool(gate, authenticated(), async () => {
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    throw missingScope;
  }),
  streamed: guardTool(gate, authenticated(), async (_args: unknown, context: unknown) => {
    await sayFirst(context, 'one');
    throw missingScope;
  }),
  slow: guardTool(gate, authenticated(), async (_args: unknown, context: unknown) => {
    await sayFirst(context, 'one');
    await gone;
    await sayFirst(context, 'two');
    return DONE;
  }),
  /** Asks a guarded tool, and answers for itself. */
  composed: async (...args: never[]) => {
    await (add as (...all: never[]) => Promise<unknown>)(...args);
    ran.push('composed');
    return DONE;
  },
  failing: guardTool(gate, authenticated(), () => {
    throw new Error('failing');
  }),
};

const columns = HOSTS.flatMap((host) =>
  APPS.flatMap((make) => {
    const { name, wires } = make(tools);
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

describe.each(columns)('$column', ({ host, make, wire }) => {
  let app: OpenedApp;
  beforeAll(async () => {
    app = await open(host, gate, make(tools), wire);
  });
  afterAll(() => app.close());

  test.each(CASES)('%s [C403-1, C403-5, IB-3, T16]', async (_what, token, status) => {
    const answer = await app.call('add', token);
    expect(answer.status).toBe(status);
    expect(ran).toEqual(status === 200 ? ['add'] : []);
    if (status === 200) expect(messageOf(answer.text)).toMatchObject({ id: 1, result: DONE });
  });

  test.each(['add', 'late'])(
    '%s: the 403 of a gate in front, to the byte [C403-1, C403-4]',
    async (tool) => {
      const answer = await app.call(tool, 'notes.read');
      const call = { token: 'notes.read', ...toolCall(tool, wire) };
      const expected = await front.check(request(call));
      if (expected.allowed) throw new Error('expected a refusal');
      expect(answer.status).toBe(expected.status);
      expect(answer.text).toBe(expected.body);
      for (const [name, value] of expected.headers) expect(answer.headers.get(name)).toBe(value);
    },
  );

  test('both: the 403 with the tool result as its body [IB-1, IB-4]', async () => {
    const answer = await app.call('both', 'notes.read');
    const challenge = answer.headers.get('www-authenticate');
    expect(answer.status).toBe(403);
    expect(answer.headers.get('content-type')).toBe('application/json');
    const { id, result } = JSON.parse(answer.text) as Record<string, unknown>;
    expect(id).toBe(1);
    expect(result).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: 'both needs notes:write' }],
      _meta: { 'mcp/www_authenticate': [challenge] },
    });
    expect(ran).toEqual([]);
  });

  test('in band: a tool result under 200 [IB-1, IB-4]', async () => {
    const answer = await app.call('inBand', 'notes.read');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('www-authenticate')).toBeNull();
    expect(messageOf(answer.text)['result']).toMatchObject({
      isError: true,
      _meta: { 'mcp/www_authenticate': [expect.stringContaining('scope="notes:write')] },
    });
    expect(ran).toEqual([]);
  });

  test('what a tool makes of another one’s refusal is its own answer', async () => {
    const answer = await app.call('composed', 'notes.read');
    expect(answer.status).toBe(200);
    expect(messageOf(answer.text)).toMatchObject({ result: DONE });
    expect(ran).toEqual(['composed']);
  });

  test('other errors stay the SDK’s', async () => {
    const answer = await app.call('failing', 'notes.read');
    expect(answer.status).toBe(200);
    expect(messageOf(answer.text)).toMatchObject({ result: { isError: true } });
    expect(answer.text).toContain('failing');
  });

  test('calls at the same time do not mix [T15]', async () => {
    const tokens = ['notes.read', 'notes.write', 'none', 'admin.notes', undefined];
    const expected = [403, 200, 403, 200, 401];
    const calls = Array.from({ length: 25 }, (_, index) => app.call('add', tokens[index % 5]));
    const answers = await Promise.all(calls);
    expect(answers.map(({ status }) => status)).toEqual(
      answers.map((_, index) => expected[index % 5]),
    );
    expect(ran).toHaveLength(10);
  });
});

const [documents, streams] = [true, false].map((json) =>
  columns.filter(({ column }) => column.includes('JSON') === json),
);

describe.each(documents ?? [])('$column', ({ host, make, wire }) => {
  let app: OpenedApp;
  beforeAll(async () => {
    app = await open(host, gate, make(tools), wire);
  });
  afterAll(() => app.close());

  test('what an SDK drops was never sent [C403-1]', async () => {
    expect((await app.call('streamed', 'notes.read')).status).toBe(403);
  });
});

describe.each(streams ?? [])('$column', ({ host, make, wire }) => {
  let app: OpenedApp;
  beforeAll(async () => {
    app = await open(host, gate, make(tools), wire);
  });
  afterAll(() => app.close());

  test('once a byte was sent, in band; nothing of it is lost [C403-5]', async () => {
    const answer = await app.call('streamed', 'notes.read');
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(/"data":"one".*\n[^]*"isError":true/);
    expect(messageOf(answer.text)).toMatchObject({
      result: { _meta: { 'mcp/www_authenticate': [expect.stringContaining('notes:write')] } },
    });
  });

  test('a stream is passed on as it comes', async () => {
    let go: (value?: unknown) => void = () => undefined;
    gone = new Promise((resolve) => {
      go = resolve;
    });
    const response = await app.begin('slow', 'notes.read');
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const decoder = new TextDecoder();
    let text = '';
    while (!text.includes('"one"')) text += decoder.decode((await reader.read()).value);
    expect(text).not.toContain('"two"');
    go();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      text += decoder.decode(read.value);
    }
    expect(text).toMatch(/"one"[^]*"two"[^]*"done"/);
  });
});
