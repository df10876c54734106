import { beforeAll, describe, expect, test } from 'vitest';
import { authenticated, createGate } from '../../src/index.js';
import { replaceResponse } from '../../src/adapter.js';
import type { Auth } from '../../src/index.js';
import { guardPrompt, guardResource, guardTool } from '../../src/mcp/index.js';
import {
  RESOURCE,
  callTool,
  notesGate,
  request,
  rpc,
  scopes,
  scopesAsToken,
} from '../support/mcp.js';

const gate = notesGate({ tools: {}, otherTools: authenticated() });
const guarded = guardTool(gate, 'notes:write', (_context: object) => ({ content: [] }));
const never = new AbortController();
const STREAM = { headers: { 'content-type': 'text/event-stream', 'x-a': '1' } };

let auth: Auth;
async function authFor(of = gate): Promise<Auth> {
  const decision = await of.check(request({ token: 'notes.read', body: callTool('add') }));
  if (!decision.allowed || decision.auth === undefined) throw new Error('expected auth');
  return decision.auth;
}
beforeAll(async () => {
  auth = await authFor();
});

/** A stream that is pushed to, and what was done to it. */
function source() {
  const cancelled: unknown[] = [];
  let controller = undefined as unknown as ReadableStreamDefaultController<Uint8Array>;
  let pulls = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (given) => void (controller = given),
      pull: () => void pulls++,
      cancel: (reason) => void cancelled.push(reason),
    },
    { highWaterMark: 0 },
  );
  const push = (text: string): void => controller.enqueue(new TextEncoder().encode(text));
  return { stream, push, cancelled, fail: (e: Error) => controller.error(e), pulls: () => pulls };
}

const asResponse = (replaced: object): Response => {
  expect(replaced).toBeInstanceOf(Response);
  return replaced as Response;
};

describe('an answer that can carry no refusal is not touched', () => {
  const json = (): Response => Response.json({ jsonrpc: '2.0', id: 1, result: {} });
  test('no tool is guarded, no auth, an auth of another gate, nothing refused', async () => {
    const bare = notesGate({ tools: {}, otherTools: authenticated() });
    const inBand = notesGate({ tools: {}, otherTools: authenticated() });
    const style = { challengeStyle: 'in-band' } as const;
    guardTool(inBand, 'notes:write', (_context: object) => ({ content: [] }), style);
    const stream = (): Response => {
      const { stream: body, push } = source();
      push('data: 1\n\n');
      return new Response(body, STREAM);
    };
    for (const [of, who, response] of [
      [bare, await authFor(bare), stream()],
      [inBand, await authFor(inBand), stream()],
      [gate, undefined, stream()],
      [gate, await authFor(bare), stream()],
      [gate, auth, json()],
      [gate, auth, new Response(null, { status: 204 })],
      [gate, auth, new Response(null, STREAM)],
      [gate, auth, new Response(source().stream)],
      [gate, auth, new Response(source().stream, { ...STREAM, status: 400 })],
    ] as const) {
      expect(await replaceResponse(of, who, response, never)).toBe(response);
      expect(response.bodyUsed).toBe(false);
    }
  });
});

describe('a stream that may hold no refusal of a handler is not touched', () => {
  const all = authenticated();
  const of = notesGate({
    tools: {},
    otherTools: all,
    otherPrompts: all,
    otherResources: all,
    otherMethods: all,
  });
  // Once anything is guarded, streams of calls are read.
  guardTool(of, 'notes:write', (_context: object) => ({ content: [] }));
  const httpGate = createGate({ resource: RESOURCE, verifier: scopesAsToken, scopes });
  guardTool(httpGate, 'notes:write', (_context: object) => ({ content: [] }));

  test.each<[what: string, of: typeof gate, call: Parameters<typeof request>[0]]>([
    ['a list of tools', of, { body: rpc('tools/list') }],
    ['a subscription', of, { body: rpc('resources/subscribe', { uri: 'note://1' }) }],
    ['the stream of a session', of, { method: 'GET', headers: { accept: 'text/event-stream' } }],
    ['a POST whose body the gate did not read', httpGate, { body: callTool('add') }],
  ])('%s', async (_what, one, call) => {
    const decision = await one.check(
      request({ token: 'notes.read', ...call }),
      one === httpGate ? all : undefined,
    );
    if (!decision.allowed) throw new Error('expected auth');
    const { stream, push } = source();
    push('data: 1\n\n');
    const response = new Response(stream, STREAM);
    expect(await replaceResponse(one, decision.auth, response, never)).toBe(response);
  });
});

describe('a stream of a call', () => {
  test('goes on as it comes: head, bytes, end', async () => {
    const { stream, push, pulls } = source();
    push('data: 1\n\n');
    const replaced = await replaceResponse(gate, auth, new Response(stream, STREAM), never);
    const response = asResponse(replaced);
    expect(response.headers.get('x-a')).toBe('1');
    const before = pulls();
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const read = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value);
    expect(await read()).toBe('data: 1\n\n');
    // Nothing is read ahead of who reads.
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulls()).toBe(before);
    push('data: 2\n\n');
    expect(await read()).toBe('data: 2\n\n');
    await reader.cancel('enough');
  });

  test('its reader can cancel it, and gets its error', async () => {
    const one = source();
    one.push('data: 1\n\n');
    const first = asResponse(
      await replaceResponse(gate, auth, new Response(one.stream, STREAM), never),
    );
    await first.body?.cancel('enough');
    expect(one.cancelled).toEqual(['enough']);

    const two = source();
    two.fail(new Error('broken'));
    const second = asResponse(
      await replaceResponse(gate, auth, new Response(two.stream, STREAM), never),
    );
    await expect(second.text()).rejects.toThrow('broken');
  });

  test('is let go at once if the client goes before its first byte', async () => {
    const { stream, cancelled } = source();
    const client = new AbortController();
    const replacing = replaceResponse(gate, auth, new Response(stream, STREAM), client);
    client.abort();
    const response = asResponse(await replacing);
    await response.body?.cancel('gone');
    expect(cancelled).toEqual(['gone']);
  });

  test('is not waited for if the client has already gone', async () => {
    const { stream, cancelled } = source();
    const gone = { signal: AbortSignal.abort() };
    const replaced = await replaceResponse(gate, auth, new Response(stream, STREAM), gone);
    await asResponse(replaced).body?.cancel('gone');
    expect(cancelled).toEqual(['gone']);
  });

  test('is one whatever its type says of its charset', async () => {
    const who = await authFor();
    const result = await guarded({ authInfo: who, requestId: 1 });
    const headers = { 'content-type': 'text/event-stream; charset=utf-8' };
    const text = `data: ${JSON.stringify({ jsonrpc: '2.0', id: 1, result })}\n\n`;
    const replaced = await replaceResponse(gate, who, new Response(text, { headers }), never);
    expect(replaced).toMatchObject({ reply: { status: 403 } });
    // The refusal may still come in a stream that has begun when nothing was refused yet.
    const { stream, push } = source();
    const later = await authFor();
    const replacing = replaceResponse(gate, later, new Response(stream, { headers }), never);
    await guarded({ authInfo: later, requestId: 1 });
    push(text);
    expect(await replacing).toMatchObject({ reply: { status: 403 } });
  });

  test('that is a refusal is closed, and the refusal returned [C403-1]', async () => {
    const who = await authFor();
    const result = await guarded({ authInfo: who, requestId: 1 });
    const { stream, push, cancelled } = source();
    push(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', id: 1, result })}\n\n`);
    const replaced = await replaceResponse(gate, who, new Response(stream, STREAM), never);
    expect(replaced).toMatchObject({ reply: { status: 403 } });
    expect(cancelled).toHaveLength(1);
  });

  /** What a server makes of a refusal, or sends in its place, is its own answer. */
  async function expectKept(of: typeof gate, who: Auth): Promise<void> {
    for (const own of [{ result: { content: [] } }, { error: { code: -32603, message: 'x' } }]) {
      const message = { jsonrpc: '2.0', id: 1, ...own };
      const answer = await replaceResponse(of, who, Response.json(message), never);
      expect(await asResponse(answer).json()).toEqual(message);
    }
  }

  test.each(['http', 'both', 'in-band'] as const)(
    '%s: the body is the error of the gate, or what the tool returned [IB-1, IB-4]',
    async (challengeStyle) => {
      const who = await authFor();
      const tool = guardTool(gate, 'notes:write', (_context: object) => ({ content: [] }), {
        challengeStyle,
      });
      const result = await tool({ authInfo: who, requestId: 1 });
      const message = { jsonrpc: '2.0', id: 1, result };
      await expectKept(gate, who);
      const replaced = await replaceResponse(gate, who, Response.json(message), never);
      if (challengeStyle === 'in-band') {
        expect(await asResponse(replaced).json()).toEqual(message);
        return;
      }
      const { reply } = replaced as { reply: { status: number; body: string } };
      expect(reply.status).toBe(403);
      expect(JSON.parse(reply.body)).toEqual(
        challengeStyle === 'both'
          ? message
          : expect.objectContaining({ error: expect.objectContaining({ code: 403 }) as unknown }),
      );
    },
  );

  const open = authenticated();
  const everything = notesGate({ tools: {}, otherPrompts: open, otherResources: open });
  const prompt = guardPrompt(everything, 'notes:write', (_context: object) => ({ messages: [] }));
  const resource = guardResource(everything, 'notes:write', (_uri: URL, _context: object) => ({}));
  test.each<[method: string, params: object, run: (context: object) => Promise<unknown>]>([
    ['prompts/get', { name: 'audit' }, prompt],
    ['resources/read', { uri: 'note://1' }, (context) => resource(new URL('note://1'), context)],
  ])('%s: its refusal takes the place of the stream, too', async (method, params, run) => {
    const call = request({ token: 'notes.read', body: rpc(method, params) });
    const decision = await everything.check(call);
    if (!decision.allowed || decision.auth === undefined) throw new Error('expected auth');
    const thrown: unknown = await run({ authInfo: decision.auth, requestId: 1 }).catch(
      (error: unknown) => error,
    );
    await expectKept(everything, decision.auth);
    const { code, message, data } = thrown as Error & { code: unknown; data: unknown };
    const { stream, push } = source();
    push(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code, message, data } })}\n\n`);
    const response = new Response(stream, STREAM);
    const replaced = await replaceResponse(everything, decision.auth, response, never);
    expect(replaced).toMatchObject({ reply: { status: 403 } });
  });
});

describe('which answers are the refusal', () => {
  type Message = { result: { content: { text: string }[]; isError: boolean } };
  const change =
    (edit: (message: Message) => unknown) =>
    (message: Message): string =>
      JSON.stringify(edit(structuredClone(message)) ?? message);
  const same = (message: Message): string => JSON.stringify(message);
  const stream =
    (write: (json: string) => string) =>
    (message: Message): string =>
      write(JSON.stringify(message));
  const edited = (edit: (message: Message) => void) =>
    change((message) => {
      edit(message);
      return message;
    });
  const ofLength = (length: number) => (message: Message) => {
    const text = JSON.stringify({ ...message, x: '' });
    return text.replace(/""}$/, `"${'x'.repeat(length - text.length)}"}`);
  };
  const KIB_32 = 32 * 1024;

  test.each<readonly [what: string, write: (message: Message) => string, isOne: boolean]>([
    ['the message itself', same, true],
    [
      'with members that the server added',
      edited((message) => Object.assign(message.result, { more: 1 })),
      true,
    ],
    [
      'with another text',
      edited(({ result }) => ((result.content[0] as { text: string }).text += '.')),
      false,
    ],
    ['with another flag', edited(({ result }) => (result.isError = false)), false],
    ['without its content', change(({ result: { isError } }) => ({ result: { isError } })), false],
    [
      'with content that is none',
      change(({ result }) => ({ result: { ...result, content: null } })),
      false,
    ],
    [
      'with a text as its content',
      change(({ result }) => ({ result: { ...result, content: 'x' } })),
      false,
    ],
    ['with nothing as its result', change(() => ({ result: null })), false],
    ['an error in place of the result', change(({ result }) => ({ error: result })), false],
    ['a batch', change((message) => [message]), false],
    ['no JSON', (message) => `${JSON.stringify(message)}}`, false],
    ['nothing', () => '{}', false],
    ['as long as may be', ofLength(KIB_32), true],
    ['a character longer', ofLength(KIB_32 + 1), false],
    ['an event', stream((json) => `data: ${json}\n\n`), true],
    ['an event with its fields', stream((json) => `event: message\nid: 1\ndata:${json}\n\n`), true],
    ['an event that has not ended', stream((json) => `data: ${json}\n`), false],
    ['an event behind others', stream((json) => `: hello\n\ndata: ${json}\n\n`), false],
    ['an event before others', stream((json) => `data: ${json}\n\ndata: {}\n\n`), false],
    ['an event behind a letter', stream((json) => `xdata: ${json}\n\n`), false],
    ['an event of two lines', stream((json) => `data: ${json}\ndata: {}\n\n`), false],
    ['no event', () => ': hello\n\n', false],
    ['another event', stream(() => 'data: {"result":{}}\n\n'), false],
  ])('%s', async (_what, write, isOne) => {
    const who = await authFor();
    const result = (await guarded({ authInfo: who, requestId: 1 })) as Message['result'];
    const text = write({ jsonrpc: '2.0', id: 1, result } as Message);
    const init = text.startsWith('{') ? {} : STREAM;
    const replaced = await replaceResponse(gate, who, new Response(text, init), never);
    if (isOne)
      expect(replaced).toMatchObject({ reply: { status: 403, reason: 'insufficient_scope' } });
    else expect(await asResponse(replaced).text()).toBe(text);
  });
});
